using OrleansZk.Storage.Files;

namespace OrleansZk.Storage.Log;

/// <summary>The segment file that is written to, or the one that is prepared to come next.</summary>
/// <remarks>
/// Written by the log's thread, while <see cref="Grow"/> on another lays zeros before it. They are real zeros: in space that is
/// only reserved, or behind the file's end, each sync would have to commit the file system's journal too.
/// </remarks>
internal sealed class SegmentFile : IDisposable
{
    /// <summary>The name of a segment that is not yet part of the log.</summary>
    public const string PreparedName = "next.segment";

    /// <summary>How much is laid out under one hold of the lock, bytes: what a writer may have to wait for.</summary>
    private const int Piece = 128 * 1024;

    /// <summary>How much is handed to the disk at once, bytes: the writer's syncs queue up behind it.</summary>
    private const int SyncInterval = 1024 * 1024;

    private static readonly byte[] Zeros = new byte[Piece];

    private readonly Lock _growing = new();
    private readonly Disk _disk;
    private readonly DiskFile _file;
    private string _name;
    private long _allocated;
    private DiskFile? _grower;
    private bool _disposed;

    public SegmentFile(Disk disk, string name, DiskFile file)
    {
        _disk = disk;
        _name = name;
        _file = file;
        _allocated = file.Length;
    }

    /// <summary>Up to where the file has its space, bytes.</summary>
    public long Allocated => Volatile.Read(ref _allocated);

    public static SegmentFile CreatePrepared(Disk disk) => new(disk, PreparedName, disk.Create(PreparedName));

    public void Write(ReadOnlySpan<byte> bytes, long position)
    {
        if (position + bytes.Length <= Allocated)
        {
            _file.Write(bytes, position);
            return;
        }

        lock (_growing)
        {
            _file.Write(bytes, position);
            _allocated = Math.Max(_allocated, position + bytes.Length);
        }
    }

    /// <param name="length">The length of all pieces, bytes.</param>
    public void Write(IReadOnlyList<ReadOnlyMemory<byte>> pieces, long length, long position)
    {
        if (position + length <= Allocated)
        {
            _file.Write(pieces, position);
            return;
        }

        lock (_growing)
        {
            _file.Write(pieces, position);
            _allocated = Math.Max(_allocated, position + length);
        }
    }

    public void Sync() => _file.Sync();

    public void Rename(string name)
    {
        lock (_growing)
        {
            _disk.Rename(_name, name);
            _name = name;
        }
    }

    /// <summary>Cuts the file, so that nothing is behind <paramref name="length"/>.</summary>
    public void Cut(long length)
    {
        lock (_growing)
        {
            _file.SetLength(length);
            _allocated = length;
        }
    }

    /// <summary>
    /// Lays zeros up to <paramref name="target"/> and makes them durable. Called by one thread at a time, beside the
    /// writer's.
    /// </summary>
    /// <exception cref="IOException">The device failed or is full. What the writer does is not affected.</exception>
    public void Grow(long target)
    {
        int unsynced = 0;
        while (LayPiece(target) is { } laid)
        {
            unsynced += laid;
            if (unsynced >= SyncInterval)
            {
                _grower!.Sync();
                unsynced = 0;
            }
        }

        if (unsynced > 0)
        {
            _grower!.Sync();
        }
    }

    public void Dispose()
    {
        lock (_growing)
        {
            _disposed = true;
            _grower?.Dispose();
            _file.Dispose();
        }
    }

    /// <returns>The number of bytes laid; null when the target is reached or the file closed.</returns>
    private int? LayPiece(long target)
    {
        lock (_growing)
        {
            long count = Math.Min(target - _allocated, Piece);
            if (_disposed || count <= 0)
            {
                return null;
            }

            // A handle of its own: the system tells of a failed sync once per handle, and the writer has to hear of it.
            _grower ??= _disk.Open(_name, write: true);
            _grower.Write(Zeros.AsSpan(0, (int)count), _allocated);
            _allocated += count;
            return (int)count;
        }
    }
}
