using System.Buffers;
using System.Buffers.Binary;

namespace OrleansZk.Core.Sessions;

/// <content>How a connection is kept from trying one password after another: it is not read from until its auth packet may be taken.</content>
public sealed partial class ClientConnection
{
    // xid and type; what follows is the same for the same credentials.
    private const int XidLength = sizeof(int);
    private const int HeaderLength = XidLength + sizeof(int);

    private ITimer? _brakeTimer;
    private bool _isAuthAdmitted;
    private bool _ignoresBrake;

    /// <summary>True while an auth packet waits for its time. It is still among what is to be received.</summary>
    private bool IsBraked => _brakeTimer is not null;

    /// <summary>Takes what waits at once, and brakes no more: the server stops.</summary>
    public void ReleaseBrake()
    {
        lock (_gate)
        {
            _ignoresBrake = true;
        }

        EndBrake();
    }

    /// <summary>Looks at a frame before it is taken.</summary>
    /// <returns>True when it must not be taken yet: it is to stay unread, and comes again when there is room.</returns>
    private bool MustWaitForBrake(in ReadOnlySequence<byte> frame)
    {
        if (_replica.Access.Brake is not { } brake || _phase == Phase.New || _ignoresBrake || !IsAuth(frame))
        {
            return false;
        }

        if (_isAuthAdmitted)
        {
            _isAuthAdmitted = false;
            return false;
        }

        ReadOnlySequence<byte> credentials = frame.Slice(XidLength);
        long notBefore = brake.NotBefore(ClientIp, credentials.IsSingleSegment ? credentials.FirstSpan : credentials.ToArray());
        TimeSpan wait = _replica.Clock.GetElapsedTime(_replica.Clock.GetTimestamp(), notBefore);
        if (wait <= TimeSpan.Zero)
        {
            return false;
        }

        _brakeTimer = _replica.Clock.CreateTimer(
            static connection => ((ClientConnection)connection!).EndBrake(), this, wait, Timeout.InfiniteTimeSpan);
        return true;
    }

    private void EndBrake()
    {
        lock (_gate)
        {
            if (_brakeTimer is not { } timer)
            {
                return;
            }

            timer.Dispose();
            _brakeTimer = null;
            _isAuthAdmitted = true;
            SignalRoom();
        }
    }

    private static bool IsAuth(in ReadOnlySequence<byte> frame)
    {
        if (frame.Length < HeaderLength)
        {
            return false;
        }

        Span<byte> header = stackalloc byte[HeaderLength];
        frame.Slice(0, HeaderLength).CopyTo(header);
        return BinaryPrimitives.ReadInt32BigEndian(header[XidLength..]) == (int)OpCode.Auth;
    }
}
