using OrleansZk.Core.Replication;
using OrleansZk.Core.Transactions;

namespace OrleansZk.Core.Ensemble;

/// <summary>Applies groups that were committed by a leader elsewhere, from its connection or from the log.</summary>
internal static class GroupApplication
{
    /// <summary>Applies what the replica does not have yet.</summary>
    /// <exception cref="DivergedException">The replica's state is not the leader's.</exception>
    /// <exception cref="Protocol.JuteException">The bytes are not a group.</exception>
    public static void Apply(Replica replica, ReadOnlySpan<byte> bytes)
    {
        DecodedGroup group = GroupCodec.Read(bytes);
        if (replica.Digests.Find(group.DigestZxid) is { } digest && digest != group.Digest)
        {
            throw new DivergedException($"at zxid 0x{group.DigestZxid:x} its tree has digest {digest:x16}, the leader's {group.Digest:x16}");
        }

        Span<Sequenced> items = group.Items.Span;
        int kept = 0;
        foreach (ref readonly Sequenced item in items)
        {
            if (item.Transaction is null || item.Transaction.Zxid > replica.LastAppliedZxid)
            {
                items[kept++] = item.Transaction is { } transaction && transaction.Zxid == replica.SkippedZxid
                    ? item with { Transaction = transaction.Emptied() }
                    : item;
            }
        }

        try
        {
            replica.Deliver(items[..kept]);
        }
#pragma warning disable CA1031 // Whatever it was, nobody knows how much of the group the replica has.
        catch (Exception e)
#pragma warning restore CA1031
        {
            throw new DivergedException($"a group behind zxid 0x{replica.LastAppliedZxid:x} could not be applied: {e.Message}", e);
        }
    }
}

/// <summary>A replica's state is not the leader's: it must be taken from the store again.</summary>
public sealed class DivergedException(string message, Exception? inner = null) : Exception(message, inner);
