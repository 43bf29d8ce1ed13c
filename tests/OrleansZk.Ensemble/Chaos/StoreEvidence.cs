using Npgsql;
using OrleansZk.Core.Replication;
using OrleansZk.Core.Transactions;
using OrleansZk.Core.Tree;
using OrleansZk.Histories;

namespace OrleansZk.Ensemble.Chaos;

/// <summary>What the store and the servers hold at the end, in the checker's terms.</summary>
internal static class StoreEvidence
{
    /// <param name="begin">The beginning of the history, by the calendar.</param>
    public static async Task<Evidence> GatherAsync(Cluster cluster, History history, DateTimeOffset begin)
    {
        NpgsqlDataSource source = NpgsqlDataSource.Create(cluster.ConnectionString + ";Pooling=false");
        await using (source)
        {
            var transactions = new List<CommittedTransaction>();
            await using (NpgsqlCommand select = source.CreateCommand("SELECT first_zxid, last_zxid, bytes FROM orleanszk.zk_log ORDER BY first_zxid"))
            await using (NpgsqlDataReader row = await select.ExecuteReaderAsync())
            {
                while (await row.ReadAsync())
                {
                    var group = new LogGroup(row.GetInt64(0), row.GetInt64(1), row.GetFieldValue<byte[]>(2));
                    transactions.AddRange(GroupCodec.Read(group).Transactions.Select(transaction => Convert(transaction, begin)));
                }
            }

            var claims = new List<LeaderClaim>();
            await using (NpgsqlCommand select = source.CreateCommand("SELECT epoch, leader_id, incarnation FROM orleanszk.zk_epoch ORDER BY epoch"))
            await using (NpgsqlDataReader row = await select.ExecuteReaderAsync())
            {
                while (await row.ReadAsync())
                {
                    claims.Add(new LeaderClaim(row.GetInt64(0), $"server {row.GetInt32(1)}, started {row.GetInt64(2)}"));
                }
            }

            return new Evidence(history)
            {
                Transactions = transactions,
                Claims = claims,
                IsSettled = true,
                ExpiryTolerance = TimeSpan.FromSeconds(1),
            };
        }
    }

    /// <summary>The tree as a server shows it.</summary>
    public static async Task<IReadOnlyDictionary<string, FinalNode>> ReadTreeAsync(ClusterServer server)
    {
        await using WireClient client = await server.ConnectAsync();
        (await client.SyncAsync()).ThrowIfError();
        var tree = new Dictionary<string, FinalNode>(StringComparer.Ordinal);
        var paths = new Queue<string>(["/"]);
        while (paths.TryDequeue(out string? path))
        {
            Task<WireReply> data = client.GetDataAsync(path);
            (List<string> names, _) = (await client.GetChildrenAsync(path)).ReadChildrenAndStat();
            (byte[]? bytes, Stat stat) = (await data).ReadDataAndStat();
            tree[path] = new FinalNode(bytes, stat);
            names.ForEach(name => paths.Enqueue(path == "/" ? "/" + name : path + "/" + name));
        }

        return tree;
    }

    private static CommittedTransaction Convert(Transaction transaction, DateTimeOffset begin) => new(
        transaction.Zxid,
        transaction.SessionId,
        transaction.Xid,
        transaction.Time,
        transaction.Body is MultiBody multi ? [.. multi.Parts.Select(Convert)] : [Convert(transaction.Body)])
    {
        DecidedAt = DateTimeOffset.FromUnixTimeMilliseconds(transaction.Time) - begin,
    };

    private static Change Convert(TransactionBody body) => body switch
    {
        CreateBody create => new Change.Create(
            create.Path,
            create.Data,
            NodeOwner.IsSession(create.Owner) ? create.Owner : 0,
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
