using OrleansZk.Client;

namespace OrleansZk.Grains;

/// <summary>A session; the key is its id. Whoever speaks for it attaches first; each attachment ends the one before.</summary>
/// <remarks>
/// <para><see cref="GrainZooKeeper"/> does all of this; it is public for those who need something else.</para>
/// <para>Whoever can call grains of the cluster is trusted: it can attach to any session. Other clients belong on the wire, where a session has a password.</para>
/// </remarks>
[Alias("OrleansZk.ISessionGrain")]
public interface ISessionGrain : IGrainWithIntegerKey
{
    /// <summary>Opens the session (see <see cref="ISessionGateGrain"/>), or goes on with it.</summary>
    [Alias("Attach")]
    Task<Attachment> Attach(AttachRequest request);

    /// <summary>Executes requests in order, behind those with smaller numbers.</summary>
    [Alias("Execute")]
    Task<SessionAnswer> Execute(SessionBatch batch);

    /// <summary>Keeps the session alive.</summary>
    /// <param name="seen">Up to which number the client has the answers and events; the answer has the events behind that.</param>
    [Alias("Heartbeat")]
    Task<SessionAnswer> Heartbeat(long attachment, long seen);

    /// <summary>Leaves a watch that stays, as long as the attachment does: the client that is attached arms again only what it has asked for itself.</summary>
    [Alias("Watch")]
    Task Watch(string path, AddWatchMode mode);

    /// <returns>The paths of the session's ephemeral nodes.</returns>
    [Alias("GetEphemerals")]
    Task<IReadOnlyList<string>> GetEphemerals();

    /// <summary>Ends the session, and its ephemeral nodes with it.</summary>
    [Alias("Close")]
    Task Close();
}

/// <summary>Where sessions begin: on the silo that the call reaches.</summary>
[Alias("OrleansZk.ISessionGateGrain")]
public interface ISessionGateGrain : IGrainWithIntegerKey
{
    /// <param name="timeout">Milliseconds; the server keeps it within its limits.</param>
    [Alias("Open")]
    Task<Attachment> Open(int timeout);
}

/// <param name="Timeout">Milliseconds.</param>
/// <param name="Credentials">The identities that the client had added.</param>
/// <param name="Watches">That it had; what they have missed comes as events.</param>
/// <param name="IsNew">True for a session that does not exist yet.</param>
[GenerateSerializer, Immutable, Alias("OrleansZk.AttachRequest")]
public sealed record AttachRequest(
    [property: Id(0)] int Timeout,
    [property: Id(1)] long LastZxid,
    [property: Id(2)] IReadOnlyList<ClientRequest> Credentials,
    [property: Id(3)] WatchList? Watches,
    [property: Id(4)] bool IsNew);

/// <param name="SessionId">0 when the session has expired.</param>
/// <param name="Id">Of the attachment; 0 when there is none: the silo cannot serve at the moment.</param>
/// <param name="Timeout">Milliseconds, as negotiated.</param>
[GenerateSerializer, Immutable, Alias("OrleansZk.Attachment")]
public sealed record Attachment([property: Id(0)] long SessionId, [property: Id(1)] long Id, [property: Id(2)] int Timeout);

/// <param name="Attachment">That the requests belong to.</param>
/// <param name="First">The number of the first request: 1 for the first of an attachment, and so on.</param>
/// <param name="Seen">Up to which number the client has the answers and events.</param>
[GenerateSerializer, Immutable, Alias("OrleansZk.SessionBatch")]
public sealed record SessionBatch(
    [property: Id(0)] long Attachment, [property: Id(1)] long First, [property: Id(2)] IReadOnlyList<ClientRequest> Requests, [property: Id(3)] long Seen);

/// <param name="IsAttached">False when the attachment has ended.</param>
/// <param name="WasTaken">False when none of the requests was or will be executed.</param>
/// <param name="Replies">
/// One for each request. Number 0 has what was refused before it came into the order, and <see cref="ErrorCode.ConnectionLoss"/> for what may have been executed
/// when the attachment ended.
/// </param>
/// <param name="Events">Those that the client did not have.</param>
[GenerateSerializer, Immutable, Alias("OrleansZk.SessionAnswer")]
public sealed record SessionAnswer(
    [property: Id(0)] bool IsAttached,
    [property: Id(1)] bool WasTaken,
    [property: Id(2)] IReadOnlyList<NumberedReply> Replies,
    [property: Id(3)] IReadOnlyList<NumberedEvent> Events);
