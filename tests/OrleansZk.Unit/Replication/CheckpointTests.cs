using OrleansZk.Core.Replication;
using OrleansZk.Core.Transactions;
using OrleansZk.Core.Tree;
using static OrleansZk.TestKit.Wire.WireRequests;

namespace OrleansZk.Unit.Replication;

/// <summary>A checkpoint is the tree exactly as it stood at its zxid, whatever happens while it is written.</summary>
public sealed class CheckpointTests : EngineTest
{
    [Fact]
    public void A_checkpoint_holds_the_tree_and_lets_the_log_go()
    {
        Session.Ask(Create("/a", "1"));
        Session.Ask(Create("/a/e", mode: CreateMode.Ephemeral));
        Session.Ask(SetAcl("/a", [Digest(Permissions.All, "u:p"), World(Permissions.All)]));
        List<string> before = TreeDigestCheck.Describe(Engine.Replica.Tree);

        Engine.Checkpoint();

        Engine.Checkpoints.Header!.Value.Zxid.ShouldBe(Engine.Replica.LastAppliedZxid);
        Engine.Checkpoints.Header!.Value.Digest.ShouldBe(Engine.Replica.Tree.Digest);
        Engine.Checkpoints.Sessions.Keys.ShouldBe([Session.Id]);
        Engine.Log.Groups.ShouldBeEmpty();
        Engine.Restart();
        TreeDigestCheck.Describe(Engine.Replica.Tree).ShouldBe(before);
        Engine.Connect().Ask(Create("/a/next"));
    }

    [Fact]
    public void Only_what_changed_is_written()
    {
        for (int i = 0; i < 50; i++)
        {
            Session.Ask(Create($"/{i}"));
        }

        Engine.Checkpoint();
        Engine.Checkpoints.Written.Clear();
        Session.Ask(SetData("/7", "x"));
        Session.Ask(Delete("/9"));
        Session.Ask(Create("/7/child"));

        Engine.Checkpoint();

        Engine.Checkpoints.Written.ShouldBe([("/9", true), ("/", false), ("/7", false), ("/7/child", false)], ignoreOrder: true);
        Engine.Checkpoints.Written[0].ShouldBe(("/9", true));
        Engine.Checkpoints.Written.Clear();
        Engine.Checkpoint();
        Engine.Checkpoints.Written.ShouldBeEmpty();
    }

    [Fact]
    public void What_comes_and_goes_between_checkpoints_is_never_written()
    {
        Engine.Checkpoint();
        Engine.Checkpoints.Written.Clear();
        for (int i = 0; i < 100; i++)
        {
            Session.Ask(Create("/e", mode: CreateMode.Ephemeral));
            Session.Ask(Delete("/e"));
        }

        Engine.Checkpoint();

        Engine.Checkpoints.Written.ShouldBe([("/", false)]);
    }

