using Microsoft.Extensions.Logging;
using OrleansZk.Core.Replication;
using OrleansZk.Storage.Files;

namespace OrleansZk.Storage.Log;

/// <summary>
/// Writes records to the end of the log and makes them durable. Belongs to the log's thread; others may read its
/// properties.
/// </summary>
internal sealed class LogWriter : IDisposable
{
    /// <summary>Payloads up to this length are copied behind their header, so that a record goes out in one piece; bytes.</summary>
    private const int CopyLimit = 256 * 1024;

    private readonly Disk _disk;
    private readonly SegmentLogOptions _options;
    private readonly ILogger _logger;
    private readonly Preallocator _preallocator;
    private readonly SegmentTable _segments;
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(
        SegmentHeader.Length + RecordHeader.Length + CopyLimit + RecordHeader.Alignment, pinned: true);
    private readonly ReadOnlyMemory<byte>[] _pieces = new ReadOnlyMemory<byte>[3];

    private readonly Guid _logId;
    private SegmentFile? _file;
    private Segment? _active;
    private long _activeGroups;
    private long _epoch;
    private long _lastZxid;
    private bool _claimed;
    private Exception? _failure;

    public LogWriter(Disk disk, SegmentLogOptions options, ILogger logger, SegmentTable segments, RecoveredLog found)
    {
        _disk = disk;
        _options = options;
        _logger = logger;
        _segments = segments;
        _preallocator = new Preallocator(disk, options, logger);
        _file = found.Active;
        _active = found.Segments.Length == 0 ? null : found.Segments[^1];
        _activeGroups = found.ActiveGroups;
        _epoch = found.Position.Epoch;
        _lastZxid = found.Position.LastZxid;
        _logId = _active?.Header.LogId ?? Guid.NewGuid();
    }

    /// <summary>Appends a group, durably.</summary>
    /// <exception cref="ArgumentException">It does not extend the log.</exception>
    /// <exception cref="LeaderFencedException">Its zxids belong to an epoch before the log's.</exception>
    /// <exception cref="IOException">The device failed or is full.</exception>
    public void Append(in LogGroup group)
    {
        ThrowIfFailed();
        if (!_claimed)
        {
            throw new InvalidOperationException("an epoch must be claimed before the first append");
        }

        if (group.FirstZxid >> 32 < _epoch)
        {
            throw new LeaderFencedException(_epoch);
        }

        Check(group);
        WriteRecord(RecordKind.Group, group.FirstZxid, group.LastZxid, group.Bytes);
        _lastZxid = group.LastZxid;
        _activeGroups++;
    }

    /// <summary>The newest epoch that was claimed, or whose groups the log holds.</summary>
    public long Epoch => Math.Max(_epoch, _lastZxid >> 32);

    /// <summary>Raises the epoch, durably.</summary>
    /// <returns>The new epoch.</returns>
    /// <exception cref="LeaderFencedException">The epoch is not <paramref name="current"/>.</exception>
    /// <exception cref="LogRolledBackException">The log does not reach <paramref name="known"/>.</exception>
    public long ClaimEpoch(long current, long known)
    {
        ThrowIfFailed();
        if (current != Epoch)
        {
            throw new LeaderFencedException(Epoch);
        }

        if (_lastZxid < known)
        {
            throw new LogRolledBackException(
                $"the log in '{_disk.Folder}'", new LogPosition(Epoch, _lastZxid), LogMark.None with { Epoch = known >>> 32, LastZxid = known });
        }

        long epoch = current + 1;
        WriteRecord(RecordKind.Epoch, epoch, epoch, default);
        _epoch = epoch;
        _claimed = true;
        return epoch;
    }

    /// <summary>Has space laid out behind what was just written. Not part of <see cref="Append"/>: nobody should wait for it.</summary>
    public void Prepare()
    {
        if (_file is { } file && _failure is null)
        {
            _preallocator.Ahead(file, _active!.End);
        }
    }

    public void Dispose()
    {
        _preallocator.Dispose();
        _file?.Dispose();
    }

    private void ThrowIfFailed()
    {
        if (_failure is { } failure)
        {
            throw new IOException(
                $"the log in '{_disk.Folder}' takes no more writes until it is opened again, because one failed: {failure.Message}", failure);
        }
    }

    private void Check(in LogGroup group)
    {
        if (group.FirstZxid <= _lastZxid || group.LastZxid < group.FirstZxid || group.LastZxid >> 32 != _epoch)
        {
            throw new ArgumentException(
                $"a group of zxids 0x{group.FirstZxid:x} to 0x{group.LastZxid:x} cannot follow zxid 0x{_lastZxid:x} in epoch {_epoch}",
                nameof(group));
        }

        if (group.Bytes.Length > RecordHeader.MaxPayload)
        {
            throw new ArgumentException(
                $"a group of {group.Bytes.Length} bytes is longer than the log takes ({RecordHeader.MaxPayload})", nameof(group));
        }
    }

    private void WriteRecord(RecordKind kind, long first, long last, ReadOnlyMemory<byte> payload)
    {
        long length = RecordHeader.RecordLengthOf(payload.Length);

        // A segment without groups goes on whatever its length: the next one would have the same name.
        if (_active is { } active && (_activeGroups == 0 || active.End + length <= _options.SegmentBytes))
        {
            ExtendSegment(active, kind, first, last, payload);
        }
        else
        {
            BeginSegment(kind, first, last, payload);
        }
    }

