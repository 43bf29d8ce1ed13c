using OrleansZk.Core.Access;
using OrleansZk.Core.Replication;
using OrleansZk.Core.Tree;
using OrleansZk.Storage.Tests.Support;
using static OrleansZk.Storage.Tests.Support.CheckpointHarness;
using static OrleansZk.Storage.Tests.Support.TestNodes;

namespace OrleansZk.Storage.Tests.Checkpoints;

/// <summary>Random checkpoints with failures, restarts and several writers: the table of lists has what nodes have, no more and no less.</summary>
internal sealed class AclScenario(Func<Task<ICheckpointStore>> open, Func<string, Task<long>> query)
{
    private readonly Dictionary<string, NodeImage> _model = [];
    private CheckpointHeader? _header;

    public async Task RunAsync(int seed)
    {
        var random = new Random(seed);
        List<ICheckpointStore> stores = [await open()];
        for (int zxid = 1; zxid <= 80; zxid++)
        {
            switch (random.Next(8))
            {
                case 0:
                    stores.Add(await open());
                    break;
                case 1:
                    await CompareAsync(stores[random.Next(stores.Count)]);
                    break;
                case 2:
                    stores[random.Next(stores.Count)].Forget();
                    break;
            }

            ICheckpointStore store = stores[random.Next(stores.Count)];
            Dictionary<string, NodeImage> next = new(_model);
            List<NodeChange> changes = [.. Enumerable.Range(0, random.Next(6)).Select(_ => Change(random, next)).OrderByDescending(change => change.Deleted)];
            foreach (NodeChange change in changes.Where(change => !change.Deleted))
            {
                next[change.Image.Path] = change.Image;
            }

            if (random.Next(5) == 0)
            {
                await Should.ThrowAsync<InvalidOperationException>(async () => await store.WriteAsync(_header, Header(zxid), Breaking(changes), [], Cancellation));
            }
            else
            {
                await store.WriteAsync(_header, Header(zxid), [changes], [], Cancellation);
                _header = Header(zxid);
                Take(next);
            }

            (await query("SELECT count(DISTINCT acl_id) FROM zk_acl")).ShouldBe(
                _model.Values.Select(node => node.Acl).Where(acl => acl.Count > 0).Distinct().Count(), $"seed {seed}, zxid {zxid}");
            (await query("SELECT count(*) FROM zk_node WHERE acl_id <> 0 AND acl_id NOT IN (SELECT acl_id FROM zk_acl)")).ShouldBe(0);
        }

        await CompareAsync(await open());
    }

    private static NodeChange Change(Random random, Dictionary<string, NodeImage> next)
    {
        string path = $"/{random.Next(8)}";
        if (random.Next(3) == 0)
        {
            next.Remove(path);
            return Drop(path);
        }

        var acl = new AclList(Enumerable.Range(0, random.Next(3)).Select(i => new Acl(Permissions.All, new AclId("digest", $"{random.Next(5)}:{i}"))));
        return Put(Node(path, null, acl, random.NextInt64(1, 1000)));
    }

    private static IEnumerable<IReadOnlyList<NodeChange>> Breaking(List<NodeChange> changes)
    {
        yield return changes;
        throw new InvalidOperationException("the test wants this checkpoint to fail");
    }

    private void Take(Dictionary<string, NodeImage> next)
    {
        _model.Clear();
        foreach ((string path, NodeImage image) in next)
        {
            _model[path] = image;
        }
    }

    private async Task CompareAsync(ICheckpointStore store)
    {
        var loader = new RecordingLoader();
        (await store.LoadAsync(loader, Cancellation)).ShouldBe(_header);
        loader.Nodes.ShouldBeNodes(_header is null ? [] : _model.Values);
    }
}
