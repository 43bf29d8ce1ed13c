using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using OrleansZk.Core.Replication;

namespace OrleansZk.Core.Sessions;

/// <summary>A connection's requests that have no answer yet, in order; knows when no more should be taken.</summary>
/// <remarks>
/// The reads behind a write are answered all at once when it is applied, whatever their answers come to. So they are let in by what they hold
/// and by how long this connection's answers have been of late: a client of small nodes may have thousands waiting, one of large nodes a few.
/// </remarks>
internal sealed class PendingQueue(int maxRequests, int maxBytes)
{
    // Before there is anything to go by.
    private const int FirstExpectation = 256 << 10;

    private readonly Queue<PendingRequest> _requests = new();
    private long _bytes;
    private int _expectedAnswer = FirstExpectation;

    public int Count => _requests.Count;

    /// <summary>When the request at the head was received; the queue must not be empty.</summary>
    public long OldestReceivedAt => _requests.Peek().ReceivedAt;

    public bool HasRoom => _requests.Count < maxRequests && _bytes < maxBytes;

    public void AddWrite(WriteRequest request, long now) => _requests.Enqueue(new PendingRequest(request, null, 0, now, 0, request.Identities));

    /// <summary>Keeps a copy of anything that is not a write.</summary>
    public void AddOther(ReadOnlySpan<byte> frame, long now, IReadOnlyList<AclId> identities)
    {
        byte[] copy = ArrayPool<byte>.Shared.Rent(frame.Length);
        frame.CopyTo(copy);
        int cost = frame.Length + _expectedAnswer;
        _bytes += cost;
        _requests.Enqueue(new PendingRequest(null, copy, frame.Length, now, cost, identities));
    }

    public PendingRequest Take()
    {
        PendingRequest request = _requests.Dequeue();
        _bytes -= request.Cost;
        return request;
    }

    /// <summary>Takes the next request unless it is a write; it is to be given to <see cref="Release"/> after use.</summary>
    public bool TryTakeOther(out PendingRequest request, [NotNullWhen(true)] out byte[]? frame)
    {
        frame = null;
        if (!_requests.TryPeek(out request) || request.Frame is null)
        {
            return false;
        }

        frame = request.Frame;
        Take();
        return true;
    }

    /// <summary>Learns from an answer's length.</summary>
    public void CountAnswer(int length) => _expectedAnswer = Math.Max(length, _expectedAnswer - (_expectedAnswer >> 3));

    public void Clear()
    {
        while (_requests.Count > 0)
        {
            Release(Take());
        }
    }

    public static void Release(in PendingRequest request)
    {
        if (request.Frame is { } frame)
        {
            ArrayPool<byte>.Shared.Return(frame);
        }
    }
}
