using OrleansZk.Core.Replication;
using OrleansZk.Protocol;

namespace OrleansZk.Core.Transactions;

/// <summary>The bytes of one group: a version, the digest known when it was written, and what was decided, in order.</summary>
/// <remarks>
/// The same bytes go into the log and to the other servers, so a group is encoded once. Where servers share a log, answers without a transaction are in it too: a
/// server whose leader dies finds there the errors that stood between the transactions of its sessions, and need not guess.
/// </remarks>
public static class GroupCodec
{
    private const byte FormatVersion = 2;
    private const byte TransactionItem = 1;
    private const byte OutcomeItem = 2;

    /// <summary>Begins a group.</summary>
    /// <param name="digestZxid">The newest zxid whose digest is known.</param>
    public static void Begin(JuteWriter writer, long digestZxid, ulong digest)
    {
        writer.WriteByte(FormatVersion);
        writer.WriteLong(digestZxid);
        writer.WriteLong((long)digest);
    }

    public static void Write(JuteWriter writer, Transaction transaction)
    {
        writer.WriteByte(TransactionItem);
        transaction.Write(writer);
    }

    /// <summary>Writes an answer that has no transaction.</summary>
    public static void WriteOutcome(JuteWriter writer, in Sequenced item)
    {
        writer.WriteByte(OutcomeItem);
        item.Origin.Write(writer);
        writer.WriteInt((int)item.Error);
        writer.WriteInt(item.PartErrors?.Length ?? -1);
        foreach (ErrorCode error in item.PartErrors ?? [])
        {
            writer.WriteInt((int)error);
        }
    }

    /// <summary>Decodes a group as it came from the log.</summary>
    /// <exception cref="LogCorruptException">The bytes are not a group: written by another version, or not by this software.</exception>
    public static DecodedGroup Read(LogGroup group)
    {
        try
        {
            return Read(group.Bytes.Span);
        }
        catch (JuteException e)
        {
            throw new LogCorruptException($"group 0x{group.FirstZxid:x} of the log cannot be decoded: {e.Message}", e);
        }
    }

    /// <exception cref="JuteException">The bytes are not a group.</exception>
    public static DecodedGroup Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new JuteReader(bytes);
        byte version = reader.ReadByte();
        if (version != FormatVersion)
        {
            throw new JuteException($"it has format {version}; this version reads format {FormatVersion}");
        }

        long digestZxid = reader.ReadLong();
        ulong digest = (ulong)reader.ReadLong();
        var items = new List<Sequenced>();
        while (!reader.Rest.IsEmpty)
        {
            byte kind = reader.ReadByte();
            items.Add(kind switch
            {
                TransactionItem => OfTransaction(Transaction.Read(ref reader)),
                OutcomeItem => ReadOutcome(ref reader),
                _ => throw new JuteException($"unknown kind of item {kind}"),
            });
        }

        return new DecodedGroup(digestZxid, digest, items.ToArray());
    }

    private static Sequenced OfTransaction(Transaction transaction) => new(transaction.Origin, null, transaction, ErrorCode.Ok, null);

    private static Sequenced ReadOutcome(ref JuteReader reader)
    {
        RequestOrigin origin = RequestOrigin.Read(ref reader);
        var error = (ErrorCode)reader.ReadInt();
        int parts = reader.ReadInt();
        ErrorCode[]? partErrors = null;
        if (parts >= 0)
        {
            if (parts > reader.Rest.Length / sizeof(int))
            {
                throw new JuteException($"{parts} results are more than the group holds");
            }

            partErrors = new ErrorCode[parts];
            for (int i = 0; i < parts; i++)
            {
                partErrors[i] = (ErrorCode)reader.ReadInt();
            }
        }

        return new Sequenced(origin, null, null, error, partErrors);
    }
}

/// <param name="DigestZxid">What <paramref name="Digest"/> is the tree's digest at.</param>
/// <param name="Items">Without their requests.</param>
public sealed record DecodedGroup(long DigestZxid, ulong Digest, Memory<Sequenced> Items)
{
    public IReadOnlyList<Transaction> Transactions => [.. Items.ToArray().Select(item => item.Transaction).OfType<Transaction>()];
}
