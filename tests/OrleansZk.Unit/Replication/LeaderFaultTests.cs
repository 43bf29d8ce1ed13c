using OrleansZk.Core.Replication;
using static OrleansZk.TestKit.Wire.WireRequests;

namespace OrleansZk.Unit.Replication;

/// <summary>An exception anywhere in the engine is answered to the request that it concerns, or ends the leader with a word. Nothing is left half.</summary>
public sealed class LeaderFaultTests : EngineTest
{
    protected override bool ExpectsFailure => true;

    public static TheoryData<string> OfOneRequest => [nameof(FaultPoint.Prepare), nameof(FaultPoint.Encode)];

    public static TheoryData<string> OfTheLeader =>
    [
        nameof(FaultPoint.Sequence), nameof(FaultPoint.Commit), nameof(FaultPoint.Tell), nameof(FaultPoint.Publish), nameof(FaultPoint.Apply),
        nameof(FaultPoint.Applied),
    ];

    [Theory]
    [MemberData(nameof(OfOneRequest))]
    public void A_request_that_breaks_its_preparation_is_refused_and_leaves_nothing(string point)
    {
        Session.Ask(Create("/p", "0"));
        ulong before = Engine.Replica.Tree.Digest;
        Throw(point, times: 3);

        Session.Try(Create("/p/e-", mode: CreateMode.EphemeralSequential)).ShouldBe(ErrorCode.SystemError);
        Session.Try(SetData("/p", "1")).ShouldBe(ErrorCode.SystemError);
        Session.Try(Multi(Create("/p/a"), Create("/p/a/b"), Delete("/p/a/b"))).ShouldBe(ErrorCode.SystemError);

        Engine.Replica.Tree.Digest.ShouldBe(before);
        Session.Ask(Create("/p/e-", mode: CreateMode.EphemeralSequential)).Path.ShouldBe("/p/e-0000000000");
        Session.Try(SetData("/p", "1", version: 0)).ShouldBe(ErrorCode.Ok);
        Session.Try(CloseSession()).ShouldBe(ErrorCode.Ok);
        Engine.Replica.Tree.EphemeralCount.ShouldBe(0);
        Engine.Failures.ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(OfOneRequest))]
    public void Others_of_the_same_batch_go_on(string point)
    {
        Engine.Hold();
        Session.Send(Create("/held"));
        Throw(point, after: 1);
        Session.Send(Create("/a"), Create("/b"), Create("/c"));

        Engine.ReleaseAll();

        Session.TakeAll().OfType<Answer>().Select(answer => answer.Result.Error).ShouldBe([ErrorCode.Ok, ErrorCode.Ok, ErrorCode.SystemError, ErrorCode.Ok]);
        IsThere("/b").ShouldBeFalse();
        Engine.Failures.ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(OfOneRequest))]
    public void A_session_whose_opening_breaks_does_not_exist(string point)
    {
        Throw(point);

        TestSession.TryStart(Engine).ShouldBeNull();

        Engine.Leader.SessionsByDeadline().SelectMany(bucket => bucket.Ids).ShouldBe([Session.Id]);
        TestSession.TryStart(Engine).ShouldNotBeNull();
    }

    [Theory]
    [MemberData(nameof(OfOneRequest))]
    public void A_session_whose_takeover_breaks_is_not_called_expired(string point)
    {
        Throw(point);

        Session.Reconnect().ShouldBeFalse();

        Session.Greeting.ShouldBeNull();
        Session.Connection.IsClosed.ShouldBeTrue();
        Session.Reconnect().ShouldBeTrue();
    }

    [Theory]
    [MemberData(nameof(OfOneRequest))]
    public void A_session_whose_end_breaks_lives_on_and_can_be_closed(string point)
    {
        TestSession leaving = Engine.Connect();
        leaving.Ask(Create("/e", mode: CreateMode.Ephemeral));
        Throw(point);

        leaving.Try(CloseSession()).ShouldBe(ErrorCode.SystemError);

        IsThere("/e").ShouldBeTrue();
        leaving.Reconnect().ShouldBeTrue();
        leaving.Try(CloseSession()).ShouldBe(ErrorCode.Ok);
        IsThere("/e").ShouldBeFalse();
    }

    [Theory]
    [MemberData(nameof(OfOneRequest))]
    public void An_expiry_that_breaks_comes_again(string point)
    {
        using var engine = new EngineHarness(new EngineSettings { Leader = new LeaderOptions { MaxNodesPerEnding = 2 } });
        TestSession dying = engine.Connect(timeout: 4000);
        dying.Send([.. Enumerable.Range(0, 5).Select(i => Create($"/e{i}", mode: CreateMode.Ephemeral))]);
        int left = 3;
        engine.Replica.Faults = new FaultPoints(passed => ThrowIf(passed.ToString() == point && left-- > 0));

        engine.Advance(TimeSpan.FromSeconds(15));

        left.ShouldBeLessThan(0);
        engine.Replica.Tree.EphemeralCount.ShouldBe(0);
        engine.Replica.Sessions.Count.ShouldBe(0);
        engine.Failures.ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(OfTheLeader))]
    public void A_leader_that_breaks_says_so_once_and_decides_nothing_more(string point)
    {
        Throw(point);

        Session.Send(Create("/a"), GetData("/"));
        Session.Send(Create("/b"));

        Engine.Failures.ShouldHaveSingleItem().Message.ShouldBe(Injected);
        Session.TakeAll().OfType<Answer>().ShouldBeEmpty();
        Engine.Leader.ExpireSessions().ShouldBe(0);
        Engine.Leader.Stages.ShouldAllBe(stage => stage.StalledFor == TimeSpan.Zero);
        IsStopped().ShouldBeTrue();
        Engine.Restart();
        Session.Reconnect().ShouldBeTrue();
        Session.Try(Create("/c")).ShouldBe(ErrorCode.Ok);
    }

    [Theory]
    [MemberData(nameof(OfTheLeader))]
    public void One_that_breaks_while_a_group_is_being_committed_lets_that_end(string point)
    {
        Engine.Hold();
        Session.Send(Create("/a"));
        Throw(point);
        Session.Send(Create("/b"));
        Engine.Leader.Stop(() => { }, abandon: false);

        Engine.ReleaseAll();

        IsStopped().ShouldBeTrue();
        Engine.Restart();
        Session.Reconnect().ShouldBeTrue();
        IsThere("/a").ShouldBeTrue();
    }

    [Fact]
    public void Only_a_group_that_was_not_applied_makes_the_replica_suspect()
    {
        Throw(nameof(FaultPoint.Commit));
        Session.Send(Create("/a"));
        Engine.Leader.ApplyFailure.ShouldBeNull();

        Engine.Restart();
        Session.Reconnect().ShouldBeTrue();
        Throw(nameof(FaultPoint.Applied));
        Session.Send(Create("/a"));
        Engine.Leader.ApplyFailure.ShouldNotBeNull();
        Engine.Restart();
        IsThere("/a").ShouldBeTrue();
    }

    [Theory]
    [InlineData(nameof(FaultPoint.Apply))]
    [InlineData(nameof(FaultPoint.Applied))]
    public void A_tree_with_half_a_transaction_is_neither_read_nor_checkpointed(string point)
    {
        TestSession reader = Engine.Connect();
        Throw(point);
        Session.Send(Create("/a"));

        reader.Send(Exists("/a"), GetData("/"));

        reader.TakeAll().ShouldBeEmpty();
        Should.Throw<CheckpointException>(() => Engine.Replica.Tracking.BeginCut(Engine.Replica.Tracking.Span)).Message.ShouldContain("damaged");
        Engine.Restart();
        IsThere("/a").ShouldBeTrue();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_answer_that_breaks_ends_its_connection_and_no_other(bool behindWrite)
    {
        TestSession other = Engine.Connect();
        Throw(nameof(FaultPoint.Answer));

        if (behindWrite)
        {
            Session.Send(Create("/a"), GetData("/"));
        }
        else
        {
            Should.Throw<InvalidTimeZoneException>(() => Session.Send(GetData("/")));
        }

        Session.TakeAll().ShouldBeEmpty();
        other.Try(Create("/b")).ShouldBe(ErrorCode.Ok);
        IsThere("/a").ShouldBe(behindWrite);
        Engine.Failures.ShouldBeEmpty();
    }

    [Fact]
    public void A_stage_that_does_not_move_on_shows()
    {
        string[] Stalled() => [.. Engine.Leader.Stages.Where(stage => stage.StalledFor > TimeSpan.FromSeconds(5)).Select(stage => stage.Name)];
        Engine.Hold();
        Session.Send(Create("/a"));
        Engine.Clock.Advance(TimeSpan.FromSeconds(6));
        Stalled().ShouldBe(["committing to the log"]);

        Engine.RunsPostedWork = false;
        Session.Send(Create("/b"));
        Engine.ReleaseOne();
        Engine.Clock.Advance(TimeSpan.FromSeconds(6));
        Stalled().ShouldBe(["committing to the log", "applying"]);

        Engine.RunsPostedWork = true;
        Engine.ReleaseAll();
        Engine.Clock.Advance(TimeSpan.FromMinutes(1));
        Stalled().ShouldBeEmpty();
    }

    private const string Injected = "injected";

    private static void ThrowIf(bool condition)
    {
        if (condition)
        {
            throw new InvalidTimeZoneException(Injected);
        }
    }

    private void Throw(string point, int after = 0, int times = 1)
    {
        int passed = 0;
        Engine.Replica.Faults = new FaultPoints(at => ThrowIf(at.ToString() == point && passed++ >= after && passed <= after + times));
    }

    private bool IsStopped()
    {
        bool isStopped = false;
        Engine.Leader.Stop(() => isStopped = true, abandon: true);
        Engine.Settle();
        return isStopped;
    }
}
