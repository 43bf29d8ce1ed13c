using OrleansZk.Core.Paths;
using OrleansZk.Core.Replication;
using OrleansZk.Core.Transactions;
using OrleansZk.Protocol;

namespace OrleansZk.Core.Operations;

/// <summary>closeSession: asked for by the client, or by the leader when the session's time is up.</summary>
/// <remarks>A session that owns much goes in several transactions (see <see cref="SessionEnding"/>); the client is answered when all is gone.</remarks>
public sealed class CloseSession() : WriteOperation<CloseSessionRequest>(OpCode.CloseSession, "CLOS")
{
    protected override CloseSessionRequest Read(ref JuteReader reader) => default;

    internal override void Write(CloseSessionRequest record, JuteWriter writer)
    {
        // Only the leader's own requests have content, and those do not travel.
    }

    internal override ErrorCode Prepare(CloseSessionRequest record, Preparation preparation)
    {
        SessionEnding? ending = record.Ending;
        if (ending is null)
        {
            ErrorCode error = preparation.CheckSession();
            if (error != ErrorCode.Ok)
            {
                return error;
            }

            ending = new SessionEnding(preparation.Request.SessionId, isClosed: false);
        }

        // The list goes into the log, so that replay deletes exactly what was deleted now.
        List<string> part = ending.Take(preparation.Overlay, preparation.Options.MaxNodesPerEnding, preparation.Options.MaxPathBytesPerEnding);
        foreach (string path in part)
        {
            Delete.Remove(path, preparation.Overlay.Find(path), preparation.Overlay.Find(ZPath.Parent(path)), preparation);
        }

        preparation.Ending = ending;
        if (ending.IsClosed)
        {
            preparation.Body = part.Count == 0 ? null : new MultiBody([.. part.Select(path => new DeleteBody(path))]);
        }
        else
        {
            preparation.Sessions.Remove(ending.SessionId);
            preparation.Body = new CloseSessionBody(ending.SessionId, part);
        }

        return ErrorCode.Ok;
    }
}

/// <summary>The record of closeSession, which has none on the wire.</summary>
public readonly record struct CloseSessionRequest
{
    /// <summary>What the leader ends of itself, an expired session or the rest of a closed one; null for a client's request.</summary>
    internal SessionEnding? Ending { get; init; }
}
