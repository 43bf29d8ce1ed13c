using OrleansZk.Core.Replication;
using static OrleansZk.TestKit.Wire.WireRequests;

namespace OrleansZk.Unit.Replication;

/// <summary>Group commit, and the order of answers within a session.</summary>
public sealed class PipeliningTests : EngineTest
{
    [Fact]
    public void Requests_that_come_while_an_append_is_in_flight_make_one_group()
    {
        TestSession other = Engine.Connect();
        int before = Engine.Log.History.Count;
        Engine.Hold();
        Session.Send(Create("/1"));
        Session.Send(Create("/2"), Create("/2"), SetData("/1", "x"));
        other.Send(Create("/3"));
        Engine.Log.HeldCount.ShouldBe(1);

        Engine.ReleaseOne().ShouldBeTrue();
        IsThere("/1").ShouldBeTrue();
        IsThere("/2").ShouldBeFalse();
        Engine.ReleaseOne().ShouldBeTrue();
        Engine.ReleaseOne().ShouldBeFalse();

        Engine.Log.History.Count.ShouldBe(before + 2);
        (Engine.Log.History[^1].Last - Engine.Log.History[^1].First).ShouldBe(2, "three transactions, and a refusal that is not logged");
        Session.TakeAll().OfType<Answer>().Select(answer => answer.Result.Error).ShouldBe(
            [ErrorCode.Ok, ErrorCode.Ok, ErrorCode.NodeExists, ErrorCode.Ok]);
        other.TakeAll().Count.ShouldBe(1);
    }

    [Fact]
    public void A_group_takes_no_more_than_its_limit_and_one_transaction()
    {
        const int Limit = 1000;
        using var engine = new EngineHarness(new EngineSettings { Leader = new LeaderOptions { MaxGroupBytes = Limit } });
        TestSession session = engine.Connect();
        int before = engine.Log.Groups.Count;
        engine.Hold();
        session.Send([.. Enumerable.Range(0, 100).Select(i => Create($"/{i}", new string('x', 200)))]);
        session.Send(Delete("/none"), GetData("/99"));

        engine.ReleaseAll();

        List<LogGroup> groups = [.. engine.Log.Groups.Skip(before)];
        groups.Count.ShouldBeGreaterThan(10);
        groups.ShouldAllBe(group => group.Bytes.Length < Limit + 500);
        groups[1].Bytes.Length.ShouldBeGreaterThanOrEqualTo(Limit);
        session.TakeAll().OfType<Answer>().Select(answer => answer.Result.Error).ShouldBe(
            [.. Enumerable.Repeat(ErrorCode.Ok, 100), ErrorCode.NoNode, ErrorCode.Ok]);
    }

    [Fact]
    public void Refusals_and_syncs_are_answered_in_their_place_though_nothing_is_logged()
    {
        Engine.Hold();
        Session.Send(Create("/1"), Delete("/none"), Sync("/s"), Create("/1"));
        Session.TakeAll().ShouldBeEmpty();

        Engine.ReleaseAll();

        Session.TakeAll().OfType<Answer>().Select(answer => $"{answer.Type} {answer.Result.Error}").ShouldBe(
            ["Create Ok", "Delete NoNode", "Sync Ok", "Create NodeExists"]);
    }

    [Fact]
    public void A_refusal_alone_needs_no_log()
    {
        Engine.Hold();

        Session.Try(Delete("/none")).ShouldBe(ErrorCode.NoNode);
        Session.Ask(Sync("/s")).Path.ShouldBe("/s");
        Engine.Log.HeldCount.ShouldBe(0);
    }

    [Fact]
    public void A_read_sees_the_writes_before_it_and_none_behind_it()
    {
        Engine.Hold();
        Session.Send(
            Create("/a", "1"), GetData("/a"), SetData("/a", "2"), GetData("/a"), Exists("/b"), Create("/b"), Exists("/b"), Delete("/a"), GetData("/a"));
        Session.TakeAll().ShouldBeEmpty();

        Engine.ReleaseAll();

        Answer[] answers = [.. Session.TakeAll().OfType<Answer>()];
        answers.Select(answer => answer.Type).ShouldBe(
        [
            OpCode.Create, OpCode.GetData, OpCode.SetData, OpCode.GetData, OpCode.Exists, OpCode.Create, OpCode.Exists, OpCode.Delete, OpCode.GetData,
        ]);
        answers[1].Result.Text.ShouldBe("1");
        answers[3].Result.Text.ShouldBe("2");
        answers[4].Result.Error.ShouldBe(ErrorCode.NoNode);
        answers[6].Result.Error.ShouldBe(ErrorCode.Ok);
        answers[8].Result.Error.ShouldBe(ErrorCode.NoNode);
        for (int i = 1; i < answers.Length; i++)
        {
            answers[i].Zxid.ShouldBeGreaterThanOrEqualTo(answers[i - 1].Zxid);
        }

        // A read's zxid is that of the state it saw, not of the whole group.
        answers[1].Zxid.ShouldBe(answers[0].Zxid);
        answers[3].Zxid.ShouldBe(answers[2].Zxid);
    }

