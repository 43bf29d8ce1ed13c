using OrleansZk.Core.Paths;
using OrleansZk.Core.Replication;
using OrleansZk.Core.Transactions;
using OrleansZk.Protocol;

namespace OrleansZk.Core.Operations;

/// <summary>closeSession: asked for by the client, or by the leader when the session's time is up.</summary>
public sealed class CloseSession() : WriteOperation<CloseSessionRequest>(OpCode.CloseSession, "CLOS")
{
    protected override CloseSessionRequest Read(ref JuteReader reader) => default;

    internal override void Write(CloseSessionRequest record, JuteWriter writer)
    {
        // Only the leader's own requests are expiries, and those do not travel.
    }

    internal override ErrorCode Prepare(CloseSessionRequest record, Preparation preparation)
    {
        long id = preparation.Request.SessionId;
        if (record.IsExpiry)
        {
            if (!preparation.Sessions.IsExpired(id, preparation.Now))
            {
                // Heard of again, moved, or closed while this was on its way.
                return ErrorCode.UnknownSession;
            }
        }
        else
        {
            ErrorCode error = preparation.CheckSession();
            if (error != ErrorCode.Ok)
            {
                return error;
            }
        }

        // The list goes into the log, so that replay deletes exactly what was deleted now.
        List<string> ephemerals = preparation.Overlay.EphemeralsOf(id);
        foreach (string path in ephemerals)
        {
            string parentPath = ZPath.Parent(path);
            NodeView parent = preparation.Overlay.Find(parentPath);
            Delete.Remove(path, preparation.Overlay.Find(path), parent, preparation);
        }

        preparation.Sessions.Remove(id);
        preparation.Body = new CloseSessionBody(id, ephemerals);
        return ErrorCode.Ok;
    }
}

/// <param name="IsExpiry">True for the leader's own request.</param>
public readonly record struct CloseSessionRequest(bool IsExpiry);
