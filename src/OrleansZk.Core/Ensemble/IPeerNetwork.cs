namespace OrleansZk.Core.Ensemble;

/// <summary>Reaches other servers of the ensemble.</summary>
public interface IPeerNetwork
{
    /// <summary>Connects, and proves to each other that both belong to the ensemble.</summary>
    /// <param name="address"><c>host:port</c></param>
    /// <param name="handler">Takes what arrives, from the moment that the task completes on.</param>
    /// <exception cref="PeerUnreachableException">Nobody answers there, or not a server of this ensemble.</exception>
    ValueTask<IPeerConnection> ConnectAsync(string address, IPeerHandler handler, CancellationToken cancellationToken);
}

/// <summary>A connection to another server: whole messages, in order, or not at all any more.</summary>
public interface IPeerConnection
{
    /// <summary>The other side's address, for people.</summary>
    string RemoteAddress { get; }

    /// <summary>Sends a message, which is copied. Any thread may call it; does nothing once the connection is closed.</summary>
    /// <exception cref="PeerMessageTooLongException">The other side would not take it.</exception>
    void Send(ReadOnlySpan<byte> message);

    /// <summary>Completes when so much was sent that there is room for more, or the connection is closed.</summary>
    ValueTask WaitForRoomAsync();

    /// <summary>Closes at once; what was not sent is lost. <see cref="IPeerHandler.OnClosed"/> follows.</summary>
    void Close();
}

/// <summary>Takes what arrives over a connection. Calls do not overlap.</summary>
public interface IPeerHandler
{
    /// <param name="message">Valid during the call only.</param>
    /// <exception cref="Protocol.JuteException">The message is malformed: the connection must be closed.</exception>
    void OnMessage(ReadOnlySpan<byte> message);

    /// <summary>The last call, once: the connection is gone, whoever closed it.</summary>
    void OnClosed();
}

/// <summary>Takes connections that other servers have opened and that have proved to belong to the ensemble.</summary>
public interface IPeerListener
{
    /// <returns>Who takes what arrives over it.</returns>
    IPeerHandler Accept(IPeerConnection connection);
}

/// <summary>A message is longer than servers take from each other.</summary>
public sealed class PeerMessageTooLongException(string message) : Exception(message);

/// <summary>Another server cannot be reached.</summary>
/// <param name="isRefused">True when the machine answered that nobody listens there: the server is not running.</param>
public sealed class PeerUnreachableException(string message, bool isRefused, Exception? inner = null) : Exception(message, inner)
{
    public bool IsRefused => isRefused;
}
