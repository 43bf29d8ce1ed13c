namespace OrleansZk.Core.Replication;

/// <summary>Counts the bytes of the groups that go into the log. Thread-safe.</summary>
public sealed class LogVolume
{
    private long _bytes;

    /// <summary>Bytes so far.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    public void Add(long bytes) => Interlocked.Add(ref _bytes, bytes);
}

/// <summary>A leader's log that counts what is appended. An append that is repeated counts once.</summary>
public sealed class MeteredLog(ITransactionLog log, LogVolume volume) : ITransactionLog
{
    private long _counted;

    /// <inheritdoc/>
    public ValueTask<LogPosition> OpenAsync(CancellationToken cancellationToken) => log.OpenAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask<long> ClaimEpochAsync(long current, long known, CancellationToken cancellationToken) =>
        log.ClaimEpochAsync(current, known, cancellationToken);

    /// <inheritdoc/>
    public ValueTask AppendAsync(LogGroup group, CancellationToken cancellationToken)
    {
        if (group.LastZxid > _counted)
        {
            _counted = group.LastZxid;
            volume.Add(group.Bytes.Length);
        }

        return log.AppendAsync(group, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask ConfirmEpochAsync(CancellationToken cancellationToken) => log.ConfirmEpochAsync(cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<LogGroup> ReadAsync(long afterZxid, CancellationToken cancellationToken) => log.ReadAsync(afterZxid, cancellationToken);

    /// <inheritdoc/>
    public ValueTask TruncateAsync(long zxid, CancellationToken cancellationToken) => log.TruncateAsync(zxid, cancellationToken);

    /// <summary>Does nothing: the log is its owner's to close.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
