namespace OrleansZk.Core.Ensemble;

/// <summary>The members of an ensemble as their shared store knows them: who is there, who is alive by the store's clock, who leads.</summary>
/// <remarks>Every method may throw <see cref="Replication.StoreUnavailableException"/>; the member goes on as it is and tries again.</remarks>
public interface IMembership : IAsyncDisposable
{
    /// <summary>Makes this server a member, or takes up its membership again.</summary>
    /// <exception cref="MemberConflictException">A live server has the same id.</exception>
    ValueTask JoinAsync(MemberInfo self, CancellationToken cancellationToken);

    /// <summary>Says that this server is alive, and learns about the others: one round trip to the store.</summary>
    /// <exception cref="MemberConflictException">Another server has taken the id meanwhile.</exception>
    ValueTask<EnsembleView> BeatAsync(MemberReport report, CancellationToken cancellationToken);

    /// <summary>Gives the leadership up: the epoch has no leader from now on, and <paramref name="successor"/> is asked to claim the next.</summary>
    /// <param name="epoch">The caller's; nothing happens when it is no longer the newest.</param>
    /// <param name="successor">Null leaves it to the usual rule.</param>
    ValueTask HandOverAsync(long epoch, int? successor, CancellationToken cancellationToken);

    /// <summary>Ends this server's membership: it is not alive any more, at once.</summary>
    ValueTask LeaveAsync(CancellationToken cancellationToken);
}

/// <param name="Id">0 to 255.</param>
/// <param name="Incarnation">Grows with every start of the server: its start, milliseconds since the Unix epoch.</param>
/// <param name="PeerAddress">Where the other servers reach it: <c>host:port</c>, and behind an <c>@</c> whatever their network needs to know besides.</param>
/// <param name="ClientAddress">Where clients reach it: <c>host:port</c>.</param>
public sealed record MemberInfo(int Id, long Incarnation, string PeerAddress, string ClientAddress);

/// <summary>What a member says of itself with every heartbeat.</summary>
/// <param name="FollowedEpoch">The epoch that it leads, or whose leader it is connected to; 0 for none.</param>
/// <param name="LastZxid">The newest transaction that it has applied.</param>
public readonly record struct MemberReport(long FollowedEpoch, long LastZxid);

/// <summary>The ensemble at one moment.</summary>
/// <param name="Epoch">The newest epoch that was claimed; 0 when none was.</param>
/// <param name="Leader">Its owner: the id and incarnation that claimed it; null when it was given up or none was claimed.</param>
/// <param name="Successor">Who is asked to claim the next epoch, if anybody is.</param>
/// <param name="Members">Everybody who has joined and not left, the caller included, by id.</param>
/// <param name="LogEnd">The last zxid of the log.</param>
public sealed record EnsembleView(long Epoch, (int Id, long Incarnation)? Leader, int? Successor, IReadOnlyList<MemberView> Members, long LogEnd);

/// <param name="SilentFor">Since its last heartbeat, by the store's clock.</param>
/// <param name="IsConnected">True while its process holds a connection to the store: false at once when it dies, and true still while it hangs.</param>
public sealed record MemberView(MemberInfo Info, MemberReport Report, TimeSpan SilentFor, bool IsConnected);

/// <summary>Two servers have the same id.</summary>
public sealed class MemberConflictException(string message) : Exception(message);
