using Microsoft.Extensions.Logging;
using OrleansZk.Core.Replication;
using OrleansZk.Storage.Files;

namespace OrleansZk.Storage.Log;

/// <summary>The transaction log of a server that stands alone: append-only segment files in its data folder.</summary>
/// <remarks>
/// The folder's lock keeps other processes out, so a deposed leader can only be one of the same process: its appends fail
/// because their zxids belong to an epoch before the one that was claimed last.
/// After a failed append, <see cref="OpenAsync"/> on the same object settles whether the group is in the log; when it was the sync that
/// failed, nothing is taken before that.
/// Thread-safe, but for one append at a time. Opening and claiming are done on the calling thread: they come at the start, where
/// the machinery of waiting would cost more time than the work.
/// </remarks>
public sealed class SegmentLog : ITransactionLog
{
    private readonly Disk _disk;
    private readonly SegmentLogOptions _options;
    private readonly ILogger _logger;
    private readonly AppendCompletion _completion = new();
    private readonly Lock _writing = new();

    private SegmentTable? _segments;
    private LogThread? _thread;
    private LogWriter? _writer; // Touched under _writing only.
    private LogGroup _group;
    private bool _disposed;

    public SegmentLog(DataFolder folder, SegmentLogOptions options, ILogger<SegmentLog> logger)
        : this(new OsDisk(folder.LogFolder, options.Sync), options, logger)
    {
    }

    internal SegmentLog(Disk disk, SegmentLogOptions options, ILogger logger)
    {
        _disk = disk;
        _options = options;
        _logger = logger;
    }

    /// <summary>The newest epoch that was claimed; 0 before the log is open.</summary>
    internal long Epoch => Volatile.Read(ref _writer)?.Epoch ?? 0;

    /// <inheritdoc/>
    /// <remarks>May be called again, to find out what is in the log after an append has failed; an epoch must then be claimed
    /// anew.</remarks>
    public ValueTask<LogPosition> OpenAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_writing)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return new ValueTask<LogPosition>(Open());
        }
    }

    /// <inheritdoc/>
    public ValueTask<long> ClaimEpochAsync(long current, long known, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_writing)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            LogWriter writer = Opened(_writer);
            long epoch = writer.ClaimEpoch(current, known);
            writer.Prepare();
            return new ValueTask<long>(epoch);
        }
    }

    /// <inheritdoc/>
    /// <remarks>Cancellation is looked at before the append begins, and not after.</remarks>
    /// <exception cref="ArgumentException">The group does not extend the log, or is longer than 1 GiB.</exception>
    /// <exception cref="InvalidOperationException">No epoch was claimed, or another append is under way.</exception>
    public ValueTask AppendAsync(LogGroup group, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        if (_options.WriteOnCaller)
        {
            return AppendOnCaller(group);
        }

        LogThread thread = Opened(_thread);
        ValueTask task = _completion.Begin();
        _group = group;
        thread.PostAppend();
        return task;
    }

    /// <inheritdoc/>
    /// <remarks>The lock on the folder is the proof: nobody else can have claimed anything.</remarks>
    public ValueTask ConfirmEpochAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    /// <remarks>Ends where the log ended when the reading began. Reads files in place: a caller who must not block calls from
    /// elsewhere.</remarks>
    /// <exception cref="LogCorruptException">A record has been damaged since the log was opened.</exception>
    public IAsyncEnumerable<LogGroup> ReadAsync(long afterZxid, CancellationToken cancellationToken) =>
        LogReader.ReadAsync(_disk, Opened(Volatile.Read(ref _segments)).Current, afterZxid, cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Drops whole segments, and never the one that is being written.</remarks>
    public async ValueTask TruncateAsync(long zxid, CancellationToken cancellationToken)
    {
        SegmentTable segments = Opened(Volatile.Read(ref _segments));
        await Task.Run(() => segments.Truncate(zxid, cancellationToken), cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Looks for files of the log that were deleted, renamed or replaced since they were opened.</summary>
    /// <returns>The path of one; null when there is none, or the log is not open.</returns>
    public string? FindMissing() => Volatile.Read(ref _segments)?.FindMissing();

    public async ValueTask DisposeAsync()
    {
        LogThread? thread;
        lock (_writing)
        {
            _disposed = true;
            thread = _thread;
        }

        if (thread is not null)
        {
            await thread.StopAsync().ConfigureAwait(false);
        }

        lock (_writing)
        {
            _writer?.Dispose();
            _writer = null;
        }
    }

    private static T Opened<T>(T? part)
        where T : class =>
        part ?? throw new InvalidOperationException("the log has not been opened");

    private LogPosition Open()
    {
        if (!_options.Sync)
        {
            _logger.SyncIsOff(_disk.Folder);
        }

        _writer?.Dispose();
        _writer = null;
        RecoveredLog found = new LogRecovery(_disk, _logger).Run();
        var segments = new SegmentTable(_disk, _logger, found.Segments);
        _writer = new LogWriter(_disk, _options, _logger, segments, found);
        if (!_options.WriteOnCaller)
        {
            _thread ??= new LogThread(RunAppend, _options.Spin);
        }

        Volatile.Write(ref _segments, segments);
        _logger.LogOpened(_disk.Folder, found.Segments.Length, found.Position.Epoch, found.Position.LastZxid);
        return found.Position;
    }

    private void RunAppend()
    {
        try
        {
            Append(_group);
        }
        catch (Exception exception)
        {
            _group = default;
            _completion.SetException(exception);
            return;
        }

        // Let go of the bytes before whoever waits goes on: it may come back with the next group at once.
        _group = default;
        _completion.SetResult();
    }

    private ValueTask AppendOnCaller(in LogGroup group)
    {
        try
        {
            Append(group);
            return default;
        }
        catch (Exception exception)
        {
            return ValueTask.FromException(exception);
        }
    }

    private void Append(in LogGroup group)
    {
        lock (_writing)
        {
            ObjectDisposedException.ThrowIf(_disposed && _writer is null, this);
            LogWriter writer = Opened(_writer);
            writer.Append(group);
            writer.Prepare();
        }
    }
}
