using OrleansZk.Core.Transactions;
using OrleansZk.Protocol;

namespace OrleansZk.Core.Replication;

/// <summary>Answers without a transaction that were given since the last group that went into the log.</summary>
/// <remarks>
/// The next group that goes there takes them along. Were they lost with the leader, a server could not tell a request that was refused from one that was never
/// seen, and to submit it again behind later ones of its session would break the session's order. Guarded by the leader's lock.
/// </remarks>
internal sealed class CarriedOutcomes
{
    private readonly Dictionary<int, (long Incarnation, long Number)> _settled = [];
    private List<Sequenced> _outcomes = [];

    /// <summary>Notes what a server has heard: it will not look for that again.</summary>
    public void Settle(int serverId, long incarnation, long upTo) => _settled[serverId] = (incarnation, upTo);

    /// <summary>Takes the outcomes of a group that is about to be committed.</summary>
    public void Carry(OpenGroup group)
    {
        if (group.HasTransactions)
        {
            // It has everything before it in its bytes.
            _outcomes.Clear();
            return;
        }

        foreach (ref readonly Sequenced item in group.Items)
        {
            _outcomes.Add(item with { Request = null });
        }
    }

    public void WriteTo(JuteWriter writer)
    {
        _outcomes.RemoveAll(IsSettled);
        foreach (Sequenced outcome in _outcomes)
        {
            GroupCodec.WriteOutcome(writer, outcome);
        }
    }

    private bool IsSettled(Sequenced item) =>
        _settled.TryGetValue(item.Origin.ServerId, out (long Incarnation, long Number) settled)
        && (item.Origin.Incarnation < settled.Incarnation
            || (item.Origin.Incarnation == settled.Incarnation && item.Origin.Number <= settled.Number));
}