    private void ExtendSegment(Segment active, RecordKind kind, long first, long last, ReadOnlyMemory<byte> payload)
    {
        long end;
        try
        {
            end = Write(_file!, active.Seed, active.End, [], kind, first, last, payload);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw TakeBack(active, exception);
        }

        try
        {
            _file!.Sync();
        }
        catch (IOException exception)
        {
            // What the system has done with the pages is anybody's guess, and a second sync would report success.
            throw Fail(active.Name, exception);
        }

        ThrowUnlessInPlace(active);
        active.End = end;
    }

    /// <summary>What is written to a file that was deleted or renamed is on the disk, and nobody will find it there: it must not be acknowledged.</summary>
    private void ThrowUnlessInPlace(Segment segment)
    {
        if (segment.Place is { IsInPlace: false } place)
        {
            throw Fail(segment.Name, new FileNotFoundException(
                $"'{place.Path}' was deleted, renamed, replaced or unmounted while the log was being written to it", place.Path));
        }
    }

    /// <summary>Begins a segment with a first record. It becomes part of the log, by its name, once both are durable.</summary>
    private void BeginSegment(RecordKind kind, long first, long last, ReadOnlyMemory<byte> payload)
    {
        var header = new SegmentHeader(_logId, (_active?.Header.Sequence ?? 0) + 1, _lastZxid, _epoch);
        var segment = new Segment(header, SegmentHeader.Length);
        SegmentFile? file = null;
        try
        {
            file = _preallocator.TakeNext();
            Span<byte> headerBytes = stackalloc byte[SegmentHeader.Length];
            header.Write(headerBytes);
            segment.End = Write(file, segment.Seed, SegmentHeader.Length, headerBytes, kind, first, last, payload);
            file.Sync();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Without a name in the log the record does not exist, whatever of it has reached the disk.
            file?.Dispose();
            _preallocator.NextIsPlaced();
            throw NotWritten(segment.Name, exception);
        }

        try
        {
            file.Rename(segment.Name);
            _disk.SyncFolder();
            segment.Place = _disk.Place(segment.Name);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            file.Dispose();
            throw Fail(segment.Name, exception);
        }

        _preallocator.NextIsPlaced();
        if (_file is { } full)
        {
            _preallocator.Seal(full, _active!.End);
        }

        _file = file;
        _active = segment;
        _activeGroups = 0;
        _segments.Add(segment);
        _logger.SegmentBegun(_disk.PathOf(segment.Name));
    }

    /// <summary>Writes a record, and the segment's header before it if there is one.</summary>
    /// <returns>Where the record ends.</returns>
    private long Write(
        SegmentFile file,
        ulong seed,
        long position,
        ReadOnlySpan<byte> before,
        RecordKind kind,
        long first,
        long last,
        ReadOnlyMemory<byte> payload)
    {
        var record = new RecordHeader(kind, payload.Length, first, last, RecordHeader.HashPayload(payload.Span, seed, position));
        before.CopyTo(_buffer);
        record.Write(_buffer.AsSpan(before.Length), seed, position);
        int headLength = before.Length + RecordHeader.Length;
        int padding = RecordHeader.PaddingOf(payload.Length);
        if (payload.Length <= CopyLimit)
        {
            payload.Span.CopyTo(_buffer.AsSpan(headLength));
            int length = headLength + payload.Length;
            _buffer.AsSpan(length, padding).Clear();
            file.Write(_buffer.AsSpan(0, length + padding), position - before.Length);
        }
        else
        {
            _buffer.AsSpan(headLength, padding).Clear();
            _pieces[0] = _buffer.AsMemory(0, headLength);
            _pieces[1] = payload;
            _pieces[2] = _buffer.AsMemory(headLength, padding);
            file.Write(_pieces, headLength + payload.Length + padding, position - before.Length);
            _pieces[1] = default;
        }

        return position + record.RecordLength;
    }

    /// <summary>
    /// Undoes a write that stopped half-way, a full disk most likely, so that the log can go on when there is room
    /// again.
    /// </summary>
    private IOException TakeBack(Segment active, Exception exception)
    {
        try
        {
            _file!.Cut(active.End);
            _file.Sync();
        }
        catch (IOException second)
        {
            return Fail(active.Name, new AggregateException(exception, second));
        }

        return NotWritten(active.Name, exception);
    }

    private IOException NotWritten(string name, Exception exception)
    {
        _logger.WriteTakenBack(exception, _disk.PathOf(name), _lastZxid);
        return new IOException($"a write to '{_disk.PathOf(name)}' failed; nothing was appended: {exception.Message}", exception);
    }

    private IOException Fail(string name, Exception exception)
    {
        _failure = exception;
        _logger.LogFailed(exception, _disk.Folder, _disk.PathOf(name));
        return new IOException(
            $"a write to '{_disk.PathOf(name)}' failed, and it is unknown how much of it is on the disk; "
            + $"the log must be opened again: {exception.Message}",
            exception);
    }
}
