using System.Buffers;
using System.Buffers.Binary;
using OrleansZk.Protocol;

namespace OrleansZk.Server.Peers;

/// <summary>Cuts what arrives into messages: a length of four bytes, big-endian, and as many bytes.</summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class PeerMessageReader(int maxLength)
{
    private const int HeaderLength = sizeof(int);
    private const int KeptCapacity = 64 << 10;

    private readonly byte[] _header = new byte[HeaderLength];
    private int _headerTaken;

    // The message whose header was taken off already; -1 for none.
    private int _length = -1;
    private readonly JuteWriter _gathered = new();

    /// <summary>Takes the next message off <paramref name="buffer"/>, and the beginning of one that is not there yet too.</summary>
    /// <param name="message">Valid until the next call, and no longer than <paramref name="buffer"/>.</param>
    /// <returns>False when no message is complete: all that can be used was taken off.</returns>
    /// <exception cref="PeerFrameException">The length is negative or more than the maximum.</exception>
    public bool TryRead(ref ReadOnlySequence<byte> buffer, out ReadOnlySpan<byte> message)
    {
        message = default;
        if (_length < 0 && !TryReadHeader(ref buffer))
        {
            return false;
        }

        int missing = _length - _gathered.Length;
        if (_gathered.Length == 0 && buffer.FirstSpan.Length >= missing)
        {
            message = buffer.FirstSpan[..missing];
            buffer = buffer.Slice(missing);
            _length = -1;
            return true;
        }

        // Gathered as it arrives, so that a long message is copied once and does not fill the socket's pipe.
        int taken = (int)Math.Min(missing, buffer.Length);
        buffer.Slice(0, taken).CopyTo(_gathered.Claim(taken));
        buffer = buffer.Slice(taken);
        if (taken < missing)
        {
            return false;
        }

        message = _gathered.Written;
        _length = -1;
        return true;
    }

    /// <summary>Returns the memory to the pool.</summary>
    public void Reset() => _gathered.Reset();

    private bool TryReadHeader(ref ReadOnlySequence<byte> buffer)
    {
        _gathered.Clear(KeptCapacity);
        int taken = (int)Math.Min(HeaderLength - _headerTaken, buffer.Length);
        buffer.Slice(0, taken).CopyTo(_header.AsSpan(_headerTaken));
        buffer = buffer.Slice(taken);
        _headerTaken += taken;
        if (_headerTaken < HeaderLength)
        {
            return false;
        }

        _headerTaken = 0;
        int length = BinaryPrimitives.ReadInt32BigEndian(_header);
        if (length < 0 || length > maxLength)
        {
            throw new PeerFrameException(length, maxLength);
        }

        if (buffer.Length < length)
        {
            // All the room at once: growing would copy.
            _gathered.Claim(length);
            _gathered.Truncate(0);
        }

        _length = length;
        return true;
    }
}

/// <summary>A message's length is out of bounds; the connection cannot go on.</summary>
internal sealed class PeerFrameException(int length, int maxLength)
    : Exception($"a message of {length} bytes is not between 0 and {maxLength} bytes ({nameof(PeerOptions.PeerMaxMessageLength)})");
