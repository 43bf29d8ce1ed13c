namespace OrleansZk.Core.Replication;

/// <summary>Takes what a leader has committed to the other servers.</summary>
public interface IGroupSink
{
    /// <summary>Called in order, one at a time; must not keep the caller.</summary>
    void Committed(CommittedGroup group);
}

/// <summary>A group as other servers get it (see <see cref="Transactions.GroupCodec"/>).</summary>
/// <param name="LastZxid">The newest committed transaction: the group's last, or one before it when it has none.</param>
/// <param name="Bytes">Never change.</param>
public sealed record CommittedGroup(long LastZxid, bool HasTransactions, ReadOnlyMemory<byte> Bytes);
