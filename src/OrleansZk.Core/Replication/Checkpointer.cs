using Microsoft.Extensions.Logging;
using OrleansZk.Core.Tree;

namespace OrleansZk.Core.Replication;

/// <summary>Moves the checkpoint forward when enough was committed, while the engine goes on; then lets the log drop what is behind it.</summary>
/// <param name="loaded">The checkpoint that the replica was loaded from.</param>
/// <param name="volume">Counts what goes into the log; null leaves <see cref="CheckpointOptions.Bytes"/> out of account.</param>
/// <param name="backlog">Transactions and bytes that the log had behind <paramref name="loaded"/> already when this one began.</param>
/// <param name="tracking">The span of the replica's tracking that has what changed since then, for as long as it lasts; null for the one there is now.</param>
public sealed partial class Checkpointer(
    Replica replica,
    ITransactionLog log,
    ICheckpointStore store,
    CheckpointOptions options,
    ILogger<Checkpointer> logger,
    CheckpointHeader? loaded = null,
    long? tracking = null,
    LogVolume? volume = null,
    LogBacklog backlog = default) : IDisposable
{
    private const int NodesPerChunk = 1024;
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(60);

    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly Lock _gate = new();
    private readonly long _tracking = tracking ?? replica.Tracking.Span;
    private CheckpointHeader? _newest = loaded;
    private CheckpointHeader? _inDoubt;
    private long _countAtLast = replica.AppliedCount - backlog.Transactions;
    private long _bytesAtLast = (volume?.Bytes ?? 0) - backlog.Bytes;
    private TimeSpan _pause;
    private long _failedAt;

    /// <summary>The newest checkpoint; null when there is none yet.</summary>
    public CheckpointHeader? Newest
    {
        get
        {
            lock (_gate)
            {
                return _newest;
            }
        }
    }

    /// <summary>Checkpoints if enough has gone into the log since the last one. To be called every second or so. After a failure it waits, longer each time.</summary>
    /// <inheritdoc cref="CheckpointAsync"/>
    public async Task CheckpointIfDueAsync(CancellationToken cancellationToken)
    {
        bool isDue = replica.AppliedCount - _countAtLast >= options.Transactions
            || (options.Bytes > 0 && volume is not null && volume.Bytes - _bytesAtLast >= options.Bytes);
        if (!isDue || (_pause > TimeSpan.Zero && replica.Clock.GetElapsedTime(_failedAt) < _pause))
        {
            return;
        }

        try
        {
            await CheckpointAsync(cancellationToken).ConfigureAwait(false);
            _pause = TimeSpan.Zero;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _failedAt = replica.Clock.GetTimestamp();
            _pause = _pause == TimeSpan.Zero ? options.RetryAfter : _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
            throw;
        }
    }

    /// <summary>Checkpoints now.</summary>
    /// <exception cref="CheckpointException">The store failed; the log is kept, and the next checkpoint writes what this one could not.</exception>
    public async Task CheckpointAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await SettleAsync(cancellationToken).ConfigureAwait(false);
            (long count, long bytes) = (replica.AppliedCount, volume?.Bytes ?? 0);
            (CheckpointHeader header, TreeCut cut, List<SessionChange> sessions) = replica.Tracking.BeginCut(_tracking);
            bool written = false;

            // In the order of the store's key: a table that is written from front to back costs a fraction of one written all over.
            cut.SortByPath();
            _inDoubt = header;
            try
            {
                await store.WriteAsync(Newest, header, ReadAll(cut), sessions, cancellationToken).ConfigureAwait(false);
                written = true;
            }
            finally
            {
                replica.Tracking.EndCut(written, sessions);
            }

            _inDoubt = null;
            (_countAtLast, _bytesAtLast) = (count, bytes);
            long truncateTo = options.KeepsOneMore ? Newest?.Zxid ?? 0 : header.Zxid;
            lock (_gate)
            {
                _newest = header;
            }

            LogWritten(header.Zxid, cut.Nodes.Count, sessions.Count);
            await log.TruncateAsync(truncateTo, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Finds out whether a checkpoint that seemed to fail did: its answer may have been lost. What it wrote is written again, which does no harm.</summary>
    private async Task SettleAsync(CancellationToken cancellationToken)
    {
        if (_inDoubt is not { } attempted)
        {
            return;
        }

        CheckpointHeader? current = await store.ReadHeaderAsync(cancellationToken).ConfigureAwait(false);
        long zxid = current?.Zxid ?? 0;
        if (zxid >= (Newest?.Zxid ?? 0) && zxid <= replica.LastAppliedZxid)
        {
            // Its own; or one of the leader before this one, which was on its way when this one began: what has changed since then is known all the more.
            lock (_gate)
            {
                _newest = current;
            }
        }

        _inDoubt = null;
    }

    public void Dispose() => _one.Dispose();

    private IEnumerable<IReadOnlyList<NodeChange>> ReadAll(TreeCut cut) =>
        cut.Gone.Distinct().Order(StringComparer.Ordinal)
            .Select(path => new NodeChange(true, new NodeImage { Path = path }))
            .Chunk(NodesPerChunk)
            .Concat(ReadAll(cut, deletions: true))
            .Concat(ReadAll(cut, deletions: false));

    private IEnumerable<IReadOnlyList<NodeChange>> ReadAll(TreeCut cut, bool deletions)
    {
        var chunk = new List<NodeChange>(NodesPerChunk);
        for (int i = 0; i < cut.Nodes.Count;)
        {
            chunk.Clear();
            replica.EnterRead();
            try
            {
                for (; i < cut.Nodes.Count && chunk.Count < NodesPerChunk; i++)
                {
                    if (cut.TryRead(i, deletions, out NodeChange change))
                    {
                        chunk.Add(change);
                    }
                }
            }
            finally
            {
                replica.ExitRead();
            }

            if (chunk.Count > 0)
            {
                yield return chunk;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Checkpoint at zxid 0x{Zxid:x}: {Nodes} nodes and {Sessions} sessions looked at")]
    private partial void LogWritten(long zxid, int nodes, int sessions);
}

public sealed record CheckpointOptions
{
    /// <summary>Transactions between two checkpoints (<c>snapCount</c>).</summary>
    public int Transactions { get; init; } = 100_000;

    /// <summary>
    /// Bytes of the log between two checkpoints (<c>snapSizeLimitInKb</c>); 0 for any number. Two segments of the log: small transactions are due by their
    /// number long before, and what a start has to replay stays below half a second's reading.
    /// </summary>
    public long Bytes { get; init; } = 128L << 20;

    /// <summary>How long after a failure the next one is tried; twice as long each time, up to a minute.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>True keeps the log back to the checkpoint before the newest: other servers may be reading it.</summary>
    public bool KeepsOneMore { get; init; }
}

/// <summary>What the log has behind a checkpoint.</summary>
public readonly record struct LogBacklog(long Transactions, long Bytes);
