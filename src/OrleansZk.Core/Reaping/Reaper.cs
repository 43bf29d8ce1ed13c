using OrleansZk.Core.Operations;
using OrleansZk.Core.Replication;
using OrleansZk.Core.Tree;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Core.Reaping;

/// <summary>Deletes empty containers and nodes whose time to live is up (ZooKeeper: <c>ContainerManager</c>). Runs beside the leader.</summary>
/// <remarks>It only asks: each deletion is decided by the leader, which looks again.</remarks>
public sealed class Reaper(Replica replica, ReaperOptions options, TimeProvider clock)
{
    /// <summary>Asks for the deletion of what can go now. To be called every <see cref="ReaperOptions.CheckInterval"/>.</summary>
    /// <returns>How many deletions it asked for.</returns>
    public int Reap()
    {
        replica.Faults?.Pass(FaultPoint.Duty);
        List<string> paths = FindCandidates(clock.GetUtcNow().ToUnixTimeMilliseconds());
        if (paths.Count > 0)
        {
            DeleteContainer operation = OperationTable.Get<DeleteContainer>();
            replica.SubmitOwn([.. paths.Select(path => operation.Request(new PathRequest(path)))]);
        }

        return paths.Count;
    }

    private List<string> FindCandidates(long now)
    {
        var paths = new List<string>();
        replica.EnterRead();
        try
        {
            foreach (ZNode node in replica.Tree.Containers.Where(node => IsDue(node, now)).Take(options.MaxPerCheck))
            {
                paths.Add(node.Path);
            }

            foreach (ZNode node in replica.Tree.TtlNodes.Where(node => IsDue(node, now)).Take(options.MaxPerCheck - paths.Count))
            {
                paths.Add(node.Path);
            }
        }
        finally
        {
            replica.ExitRead();
        }

        // Sorted, so that every run of the same history writes the same log.
        paths.Sort(StringComparer.Ordinal);
        return paths;
    }

    /// <summary>Whether a node without children goes: a container that was used, or that was not for too long; a node whose time to live is up.</summary>
    /// <param name="owner">The stored ephemeralOwner.</param>
    /// <param name="cversion">The stored one: creations of children.</param>
    /// <param name="mtime">Milliseconds since the Unix epoch, as <paramref name="now"/>.</param>
    /// <param name="maxNeverUsed">Zero for never.</param>
    internal static bool IsDue(long owner, int cversion, long mtime, long now, TimeSpan maxNeverUsed)
    {
        if (NodeOwner.IsTtl(owner))
        {
            return now - mtime > NodeOwner.TtlOf(owner);
        }

        // A container that never had a child is only just being used, unless it has been for long.
        return owner == NodeOwner.Container
            && (cversion > 0 || (maxNeverUsed > TimeSpan.Zero && now - mtime > maxNeverUsed.TotalMilliseconds));
    }

    private bool IsDue(ZNode node, long now) => node.ChildCount == 0 && IsDue(node.Owner, node.Cversion, node.Mtime, now, options.MaxNeverUsed);
}

public sealed record ReaperOptions
{
    /// <summary>Time between two checks (<c>znode.container.checkIntervalMs</c>).</summary>
    public TimeSpan CheckInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Most deletions of one check (<c>znode.container.maxPerMinute</c>).</summary>
    public int MaxPerCheck { get; init; } = 10_000;

    /// <summary>Age at which a container that never had a child goes too; zero for never (<c>znode.container.maxNeverUsedIntervalMs</c>).</summary>
    public TimeSpan MaxNeverUsed { get; init; } = TimeSpan.Zero;
}
