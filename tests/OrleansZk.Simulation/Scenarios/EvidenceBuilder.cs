using OrleansZk.Core.Replication;
using OrleansZk.Core.Transactions;
using OrleansZk.Core.Tree;
using OrleansZk.Histories;
using OrleansZk.Simulation.Servers;
using OrleansZk.Simulation.World;
using OrleansZk.TestKit.Engine;

namespace OrleansZk.Simulation.Scenarios;

/// <summary>Gathers what a run has left behind, in the checker's terms.</summary>
internal static class EvidenceBuilder
{
    public static Evidence Gather(SimulatedWorld world)
    {
        List<Replica> replicas = [.. world.Servers.Where(server => server.IsServing).Select(server => server.Replica!)];
        Replica? newest = replicas.MaxBy(replica => replica.LastAppliedZxid);
        return new Evidence(world.History)
        {
            Transactions = [.. world.Store.Committed.SelectMany(committed => Decode(committed.Group, committed.By))],
            FinalTree = newest is null ? null : TreeOf(newest.Tree),
            FinalSessions = newest is null ? null : [.. newest.Sessions.All.Keys],
            Claims = world.Store.Claims,
            Digests = [.. world.Servers.Where(server => server.IsServing).Select(DigestOf)],
            IsSettled = true,
            MaxNodesPerEnding = world.MaxNodesPerEnding,
            ExpiryTolerance = world.ExpiryTolerance,
            QuietSince = world.QuietSince,
            MayRefuse = world.MayRefuse,
        };
    }

    /// <summary>Every transaction that the store has, or had before a checkpoint covered it.</summary>
    public static IEnumerable<long> Zxids(SimulatedWorld world) =>
        world.Store.Committed.SelectMany(committed => GroupCodec.Read(committed.Group).Transactions).Select(transaction => transaction.Zxid);

    public static Dictionary<string, FinalNode> TreeOf(DataTree tree) =>
        TreeDigestCheck.Walk(tree).ToDictionary(node => node.Path, node => new FinalNode(node.Data, node.Stat), StringComparer.Ordinal);

    public static IEnumerable<CommittedTransaction> Decode(LogGroup group, SimulatedProcess? by = null) =>
        GroupCodec.Read(group).Transactions.Select(transaction => Convert(transaction, by));

    private static FinalDigest DigestOf(ISimulatedServer server) =>
        new(server.Process.Name, server.Replica!.LastAppliedZxid, server.Replica.Tree.Digest);

    private static CommittedTransaction Convert(Transaction transaction, SimulatedProcess? by)
    {
        IReadOnlyList<Change> changes = transaction.Body is MultiBody multi
            ? [.. multi.Parts.Select(Convert)]
            : [Convert(transaction.Body)];
        return new CommittedTransaction(transaction.Zxid, transaction.SessionId, transaction.Xid, transaction.Time, changes)
        {
            DecidedAt = by is null
                ? null
                : DateTimeOffset.FromUnixTimeMilliseconds(transaction.Time) - SimulatedClock.Epoch - by.Skew,
        };
    }

    private static Change Convert(TransactionBody body) => body switch
    {
        CreateBody create => new Change.Create(
            create.Path, create.Data, NodeOwner.IsSession(create.Owner) ? create.Owner : 0,
            create.Owner != NodeOwner.None && !NodeOwner.IsSession(create.Owner)),
        DeleteBody delete => new Change.Delete(delete.Path),
        SetDataBody set => new Change.Set(set.Path, set.Data, set.Version),
        SetAclBody set => new Change.SetAcl(set.Path, set.Aversion),
        CheckBody => new Change.Check(),
        CreateSessionBody open => new Change.OpenSession(open.OpenedId, TimeSpan.FromMilliseconds(open.Timeout)),
        MoveSessionBody move => new Change.MoveSession(move.MovedId, TimeSpan.FromMilliseconds(move.Timeout)),
        CloseSessionBody close => new Change.CloseSession(close.ClosedId, close.Ephemerals),
        _ => throw new ArgumentOutOfRangeException(nameof(body), body, "unknown to the checker"),
    };
}
