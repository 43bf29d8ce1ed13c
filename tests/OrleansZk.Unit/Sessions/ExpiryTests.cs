using OrleansZk.Core.Replication;
using static OrleansZk.TestKit.Wire.WireRequests;

namespace OrleansZk.Unit.Sessions;

public sealed class ExpiryTests : EngineTest
{
    private static readonly TimeSpan HalfTick = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(4000)]
    [InlineData(5000)]
    [InlineData(9999)]
    [InlineData(10_000)]
    public void A_silent_session_expires_after_its_timeout_rounded_up_to_a_tick(int timeout)
    {
        TestSession silent = Engine.Connect(timeout);
        long start = Engine.Clock.GetTimestamp();

        while (Engine.Replica.Sessions.Contains(silent.Id))
        {
            Session.Send(Ping());
            Engine.Advance(HalfTick);
        }

        double lived = Engine.Clock.GetElapsedTime(start).TotalMilliseconds;
        lived.ShouldBeInRange(timeout, timeout + 4000);
        silent.IsConnected.ShouldBeFalse();
        Session.IsConnected.ShouldBeTrue();
    }

    [Theory]
    [InlineData(OpCode.Ping)]
    [InlineData(OpCode.GetData)]
    [InlineData(OpCode.Sync)]
    [InlineData(OpCode.SetData)]
    [InlineData(OpCode.Auth)]
    public void Any_request_keeps_a_session_alive(OpCode type)
    {
        TestSession session = Engine.Connect(timeout: 4000);
        for (int i = 0; i < 20; i++)
        {
            Engine.Advance(TimeSpan.FromSeconds(2));
            session.Try(type switch
            {
                OpCode.Ping => Ping(),
                OpCode.GetData => GetData("/"),
                OpCode.Sync => Sync(),
                OpCode.Auth => Auth("digest", "a:b"),
                _ => SetData("/", "x"),
            }).ShouldBe(ErrorCode.Ok);
        }
    }

    [Fact]
    public void What_was_heard_right_before_the_connection_ended_counts()
    {
        TestSession session = Engine.Connect(timeout: 4000);
        Engine.Advance(TimeSpan.FromSeconds(3));
        session.Ask(GetData("/"));
        session.Disconnect();

        Engine.Advance(TimeSpan.FromSeconds(3.5));

        Engine.Replica.Sessions.Contains(session.Id).ShouldBeTrue();
    }

    [Fact]
    public void Expiry_takes_the_ephemerals_along_and_tells_their_watchers()
    {
        TestSession dying = Engine.Connect(timeout: 4000);
        dying.Ask(Create("/e1", mode: CreateMode.Ephemeral));
        dying.Ask(Create("/e2", mode: CreateMode.Ephemeral));
        dying.Ask(Create("/stays"));
        Session.Ask(GetData("/e1", watch: true));
        Session.Ask(GetChildren("/", watch: true));

        KeepAlive(TimeSpan.FromSeconds(10));

        IsThere("/e1").ShouldBeFalse();
        IsThere("/e2").ShouldBeFalse();
        IsThere("/stays").ShouldBeTrue();
        List<Event> events = Session.TakeEvents();
        events.Select(happened => $"{happened.Type} {happened.Path}").ShouldBe(["NodeDeleted /e1", "NodeChildrenChanged /"]);
        events.Select(happened => happened.Zxid).Distinct().Count().ShouldBe(1);
        StatOf("/").Pzxid.ShouldBe(events[0].Zxid);
    }

    [Fact]
    [OperationCase(CaseKind.Conformance, OpCode.CloseSession)]
    public void Closing_does_the_same_at_once_and_ends_the_connection_behind_the_answer()
    {
        TestSession leaving = Engine.Connect();
        leaving.Ask(Create("/e", mode: CreateMode.Ephemeral));
        leaving.Ask(GetData("/e", watch: true));
        Session.Ask(GetData("/e", watch: true));

        leaving.Send(CloseSession());

        List<Received> received = leaving.TakeAll();
        received[^1].ShouldBeOfType<Answer>().Result.ShouldBe(new WireResult());
        leaving.IsConnected.ShouldBeFalse();
        Session.TakeEvents().Select(happened => happened.Type).ShouldBe([EventType.NodeDeleted]);
        Engine.Replica.Sessions.Contains(leaving.Id).ShouldBeFalse();
        leaving.Reconnect().ShouldBeFalse();
    }

    [Fact]
    public void Nothing_is_said_behind_the_answer_to_closing()
    {
        TestSession leaving = Engine.Connect();

        leaving.Send(CloseSession(), GetData("/"), Create("/after"), Exists("/after"), CloseSession());

        leaving.TakeAll().OfType<Answer>().Select(answer => answer.Type).ShouldBe([OpCode.CloseSession]);
        leaving.IsConnected.ShouldBeFalse();
        IsThere("/after").ShouldBeFalse();
        Session.Try(Create("/alive")).ShouldBe(ErrorCode.Ok);
    }

    [Fact]
    public void Ephemerals_on_their_way_die_with_the_session()
    {
        Engine.Hold();
        Session.Send(Create("/held"));
        TestSession leaving = Session;
        leaving.Send(Create("/e1", mode: CreateMode.Ephemeral), Create("/e2", mode: CreateMode.Ephemeral), Delete("/e1"), CloseSession());

        Engine.ReleaseAll();

        IsThere("/held").ShouldBeTrue();
        Engine.Replica.Tree.EphemeralCount.ShouldBe(0);
        Engine.Restart();
        Engine.Replica.Tree.EphemeralCount.ShouldBe(0);
    }

    [Fact]
    public void A_session_that_is_heard_of_while_its_expiry_is_on_its_way_is_gone_all_the_same()
    {
        TestSession dying = Engine.Connect(timeout: 4000);
        dying.Ask(Create("/e", mode: CreateMode.Ephemeral));
        Engine.Hold();
        Session.Send(Create("/held"));
        Engine.Advance(TimeSpan.FromSeconds(8));
        dying.Send(Create("/late"), Create("/late-e", mode: CreateMode.Ephemeral));

        Engine.ReleaseAll();

        IsThere("/late").ShouldBeFalse();
        IsThere("/e").ShouldBeFalse();
        dying.IsConnected.ShouldBeFalse();
        dying.TakeAll().OfType<Answer>().ShouldAllBe(answer => answer.Result.Error == ErrorCode.SessionExpired);
        dying.Reconnect().ShouldBeFalse();
    }

    [Fact]
    public void Resuming_gives_the_full_time_again()
    {
        TestSession session = Engine.Connect(timeout: 6000);
        session.Disconnect();
        KeepAlive(TimeSpan.FromSeconds(5));
        session.Reconnect().ShouldBeTrue();
        session.Disconnect();
        KeepAlive(TimeSpan.FromSeconds(5));

        session.Reconnect().ShouldBeTrue();
    }

    [Fact]
    public void Only_sessions_that_are_due_expire()
    {
        TestSession[] sessions = [.. new[] { 4000, 12_000, 20_000 }.Select(timeout => Engine.Connect(timeout))];

        KeepAlive(TimeSpan.FromSeconds(10));
        sessions.Select(session => Engine.Replica.Sessions.Contains(session.Id)).ShouldBe([false, true, true]);
        Engine.Leader.SessionsByDeadline().SelectMany(bucket => bucket.Ids).ShouldBe([sessions[1].Id, sessions[2].Id, Session.Id], ignoreOrder: true);

        KeepAlive(TimeSpan.FromSeconds(15));
        sessions.ShouldAllBe(session => !Engine.Replica.Sessions.Contains(session.Id));
    }

    private void KeepAlive(TimeSpan time)
    {
        for (TimeSpan passed = TimeSpan.Zero; passed < time; passed += HalfTick)
        {
            Session.Send(Ping());
            Engine.Advance(HalfTick);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_new_leader_hears_of_clients_that_spoke_before(bool wasReported)
    {
        if (wasReported)
        {
            // To a leader that it never reached.
            Engine.Replica.SetLeader(new Recorder());
        }
        else
        {
            Engine.Replica.Suspend();
        }

        Session.Send(Ping());
        Engine.Clock.Advance(HalfTick);
        Engine.Replica.ReportActivity();
        Engine.Clock.Advance(HalfTick);
        var next = new Recorder();
        Engine.Replica.SetLeader(next);
        Engine.Replica.ReportActivity();

        next.Heard.ShouldBe([new SessionActivity(Session.Id, 2000)]);
    }

    private sealed class Recorder : ILeader
    {
        public List<SessionActivity> Heard { get; } = [];

        public void Submit(IReadOnlyList<WriteRequest> requests, long settledUpTo)
        {
        }

        public void ReportActivity(IReadOnlyList<SessionActivity> activity) => Heard.AddRange(activity);
    }
}
