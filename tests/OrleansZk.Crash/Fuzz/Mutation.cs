using System.Buffers.Binary;
using OrleansZk.Protocol;

namespace OrleansZk.Crash.Fuzz;

/// <summary>Damages bytes, by a seed.</summary>
internal static class Mutation
{
    private static readonly int[] Edges = [0, 1, -1, -2, 4, 127, 255, 256, 65_535, 0xfffff, 0x100000, 1 << 24, int.MaxValue, int.MinValue, int.MaxValue - 3];

    /// <summary>A damaged copy whose length prefix fits again, so that the damage reaches the decoders.</summary>
    public static byte[] OfBody(byte[] frame, Random random)
    {
        byte[] body = Of(frame.AsSpan(Frame.HeaderLength).ToArray(), random);
        byte[] mutated = new byte[Frame.HeaderLength + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(mutated, body.Length);
        body.CopyTo(mutated, Frame.HeaderLength);
        return mutated;
    }

    /// <summary>A damaged copy.</summary>
    public static byte[] Of(byte[] bytes, Random random)
    {
        byte[] mutated = [.. bytes];
        for (int i = 1 + random.Next(3); i > 0; i--)
        {
            mutated = Once(mutated, random);
        }

        return mutated;
    }

    public static int Edge(Random random) => Edges[random.Next(Edges.Length)];

    private static byte[] Once(byte[] bytes, Random random)
    {
        int at = random.Next(bytes.Length + 1);
        switch (random.Next(6))
        {
            case 0 when bytes.Length > 0:
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 1 when bytes.Length > 0:
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                return bytes;
            case 2 when bytes.Length >= 4:
                // Lengths, counts and opcodes are ints: put an edge in the place of one.
                BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(random.Next(bytes.Length - 3)), Edge(random));
                return bytes;
            case 3:
                return bytes[..at];
            case 4:
                return [.. bytes[..at], .. Bytes(random, 1 + random.Next(16)), .. bytes[at..]];
            default:
                int end = Math.Min(bytes.Length, at + random.Next(16));
                return [.. bytes[..at], .. bytes[end..]];
        }
    }

    public static byte[] Bytes(Random random, int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
