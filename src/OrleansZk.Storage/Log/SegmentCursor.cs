using System.Buffers;
using OrleansZk.Storage.Files;

namespace OrleansZk.Storage.Log;

/// <summary>Reads a segment file from one position on, through a buffer that grows to the longest record it meets.</summary>
/// <param name="end">Where to stop, bytes from the start of the file.</param>
internal sealed class SegmentCursor(DiskFile file, long position, long end) : IDisposable
{
    private const int BufferLength = 256 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferLength);
    private int _start;
    private int _count;

    public long Position { get; private set; } = position;

    public long Remaining => end - Position;

    /// <summary>The next bytes; fewer than asked for only at the end. Valid until the next call.</summary>
    public ReadOnlySpan<byte> Peek(int length)
    {
        length = (int)Math.Min(length, Remaining);
        if (_count < length)
        {
            Fill(length);
        }

        return _buffer.AsSpan(_start, Math.Min(length, _count));
    }

    /// <summary>All that is in the buffer, after filling it; empty at the end.</summary>
    public ReadOnlySpan<byte> PeekAvailable()
    {
        if (_count == 0)
        {
            Peek(BufferLength);
        }

        return _buffer.AsSpan(_start, _count);
    }

    public void Advance(long length)
    {
        Position += length;
        int buffered = (int)Math.Min(length, _count);
        _start += buffered;
        _count -= buffered;
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _count = 0;
    }

    private void Fill(int length)
    {
        if (length > _buffer.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(length);
            _buffer.AsSpan(_start, _count).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }
        else
        {
            _buffer.AsSpan(_start, _count).CopyTo(_buffer);
        }

        _start = 0;
        int wanted = (int)Math.Min(_buffer.Length, Remaining) - _count;
        _count += file.Read(_buffer.AsSpan(_count, wanted), Position + _count);
    }
}
