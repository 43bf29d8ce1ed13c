using System.Threading.Channels;
using OrleansZk.Core.Ensemble;

namespace OrleansZk.Server.Tests.Peers;

/// <summary>Keeps what arrives over a connection, and sees whether calls come as the contract says.</summary>
internal sealed class RecordingHandler : IPeerHandler
{
    private readonly Channel<byte[]> _messages = Channel.CreateUnbounded<byte[]>();
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _inside;
    private int _closedCalls;
    private volatile string? _violation;

    /// <summary>Called with each message, before it is kept.</summary>
    public Action<byte[]>? Arrived { get; set; }

    public Action? Ended { get; set; }

    /// <summary>What the contract forbids; null when it was kept.</summary>
    public string? Violation => _violation;

    public int ClosedCalls => Volatile.Read(ref _closedCalls);

    /// <summary>True when no message is there that has not been asked for.</summary>
    public bool IsEmpty => !_messages.Reader.TryPeek(out _);

    public void OnMessage(ReadOnlySpan<byte> message)
    {
        Enter();
        try
        {
            byte[] copy = message.ToArray();
            Arrived?.Invoke(copy);
            _messages.Writer.TryWrite(copy);
        }
        finally
        {
            Interlocked.Decrement(ref _inside);
        }
    }

    public void OnClosed()
    {
        Enter();
        Interlocked.Increment(ref _closedCalls);
        Ended?.Invoke();
        Interlocked.Decrement(ref _inside);
        _messages.Writer.TryComplete();
        _closed.TrySetResult();
    }

    public ValueTask<byte[]> NextAsync() => _messages.Reader.ReadAsync(TestContext.Current.CancellationToken);

    /// <summary>Waits for the end, which comes once.</summary>
    public async Task WaitForEndAsync()
    {
        await _closed.Task.WaitAsync(TestContext.Current.CancellationToken);
        ClosedCalls.ShouldBe(1);
        Violation.ShouldBeNull();
    }

    private void Enter()
    {
        if (Interlocked.Increment(ref _inside) != 1)
        {
            _violation = "calls overlap";
        }

        if (ClosedCalls > 0)
        {
            _violation = "a call after OnClosed";
        }
    }
}
