namespace OrleansZk.Histories.Tests;

public sealed class EndTests
{
    private readonly Story _story = new();

    [Fact]
    public void The_tree_at_the_end_is_that_of_the_log()
    {
        long created = _story.Open().Create("/x", "1");
        Dictionary<string, FinalNode> tree = Tree(created);
        _story.ShouldBeFine(evidence => evidence with { FinalTree = tree, FinalSessions = [1] });
    }

    [Fact]
    public void A_node_that_is_missing_at_the_end()
    {
        Dictionary<string, FinalNode> tree = Tree(_story.Open().Create("/x", "1"));
        tree.Remove("/x");
        _story.ShouldBreak("final-tree", "/x is not there", evidence => evidence with { FinalTree = tree });
    }

    [Fact]
    public void A_node_that_nobody_wrote()
    {
        Dictionary<string, FinalNode> tree = Tree(_story.Open().Create("/x", "1"));
        tree["/y"] = new FinalNode([], default);
        _story.ShouldBreak("final-tree", "/y is there, but by the log it is not", evidence => evidence with { FinalTree = tree });
    }

    [Fact]
    public void A_node_that_is_another_one()
    {
        long created = _story.Open().Create("/x", "1");
        Dictionary<string, FinalNode> tree = Tree(created);
        tree["/x"] = new FinalNode(Story.Bytes("2"), Speaker.StatOf("2", created));
        _story.ShouldBreak("final-tree", "/x is '2'", evidence => evidence with { FinalTree = tree });
    }

    [Fact]
    public void A_session_that_is_missing_at_the_end()
    {
        _story.Open();
        _story.ShouldBreak("final-sessions", "by the log they are [0x1]", evidence => evidence with { FinalSessions = [] });
    }

    [Fact]
    public void Two_leaders_of_one_epoch()
    {
        _story.ShouldBeFine(evidence => evidence with { Claims = [new(1, "a"), new(2, "b"), new(2, "b")] });
        _story.ShouldBreak("two-leaders", "epoch 2 was led by a and b", evidence => evidence with { Claims = [new(2, "a"), new(2, "b")] });
    }

    [Fact]
    public void Servers_whose_trees_differ()
    {
        _story.ShouldBeFine(evidence => evidence with { Digests = [new("a", 1, 5), new("b", 1, 5)] });
        _story.ShouldBreak("digest", "the trees differ", evidence => evidence with { Digests = [new("a", 1, 5), new("b", 1, 6)] });
    }

    [Fact]
    public void A_server_that_has_not_caught_up() =>
        _story.ShouldBreak("behind", "ended at different zxids", evidence => evidence with { Digests = [new("a", 1, 5), new("b", 2, 6)] });

    private static Dictionary<string, FinalNode> Tree(long created)
    {
        var tree = new Dictionary<string, FinalNode>(StartState.Empty.Nodes) { ["/x"] = new(Story.Bytes("1"), Speaker.StatOf("1", created)) };
        FinalNode root = tree["/"];
        tree["/"] = root with { Stat = root.Stat with { Cversion = 0, Pzxid = created, NumChildren = 2 } };
        return tree;
    }
}
