using OrleansZk.Core.Transactions;
using OrleansZk.Protocol;
using OrleansZk.Simulation.Scenarios;
using OrleansZk.Simulation.Servers;

namespace OrleansZk.Simulation.Sabotages;

/// <summary>A second server takes over while the first one hangs; the first goes on when it wakes up.</summary>
/// <param name="skipsEpochCheck">True lets the deposed one commit all the same. False is no fault at all.</param>
internal sealed class Takeover(bool skipsEpochCheck) : Sabotage
{
    /// <summary>What takeovers are tried with: nothing that a leader answers without a commit, which this server does unfenced.</summary>
    public static Scenario Scenario(int seed) => new(seed)
    {
        Servers = 2,
        StartedServers = 1,
        RestartsFenced = false,
        Clients = 4,
        Duration = TimeSpan.FromSeconds(8),
        SessionTimeout = TimeSpan.FromSeconds(3),
        Workload = new Clients.WorkloadOptions { Writes = 0, Multis = 0, Syncs = 0, Closes = 0, Appends = 40, ThinkTime = TimeSpan.FromMilliseconds(100) },
    };

    public override void Begin(SimulatedWorld world)
    {
        world.Store.Sabotage.SkipsEpochCheck = skipsEpochCheck;
        (ISimulatedServer first, ISimulatedServer second) = (world.Servers[0], world.Servers[1]);
        world.Queue.Schedule(TimeSpan.FromSeconds(2), null, () =>
        {
            first.Process.Pause();
            world.Start(second);
        });
        world.Queue.Schedule(TimeSpan.FromMilliseconds(2300 + world.Queue.Random.Next(4000)), null, first.Process.Resume);
        world.Queue.Schedule(TimeSpan.FromSeconds(7), null, () => world.Crash(first, restarts: false));
    }
}

/// <summary>A crash takes the last acknowledged append with it, as when a disk lies about a sync.</summary>
internal sealed class LosesLastAppend : Sabotage
{
    public override void OnCrash(SimulatedWorld world)
    {
        if (world.Store.Groups is [.., var last] && (world.Store.Checkpoint.Header?.Zxid ?? 0) < last.FirstZxid)
        {
            world.Store.LoseLast();
        }
    }
}

/// <summary>What reaches the log is not what the leader has decided.</summary>
internal abstract class RewritesLog : Sabotage
{
    public override void Begin(SimulatedWorld world) => world.Store.Sabotage.Rewrite = group =>
    {
        DecodedGroup decoded = GroupCodec.Read(group);
        var writer = new JuteWriter();
        if (ChangesTree)
        {
            GroupCodec.Begin(writer, 0, 0);
        }
        else
        {
            GroupCodec.Begin(writer, decoded.DigestZxid, decoded.Digest);
        }

        foreach (Transaction transaction in Rewrite(decoded.Transactions))
        {
            GroupCodec.Write(writer, transaction);
        }

        return group with { Bytes = writer.Written.ToArray() };
    };

    /// <summary>True leaves the digest out, by which a server would know at once.</summary>
    protected virtual bool ChangesTree => true;

    /// <summary>The transactions that are stored instead; answers without a transaction are lost.</summary>
    protected abstract IEnumerable<Transaction> Rewrite(IReadOnlyList<Transaction> transactions);
}

/// <summary>An ephemeral outlives its session.</summary>
internal sealed class KeepsEphemerals : RewritesLog
{
    protected override IEnumerable<Transaction> Rewrite(IReadOnlyList<Transaction> transactions) => transactions.Select(transaction =>
        transaction.Body is CloseSessionBody { Ephemerals: [_, ..] } close
            ? transaction with { Body = close with { Ephemerals = [.. close.Ephemerals.Skip(1)] } }
            : transaction);
}

/// <summary>A multi happens without its last part.</summary>
internal sealed class SplitsMultis : RewritesLog
{
    protected override IEnumerable<Transaction> Rewrite(IReadOnlyList<Transaction> transactions) => transactions.Select(transaction =>
        transaction.Body is MultiBody { Parts: [_, _, ..] } multi
            ? transaction with { Body = new MultiBody([.. multi.Parts.SkipLast(1)]) }
            : transaction);
}

/// <summary>Two transactions of a group change places.</summary>
internal sealed class ReordersTransactions : RewritesLog
{
    protected override IEnumerable<Transaction> Rewrite(IReadOnlyList<Transaction> transactions) =>
        transactions.Count > 1 && transactions[0].SessionId != transactions[^1].SessionId
            ?
            [
                transactions[^1] with { Zxid = transactions[0].Zxid },
                .. transactions.Skip(1).SkipLast(1),
                transactions[0] with { Zxid = transactions[^1].Zxid },
            ]
            : transactions;
}

/// <summary>A value is damaged on its way to the log.</summary>
internal sealed class DamagesData : RewritesLog
{
    protected override IEnumerable<Transaction> Rewrite(IReadOnlyList<Transaction> transactions) => transactions.Select(transaction =>
        transaction.Body is SetDataBody set ? transaction with { Body = set with { Data = [0] } } : transaction);
}

/// <summary>The log loses who asked for a transaction: whoever looks there for what became of a request does not find it.</summary>
internal sealed class LosesOrigins : RewritesLog
{
    protected override bool ChangesTree => false;

    protected override IEnumerable<Transaction> Rewrite(IReadOnlyList<Transaction> transactions) =>
        transactions.Select(transaction => transaction with { Origin = default });
}

/// <summary>The log loses answers without a transaction.</summary>
internal sealed class LosesOutcomes : RewritesLog
{
    protected override bool ChangesTree => false;

    protected override IEnumerable<Transaction> Rewrite(IReadOnlyList<Transaction> transactions) => transactions;
}

/// <summary>A store, or a leader's use of it, with one of the faults that <see cref="Store.StoreSabotage"/> has.</summary>
internal sealed class SpoilsStore(Action<Store.StoreSabotage> spoil) : Sabotage
{
    public override void Begin(SimulatedWorld world) => spoil(world.Store.Sabotage);
}
