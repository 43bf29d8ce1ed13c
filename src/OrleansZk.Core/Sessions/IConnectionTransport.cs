namespace OrleansZk.Core.Sessions;

/// <summary>What carries a connection's bytes: a socket, or memory.</summary>
public interface IConnectionTransport
{
    /// <summary>Says that output waits: the transport is to take it by <see cref="ClientConnection.TryTakeOutput"/> and send it.</summary>
    /// <param name="elsewhere">True when the caller has others to serve and must not be kept.</param>
    void Flush(bool elsewhere);

    /// <summary>
    /// Says that requests wait that can be executed now: the transport is to call <see cref="ClientConnection.Receive"/>, with nothing if there is nothing, on another thread, and as often as it returns true.
    /// </summary>
    void Resume();

    /// <summary>Ends the transport at once; what was not sent is lost.</summary>
    void Abort();
}
