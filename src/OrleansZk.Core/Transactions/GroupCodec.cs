using OrleansZk.Core.Replication;
using OrleansZk.Protocol;

namespace OrleansZk.Core.Transactions;

/// <summary>The bytes of one group commit: a version, the digest known when it was written, and its transactions.</summary>
public static class GroupCodec
{
    private const byte FormatVersion = 1;

    /// <summary>Begins a group.</summary>
    /// <param name="digestZxid">The newest zxid whose digest is known.</param>
    public static void Begin(JuteWriter writer, long digestZxid, ulong digest)
    {
        writer.WriteByte(FormatVersion);
        writer.WriteLong(digestZxid);
        writer.WriteLong((long)digest);
    }

    /// <summary>Decodes a group as it came from the log.</summary>
    /// <exception cref="LogCorruptException">The bytes are not a group: written by a newer version, or not by this software.</exception>
    public static DecodedGroup Read(LogGroup group)
    {
        try
        {
            var reader = new JuteReader(group.Bytes.Span);
            byte version = reader.ReadByte();
            if (version != FormatVersion)
            {
                throw new LogCorruptException($"group 0x{group.FirstZxid:x} has format {version}; this version reads format {FormatVersion}");
            }

            long digestZxid = reader.ReadLong();
            ulong digest = (ulong)reader.ReadLong();
            var transactions = new List<Transaction>();
            while (!reader.Rest.IsEmpty)
            {
                transactions.Add(Transaction.Read(ref reader));
            }

            return new DecodedGroup(digestZxid, digest, transactions);
        }
        catch (JuteException e)
        {
            throw new LogCorruptException($"group 0x{group.FirstZxid:x} of the log cannot be decoded: {e.Message}", e);
        }
    }
}

/// <param name="DigestZxid">What <paramref name="Digest"/> is the tree's digest at.</param>
public sealed record DecodedGroup(long DigestZxid, ulong Digest, IReadOnlyList<Transaction> Transactions);
