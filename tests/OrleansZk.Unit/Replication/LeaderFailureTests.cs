using OrleansZk.Core.Replication;
using static OrleansZk.TestKit.Wire.WireRequests;

namespace OrleansZk.Unit.Replication;

public sealed class LeaderFailureTests : EngineTest
{
    protected override bool ExpectsFailure => true;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_could_not_be_appended_is_neither_applied_nor_answered(bool isKept)
    {
        var failure = new IOException("the disk is full");
        Engine.Log.FailNext(failure, isKept);

        Session.Send(Create("/a"), GetData("/"));

        Session.TakeAll().ShouldBeEmpty();
        IsThere("/a").ShouldBeFalse();
        Engine.Failures.ShouldBe([failure]);
    }

    [Fact]
    public void A_leader_that_failed_decides_nothing_more()
    {
        Engine.Hold();
        Session.Send(Create("/a"));
        Session.Send(Create("/b"), Delete("/none"));
        Engine.Log.FailNext(new LeaderFencedException(2));
        Engine.ReleaseOne();
        Engine.Log.Mode = AppendMode.Immediate;

        Session.Send(Create("/c"), Sync());
        TestSession.TryStart(Engine).ShouldBeNull();

        Session.TakeAll().ShouldBeEmpty();
        Engine.Failures.Count.ShouldBe(1);
        Engine.Log.Groups.Count.ShouldBe(1, "the session's own creation");
        Engine.Replica.Outstanding.ShouldBe(6);
    }

    [Fact]
    public void Groups_that_were_full_already_go_with_it()
    {
        using var engine = new EngineHarness(new EngineSettings { Leader = new LeaderOptions { MaxGroupBytes = 1 } });
        TestSession session = engine.Connect();
        engine.Hold();
        session.Send(Create("/a"), Create("/b"), Create("/c"));
        engine.Log.FailNext(new IOException("the disk is full"));

        engine.ReleaseAll();

        session.TakeAll().ShouldBeEmpty();
        engine.Failures.Count.ShouldBe(1);
        engine.Log.Groups.Count.ShouldBe(1, "the session's own creation");
    }

    [Fact]
    public void Reads_of_others_go_on()
    {
        TestSession other = Engine.Connect();
        Engine.Log.FailNext(new IOException("gone"));
        Session.Send(Create("/a"));

        other.Try(Exists("/")).ShouldBe(ErrorCode.Ok);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void After_a_restart_the_log_says_what_happened(bool isKept)
    {
        Engine.Log.FailNext(new IOException("torn"), isKept);
        Session.Send(Create("/a"));

        Engine.Restart();

        IsThere("/a").ShouldBe(isKept);
        Session.Reconnect().ShouldBeTrue();
        Session.Try(Create("/a")).ShouldBe(isKept ? ErrorCode.NodeExists : ErrorCode.Ok);
    }
}
