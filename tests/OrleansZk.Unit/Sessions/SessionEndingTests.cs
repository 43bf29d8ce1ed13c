using OrleansZk.Core.Replication;
using OrleansZk.Core.Transactions;
using static OrleansZk.TestKit.Wire.WireRequests;

namespace OrleansZk.Unit.Sessions;

/// <summary>A session that owns more than one transaction may delete.</summary>
public sealed class SessionEndingTests() : EngineTest(new EngineSettings { Leader = Small })
{
    private const int Nodes = 10;

    private static LeaderOptions Small => new() { MaxNodesPerEnding = 3, MaxPathBytesPerEnding = 1000 };

    [Fact]
    public void What_it_owns_goes_in_parts_and_the_answer_comes_behind_the_last()
    {
        TestSession leaving = Owner(Nodes);
        Engine.Hold();
        leaving.Send(CloseSession());

        List<int> left = [];
        while (leaving.TakeAll().OfType<Answer>().ToList() is { Count: 0 })
        {
            Engine.ReleaseOne().ShouldBeTrue();
            left.Add(Engine.Replica.Tree.EphemeralCount);
        }

        left.ShouldBe([7, 4, 1, 0]);
        Engine.ReleaseOne().ShouldBeFalse();
        leaving.IsConnected.ShouldBeFalse();
    }

    [Fact]
    public void Parts_are_as_long_as_their_paths_allow()
    {
        TestSession leaving = Engine.Connect();
        for (int i = 0; i < 6; i++)
        {
            leaving.Ask(Create($"/{new string('x', 598)}{i}", mode: CreateMode.Ephemeral));
        }

        long before = Engine.Replica.LastAppliedZxid;
        leaving.Call(CloseSession());

        Since(before).Select(Deleted).ShouldBe([2, 2, 2]);
    }

    [Fact]
    public void What_one_transaction_takes_goes_with_the_session_in_one()
    {
        TestSession leaving = Owner(3);
        long before = Engine.Replica.LastAppliedZxid;

        leaving.Call(CloseSession());

        Since(before).ShouldHaveSingleItem().Body.ShouldBeOfType<CloseSessionBody>().Ephemerals.Count.ShouldBe(3);
    }

    [Fact]
    public void Requests_of_others_go_in_between()
    {
        TestSession leaving = Owner(Nodes);
        long before = Engine.Replica.LastAppliedZxid;
        Engine.Hold();
        leaving.Send(CloseSession());
        for (int i = 0; i < 3; i++)
        {
            Session.Send(Create($"/other{i}"));
            Engine.ReleaseOne();
        }

        Engine.ReleaseAll();

        // The next part is decided on when the one before is applied, and no request waits for more than one.
        Since(before).Select(transaction => transaction.Body is CreateBody ? 'c' : 'd').ShouldBe("dcdccdd");
    }

    [Fact]
    public void From_the_first_part_on_nobody_speaks_for_it()
    {
        TestSession leaving = Owner(Nodes);
        Engine.Hold();
        leaving.Send(CloseSession(), Create("/after"), Create("/e", mode: CreateMode.Ephemeral), GetData("/"));
        Engine.ReleaseOne();
        Engine.Replica.Tree.EphemeralCount.ShouldBe(7);
        Engine.Replica.Sessions.Contains(leaving.Id).ShouldBeFalse();

        Engine.ReleaseAll();

        leaving.TakeAll().OfType<Answer>().Select(answer => answer.Type).ShouldBe([OpCode.CloseSession]);
        leaving.Reconnect().ShouldBeFalse();
        IsThere("/after").ShouldBeFalse();
    }

