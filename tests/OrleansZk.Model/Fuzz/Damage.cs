using System.Buffers.Binary;

namespace OrleansZk.Model.Fuzz;

/// <summary>Ways in which a request's bytes go wrong.</summary>
internal static class Damage
{
    private static readonly int[] Lengths = [0, -1, -2, 1, 2, 255, 256, 0x7fffffff, int.MinValue, 0x00ffffff, 0x40000000, 0x10000];

    /// <summary>Damage that leaves nothing to chance: every truncation, every field turned into every unlikely length, every bit of short requests.</summary>
    public static IEnumerable<byte[]> Systematic(byte[] body)
    {
        for (int length = 0; length <= body.Length; length++)
        {
            yield return body[..length];
        }

        for (int at = 0; at + sizeof(int) <= body.Length; at++)
        {
            foreach (int length in Lengths)
            {
                byte[] damaged = [.. body];
                BinaryPrimitives.WriteInt32BigEndian(damaged.AsSpan(at), length);
                yield return damaged;
            }
        }

        for (int bit = 0; bit < body.Length * 8; bit++)
        {
            byte[] damaged = [.. body];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            yield return damaged;
        }

        yield return [.. body, .. body];
        yield return [.. body, 0];
    }

    /// <summary>A few random changes of any kind at once.</summary>
    public static byte[] Random(byte[] body, Random random)
    {
        List<byte> damaged = [.. body];
        for (int i = random.Next(1, 6); i > 0; i--)
        {
            int at = random.Next(damaged.Count + 1);
            switch (random.Next(5))
            {
                case 0 when at < damaged.Count:
                    damaged[at] = (byte)random.Next(256);
                    break;
                case 1:
                    damaged.Insert(at, (byte)random.Next(256));
                    break;
                case 2 when at < damaged.Count:
                    damaged.RemoveRange(at, random.Next(damaged.Count - at) + 1);
                    break;
                case 3 when at < damaged.Count:
                    damaged.InsertRange(at, damaged.GetRange(at, random.Next(damaged.Count - at)));
                    break;
                default:
                    byte[] length = new byte[4];
                    BinaryPrimitives.WriteInt32BigEndian(length, Lengths[random.Next(Lengths.Length)]);
                    damaged.InsertRange(at, length);
                    break;
            }
        }

        return [.. damaged];
    }
}
