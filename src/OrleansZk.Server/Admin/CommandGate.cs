namespace OrleansZk.Server.Admin;

/// <summary>Lets one long answer be made at a time, and slowly enough that clients do not notice: anybody can ask, as often as they like.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class CommandGate(TimeProvider clock) : IDisposable
{
    /// <summary>Answers that may wait for their turn; more are refused.</summary>
    public const int MaxWaiting = 16;

    /// <summary>What is said instead of an answer.</summary>
    public const string Busy = "This server is busy with other commands; try again later";

    /// <summary>How long an answer waits for its turn.</summary>
    public static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(5);

    /// <summary>An answer is made for so long, and then rests.</summary>
    public static readonly TimeSpan Work = TimeSpan.FromMilliseconds(5);

    /// <summary>How long it rests: a quarter of one core is used at most.</summary>
    public static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(15);

    private readonly SemaphoreSlim _turn = new(1);
    private int _waiting;

    /// <summary>Waits for a turn.</summary>
    /// <returns>To be disposed at the end of the turn; null when there are too many before, or those take too long.</returns>
    public async ValueTask<CommandTurn?> EnterAsync()
    {
        try
        {
            if (Interlocked.Increment(ref _waiting) > MaxWaiting)
            {
                return null;
            }

            using var limit = new CancellationTokenSource(MaxWait, clock);
            await _turn.WaitAsync(limit.Token).ConfigureAwait(false);
            return new CommandTurn(_turn, clock);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public void Dispose() => _turn.Dispose();
}

/// <summary>One answer's turn.</summary>
internal sealed class CommandTurn(SemaphoreSlim turn, TimeProvider clock) : IDisposable
{
    private long _workingSince = clock.GetTimestamp();

    /// <summary>To be called between parts: rests when it is time to.</summary>
    public ValueTask GiveWayAsync() => clock.GetElapsedTime(_workingSince) < CommandGate.Work ? ValueTask.CompletedTask : RestAsync();

    public void Dispose() => turn.Release();

    private async ValueTask RestAsync()
    {
        await Task.Delay(CommandGate.Rest, clock).ConfigureAwait(false);
        _workingSince = clock.GetTimestamp();
    }
}