    [Fact]
    public void One_that_expires_goes_so_too()
    {
        TestSession dying = Owner(Nodes, timeout: 4000);
        long before = Engine.Replica.LastAppliedZxid;
        KeepAlive(TimeSpan.FromSeconds(10));

        Since(before).Select(Deleted).ShouldBe([3, 3, 3, 1]);
        Engine.Replica.Tree.EphemeralCount.ShouldBe(0);
        dying.IsConnected.ShouldBeFalse();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_next_leader_goes_on_with_what_is_left(bool isCheckpointed)
    {
        TestSession leaving = Owner(Nodes);
        Engine.Hold();
        leaving.Send(CloseSession());
        Engine.ReleaseOne();
        if (isCheckpointed)
        {
            Engine.Checkpoint();
        }

        Engine.Restart(keepHeld: false);
        Engine.Replica.Tree.EphemeralCount.ShouldBe(7);
        Engine.Tick();

        Engine.Replica.Tree.EphemeralCount.ShouldBe(0);
        leaving.Reconnect().ShouldBeFalse();
        Engine.Restart();
        Engine.Replica.Tree.EphemeralCount.ShouldBe(0);
    }

    [Fact]
    public void What_others_delete_and_create_meanwhile_is_theirs()
    {
        TestSession leaving = Owner(Nodes);
        TestSession other = Engine.Connect();
        Engine.Hold();
        leaving.Send(CloseSession());
        other.Send(Delete("/e9"), Delete("/e8"), Create("/e8", mode: CreateMode.Ephemeral), Create("/e9"));

        Engine.ReleaseAll();

        leaving.TakeAll().OfType<Answer>().ShouldHaveSingleItem().Result.Error.ShouldBe(ErrorCode.Ok);
        Engine.Replica.Tree.EphemeralsOf(other.Id).Select(node => node.Path).ShouldBe(["/e8"]);
        IsThere("/e9").ShouldBeTrue();
        Engine.Replica.Tree.EphemeralsOf(leaving.Id).ShouldBeEmpty();
    }

    [Fact]
    public void The_answer_comes_when_others_delete_the_last_one()
    {
        TestSession leaving = Owner(4);
        TestSession other = Engine.Connect();
        Engine.Hold();
        leaving.Send(CloseSession());
        other.Send(Delete("/e3"));

        Engine.ReleaseAll();

        leaving.TakeAll().OfType<Answer>().ShouldHaveSingleItem();
        other.TakeAll().OfType<Answer>().ShouldHaveSingleItem().Result.Error.ShouldBe(ErrorCode.Ok);
    }

    [Fact]
    public void Creations_on_their_way_go_too()
    {
        Engine.Hold();
        Session.Send(Create("/held"));
        TestSession leaving = Session;
        leaving.Send([.. Enumerable.Range(0, Nodes).Select(i => Create($"/e{i}", mode: CreateMode.Ephemeral)), Delete("/e0"), CloseSession()]);

        Engine.ReleaseAll();

        Engine.Replica.Tree.EphemeralCount.ShouldBe(0);
        leaving.TakeAll().OfType<Answer>().Last().Type.ShouldBe(OpCode.CloseSession);
    }

    [Fact]
    public void One_that_is_closed_while_its_expiry_waits_goes_whole()
    {
        // The expiry of the first waits for a turn behind what is held, and its client is heard of in the meantime: with the end of its session.
        TestSession big = Owner(Nodes, timeout: 4000);
        TestSession second = Engine.Connect(timeout: 4000);
        Repeat(second, "/s", Nodes);
        Engine.Hold();
        for (int i = 0; i < 6; i++)
        {
            Session.Send(Ping());
            Engine.Advance(TimeSpan.FromSeconds(1));
        }

        second.Send(CloseSession());
        big.Send(CloseSession());
        Engine.ReleaseAll();

        Engine.Replica.Tree.EphemeralCount.ShouldBe(0);
    }

    [Fact]
    public void A_thousand_that_expire_at_once_leave_the_others_their_turns()
    {
        using var engine = new EngineHarness(new EngineSettings { Leader = Small with { MaxNodesPerEnding = 20 } });
        TestSession other = engine.Connect();
        List<TestSession> dying = [.. Enumerable.Range(0, 1000).Select(_ => engine.Connect(timeout: 4000))];
        foreach (TestSession session in dying)
        {
            session.Send(Create("/e-", mode: CreateMode.EphemeralSequential), Create("/e-", mode: CreateMode.EphemeralSequential));
        }

        engine.Hold();
        while (engine.Log.HeldCount == 0)
        {
            other.Send(Ping());
            engine.Advance(TimeSpan.FromSeconds(1));
        }

        other.Send(Create("/between"));
        int turns = 0;
        while (engine.Replica.Tree.Find("/between") is null)
        {
            engine.ReleaseOne().ShouldBeTrue();
            turns++;
        }

        turns.ShouldBe(2, "one for the turn before, and one that it shares with the next");
        engine.Replica.Sessions.Count.ShouldBeGreaterThan(900);
        engine.ReleaseAll();
        engine.Replica.Sessions.Count.ShouldBe(1);
        engine.Replica.Tree.EphemeralCount.ShouldBe(0);
    }

    private TestSession Owner(int count, int timeout = 30_000)
    {
        TestSession session = Engine.Connect(timeout);
        Repeat(session, "/e", count);
        return session;
    }

    private static void Repeat(TestSession session, string prefix, int count)
    {
        for (int i = 0; i < count; i++)
        {
            session.Ask(Create($"{prefix}{i}", mode: CreateMode.Ephemeral));
        }
    }

    private void KeepAlive(TimeSpan time)
    {
        for (TimeSpan passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromSeconds(1))
        {
            Session.Send(Ping());
            Engine.Advance(TimeSpan.FromSeconds(1));
        }
    }

    private List<Transaction> Since(long zxid) =>
        [.. Engine.Log.Groups.SelectMany(group => GroupCodec.Read(group).Transactions).Where(transaction => transaction.Zxid > zxid)];

    private static int Deleted(Transaction transaction) => transaction.Body switch
    {
        CloseSessionBody close => close.Ephemerals.Count,
        MultiBody multi => multi.Parts.Count,
        _ => 0,
    };
}
