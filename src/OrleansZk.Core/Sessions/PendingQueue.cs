using System.Diagnostics.CodeAnalysis;
using OrleansZk.Core.Replication;
using OrleansZk.Protocol;

namespace OrleansZk.Core.Sessions;

/// <summary>A connection's requests that have no answer yet, in order; knows when no more should be taken.</summary>
/// <remarks>
/// <para>What came behind a write is executed when the write has its answer, in as many steps as the output needs: it can wait, since any later state will do.
/// Not so between two writes: it must not see the second, so it is executed before that is applied, while everybody waits. So only little may stand
/// between two writes that are on their way (<see cref="MayAddWrite"/>).</para>
/// <para>Guarded by the connection's lock.</para>
/// </remarks>
/// <param name="maxSteps">Requests that may wait; a multi counts as its parts.</param>
/// <param name="maxBytes">Bytes of them.</param>
/// <param name="maxBetweenWrites">Requests that may stand between two writes.</param>
internal sealed class PendingQueue(int maxSteps, int maxBytes, int maxBetweenWrites)
{
    // Bytes that the requests between two writes and their answers may take, as far as that can be foreseen.
    private const int MaxCostBetweenWrites = 1 << 20;

    // Before there is anything to go by.
    private const int FirstExpectation = 16 << 10;

    private readonly Queue<PendingRequest> _requests = new();
    private long _bytes;
    private long _steps;
    private int _expectedAnswer = FirstExpectation;
    private int _writes;

    // Of what stands behind the last write.
    private int _behind;
    private long _costBehind;
    private int _heavyBehind;

    public int Count => _requests.Count;

    /// <summary>When the request at the head was received; the queue must not be empty.</summary>
    public long OldestReceivedAt => _requests.Peek().ReceivedAt;

    /// <summary>False while so much waits that the requests of others would wait for it too, were more taken.</summary>
    public bool HasRoom => _steps < maxSteps && _bytes < maxBytes;

    /// <summary>True when the request at the head needs no leader: it can be executed now.</summary>
    public bool HasReady => _requests.TryPeek(out PendingRequest head) && head.Write is null;

    /// <summary>True when the request at the head can be executed now, and is heavy.</summary>
    public bool HasHeavyReady => _requests.TryPeek(out PendingRequest head) && head is { Write: null, IsHeavy: true };

    /// <summary>Shows the request at the head if it is heavy and can be executed now.</summary>
    public bool TryPeekHeavy(out ReadOnlySpan<byte> frame, [NotNullWhen(true)] out IReadOnlyList<AclId>? identities)
    {
        if (_requests.TryPeek(out PendingRequest head) && head is { Frame: { } bytes, IsHeavy: true })
        {
            frame = bytes.AsSpan(0, head.Length);
            identities = head.Identities;
            return true;
        }

        frame = default;
        identities = null;
        return false;
    }

    /// <summary>False while too much waits that a further write must not overtake.</summary>
    public bool MayAddWrite => _behind == 0 || (_behind <= maxBetweenWrites && _costBehind <= MaxCostBetweenWrites && _heavyBehind == 0);

    public void AddWrite(WriteRequest request, long now)
    {
        _requests.Enqueue(new PendingRequest(request, null, 0, now, 0, false, request.Identities));
        _bytes += request.Length;
        _steps += request.Steps;
        _writes++;
        (_behind, _costBehind, _heavyBehind) = (0, 0, 0);
    }

    /// <summary>Keeps a copy of anything that is not a write.</summary>
    /// <param name="outcome">What came of an auth packet.</param>
    public void AddOther(ReadOnlySpan<byte> frame, long now, IReadOnlyList<AclId> identities, bool isHeavy, ErrorCode? outcome = null)
    {
        byte[] copy = PooledBytes.Rent(frame.Length);
        frame.CopyTo(copy);
        int cost = (int)Math.Min(int.MaxValue, (long)frame.Length + _expectedAnswer);
        _bytes += frame.Length;
        _steps++;
        _requests.Enqueue(new PendingRequest(null, copy, frame.Length, now, cost, isHeavy, identities, outcome));
        CountBehind(1, cost, isHeavy);
    }

    /// <summary>Takes the write at the head.</summary>
    public PendingRequest TakeWrite()
    {
        PendingRequest request = _requests.Dequeue();
        _bytes -= request.Write!.Length;
        _steps -= request.Write.Steps;
        _writes--;
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
        _requests.Dequeue();
        _bytes -= request.Length;
        _steps--;
        if (_writes == 0)
        {
            CountBehind(-1, -request.Cost, request.IsHeavy);
        }

        return true;
    }

    /// <summary>Learns from an answer's length.</summary>
    public void CountAnswer(int length) => _expectedAnswer = Math.Max(length, _expectedAnswer - (_expectedAnswer >> 3));

    public void Clear()
    {
        while (_requests.TryDequeue(out PendingRequest request))
        {
            Release(request);
        }

        (_bytes, _steps, _writes) = (0, 0, 0);
        (_behind, _costBehind, _heavyBehind) = (0, 0, 0);
    }

    public static void Release(in PendingRequest request)
    {
        if (request.Frame is { } frame)
        {
            PooledBytes.Return(frame);
        }
    }

    private void CountBehind(int count, int cost, bool isHeavy)
    {
        _behind += count;
        _costBehind += cost;
        _heavyBehind += isHeavy ? count : 0;
    }
}
