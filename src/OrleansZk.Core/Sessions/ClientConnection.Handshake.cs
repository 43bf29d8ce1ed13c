using OrleansZk.Core.Operations;
using OrleansZk.Core.Replication;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Core.Sessions;

/// <content>How a connection gets its session, and its client's identities.</content>
public sealed partial class ClientConnection
{
    private ConnectRequest _connectRequest;

    /// <summary>True for a client that takes reads alone, from a server that has no leader.</summary>
    public bool IsReadOnly { get; private set; }

    /// <summary>The zxid that a client has seen elsewhere, and that the replica must have before it may be served.</summary>
    internal long AwaitedZxid => _connectRequest.LastZxidSeen;

    /// <summary>Goes on with the handshake of a client that had to wait. To be followed by <see cref="Replica.SubmitEnlisted"/> and a flush.</summary>
    internal void GoOn()
    {
        lock (_gate)
        {
            if (_phase == Phase.Waiting)
            {
                Connect(_connectRequest, _replica.Clock.GetTimestamp());
                SignalRoom();
            }
        }
    }

    private void Connect(in ConnectRequest request, long now)
    {
        _connectRequest = request;
        if (!_replica.IsTrusted)
        {
            End();
            return;
        }

        if (request.LastZxidSeen > _replica.LastAppliedZxid)
        {
            if (_replica.TryWaitForZxid(this))
            {
                _phase = Phase.Waiting;
            }
            else
            {
                // The client has seen more than we have: another server must serve it (ZooKeeper closes without a word too).
                End();
            }

            return;
        }

        _phase = Phase.Connecting;
        if (_replica.IsReadOnly)
        {
            ConnectReadOnly(request);
            return;
        }

        SessionTimeout = NegotiatedTimeout(request);
        if (request.SessionId == 0)
        {
            SessionId = _newSessionId != 0 ? _newSessionId : _replica.NextSessionId();
            Enlist(OperationTable.Get<CreateSession>().Request(new SessionRequest(SessionId, SessionTimeout)), now);
        }
        else if (_replica.Password.IsRight(request.SessionId, request.Password))
        {
            SessionId = request.SessionId;
            Enlist(AttachSession.Instance.Request(new SessionRequest(SessionId, SessionTimeout)), now);
        }
        else
        {
            AnswerConnect(ErrorCode.SessionExpired);
        }
    }

    /// <summary>Without a leader nobody can open or move a session: one that the log knows, or one of the server's own, is served as far as reads go.</summary>
    private void ConnectReadOnly(in ConnectRequest request)
    {
        if (request.ReadOnly != true)
        {
            End();
            return;
        }

        IsReadOnly = true;
        SessionTimeout = NegotiatedTimeout(request);
        if (request.SessionId == 0)
        {
            SessionId = _replica.NextSessionId();
            AnswerConnect(ErrorCode.Ok);
        }
        else
        {
            SessionId = request.SessionId;
            bool isKnown = _replica.Password.IsRight(SessionId, request.Password) && _replica.Sessions.Contains(SessionId);
            AnswerConnect(isKnown ? ErrorCode.Ok : ErrorCode.SessionExpired);
        }
    }

    private int NegotiatedTimeout(in ConnectRequest request) =>
        Math.Clamp(request.Timeout, _replica.Limits.MinSessionTimeout, _replica.Limits.MaxSessionTimeout);

    /// <summary>Refuses a write of a client that takes reads alone. Its closeSession ends the connection; the session is the log's to close.</summary>
    private void AnswerReadOnly(int xid, WriteOperation operation)
    {
        bool isClose = operation.Code == OpCode.CloseSession;
        EndReply(_output.BeginReply(), xid, isClose ? ErrorCode.Ok : ErrorCode.NotReadOnly, operation);
        if (isClose)
        {
            End();
        }
    }

    private void AnswerConnect(ErrorCode error)
    {
        if (error is not (ErrorCode.Ok or ErrorCode.SessionExpired))
        {
            // It could not be decided, and the session may live: to refuse is to call it expired. Without a word, the client tries again.
            End();
            return;
        }

        bool accepted = error == ErrorCode.Ok;
        var response = new ConnectResponse(
            0,
            accepted ? SessionTimeout : 0,
            accepted ? SessionId : 0,
            accepted ? _replica.Password.For(SessionId) : new byte[ConnectResponse.PasswordLength],
            _connectRequest.ReadOnly is null ? null : IsReadOnly);
        _output.WriteConnectResponse(response, _replica.LastAppliedZxid);
        if (!accepted)
        {
            End();
        }
        else
        {
            _phase = Phase.Open;
            _displaced = _replica.Connections.Establish(this);
        }
    }

    /// <summary>Takes an auth packet: what it proves counts for everything behind it. The answer comes at once, but not before that of the handshake.</summary>
    private void TakeAuth(in RequestHeader header, ref JuteReader reader, ReadOnlySpan<byte> frame, long now)
    {
        ErrorCode outcome = TryProve(header, ref reader) ? ErrorCode.Ok : ErrorCode.AuthFailed;
        if (_phase == Phase.Connecting)
        {
            _isAuthRefused = outcome != ErrorCode.Ok;
            _pending.AddOther(frame, now, _identities, isHeavy: false, outcome);
        }
        else
        {
            AnswerAuth(header.Xid, outcome);
        }
    }

    private bool TryProve(in RequestHeader header, ref JuteReader reader)
    {
        IReadOnlyList<AclId>? proven = null;
        if (header.Type == OpCode.Auth)
        {
            AuthRequest request = AuthRequest.Read(ref reader);
            proven = _replica.Access.Scheme(request.Scheme)?.Authenticate(request.Auth);
            _replica.Access.SuperAttempts?.Note(ClientAddress, proven);
        }

        IReadOnlyList<AclId> identities = [.. _identities.Union(proven ?? [])];
        if (proven is null || identities.Sum(identity => identity.Scheme.Length + identity.Id.Length) > _replica.Limits.MaxIdentityLength)
        {
            Stats.CountAuthFailure();
            return false;
        }

        _identities = identities;
        return true;
    }

    private void AnswerAuth(int xid, ErrorCode outcome)
    {
        EndReply(_output.BeginReply(), xid, outcome, null, zxid: 0);
        if (outcome != ErrorCode.Ok)
        {
            End();
        }
    }
}
