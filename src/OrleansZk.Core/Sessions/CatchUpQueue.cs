namespace OrleansZk.Core.Sessions;

/// <summary>Clients that have seen more at another server than this replica has applied: they are served once it has.</summary>
/// <remarks>The connection of one that waits for too long ends like any that has not shaken hands in time.</remarks>
internal sealed class CatchUpQueue
{
    private readonly Lock _gate = new();
    private readonly List<ClientConnection> _waiting = [];

    public bool IsEmpty => _waiting.Count == 0;

    public void Add(ClientConnection connection)
    {
        lock (_gate)
        {
            _waiting.RemoveAll(waiting => waiting.IsEnding);
            _waiting.Add(connection);
        }
    }

    /// <summary>Takes those who need no more than <paramref name="zxid"/>.</summary>
    public List<ClientConnection> Take(long zxid)
    {
        lock (_gate)
        {
            List<ClientConnection> ready = _waiting.FindAll(connection => connection.AwaitedZxid <= zxid);
            _waiting.RemoveAll(connection => connection.AwaitedZxid <= zxid);
            return ready;
        }
    }
}
