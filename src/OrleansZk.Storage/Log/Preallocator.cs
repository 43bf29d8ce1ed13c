using Microsoft.Extensions.Logging;
using OrleansZk.Storage.Files;

namespace OrleansZk.Storage.Log;

/// <summary>Lays out space ahead of the writer and has the next segment ready, on a thread of the pool.</summary>
internal sealed class Preallocator(Disk disk, SegmentLogOptions options, ILogger logger) : IDisposable
{
    /// <summary>The first stretch of a segment, bytes: an empty server should not begin by writing megabytes.</summary>
    private const int FirstStretch = 256 * 1024;

    private readonly Lock _preparing = new();
    private SegmentFile? _prepared;
    private SegmentFile? _unwilling;
    private int _busy;
    private bool _taken;
    private bool _disposed;

    /// <summary>Called after each append: sees whether the space ahead is running out, and has more laid out.</summary>
    /// <param name="end">Where the writer stands in <paramref name="active"/>.</param>
    public void Ahead(SegmentFile active, long end)
    {
        // The stretch doubles with the segment, up to the full figure.
        long stretch = Math.Min(options.PreallocationBytes, Math.Max(end, FirstStretch));
        bool grow = active.Allocated - end < stretch / 2
            && active.Allocated < options.SegmentBytes
            && _unwilling != active;
        bool prepare = end > options.SegmentBytes / 2 && Volatile.Read(ref _prepared) is null && _unwilling != active;
        if ((grow || prepare) && options.PreallocationBytes > 0 && Interlocked.Exchange(ref _busy, 1) == 0)
        {
            Start(active, grow ? Math.Min(options.SegmentBytes, end + stretch) : 0, prepare);
        }
    }

    /// <summary>Hands over the segment that comes next; when none was prepared, an empty one. It may still be growing.</summary>
    /// <remarks>No other is prepared until <see cref="NextIsPlaced"/> says that the name is free again.</remarks>
    public SegmentFile TakeNext()
    {
        lock (_preparing)
        {
            _taken = true;
            SegmentFile next = _prepared ?? SegmentFile.CreatePrepared(disk);
            _prepared = null;
            return next;
        }
    }

    /// <summary>The segment that was taken has got its name in the log, or was given up.</summary>
    public void NextIsPlaced()
    {
        lock (_preparing)
        {
            _taken = false;
        }
    }

    /// <summary>Gives back what was laid out behind the end of a full segment, and closes it.</summary>
    public void Seal(SegmentFile full, long end) => ThreadPool.UnsafeQueueUserWorkItem(
        _ =>
        {
            try
            {
                using (full)
                {
                    full.Cut(end);
                }
            }
            catch (Exception exception) when (exception is IOException or ObjectDisposedException)
            {
                // Zeros at its end do no harm.
                logger.PreallocationFailed(exception, disk.Folder);
            }
        },
        null);

    public void Dispose()
    {
        lock (_preparing)
        {
            _disposed = true;
            _prepared?.Dispose();
            _prepared = null;
        }
    }

    /// <remarks>Apart from <see cref="Ahead"/>, which must not allocate the closure each time.</remarks>
    private void Start(SegmentFile active, long target, bool prepare) =>
        ThreadPool.UnsafeQueueUserWorkItem(_ => Run(active, target, prepare), null);

    private void Run(SegmentFile active, long target, bool prepare)
    {
        try
        {
            if (target > 0)
            {
                active.Grow(target);
            }

            if (prepare)
            {
                PrepareNext()?.Grow(Math.Min(options.PreallocationBytes, options.SegmentBytes));
            }
        }
        catch (ObjectDisposedException)
        {
            // The log was closed meanwhile.
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _unwilling = active;
            logger.PreallocationFailed(exception, disk.Folder);
        }
        finally
        {
            Volatile.Write(ref _busy, 0);
        }
    }

    private SegmentFile? PrepareNext()
    {
        lock (_preparing)
        {
            if (_disposed || _taken || _prepared is not null)
            {
                return null;
            }

            return _prepared = SegmentFile.CreatePrepared(disk);
        }
    }
}
