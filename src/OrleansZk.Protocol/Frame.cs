using System.Buffers;
using System.Buffers.Binary;

namespace OrleansZk.Protocol;

/// <summary>Frames: a length of four bytes, big-endian, and as many bytes of body.</summary>
public static class Frame
{
    public const int HeaderLength = sizeof(int);

    /// <summary>ZooKeeper's default for <c>jute.maxbuffer</c>, in bytes.</summary>
    public const int DefaultMaxLength = 0xfffff;

    /// <summary>Takes the first complete frame's body off <paramref name="buffer"/>.</summary>
    /// <returns>False when the frame is not complete yet.</returns>
    /// <exception cref="InvalidFrameException">The length is negative or more than <paramref name="maxLength"/>.</exception>
    public static bool TryRead(ref ReadOnlySequence<byte> buffer, int maxLength, out ReadOnlySequence<byte> body)
    {
        body = default;
        if (buffer.Length < HeaderLength)
        {
            return false;
        }

        int length;
        if (buffer.FirstSpan.Length >= HeaderLength)
        {
            length = BinaryPrimitives.ReadInt32BigEndian(buffer.FirstSpan);
        }
        else
        {
            Span<byte> header = stackalloc byte[HeaderLength];
            buffer.Slice(0, HeaderLength).CopyTo(header);
            length = BinaryPrimitives.ReadInt32BigEndian(header);
        }

        if (length < 0 || length > maxLength)
        {
            throw new InvalidFrameException(length, maxLength);
        }

        if (buffer.Length - HeaderLength < length)
        {
            return false;
        }

        body = buffer.Slice(HeaderLength, length);
        buffer = buffer.Slice(HeaderLength + length);
        return true;
    }
}

/// <summary>A frame's length is out of bounds; the connection cannot go on.</summary>
public sealed class InvalidFrameException(int length, int maxLength)
    : Exception($"a frame of {length} bytes is not between 0 and {maxLength} bytes (jute.maxbuffer)");
