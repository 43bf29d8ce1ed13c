using static OrleansZk.TestKit.Wire.WireRequests;

namespace OrleansZk.Unit.Tree;

/// <summary>Every field of a stat, as each operation leaves it.</summary>
public sealed class StatTests : EngineTest
{
    [Fact]
    public void A_new_node_has_its_transaction_everywhere()
    {
        Answer answer = Session.Call(Create2("/a", "data"u8.ToArray()));

        answer.Result.Stat.ShouldBe(new Stat(
            Czxid: answer.Zxid,
            Mzxid: answer.Zxid,
            Ctime: Engine.Now,
            Mtime: Engine.Now,
            Version: 0,
            Cversion: 0,
            Aversion: 0,
            EphemeralOwner: 0,
            DataLength: 4,
            NumChildren: 0,
            Pzxid: answer.Zxid));
        Session.Ask(Exists("/a")).Stat.ShouldBe(answer.Result.Stat);
    }

    [Fact]
    public void The_nodes_of_a_new_tree()
    {
        using var empty = new EngineHarness();

        empty.Replica.Tree.Root.Stat.ShouldBe(new Stat(0, 0, 0, 0, 0, -1, 0, 0, 0, 1, 0));
        empty.Replica.Tree.Find("/zookeeper")!.Stat.ShouldBe(new Stat(0, 0, 0, 0, 0, -2, 0, 0, 0, 2, 0));
        empty.Replica.Tree.Find("/zookeeper/quota")!.Stat.ShouldBe(default);
        empty.Replica.Tree.Find("/zookeeper/config")!.Acl.ShouldBe(Acl.ReadUnsafe);
    }

    [Fact]
    public void A_child_changes_its_parents_cversion_and_pzxid_only()
    {
        Stat before = Session.Ask(Create2("/a", "x"u8.ToArray())).Stat!.Value;
        Engine.Clock.Advance(TimeSpan.FromSeconds(1));

        long created = Session.Call(Create("/a/b")).Zxid;
        StatOf("/a").ShouldBe(before with { Cversion = 1, NumChildren = 1, Pzxid = created });

        Engine.Clock.Advance(TimeSpan.FromSeconds(1));
        long deleted = Session.Call(Delete("/a/b")).Zxid;
        StatOf("/a").ShouldBe(before with { Cversion = 2, NumChildren = 0, Pzxid = deleted });
    }

    [Fact]
    public void The_shown_cversion_counts_creations_and_deletions()
    {
        Session.Ask(Create("/a"));
        for (int i = 1; i <= 3; i++)
        {
            Session.Ask(Create($"/a/{i}"));
            StatOf("/a").Cversion.ShouldBe(i);
        }

        Session.Ask(Delete("/a/1"));
        StatOf("/a").Cversion.ShouldBe(4);
        Session.Ask(Delete("/a/2"));
        Session.Ask(Delete("/a/3"));
        StatOf("/a").Cversion.ShouldBe(6);
        Node("/a").Cversion.ShouldBe(3);
    }

    [Fact]
    public void Data_moves_version_mzxid_and_mtime()
    {
        Stat before = Session.Ask(Create2("/a", "x"u8.ToArray())).Stat!.Value;
        Engine.Clock.Advance(TimeSpan.FromMilliseconds(5));

        Answer answer = Session.Call(SetData("/a", "longer"));

        answer.Result.Stat.ShouldBe(before with { Version = 1, Mzxid = answer.Zxid, Mtime = before.Mtime + 5, DataLength = 6 });
    }

    [Fact]
    public void Null_data_stays_null_and_has_length_zero()
    {
        Session.Ask(Create("/null", (byte[]?)null)).Path.ShouldBe("/null");
        Session.Ask(Create("/empty", []));

        Session.Ask(GetData("/null")).Data.ShouldBeNull();
        Session.Ask(GetData("/empty")).Data.ShouldBe([]);
        StatOf("/null").DataLength.ShouldBe(0);

        Session.Ask(SetData("/empty", (byte[]?)null));
        Session.Ask(GetData("/empty")).Data.ShouldBeNull();
        StatOf("/empty").Version.ShouldBe(1);
    }

    [Fact]
    public void The_access_list_moves_the_aversion_only()
    {
        Stat before = Session.Ask(Create2("/a")).Stat!.Value;
        Engine.Clock.Advance(TimeSpan.FromSeconds(1));

        Session.Ask(SetAcl("/a", Acl.OpenUnsafe)).Stat.ShouldBe(before with { Aversion = 1 });
        Session.Ask(SetAcl("/a", Acl.OpenUnsafe, version: 1)).Stat.ShouldBe(before with { Aversion = 2 });
    }

    [Fact]
    public void Versions_go_from_minus_two_to_zero()
    {
        Session.Ask(Create("/a"));
        Engine.Replica.Tree.SetData("/a", null, -2, Session.LastZxid, Engine.Now, []);

        Session.Ask(SetData("/a", "x", version: -2)).Stat!.Value.Version.ShouldBe(0);
    }

    [Fact]
    public void Versions_wrap_around()
    {
        Session.Ask(Create("/a"));
        Engine.Replica.Tree.SetData("/a", null, int.MaxValue, Session.LastZxid, Engine.Now, []);

        Session.Ask(SetData("/a", "x", version: int.MaxValue)).Stat!.Value.Version.ShouldBe(int.MinValue);
    }

    [Fact]
    public void The_parts_of_a_multi_share_zxid_and_time()
    {
        Answer answer = Session.Call(Multi(Create2("/a"), Create2("/a/b"), SetData("/a", "x"), Create2("/c")));

        Stat[] stats = [.. new[] { "/a", "/a/b", "/c" }.Select(StatOf)];
        stats.ShouldAllBe(stat => stat.Czxid == answer.Zxid && stat.Mzxid == answer.Zxid && stat.Ctime == Engine.Now);
        StatOf("/a").ShouldBe(new Stat(answer.Zxid, answer.Zxid, Engine.Now, Engine.Now, 1, 1, 0, 0, 1, 1, answer.Zxid));

        // Each part's own answer shows the node as that part left it.
        answer.Result.Parts![0].Result.Stat!.Value.NumChildren.ShouldBe(0);
        answer.Result.Parts[2].Result.Stat!.Value.NumChildren.ShouldBe(1);
    }

    [Fact]
    public void Only_ephemerals_show_an_owner()
    {
        Session.Ask(Create("/e", mode: CreateMode.Ephemeral));
        Session.Ask(CreateContainer("/c"));
        Session.Ask(CreateTtl("/t", 5000));

        StatOf("/e").EphemeralOwner.ShouldBe(Session.Id);
        StatOf("/c").EphemeralOwner.ShouldBe(0);
        StatOf("/t").EphemeralOwner.ShouldBe(0);
    }

    [Fact]
    public void Zxids_have_the_epoch_above_and_a_counter_below()
    {
        long first = Session.Call(Create("/a")).Zxid;
        (first >> 32).ShouldBe(1);

        Session.Call(Create("/b")).Zxid.ShouldBe(first + 1);
        Session.Call(Create("/b")).Zxid.ShouldBe(first + 1, "a refused request uses up no zxid");

        Engine.Restart();
        Engine.Connect().Call(Create("/c")).Zxid.ShouldBe((2L << 32) + 2);
    }
}