    [Fact]
    public void A_read_does_not_wait_for_the_writes_of_others()
    {
        TestSession other = Engine.Connect();
        Engine.Hold();
        Session.Send(Create("/a"));

        other.Try(Exists("/a")).ShouldBe(ErrorCode.NoNode);
        Engine.ReleaseAll();
        other.Try(Exists("/a")).ShouldBe(ErrorCode.Ok);
    }

    [Fact]
    public void Malformed_and_unknown_requests_wait_for_their_turn_too()
    {
        Engine.Hold();
        Session.Send(
            Create("/a"),
            new WireRequest(OpCode.SetData, [1]),
            new WireRequest(OpCode.GetData, []),
            new WireRequest((OpCode)77, []),
            Create("/b"));

        Session.IsConnected.ShouldBeTrue();
        Engine.ReleaseAll();

        Session.TakeAll().OfType<Answer>().Select(answer => answer.Result.Error).ShouldBe(
            [ErrorCode.Ok, ErrorCode.MarshallingError, ErrorCode.MarshallingError, ErrorCode.Unimplemented]);
        Session.Connection.IsEnding.ShouldBeTrue();
        Engine.Connect().Try(Create("/c")).ShouldBe(ErrorCode.Ok);
    }

    [Fact]
    public void A_pending_read_has_the_identities_of_its_own_time()
    {
        // Auth is answered at once; a request that came before it must not gain by it, one that came after must.
        Session.Ask(Create("/secret", acl: [Digest(Permissions.All, "u:p")]));
        Engine.Hold();
        Session.Send(Create("/a"), GetData("/secret"), SetData("/secret", "1"), Auth("digest", "u:p"), GetData("/secret"), SetData("/secret", "2"));

        Engine.ReleaseAll();

        Session.TakeAll().OfType<Answer>().Where(answer => answer.Type is OpCode.GetData or OpCode.SetData).Select(answer => answer.Result.Error).ShouldBe(
            [ErrorCode.NoAuth, ErrorCode.NoAuth, ErrorCode.Ok, ErrorCode.Ok]);
    }

    [Fact]
    public void Publishing_may_lag_behind_the_log()
    {
        Engine.RunsPostedWork = false;
        Engine.Hold();
        Session.Send(Create("/1"));
        Session.Send(Create("/2", "x"), GetData("/2"));

        // The first group is durable, and the second being appended, before anything is published.
        Engine.Log.Release();
        Engine.Log.HeldCount.ShouldBe(1);
        IsThere("/1").ShouldBeFalse();
        Engine.Log.Release();
        Engine.Scheduler.Run();

        Session.TakeAll().OfType<Answer>().Select(answer => answer.Result.Error).ShouldBe([ErrorCode.Ok, ErrorCode.Ok, ErrorCode.Ok]);
    }

    [Fact]
    public void A_flood_in_one_packet_is_answered_whole_and_in_order()
    {
        WireRequest create = Create("/q-", mode: CreateMode.PersistentSequential);
        WireRequest[] flood = [.. Enumerable.Range(0, 2000).Select(i => i % 3 == 0 ? GetData("/") : create)];

        Session.Send(flood);

        Answer[] answers = [.. Session.TakeAll().OfType<Answer>()];
        answers.Length.ShouldBe(flood.Length);
        answers.ShouldAllBe(answer => answer.Result.Error == ErrorCode.Ok);
        answers.Where(answer => answer.Type == OpCode.Create).Select(answer => answer.Result.Path).ShouldBeInOrder(SortDirection.Ascending);
    }

    [Fact]
    public void A_connection_with_too_many_requests_is_not_read_from_until_some_are_answered()
    {
        using var engine = new EngineHarness(new EngineSettings { Limits = new ReplicaLimits { MaxPending = 10 } });
        TestSession session = engine.Connect();
        engine.Hold();
        session.Send([.. Enumerable.Range(0, 25).Select(i => Create($"/{i}"))]);
        session.Connection.Connection.Outstanding.ShouldBe(10);
        ValueTask room = session.Connection.Connection.WaitForRoomAsync();
        room.IsCompleted.ShouldBeFalse();

        engine.ReleaseAll();

        session.TakeAll().Count.ShouldBe(25);
    }

    [Fact]
    public void A_connection_with_large_multis_has_few_of_them_on_their_way()
    {
        using var engine = new EngineHarness(new EngineSettings { Limits = new ReplicaLimits { MaxPending = 10 } });
        TestSession session = engine.Connect();
        engine.Hold();
        session.Send([.. Enumerable.Range(0, 8).Select(i => Multi([.. Enumerable.Range(0, 4).Select(j => Create($"/{i}-{j}"))]))]);
        session.Connection.Connection.Outstanding.ShouldBe(3);

        engine.ReleaseAll();

        session.TakeAll().OfType<Answer>().Count(answer => answer.Result.Error == ErrorCode.Ok).ShouldBe(8);
    }
}
