using System.Buffers;
using OrleansZk.Core.Ensemble;
using OrleansZk.Grains;
using OrleansZk.Server.Peers;

namespace OrleansZk.Silo.Leading;

/// <summary>A follower's connection to the leader: an enumeration for what the leader says, calls for what the follower says.</summary>
/// <remarks>Whichever way it breaks (silo gone, grain moved, enumeration aborted, time-out), it has ended: the member connects again and goes on from its last zxid.</remarks>
#pragma warning disable CA1001 // The token source has neither a timer nor a handle: there is nothing to free.
internal sealed class LeaderConnection(ILeaderGrain grain, SiloAddress silo, SiloAddress self, IPeerHandler handler, Action<string> onEnded) : IPeerConnection
#pragma warning restore CA1001
{
    private readonly Guid _id = Guid.NewGuid();
    private readonly MessageBuffer _out = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly TaskCompletionSource<bool> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string RemoteAddress => silo.ToParsableString();

    /// <returns>False when the leader is not there.</returns>
    public Task<bool> OpenAsync()
    {
        _ = ReceiveAsync();
        return _opened.Task;
    }

    public void Send(ReadOnlySpan<byte> message) => _out.Add(message);

    public ValueTask WaitForRoomAsync() => _out.WaitForRoomAsync();

    public void Close()
    {
        _out.Close();
        _closing.Cancel();
    }

    private async Task ReceiveAsync()
    {
        string reason = "closed";
        Task sending = Task.CompletedTask;
        var reader = new PeerMessageReader(int.MaxValue);
        IAsyncEnumerator<LeaderMessages> messages = grain.Follow(_id, silo, self, _closing.Token).WithBatchSize(16).GetAsyncEnumerator(_closing.Token);
        try
        {
            while (await messages.MoveNextAsync().AsTask().WaitAsync(_closing.Token).ConfigureAwait(false))
            {
                if (_opened.TrySetResult(true))
                {
                    sending = SendAsync();
                }

                var arrived = new ReadOnlySequence<byte>(messages.Current.Bytes);
                while (reader.TryRead(ref arrived, out ReadOnlySpan<byte> message))
                {
                    handler.OnMessage(message);
                }
            }
        }
#pragma warning disable CA1031 // All of them mean that the connection is gone.
        catch (Exception e)
#pragma warning restore CA1031
        {
            reason = e.Message;
        }

        Close();
        _ = DisposeAsync(messages);
        await sending.ConfigureAwait(false);
        if (!_opened.TrySetResult(false) && _opened.Task.Result)
        {
            // Not within somebody's Close.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            onEnded(reason);
            handler.OnClosed();
        }
    }

    /// <summary>Tells the leader that nobody listens any more. One that hangs does not answer for long, and nobody waits for it.</summary>
    private static async Task DisposeAsync(IAsyncEnumerator<LeaderMessages> messages)
    {
        try
        {
            await messages.DisposeAsync().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // As above.
        catch (Exception)
#pragma warning restore CA1031
        {
            // It is gone.
        }
    }

    /// <summary>One call at a time; what is said meanwhile goes with the next.</summary>
    private async Task SendAsync()
    {
        try
        {
            for (long number = 1; await _out.TakeAsync(_closing.Token).ConfigureAwait(false) is { } messages; number++)
            {
                if (!await grain.Submit(_id, number, messages).WaitAsync(_closing.Token).ConfigureAwait(false))
                {
                    break;
                }
            }
        }
#pragma warning disable CA1031 // As above.
        catch (Exception)
#pragma warning restore CA1031
        {
            // The reason is the reader's to name.
        }

        Close();
    }
}
