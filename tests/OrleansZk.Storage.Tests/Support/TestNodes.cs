using OrleansZk.Core.Access;
using OrleansZk.Core.Replication;
using OrleansZk.Core.Sessions;
using OrleansZk.Core.Tree;

namespace OrleansZk.Storage.Tests.Support;

internal static class TestNodes
{
    /// <summary>A node with a different figure in each of its fields.</summary>
    public static NodeImage Node(string path, byte[]? data = null, AclList? acl = null, long seed = 1) => new(
        path, data, acl ?? AclList.Open, seed, seed + 1, seed + 2, seed + 3, seed + 4, (int)seed + 5, (int)seed + 6, (int)seed + 7, seed + 8);
}

/// <summary>Keeps what a checkpoint gives, in its order.</summary>
internal sealed class RecordingLoader : ICheckpointLoader
{
    public List<NodeImage> Nodes { get; } = [];

    public Dictionary<long, SessionState> Sessions { get; } = [];

    public void AddSession(long sessionId, int timeout, long owner)
    {
        Nodes.ShouldBeEmpty("sessions come before nodes");
        Sessions.Add(sessionId, new SessionState(timeout, owner));
    }

    public void AddNode(in NodeImage image) => Nodes.Add(image);
}
