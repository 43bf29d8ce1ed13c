using OrleansZk.Core.Reaping;
using static OrleansZk.TestKit.Wire.WireRequests;

namespace OrleansZk.Unit.Reaping;

public sealed class ReaperTests : EngineTest
{
    [Fact]
    public void A_container_goes_when_its_last_child_went()
    {
        Session.Ask(CreateContainer("/c"));
        Engine.Reap().ShouldBe(0, "a container that never had a child is only just being used");
        Session.Ask(Create("/c/x"));
        Engine.Reap().ShouldBe(0);
        Session.Ask(Delete("/c/x"));
        Session.Ask(Exists("/c", watch: true));
        Session.Ask(GetChildren("/", watch: true));

        Engine.Reap().ShouldBe(1);

        IsThere("/c").ShouldBeFalse();
        Session.TakeEvents().Select(happened => $"{happened.Type} {happened.Path}").ShouldBe(["NodeDeleted /c", "NodeChildrenChanged /"]);
        Engine.Restart();
        IsThere("/c").ShouldBeFalse();
    }

    [Fact]
    public void A_container_that_was_never_used_goes_after_a_time_if_so_configured()
    {
        using var engine = new EngineHarness(new EngineSettings { Reaper = new ReaperOptions { MaxNeverUsed = TimeSpan.FromMinutes(5) } });
        engine.Connect().Ask(CreateContainer("/c"));

        engine.Clock.Advance(TimeSpan.FromMinutes(5));
        engine.Reap().ShouldBe(0);
        engine.Clock.Advance(TimeSpan.FromMilliseconds(1));
        engine.Reap().ShouldBe(1);
    }

    [Fact]
    public void A_node_with_a_time_to_live_goes_when_childless_and_unmodified()
    {
        Session.Ask(CreateTtl("/t", 1000));
        Engine.Clock.Advance(TimeSpan.FromMilliseconds(1000));
        Engine.Reap().ShouldBe(0);
        Session.Ask(SetData("/t", "x"));
        Engine.Clock.Advance(TimeSpan.FromMilliseconds(1000));
        Engine.Reap().ShouldBe(0, "modified");
        Session.Ask(Create("/t/child"));
        Engine.Clock.Advance(TimeSpan.FromMilliseconds(5000));
        Engine.Reap().ShouldBe(0, "has a child");
        Session.Ask(SetAcl("/t", Acl.OpenUnsafe));
        Session.Ask(Delete("/t/child"));

        Engine.Reap().ShouldBe(1, "neither lists nor children modify it");

        IsThere("/t").ShouldBeFalse();
    }

    [Fact]
    public void The_longest_time_to_live_is_long()
    {
        Session.Ask(CreateTtl("/t", (1L << 40) - 1));
        Engine.Clock.Advance(TimeSpan.FromDays(365 * 34));
        Engine.Reap().ShouldBe(0);
        Engine.Clock.Advance(TimeSpan.FromDays(365));
        Engine.Reap().ShouldBe(1);
    }

    [Fact]
    public void Other_nodes_stay()
    {
        Session.Ask(Create("/p"));
        Session.Ask(Create("/p/x"));
        Session.Ask(Delete("/p/x"));
        Session.Ask(Create("/e", mode: CreateMode.Ephemeral));
        Engine.Clock.Advance(TimeSpan.FromDays(1000));

        Engine.Reap().ShouldBe(0);
    }

    [Fact]
    public void What_changed_while_the_deletion_was_on_its_way_is_looked_at_again()
    {
        foreach (string path in new[] { "/used", "/gone", "/plain", "/really" })
        {
            Session.Ask(CreateContainer(path));
            Session.Ask(Create($"{path}/x"));
            Session.Ask(Delete($"{path}/x"));
        }

        Engine.Hold();
        Session.Send(Create("/used/y"), Delete("/gone"), Delete("/plain"), Create("/plain"));
        Engine.Reap().ShouldBe(4);
        Engine.ReleaseAll();

        IsThere("/used/y").ShouldBeTrue();
        IsThere("/plain").ShouldBeTrue();
        IsThere("/gone").ShouldBeFalse();
        IsThere("/really").ShouldBeFalse();
    }

    [Fact]
    public void What_was_set_while_the_deletion_was_on_its_way_lives_on()
    {
        using var engine = new EngineHarness(new EngineSettings { Reaper = new ReaperOptions { MaxNeverUsed = TimeSpan.FromSeconds(1) } });
        TestSession session = engine.Connect();
        foreach (string path in new[] { "/set", "/again", "/left" })
        {
            session.Ask(CreateTtl(path, 1000));
        }

        session.Ask(CreateContainer("/c"));
        engine.Clock.Advance(TimeSpan.FromMilliseconds(1001));
        engine.Hold();
        session.Send(SetData("/set", "x"), Delete("/again"), CreateTtl("/again", 1000), Delete("/c"), CreateContainer("/c"));
        engine.Reap().ShouldBe(4);
        engine.ReleaseAll();

        string[] Left() => [.. new[] { "/set", "/again", "/left", "/c" }.Where(path => engine.Replica.Tree.Find(path) is not null)];
        Left().ShouldBe(["/set", "/again", "/c"]);
        session.TakeAll().OfType<Answer>().ShouldAllBe(answer => answer.Result.Error == ErrorCode.Ok);
        engine.Clock.Advance(TimeSpan.FromMilliseconds(1001));
        engine.Reap().ShouldBe(3);
        Left().ShouldBeEmpty();
    }

    [Fact]
    public void One_check_asks_for_so_many_at_most()
    {
        using var engine = new EngineHarness(new EngineSettings { Reaper = new ReaperOptions { MaxPerCheck = 3 } });
        TestSession session = engine.Connect();
        for (int i = 0; i < 2; i++)
        {
            session.Ask(CreateContainer($"/c{i}"));
            session.Ask(Create($"/c{i}/x"));
            session.Ask(Delete($"/c{i}/x"));
            session.Ask(CreateTtl($"/t{i}", 1));
        }

        engine.Clock.Advance(TimeSpan.FromMilliseconds(10));
        engine.Reap().ShouldBe(3);
        engine.Reap().ShouldBe(1);
        engine.Reap().ShouldBe(0);
    }

    [Fact]
    public void Nested_containers_go_from_the_bottom_up()
    {
        Session.Ask(CreateContainer("/a"));
        Session.Ask(CreateContainer("/a/b"));
        Session.Ask(Create("/a/b/c"));
        Session.Ask(Delete("/a/b/c"));

        Engine.Reap().ShouldBe(1);
        Engine.Reap().ShouldBe(1);
        IsThere("/a").ShouldBeFalse();
    }

    [Fact]
    public void What_a_restart_loads_is_reaped_too()
    {
        Session.Ask(CreateContainer("/c"));
        Session.Ask(Create("/c/x"));
        Session.Ask(CreateTtl("/t", 1000));
        Engine.Checkpoint();
        Session.Ask(Delete("/c/x"));
        Engine.Restart();
        Engine.Clock.Advance(TimeSpan.FromSeconds(2));

        Engine.Reap().ShouldBe(2);
        Engine.Replica.Tree.Containers.ShouldBeEmpty();
        Engine.Replica.Tree.TtlNodes.ShouldBeEmpty();
    }
}
