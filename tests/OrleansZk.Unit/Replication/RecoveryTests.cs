using OrleansZk.Core.Access;
using OrleansZk.Core.Ensemble;
using OrleansZk.Core.Replication;
using OrleansZk.Core.Transactions;
using OrleansZk.Core.Tree;
using OrleansZk.Protocol;
using static OrleansZk.TestKit.Wire.WireRequests;

namespace OrleansZk.Unit.Replication;

public sealed class RecoveryTests : EngineTest
{
    public RecoveryTests()
    {
        Session.Ask(Create("/a", "1"));
        Session.Ask(Multi(Create("/a/b"), SetData("/a", "2"), CreateTtl("/t", 1000), CreateContainer("/c")));
        Session.Ask(SetAcl("/a", [Digest(Permissions.All, "u:p"), World(Permissions.All)]));
        Session.Ask(Create("/a/s-", mode: CreateMode.EphemeralSequential));
        Session.Ask(Delete("/a/b"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_restart_gives_the_same_tree_and_sessions(bool withCheckpoint)
    {
        if (withCheckpoint)
        {
            Engine.Checkpoint();
            Session.Ask(SetData("/a", "3"));
        }

        List<string> before = TreeDigestCheck.Describe(Engine.Replica.Tree);
        long zxid = Engine.Replica.LastAppliedZxid;

        Engine.Restart();

        TreeDigestCheck.Describe(Engine.Replica.Tree).ShouldBe(before);
        Engine.Replica.LastAppliedZxid.ShouldBe(zxid);
        Session.Reconnect().ShouldBeTrue();
        Session.Ask(GetEphemerals()).Names.ShouldBe(["/a/s-0000000001"]);
    }

    [Fact]
    public void Replay_begins_within_a_group_when_the_checkpoint_stands_there()
    {
        // Groups are dropped whole; one that reaches across the checkpoint is read from its middle.
        Session.Ask(Create("/g1"));
        Engine.Checkpoint();
        long zxid = Engine.Replica.LastAppliedZxid;
        var root = Engine.Replica.Tree.Root;
        Engine.Log.AddUnchecked(Group(
            new Transaction(zxid - 1, 1, 1, 1, default, new DeleteBody("/never there")),
            new Transaction(zxid, 1, 1, 1, default, new CreateBody("/g1", null, AclList.Open, 0, 1)),
            new Transaction(zxid + 1, 1, 1, 1, default, new CreateBody("/g2", null, AclList.Open, 0, root.Cversion + 1))));

        using Replica loaded = Engine.Recover();

        loaded.LastAppliedZxid.ShouldBe(zxid + 1);
        loaded.Tree.Find("/g2").ShouldNotBeNull();
    }

    [Fact]
    public void A_checkpoint_that_is_not_what_its_digest_says_is_refused()
    {
        Engine.Checkpoint();
        Engine.Checkpoints.Editable["/a"] = Engine.Checkpoints.Editable["/a"] with { Version = 99 };

        Should.Throw<CheckpointException>(() => Engine.Recover()).Message.ShouldContain("digest");
    }

    [Fact]
    public void A_log_that_ends_before_the_checkpoint_is_refused()
    {
        Engine.Checkpoint();
        Engine.Log.LoseEverything();

        Should.Throw<LogCorruptException>(() => Engine.Recover()).Message.ShouldContain("before the checkpoint");
    }

    [Fact]
    public void A_checkpoint_that_lacks_a_node_is_refused()
    {
        Engine.Checkpoint();
        Engine.Checkpoints.Editable.Remove("/c");

        Should.Throw<CheckpointException>(() => Engine.Recover());
    }

    [Fact]
    public void A_group_whose_digest_is_not_that_of_the_tree_is_refused()
    {
        LogGroup last = Engine.Log.Groups[^1];
        byte[] bytes = last.Bytes.ToArray();
        bytes[1 + 8 + 3] ^= 0x40;
        Engine.Log.Replace(Engine.Log.Groups.Count - 1, last with { Bytes = bytes });

        Should.Throw<LogCorruptException>(() => Engine.Recover()).Message.ShouldContain("digest");
    }

    [Fact]
    public void A_transaction_that_does_not_fit_the_tree_is_refused()
    {
        TransactionBody[] misfits =
        [
            new CreateBody("/a", null, AclList.Open, 0, 9), new CreateBody("/none/x", null, AclList.Open, 0, 9), new DeleteBody("/none"),
            new DeleteBody("/a"), new DeleteBody("/"), new SetDataBody("/none", null, 1), new SetAclBody("/none", AclList.Open, 1),
            new MultiBody([new DeleteBody("/c"), new DeleteBody("/c")]), new CloseSessionBody(Session.Id, ["/none"]),
        ];
        int count = Engine.Log.Groups.Count;
        foreach (TransactionBody misfit in misfits)
        {
            LogGroup group = Group(new Transaction(Engine.Replica.LastAppliedZxid + 1, 1, 1, 1, default, misfit));
            Engine.Log.AddUnchecked(group);

            Should.Throw<LogCorruptException>(() => Engine.Recover(), misfit.ToString()).Message.ShouldContain("does not fit");
            Engine.Log.RemoveLast();
        }

        Engine.Log.Groups.Count.ShouldBe(count);
        using Replica fine = Engine.Recover();
        fine.LastAppliedZxid.ShouldBe(Engine.Replica.LastAppliedZxid);
    }

    [Fact]
    public void A_transaction_that_cannot_be_applied_is_named_and_can_be_skipped()
    {
        Session.Ask(Create("/fine"));
        long zxid = Engine.Replica.LastAppliedZxid;
        int cversion = Engine.Replica.Tree.Root.Cversion;
        Engine.Log.AddUnchecked(Group(
            new Transaction(zxid + 1, 1, 77, 1, default, new MultiBody([new DeleteBody("/fine"), new DeleteBody("/fine")])),
            new Transaction(zxid + 2, 1, 1, 1, default, new CreateBody("/next", null, AclList.Open, 0, cversion + 1))));

        string message = Should.Throw<LogCorruptException>(() => Engine.Recover()).Message;
        message.ShouldContain($"transaction 0x{zxid + 1:x} ");
        message.ShouldContain("Multi of session 0x4d");
        message.ShouldContain($"group 0x{zxid + 1:x} to 0x{zxid + 2:x}");
        message.ShouldContain($"--skip-transaction 0x{zxid + 1:x}");

        using Replica loaded = Engine.Recover(skippedZxid: zxid + 1);
        loaded.LastAppliedZxid.ShouldBe(zxid + 2);
        loaded.Tree.Find("/fine").ShouldNotBeNull("half of it would be worse");
        loaded.Tree.Find("/next").ShouldNotBeNull();
    }

    [Fact]
    public void Nothing_but_the_transaction_that_was_named_is_skipped()
    {
        long zxid = Engine.Replica.LastAppliedZxid;
        Engine.Log.AddUnchecked(Group(
            new Transaction(zxid + 1, 1, 1, 1, default, new DeleteBody("/none")), new Transaction(zxid + 2, 1, 1, 1, default, new DeleteBody("/nor this"))));

        Should.Throw<LogCorruptException>(() => Engine.Recover(skippedZxid: zxid + 1)).Message.ShouldContain($"transaction 0x{zxid + 2:x} ");
        Should.Throw<LogCorruptException>(() => Engine.Recover(skippedZxid: zxid + 2)).Message.ShouldContain($"transaction 0x{zxid + 1:x} ");
    }

    [Fact]
    public void A_follower_skips_the_same()
    {
        Session.Ask(Create("/fine"));
        long zxid = Engine.Replica.LastAppliedZxid;
        LogGroup group = Group(new Transaction(zxid + 1, 1, 1, 1, default, new DeleteBody("/none")));
        using Replica with = Engine.Recover(skippedZxid: zxid + 1);
        using Replica without = Engine.Recover();

        GroupApplication.Apply(with, group.Bytes.Span);
        with.LastAppliedZxid.ShouldBe(zxid + 1);
        Should.Throw<DivergedException>(() => GroupApplication.Apply(without, group.Bytes.Span)).Message.ShouldContain("could not be applied");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(60)]
    public void A_group_that_is_cut_short_is_refused(int length)
    {
        LogGroup last = Engine.Log.Groups[^1];
        Engine.Log.Replace(Engine.Log.Groups.Count - 1, last with { Bytes = last.Bytes[..length] });

        Should.Throw<LogCorruptException>(() => Engine.Recover());
    }

    [Fact]
    public void A_group_of_another_format_is_refused()
    {
        LogGroup last = Engine.Log.Groups[^1];
        byte[] bytes = last.Bytes.ToArray();
        bytes[0] = 9;
        Engine.Log.Replace(Engine.Log.Groups.Count - 1, last with { Bytes = bytes });

        Should.Throw<LogCorruptException>(() => Engine.Recover()).Message.ShouldContain("format 9");
    }

    [Fact]
    public void Every_kind_of_transaction_comes_back_from_its_bytes()
    {
        TransactionBody[] bodies =
        [
            new CreateBody("/a", [1, 2], AclList.WorldReadable, 5, 6), new CreateBody("/a", null, AclList.Empty, NodeOwner.Container, -1),
            new DeleteBody("/č"), new SetDataBody("/a", [], 7), new SetAclBody("/a", AclList.Open, 3), CheckBody.Instance,
            new CreateSessionBody(1, 2, 3), new MoveSessionBody(4, 5, 6), new CloseSessionBody(3, ["/x", "/y"]),
        ];
        Transaction[] transactions =
        [
            .. bodies.Append(new MultiBody(bodies)).Select((body, i) => new Transaction(i + 1, 50, 60, 70, new RequestOrigin(1, 2, 3), body)),
        ];

        DecodedGroup decoded = GroupCodec.Read(Group(transactions));

        decoded.Transactions.Select(Encode).ShouldBe(transactions.Select(Encode));
        decoded.Transactions.Select(transaction => transaction.Body.GetType()).ShouldBe(transactions.Select(transaction => transaction.Body.GetType()));
        decoded.Transactions[0].Origin.ShouldBe(new RequestOrigin(1, 2, 3));
    }

    [Fact]
    public void Transactions_carry_who_asked_for_them()
    {
        Transaction last = GroupCodec.Read(Engine.Log.Groups[^1]).Transactions[^1];

        last.SessionId.ShouldBe(Session.Id);
        last.Zxid.ShouldBe(Engine.Replica.LastAppliedZxid);
        last.Origin.ServerId.ShouldBe(Engine.Settings.ServerId);
        last.Origin.Number.ShouldBeGreaterThan(0);
    }

    private static LogGroup Group(params Transaction[] transactions)
    {
        var writer = new JuteWriter();
        GroupCodec.Begin(writer, 0, 0);
        foreach (Transaction transaction in transactions)
        {
            GroupCodec.Write(writer, transaction);
        }

        return new LogGroup(transactions[0].Zxid, transactions[^1].Zxid, writer.Written.ToArray());
    }

    private static string Encode(Transaction transaction)
    {
        var writer = new JuteWriter();
        transaction.Write(writer);
        return Convert.ToHexString(writer.Written);
    }
}
