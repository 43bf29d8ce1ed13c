using OrleansZk.Core.Replication;
using OrleansZk.Core.Tree;
using OrleansZk.Core.Watches;
using OrleansZk.Unit.Operations;
using static OrleansZk.TestKit.Wire.WireRequests;

namespace OrleansZk.Unit.Tree;

/// <summary>What every node knows of what lies beneath it, and what very deep paths cost. That the figures are right is checked after every test of an engine.</summary>
public sealed class SubtreeCountTests : EngineTest
{
    private const int Depth = 2000;

    [Fact]
    public void They_follow_every_change()
    {
        Session.Ask(Multi(Create("/a", "12"), Create("/a/b", "345"), Create("/a/b/c"), Create("/ab", "99")));
        Figures("/a").ShouldBe((3, 5));

        Session.Ask(SetData("/a/b/c", "6789"));
        Figures("/a").ShouldBe((3, 9));
        Session.Ask(SetData("/a", ""));
        Figures("/a").ShouldBe((3, 7));
        Session.Ask(Delete("/a/b/c"));
        Figures("/a").ShouldBe((2, 3));
        Figures("/a/b").ShouldBe((1, 3));
        Session.Ask(GetAllChildrenNumber("/")).Number.ShouldBe(Engine.Replica.Tree.Count - 1);
        Session.Ask(GetAllChildrenNumber("/a")).Number.ShouldBe(1);
    }

    [Fact]
    public void They_come_back_with_the_checkpoint()
    {
        Session.Ask(SetData("/", "root"));
        Session.Ask(Multi(Create("/a", "12"), Create("/a/b", "345"), Create("/a/b/c")));
        Engine.Checkpoint();
        Session.Ask(Create("/a/d", "6"));

        Engine.Restart();

        Figures("/a").ShouldBe((4, 6));
        Figures("/").ShouldBe((Engine.Replica.Tree.Count, 4 + 6));
    }

    [Fact]
    public void Counters_are_used_again_and_none_is_left_behind()
    {
        var counters = new SubtreeCounters();
        var random = new Random(3);
        List<int> chain = [];
        for (int i = 0; i < 50_000; i++)
        {
            if (chain.Count < 10_000 && random.Next(3) > 0)
            {
                chain.Add(counters.Add(chain.Count == 0 ? SubtreeCounters.None : chain[^1]));
                counters.Read(chain[^1]).ShouldBe((0, 0));
            }
            else if (chain.Count > 0)
            {
                counters.Remove(chain[^1]);
                chain.RemoveAt(chain.Count - 1);
            }
        }

        counters.Count.ShouldBe(chain.Count);
        chain.ShouldBeUnique();
        counters.Change(chain[^1], 2, 7);
        chain.ShouldAllBe(index => counters.Read(index).Bytes == 7);
        counters.Change(chain[100], -1, -7);
        chain.Take(101).ShouldAllBe(index => counters.Read(index).Nodes == 1);
        chain.Skip(101).ShouldAllBe(index => counters.Read(index).Nodes == 2);
    }

    [Fact]
    public void A_leaf_pays_nothing_for_them()
    {
        // A million nodes in 500 MiB is promised: a node without children has no more than its stat, its path and where it is linked.
        var nodes = new ZNode[1000];
        ZNode Make(int i) => nodes[i] = new ZNode("/x", 1);
        Make(0);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < nodes.Length; i++)
        {
            Make(i);
        }

        ((GC.GetAllocatedBytesForCurrentThread() - before) / nodes.Length).ShouldBeLessThanOrEqualTo(152);
    }

    [Fact]
    public void A_change_far_down_makes_no_text_of_what_is_above_it()
    {
        var bench = new PreparationBench();
        string path = "";
        for (int i = 0; i < Depth; i++)
        {
            bench.Add(path += "/x");
        }

        bench.Add("/zookeeper/quota/x");
        bench.Add("/zookeeper/quota/x/zookeeper_limits", data: "count=5,bytes=5"u8.ToArray());
        var overlay = new Overlay(bench.Tree);
        var watches = new WatchTable<string>();
        watches.Add("/x/x/x", "w", WatchModes.PersistentRecursive);
        var fired = new HashSet<string>(4);
        for (int i = 0; i < 3; i++)
        {
            Change();
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        Change();

        // Some of the bookkeeping grows now and then; one text of each prefix would be 8 million bytes.
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(200_000);
        fired.ShouldBe(["w"]);

        void Change()
        {
            overlay.Prune(1);
            overlay.Begin();
            overlay.Quotas.Usage.Add(2, path, 0, 5);
            overlay.Quotas.Deepest(path)!.Path.ShouldBe("/x");
            overlay.Quotas.UsageOf("/x").ShouldBe((Depth, 5));
            overlay.RollBack();
            bench.Tree.SetData(path, null, 1, 2, 2, []);
            watches.Fire(path, fired);
        }
    }

    [Fact]
    public void Of_a_deep_path_each_part_is_read_once()
    {
        string path = string.Concat(Enumerable.Repeat("/x", Depth));
        int steps = 0;
        int read = 0;
        var prefixes = new Core.Paths.PathPrefixes(path);
        for (int before = 0; prefixes.MoveNext(); before = prefixes.Length)
        {
            steps++;
            read += prefixes.Length - before;
        }

        (steps, read).ShouldBe((Depth + 1, path.Length));
    }

    private (int Count, long Bytes) Figures(string path) => (Node(path).SubtreeCount, Node(path).SubtreeBytes);
}