    [Fact]
    public void Changes_while_it_is_written_are_not_in_it()
    {
        foreach (string path in new[] { "/changed", "/deleted", "/again", "/child", "/acl", "/stored-then-deleted" })
        {
            Session.Ask(Create(path, "before"));
        }

        Engine.Checkpoint();
        foreach (string path in new[] { "/changed", "/deleted", "/again", "/child", "/acl" })
        {
            Session.Ask(SetData(path, "at the cut"));
        }

        Session.Ask(Delete("/stored-then-deleted"));
        List<string> atTheCut = TreeDigestCheck.Describe(Engine.Replica.Tree);
        TestSession other = Engine.Connect();
        long opened = other.Id;
        List<string>? cutWithSession = null;
        int turn = 0;
        Engine.Checkpoints.BetweenChunks = () =>
        {
            cutWithSession ??= TreeDigestCheck.Describe(Engine.Replica.Tree);
            switch (turn++)
            {
                case 0:
                    Session.Ask(SetData("/changed", "after"));
                    Session.Ask(Delete("/deleted"));
                    Session.Ask(Delete("/again"));
                    Session.Ask(Create("/again", "after"));
                    Session.Ask(Create("/child/new"));
                    Session.Ask(SetAcl("/acl", Acl.ReadUnsafe));
                    Session.Ask(Create("/stored-then-deleted", "after"));
                    other.Ask(CloseSession());
                    break;
                case 1:
                    Session.Ask(SetData("/changed", "later still"));
                    Session.Ask(Create("/deleted", "again"));
                    break;
                default:
                    break;
            }
        };

        Engine.Checkpoint();
        Engine.Checkpoints.BetweenChunks = null;

        TreeDigestCheck.Describe(Loaded()).ShouldBe(atTheCut);
        Engine.Checkpoints.Sessions.ContainsKey(opened).ShouldBeTrue("it was open at the cut");
        RequireRestartKeeps();
        Engine.Checkpoint();
        RequireRestartKeeps();
        Engine.Checkpoints.Sessions.ContainsKey(opened).ShouldBeFalse();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(9)]
    public void One_that_fails_is_made_up_for_by_the_next(int afterChunks)
    {
        Session.Ask(Create("/a"));
        Session.Ask(Create("/b"));
        Engine.Checkpoint();
        CheckpointHeader header = Engine.Checkpoints.Header!.Value;
        Session.Ask(SetData("/a", "x"));
        Session.Ask(Delete("/b"));
        Session.Ask(Create("/c"));
        TestSession other = Engine.Connect();
        Engine.Checkpoints.FailAfterChunks = afterChunks;
        Engine.Checkpoints.BetweenChunks = () =>
        {
            if (IsThere("/c"))
            {
                Session.Ask(Delete("/c"));
            }
        };

        Should.Throw<CheckpointException>(Engine.Checkpoint);
        Engine.Checkpoints.BetweenChunks = null;

        Engine.Checkpoints.Header.ShouldBe(header);
        Engine.Log.Groups.ShouldNotBeEmpty("the log keeps what the checkpoint could not");
        RequireRestartlessLoad();
        Session.Ask(Create("/b", "again"));
        Session.Ask(Create("/c", "again"));
        Engine.Checkpoint();
        Engine.Checkpoints.Sessions.Keys.ShouldBe([Session.Id, other.Id], ignoreOrder: true);
        Engine.Log.Groups.ShouldBeEmpty();
        RequireRestartKeeps();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Random_changes_with_random_failures_always_load_to_the_same_tree(int seed)
    {
        var random = new Random(seed);
        Engine.Checkpoints.BetweenChunks = () => Change(random, 5);
        for (int i = 0; i < 60; i++)
        {
            Change(random, random.Next(20));
            if (random.Next(3) == 0)
            {
                Engine.Checkpoints.FailAfterChunks = random.Next(3);
            }

            try
            {
                Engine.Checkpoint();
            }
            catch (CheckpointException)
            {
                // The next one makes up for it.
            }

            Engine.Checkpoints.FailAfterChunks = null;
            RequireRestartlessLoad();
        }
    }

    [Fact]
    public void What_came_and_went_before_a_restart_is_deleted_all_the_same()
    {
        // A checkpoint that was under way when the server went down may have come to the store after the one that it is loaded from.
        Engine.Checkpoint();
        Session.Ask(Create("/e"));
        Session.Ask(Delete("/e"));
        Engine.Restart();
        Engine.Checkpoints.Written.Clear();

        Engine.Checkpoint();

        Engine.Checkpoints.Written.ShouldContain(("/e", true));
    }

    [Fact]
    public void One_that_this_server_began_when_it_led_before_stays_a_cut()
    {
        Session.Ask(Create("/a", "at the cut"));
        IReadOnlyList<Transaction> marked = GroupCodec.Read(Engine.Log.Groups[^1]).Transactions;
        List<string> atTheCut = TreeDigestCheck.Describe(Engine.Replica.Tree);
        Engine.Checkpoints.BetweenChunks = () =>
        {
            Engine.Checkpoints.BetweenChunks = null;
            Engine.Replica.Tracking.Stop();
            Engine.Replica.Tracking.Start();
            Engine.Replica.Tracking.Mark(marked);
            Session.Ask(SetData("/a", "after"));
        };

        Engine.Checkpoint();

        TreeDigestCheck.Describe(Loaded()).ShouldBe(atTheCut);
    }

    [Fact]
    public void The_usage_of_a_quota_that_has_gone_since_is_in_it()
    {
        const string Quota = "/zookeeper/quota/q";
        Session.Ask(Create("/q"));
        Session.Ask(Create(Quota));
        Session.Ask(Create(Quota + "/zookeeper_limits", "count=100,bytes=-1"));
        Session.Ask(Create(Quota + "/zookeeper_stats", "count=0,bytes=0"));
        Engine.Checkpoint();

        // Of another leader, whose changes this one did not remember.
        Engine.Replica.Tracking.Stop();
        int before = Engine.Log.Groups.Count;
        Session.Ask(Create("/q/a", "beneath the quota"));
        Session.Ask(Delete(Quota + "/zookeeper_limits"));
        Engine.Replica.Tracking.Start();
        Engine.Replica.Tracking.Mark([.. Engine.Log.Groups.Skip(before).SelectMany(group => GroupCodec.Read(group).Transactions)]);
        using var checkpointer = new Checkpointer(
            Engine.Replica,
            Engine.Log,
            Engine.Checkpoints,
            new CheckpointOptions(),
            Microsoft.Extensions.Logging.Abstractions.NullLogger<Checkpointer>.Instance,
            Engine.Checkpoints.Header);
        checkpointer.CheckpointAsync(CancellationToken.None).IsCompletedSuccessfully.ShouldBeTrue();

        TreeDigestCheck.Describe(Loaded()).ShouldBe(TreeDigestCheck.Describe(Engine.Replica.Tree));
    }

    [Fact]
    public void What_is_marked_when_another_server_leads_already_is_not_taken_for_a_change()
    {
        Session.Ask(Create("/a"));
        IReadOnlyList<Transaction> marked = GroupCodec.Read(Engine.Log.Groups[^1]).Transactions;
        Engine.Checkpoint();
        Engine.Replica.Tracking.Stop();
        Engine.Replica.Tracking.Mark(marked);
        Session.Ask(Delete("/a"));
        Session.Ask(Create("/a", "of another leader, who has written a checkpoint since"));

        Engine.Replica.Tracking.Start();
        using var checkpointer = new Checkpointer(
            Engine.Replica,
            Engine.Log,
            Engine.Checkpoints,
            new CheckpointOptions(),
            Microsoft.Extensions.Logging.Abstractions.NullLogger<Checkpointer>.Instance,
            Engine.Checkpoints.Header);
        Engine.Checkpoints.Written.Clear();
        checkpointer.CheckpointAsync(CancellationToken.None).IsCompletedSuccessfully.ShouldBeTrue();

        Engine.Checkpoints.Written.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void None_is_written_of_changes_that_are_not_remembered_any_more(bool leadsAgain)
    {
        Session.Ask(Create("/a"));
        Engine.Checkpoint();
        CheckpointHeader? before = Engine.Checkpoints.Header;
        Session.Ask(Create("/b"));

        // Another server leads, and then, perhaps, this one again: what it remembers from there on is not all that has changed.
        Engine.Replica.Tracking.Stop();
        Session.Ask(Create("/c"));
        if (leadsAgain)
        {
            Engine.Replica.Tracking.Start();
        }

        Should.Throw<CheckpointException>(Engine.Checkpoint);
        Engine.Checkpoints.Header.ShouldBe(before);
    }

    [Fact]
    public void It_is_due_after_so_many_transactions()
    {
        var checkpointer = new Checkpointer(
            Engine.Replica,
            Engine.Log,
            Engine.Checkpoints,
            new CheckpointOptions { Transactions = 3 },
            Microsoft.Extensions.Logging.Abstractions.NullLogger<Checkpointer>.Instance);
        for (int i = 1; i <= 6; i++)
        {
            Session.Ask(Create($"/{i}"));
            checkpointer.CheckpointIfDueAsync(CancellationToken.None).IsCompletedSuccessfully.ShouldBeTrue();
            (Engine.Checkpoints.Header is { } header && header.Zxid == Engine.Replica.LastAppliedZxid).ShouldBe(i is 3 or 6);
        }

        checkpointer.Dispose();
    }

    [Fact]
    public void It_is_due_after_so_many_bytes_of_the_log_too()
    {
        var volume = new LogVolume();
        var checkpointer = new Checkpointer(
            Engine.Replica,
            Engine.Log,
            Engine.Checkpoints,
            new CheckpointOptions { Bytes = 1000 },
            Microsoft.Extensions.Logging.Abstractions.NullLogger<Checkpointer>.Instance,
            volume: volume,
            backlog: new LogBacklog(0, 400));
        foreach ((int added, bool isDue) in new[] { (599, false), (1, true), (999, false), (1, true), (5000, true), (0, false) })
        {
            volume.Add(added);
            int before = Engine.Checkpoints.Count;
            checkpointer.CheckpointIfDueAsync(CancellationToken.None).IsCompletedSuccessfully.ShouldBeTrue();
            (Engine.Checkpoints.Count > before).ShouldBe(isDue, $"after {added}");
        }

        checkpointer.Dispose();
    }

    [Fact]
    public void What_the_log_had_at_the_start_counts_too()
    {
        for (int i = 0; i < 3; i++)
        {
            Session.Ask(Create($"/{i}"));
        }

        Engine.Restart();
        using Replica recovered = Engine.Recover(out LogBacklog backlog);
        backlog.Transactions.ShouldBe(Engine.Log.Groups.Count);
        backlog.Bytes.ShouldBe(Engine.Log.Groups.Sum(group => (long)group.Bytes.Length));
    }

    [Fact]
    public void After_a_failure_it_waits_longer_each_time()
    {
        var checkpointer = new Checkpointer(
            Engine.Replica,
            Engine.Log,
            Engine.Checkpoints,
            new CheckpointOptions { Transactions = 1 },
            Microsoft.Extensions.Logging.Abstractions.NullLogger<Checkpointer>.Instance);
        Session.Ask(Create("/a"));
        int failures = 0;
        for (int second = 0; second < 200; second++)
        {
            Engine.Checkpoints.FailAfterChunks = 0;
            Task turn = checkpointer.CheckpointIfDueAsync(CancellationToken.None);
            failures += turn.IsFaulted ? 1 : 0;
            Engine.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        // At 0, 1, 3, 7, 15, 31, 63, 123, 183.
        failures.ShouldBe(9);
        checkpointer.Dispose();
    }

    [Fact]
    public void An_append_that_is_repeated_counts_once()
    {
        var volume = new LogVolume();
        var log = new MeteredLog(Engine.Log, volume);
        Engine.Log.Mode = AppendMode.Held;
        long zxid = Engine.Log.Groups[^1].LastZxid + 1;
        _ = log.AppendAsync(new LogGroup(zxid, zxid, new byte[100]), CancellationToken.None).AsTask();
        Engine.Log.FailNext(new StoreUnavailableException("away"));
        Engine.Log.Release();
        Engine.Log.Mode = AppendMode.Immediate;
        log.AppendAsync(new LogGroup(zxid, zxid, new byte[100]), CancellationToken.None).AsTask().IsCompletedSuccessfully.ShouldBeTrue();
        log.AppendAsync(new LogGroup(zxid + 1, zxid + 1, new byte[10]), CancellationToken.None).AsTask().IsCompletedSuccessfully.ShouldBeTrue();
        volume.Bytes.ShouldBe(110);
    }

    private DataTree Loaded()
    {
        var tree = new DataTree();
        foreach (NodeImage image in Engine.Checkpoints.Nodes.Values.OrderBy(image => image.Path, StringComparer.Ordinal))
        {
            tree.Load(image);
        }

        TreeDigestCheck.Require(tree);
        tree.Digest.ShouldBe(Engine.Checkpoints.Header!.Value.Digest);
        return tree;
    }

    private void RequireRestartlessLoad()
    {
        using Replica loaded = Engine.Recover();
        TreeDigestCheck.Describe(loaded.Tree).ShouldBe(TreeDigestCheck.Describe(Engine.Replica.Tree));
        loaded.Tree.Digest.ShouldBe(Engine.Replica.Tree.Digest);
        loaded.Sessions.All.ShouldBe(Engine.Replica.Sessions.All, ignoreOrder: true);
    }

    private void RequireRestartKeeps()
    {
        RequireRestartlessLoad();
        Engine.Restart();
        Session.Reconnect().ShouldBeTrue();
    }

    private void Change(Random random, int count)
    {
        for (int i = 0; i < count; i++)
        {
            string path = random.Next(2) == 0 ? $"/{random.Next(6)}" : $"/{random.Next(6)}/{random.Next(3)}";
            Session.Try(random.Next(5) switch
            {
                0 or 1 => Create(path, "x", random.Next(3) == 0 ? CreateMode.Ephemeral : CreateMode.Persistent),
                2 => Delete(path),
                3 => SetData(path, new byte[random.Next(5)]),
                _ => SetAcl(path, random.Next(2) == 0 ? Acl.OpenUnsafe : [World(Permissions.All), World(Permissions.Read)]),
            });
        }
    }
}
