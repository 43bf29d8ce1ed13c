namespace OrleansZk.Core.Replication;

/// <summary>How far a server knows the log to be committed, and who owned the newest epoch it knows: what a store must not have less than.</summary>
/// <param name="Epoch">The newest epoch that the server has led or followed in; 0 for none.</param>
/// <param name="LeaderId">The epoch's owner.</param>
/// <param name="LeaderIncarnation">The owner's incarnation.</param>
/// <param name="LastZxid">The newest transaction that the server knows to be committed: a lower bound, it may be older than the newest one.</param>
public sealed record LogMark(long Epoch, int LeaderId, long LeaderIncarnation, long LastZxid)
{
    /// <summary>A server that knows of nothing yet.</summary>
    public static LogMark None { get; } = new(0, 0, 0, 0);
}
