using System.Buffers;

namespace OrleansZk.Protocol.Tests.Recordings;

/// <summary>Bytes in pieces, as sockets deliver them.</summary>
internal static class PieceSequence
{
    public static ReadOnlySequence<byte> Of(byte[] bytes, int pieceLength)
    {
        Piece first = new(bytes.AsMemory(0, Math.Min(pieceLength, bytes.Length)), null);
        Piece last = first;
        for (int at = pieceLength; at < bytes.Length; at += pieceLength)
        {
            last = new Piece(bytes.AsMemory(at, Math.Min(pieceLength, bytes.Length - at)), last);
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, Piece? before)
        {
            Memory = memory;
            if (before is not null)
            {
                RunningIndex = before.RunningIndex + before.Memory.Length;
                before.Next = this;
            }
        }
    }
}
