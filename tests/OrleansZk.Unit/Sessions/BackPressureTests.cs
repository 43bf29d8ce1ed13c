using OrleansZk.Core.Replication;
using static OrleansZk.TestKit.Wire.WireRequests;

namespace OrleansZk.Unit.Sessions;

/// <summary>Clients that do not take what is ready for them: answers wait, events are bounded, and nobody else notices.</summary>
public sealed class BackPressureTests : EngineTest
{
    private const int Kilobyte = 1000;
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(20);

    public BackPressureTests()
        : base(new EngineSettings
        {
            Limits = new ReplicaLimits
            {
                OutputPerTurn = 4 * Kilobyte,
                MaxUnsentBytes = 1000 * Kilobyte,
                MaxUnsentBytesOfAll = 2000 * Kilobyte,
                MaxMultiReadLength = 20 * Kilobyte,
                MaxBetweenWrites = 5,
                DrainTimeout = DrainTimeout,
            },
        })
    {
        Session.Ask(Create("/k", new byte[Kilobyte]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Answers_wait_for_a_client_that_does_not_read_and_none_is_missing(bool behindWrite)
    {
        TestSession slow = Engine.Connect();
        slow.Connection.TakesOutput = false;
        slow.Send([.. behindWrite ? [Create("/mine")] : Array.Empty<WireRequest>(), .. Enumerable.Repeat(GetData("/k"), 500)]);

        slow.Connection.Connection.Unsent.ShouldBeLessThan(6 * Kilobyte);
        slow.IsConnected.ShouldBeTrue();
        ReadOn(slow);

        Answer[] answers = [.. slow.TakeAll().OfType<Answer>()];
        answers.Length.ShouldBe(behindWrite ? 501 : 500);
        answers[^1].Result.Data!.Length.ShouldBe(Kilobyte);
        slow.Outstanding.ShouldBe(0);
    }

    [Fact]
    public void Reads_between_two_writes_see_the_first_and_not_the_second_though_their_client_does_not_read()
    {
        TestSession slow = Engine.Connect();
        slow.Connection.TakesOutput = false;
        Engine.Hold();
        slow.Send(Create("/s", new byte[2 * Kilobyte]), GetData("/s"), GetData("/s"), GetData("/s"), GetData("/s"), SetData("/s", "2"), GetData("/s"));
        Engine.ReleaseAll();

        ReadOn(slow);

        Answer[] answers = [.. slow.TakeAll().OfType<Answer>()];
        answers.Select(answer => answer.Result.Error).ShouldAllBe(error => error == ErrorCode.Ok);
        answers.Where(answer => answer.Type == OpCode.GetData).Select(answer => answer.Result.Data!.Length).ShouldBe(
            [2 * Kilobyte, 2 * Kilobyte, 2 * Kilobyte, 2 * Kilobyte, 1]);
    }

    [Fact]
    public void A_write_behind_more_reads_than_may_stand_between_writes_is_taken_when_they_are_answered()
    {
        Engine.Hold();
        Session.Send([Create("/w"), .. Enumerable.Repeat(Exists("/v"), 6), Create("/v"), Exists("/v")]);
        Session.Connection.Connection.Outstanding.ShouldBe(7);

        Engine.ReleaseAll();

        Session.TakeAll().OfType<Answer>().Select(answer => answer.Result.Error).ShouldBe(
            [ErrorCode.Ok, .. Enumerable.Repeat(ErrorCode.NoNode, 6), ErrorCode.Ok, ErrorCode.Ok]);
    }

    [Fact]
    public void A_write_behind_a_heavy_read_is_taken_when_that_is_answered()
    {
        Engine.Hold();
        Session.Send(Create("/w"), MultiRead(GetData("/w"), GetData("/k")), SetData("/w", "2"), GetData("/w"));
        Session.Connection.Connection.Outstanding.ShouldBe(2);

        Engine.ReleaseAll();

        Answer[] answers = [.. Session.TakeAll().OfType<Answer>()];
        answers.Select(answer => answer.Type).ShouldBe([OpCode.Create, OpCode.MultiRead, OpCode.SetData, OpCode.GetData]);
        answers[^1].Result.Text.ShouldBe("2");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_multiRead_whose_answer_is_too_long_is_refused_and_the_connection_goes_on(bool behindWrite)
    {
        TestSession session = Engine.Connect();
        WireRequest first = behindWrite ? Create("/first") : Exists("/k");
        session.Send(first, MultiRead([.. Enumerable.Repeat(GetData("/k"), 21)]), MultiRead([.. Enumerable.Repeat(GetData("/k"), 15)]), Exists("/k"));

        session.TakeAll().OfType<Answer>().Select(answer => answer.Result.Error).ShouldBe(
            [ErrorCode.Ok, ErrorCode.BadArguments, ErrorCode.Ok, ErrorCode.Ok]);
    }

    [Fact]
    public void A_client_that_takes_nothing_for_too_long_is_dropped()
    {
        TestSession deaf = Engine.Connect();
        TestSession slow = Engine.Connect();
        (deaf.Connection.TakesOutput, slow.Connection.TakesOutput) = (false, false);
        deaf.Send([.. Enumerable.Repeat(GetData("/k"), 100)]);
        slow.Send([.. Enumerable.Repeat(GetData("/k"), 100)]);

        for (int second = 0; second < 24; second++)
        {
            slow.Connection.TakePart();
            Pass(TimeSpan.FromSeconds(1));
        }

        deaf.IsConnected.ShouldBeFalse();
        slow.IsConnected.ShouldBeTrue();
    }

    [Fact]
    public void A_client_that_takes_its_answers_slowly_keeps_its_session_though_its_pings_wait()
    {
        TestSession slow = Engine.Connect(timeout: 4000);
        slow.Ask(Create("/e", mode: CreateMode.Ephemeral));
        TestSession gone = Engine.Connect(timeout: 4000);
        slow.Connection.TakesOutput = false;
        slow.Send([.. Enumerable.Repeat(GetData("/k"), 200)]);

        for (int second = 0; second < 20; second++)
        {
            slow.Connection.TakePart();
            Pass(TimeSpan.FromSeconds(1));
        }

        IsThere("/e").ShouldBeTrue();
        slow.IsConnected.ShouldBeTrue();
        gone.IsConnected.ShouldBeFalse("its session is over");
    }

    [Fact]
    public void Events_for_a_client_that_does_not_read_are_bounded_and_others_get_theirs()
    {
        string path = "/" + new string('w', 5000);
        Session.Ask(Create(path));
        TestSession deaf = Engine.Connect();
        deaf.Ask(AddWatch("/", AddWatchMode.PersistentRecursive));
        deaf.Connection.TakesOutput = false;
        TestSession hearing = Engine.Connect();
        hearing.Ask(AddWatch("/", AddWatchMode.PersistentRecursive));

        for (int i = 0; i < 180; i++)
        {
            Session.Ask(SetData(path, ""));
        }

        deaf.IsConnected.ShouldBeTrue();
        for (int i = 0; i < 40; i++)
        {
            Session.Ask(SetData(path, ""));
        }

        deaf.IsConnected.ShouldBeFalse();
        deaf.Connection.Connection.Unsent.ShouldBe(0);
        hearing.TakeEvents().Count.ShouldBe(220);
        Engine.Replica.Watches.Data.Count.ShouldBe(1);
    }

    [Fact]
    public void When_all_output_together_is_too_much_those_go_that_hold_most_and_take_nothing()
    {
        string path = "/" + new string('w', 5000);
        Session.Ask(Create(path));
        TestSession[] watchers = [.. Enumerable.Range(0, 5).Select(_ => Engine.Connect(timeout: 40_000))];
        foreach (TestSession watcher in watchers)
        {
            watcher.Ask(AddWatch("/", AddWatchMode.PersistentRecursive));
            watcher.Connection.TakesOutput = false;
        }

        // All hold the same; the first is the only one that takes some of it now and then.
        for (int i = 0; i < 70; i++)
        {
            Session.Ask(SetData(path, ""));
        }

        Engine.Replica.DropLate(TimeSpan.FromSeconds(10));
        watchers[0].Connection.TakePart();
        watchers[0].Connection.TakePart();
        Engine.Replica.DropLate(TimeSpan.FromSeconds(10));
        watchers.ShouldAllBe(watcher => watcher.IsConnected);
        for (int i = 0; i < 20; i++)
        {
            Session.Ask(SetData(path, ""));
        }

        watchers[0].IsConnected.ShouldBeTrue();
        watchers.Count(watcher => watcher.IsConnected).ShouldBeInRange(2, 4);
        Session.IsConnected.ShouldBeTrue();
    }

    private void ReadOn(TestSession session)
    {
        session.Connection.TakesOutput = true;
        while (session.Connection.TakePart())
        {
        }

        Engine.Settle();
    }

    [Fact]
    public void When_turns_are_short_every_request_is_answered_all_the_same_and_setWatches_in_many_of_them()
    {
        using var engine = new EngineHarness(new EngineSettings { Limits = new ReplicaLimits { TurnTime = TimeSpan.Zero } });
        TestSession session = engine.Connect();
        session.Ask(Create("/a"));
        string[] paths = [.. Enumerable.Range(0, 1000).Select(i => $"/w{i}")];

        session.Send(
            Create("/b"), SetWatches(0, exist: paths, data: ["/gone"]), SetData("/a", "1"), GetData("/a"), Create("/w7"), Multi(Create("/c"), Delete("/c")), Exists("/w7"));

        List<Received> all = session.TakeAll();
        all.OfType<Answer>().Select(answer => answer.Result.Error).ShouldAllBe(error => error == ErrorCode.Ok);
        all.OfType<Answer>().Count().ShouldBe(7);
        all[1].ShouldBe(new Event(EventType.NodeDeleted, "/gone", -1));
        all.OfType<Event>().Select(e => (e.Type, e.Path)).ShouldBe([(EventType.NodeDeleted, "/gone"), (EventType.NodeCreated, "/w7")]);
        engine.Replica.Watches.Data.Count.ShouldBe(999);
    }

    /// <summary>Lets time pass as a server does, with a ping of the test's own session.</summary>
    private void Pass(TimeSpan time)
    {
        Session.Ask(Exists("/k"));
        Engine.Advance(time);
        Engine.Replica.DropLate(TimeSpan.FromSeconds(10));
    }
}
