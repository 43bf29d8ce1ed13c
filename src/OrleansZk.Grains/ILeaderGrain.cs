namespace OrleansZk.Grains;

/// <summary>The leader of an ensemble; the key is the ensemble's name. It is on the silo whose engine leads.</summary>
/// <remarks>The directory may be wrong for a while and have two of them; the log lets one of them commit.</remarks>
[Alias("OrleansZk.ILeaderGrain")]
public interface ILeaderGrain : IGrainWithStringKey
{
    [Alias("GetStatus")]
    Task<LeaderStatus> GetStatus();

    /// <summary>Moves the grain to the silo that calls, which leads.</summary>
    /// <returns>False when the grain is not there yet: call again.</returns>
    [Alias("Settle")]
    Task<bool> Settle(SiloAddress silo);

    /// <summary>Opens a connection of a follower.</summary>
    /// <param name="connection">Made up by the follower.</param>
    /// <param name="leader">The silo that the follower takes for the leader's.</param>
    /// <param name="follower">The follower's own.</param>
    /// <returns>What the leader has to say, for as long as the follower listens.</returns>
    [Alias("Follow")]
    IAsyncEnumerable<LeaderMessages> Follow(Guid connection, SiloAddress leader, SiloAddress follower, CancellationToken cancellationToken = default);

    /// <summary>Hands over messages of a follower.</summary>
    /// <param name="number">1 for the first of a connection, and so on.</param>
    /// <param name="messages">As in <see cref="LeaderMessages"/>.</param>
    /// <returns>False when the connection is closed.</returns>
    [Alias("Submit")]
    Task<bool> Submit(Guid connection, long number, [Immutable] byte[] messages);

    /// <summary>Gives the leadership to another silo.</summary>
    /// <param name="serverId">Null leaves it to the usual rule.</param>
    /// <returns>False when this silo does not lead, is about to hand over, or was given the leadership within the last seconds.</returns>
    [Alias("Transfer")]
    Task<bool> Transfer(int? serverId);
}

/// <param name="ServerId">Of the silo that the grain is on.</param>
/// <param name="IsLeading">False while its engine does not lead (yet, or any more).</param>
/// <param name="Epoch">0 while it does not lead.</param>
[GenerateSerializer, Immutable, Alias("OrleansZk.LeaderStatus")]
public sealed record LeaderStatus(
    [property: Id(0)] int ServerId, [property: Id(1)] SiloAddress Silo, [property: Id(2)] bool IsLeading, [property: Id(3)] long Epoch, [property: Id(4)] long LastZxid);

/// <param name="Bytes">Messages, each behind its length in four bytes. They may begin and end within one: what comes next goes on there.</param>
[GenerateSerializer, Immutable, Alias("OrleansZk.LeaderMessages")]
public readonly record struct LeaderMessages([property: Id(0)] byte[] Bytes);
