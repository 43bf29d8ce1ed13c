using OrleansZk.Core.Access;
using OrleansZk.Core.Replication;
using OrleansZk.Core.Tree;

namespace OrleansZk.Unit.Replication;

/// <summary>What a session owns is known without a look at the changes of others.</summary>
public sealed class EphemeralUsageTests
{
    private readonly DataTree _tree = new();
    private readonly Overlay _overlay;
    private long _zxid;

    public EphemeralUsageTests()
    {
        _overlay = new Overlay(_tree);
    }

    [Fact]
    public void Random_changes_leave_each_session_what_a_look_at_everything_finds()
    {
        var random = new Random(5);
        string[] paths = [.. Enumerable.Range(0, 30).Select(i => $"/n{i}")];
        for (int step = 0; step < 5000; step++)
        {
            bool isKept = random.Next(4) > 0;
            _overlay.Begin();
            for (int i = random.Next(1, 4); i > 0; i--)
            {
                Change(paths[random.Next(paths.Length)], random.Next(0, 4));
            }

            if (isKept)
            {
                _zxid++;
            }
            else
            {
                _overlay.RollBack();
            }

            if (random.Next(10) == 0)
            {
                Apply(paths);
            }

            for (long id = 1; id <= 3; id++)
            {
                string[] owned = [.. paths.Where(path => _overlay.Find(path) is { Exists: true } node && node.Owner == id)];
                List<string> found = _overlay.EphemeralsOf(id);
                found.ShouldBeUnique();
                found.Where(owned.Contains).Order(StringComparer.Ordinal).ShouldBe(owned.Order(StringComparer.Ordinal));
                _overlay.Ephemerals.Of(id).ShouldBe((owned.Length, owned.Sum(path => (long)path.Length)));
                _overlay.Ephemerals.PendingOf(id).ShouldBeSubsetOf(owned);
            }
        }

        _overlay.IsIntact.ShouldBeTrue();
    }

    [Fact]
    public void A_loaded_tree_is_counted()
    {
        _tree.Create("/\u20ac", null, AclList.Open, 7, 1, 1, 1, []);

        new Overlay(_tree).Ephemerals.Of(7).ShouldBe((1, 4));
    }

    private void Change(string path, long owner)
    {
        NodeView node = _overlay.Find(path);
        if (node.Exists && NodeOwner.IsSession(node.Owner))
        {
            _overlay.CountEphemeral(node.Owner, path, -1);
        }

        _overlay.Set(path, owner == 0 ? NodeView.Missing : new NodeView(true, AclList.Open, null, 0, 0, 0, 0, owner, 0), _zxid + 1);
        if (owner > 0)
        {
            _overlay.CountEphemeral(owner, path, 1);
        }
    }

    private void Apply(string[] paths)
    {
        foreach (string path in paths)
        {
            NodeView node = _overlay.Find(path);
            if (_tree.Find(path) is not null)
            {
                _tree.Delete(path, 1, []);
            }

            if (node.Exists)
            {
                _tree.Create(path, null, node.Acl, node.Owner, 1, 1, 1, []);
            }
        }

        _overlay.Prune(_zxid);
    }
}
