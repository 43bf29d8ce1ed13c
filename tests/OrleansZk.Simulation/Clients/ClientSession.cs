using OrleansZk.Histories;

namespace OrleansZk.Simulation.Clients;

/// <summary>What a client library keeps of a session over all its connections.</summary>
internal sealed class ClientSession
{
    private readonly SortedSet<string> _data = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _exist = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _child = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _persistent = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _recursive = new(StringComparer.Ordinal);

    /// <summary>0 until the server has opened it.</summary>
    public long Id { get; set; }

    public byte[] Password { get; set; } = new byte[16];

    public TimeSpan Timeout { get; set; }

    public long LastZxid { get; set; }

    public int LastXid { get; set; }

    /// <summary>True once its end was asked for.</summary>
    public bool IsClosing { get; set; }

    public bool HasWatches => _data.Count + _exist.Count + _child.Count + _persistent.Count + _recursive.Count > 0;

    public Request Rearm() => new(OpCode.SetWatches2)
    {
        Rearmed = new RearmedWatches(LastZxid, [.. _data], [.. _exist], [.. _child], [.. _persistent], [.. _recursive]),
    };

    /// <summary>Notes the watch that a request has left.</summary>
    public void OnAnswered(Request request, Answer answer)
    {
        bool isOk = answer.Error == ErrorCode.Ok;
        if (request.Watch && (isOk || (request.Type == OpCode.Exists && answer.Error == ErrorCode.NoNode)))
        {
            (request.Type is OpCode.GetChildren or OpCode.GetChildren2 ? _child : isOk ? _data : _exist).Add(request.Path);
        }
        else if (request.Type == OpCode.AddWatch && isOk)
        {
            (request.WatchMode == AddWatchMode.Persistent ? _persistent : _recursive).Add(request.Path);
        }
        else if (request.Type == OpCode.RemoveWatches && isOk)
        {
            foreach (SortedSet<string> paths in (SortedSet<string>[])[_data, _exist, _child, _persistent, _recursive])
            {
                paths.Remove(request.Path);
            }
        }
    }

    /// <summary>Forgets the watches that an event has used up (ZooKeeper: <c>ZKWatchManager.materialize</c>).</summary>
    public void OnEvent(EventType type, string path)
    {
        if (type is EventType.NodeCreated or EventType.NodeDataChanged or EventType.NodeDeleted)
        {
            _data.Remove(path);
            _exist.Remove(path);
        }

        if (type is EventType.NodeChildrenChanged or EventType.NodeDeleted)
        {
            _child.Remove(path);
        }
    }
}
