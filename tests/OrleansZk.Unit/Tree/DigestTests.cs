using OrleansZk.Core.Access;
using OrleansZk.Core.Tree;

namespace OrleansZk.Unit.Tree;

public sealed class DigestTests
{
    private readonly DataTree _tree = new();
    private readonly List<TreeChange> _changes = [];
    private long _zxid = 1;

    [Fact]
    public void Every_field_of_a_node_counts()
    {
        _tree.Create("/a", [1], AclList.Open, 0, 1, 1, 1, _changes);
        NodeImage image = _tree.Find("/a")!.Image;
        NodeImage[] others =
        [
            image with { Data = [2] }, image with { Data = [] }, image with { Data = null }, image with { Acl = AclList.WorldReadable },
            image with { Czxid = 2 }, image with { Mzxid = 2 }, image with { Pzxid = 2 }, image with { Ctime = 2 }, image with { Mtime = 2 },
            image with { Version = 2 }, image with { Cversion = 2 }, image with { Aversion = 2 }, image with { EphemeralOwner = 2 },
            image with { Path = "/b" },
        ];

        ulong[] digests = [_tree.Digest, .. others.Select(DigestWith)];

        digests.Distinct().Count().ShouldBe(digests.Length);
    }

    [Fact]
    public void The_order_of_changes_does_not_count()
    {
        var other = new DataTree();
        _tree.Create("/a", null, AclList.Open, 0, 1, 5, 5, _changes);
        _tree.Create("/b", null, AclList.Open, 0, 2, 5, 5, _changes);
        other.Create("/b", null, AclList.Open, 0, 1, 5, 5, _changes);
        other.Create("/a", null, AclList.Open, 0, 2, 5, 5, _changes);

        other.Digest.ShouldBe(_tree.Digest);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_running_digest_is_the_recomputed_one_whatever_happens(int seed)
    {
        var random = new Random(seed);
        var paths = new List<string> { "/" };
        for (int i = 0; i < 3000; i++)
        {
            Change(random, paths);
        }

        TreeDigestCheck.Require(_tree);
        foreach (string path in paths.Where(path => path != "/").OrderByDescending(path => path.Length).ToList())
        {
            _tree.Delete(path, ++_zxid, _changes);
        }

        TreeDigestCheck.Require(_tree);
        _tree.Count.ShouldBe(new DataTree().Count);
    }

    [Fact]
    public void A_change_that_does_not_fit_the_tree_is_an_error()
    {
        _tree.Create("/a", null, AclList.Open, 0, 1, 1, 1, _changes);
        _tree.Create("/a/b", null, AclList.Open, 0, 1, 1, 1, _changes);

        Should.Throw<InvalidOperationException>(() => _tree.Create("/a", null, AclList.Open, 0, 1, 1, 1, _changes));
        Should.Throw<InvalidOperationException>(() => _tree.Create("/none/b", null, AclList.Open, 0, 1, 1, 1, _changes));
        Should.Throw<InvalidOperationException>(() => _tree.Delete("/a", 1, _changes));
        Should.Throw<InvalidOperationException>(() => _tree.Delete("/none", 1, _changes));
        Should.Throw<InvalidOperationException>(() => _tree.Delete("/", 1, _changes));
        Should.Throw<InvalidOperationException>(() => _tree.SetData("/none", null, 1, 1, 1, _changes));
        Should.Throw<InvalidOperationException>(() => _tree.SetAcl("/none", AclList.Open, 1));
    }

    private static ulong DigestWith(NodeImage image)
    {
        var tree = new DataTree();
        tree.Load(image);

        // A loaded node does not touch its parent; the tree of the original has a parent with one creation.
        NodeImage root = tree.Root.Image with { Cversion = 1, Pzxid = 1 };
        tree.Load(root);
        return tree.Digest;
    }

    private void Change(Random random, List<string> paths)
    {
        string path = paths[random.Next(paths.Count)];
        ZNode node = _tree.Find(path)!;
        switch (random.Next(4))
        {
            case 0:
                string child = $"{(path == "/" ? "" : path)}/{random.Next(20)}";
                long owner = random.Next(4) switch { 0 => NodeOwner.Container, 1 => NodeOwner.ForTtl(9), 2 => 77, _ => 0 };
                if (_tree.Find(child) is null)
                {
                    _tree.Create(child, new byte[random.Next(9)], AclList.Open, owner, node.Cversion + 1, ++_zxid, random.Next(), _changes);
                    paths.Add(child);
                }

                break;
            case 1 when path != "/" && node.ChildCount == 0:
                _tree.Delete(path, ++_zxid, _changes);
                paths.Remove(path);
                break;
            case 2:
                byte[]? data = random.Next(3) == 0 ? null : new byte[random.Next(50)];
                _tree.SetData(path, data, node.Version + 1, ++_zxid, random.Next(), _changes);
                break;
            case 3:
                _tree.SetAcl(path, random.Next(2) == 0 ? AclList.Open : AclList.WorldReadable, node.Aversion + 1);
                break;
            default:
                break;
        }
    }
}
