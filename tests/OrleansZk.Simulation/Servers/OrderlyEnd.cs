using OrleansZk.Core.Replication;

namespace OrleansZk.Simulation.Servers;

/// <summary>What a server's host does when it is asked to end.</summary>
internal static class OrderlyEnd
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);

    /// <summary>Completes when everything that clients have asked for is answered, and the answers have left.</summary>
    public static async Task WaitUntilAnsweredAsync(Replica replica, TimeProvider clock)
    {
        while (replica.Outstanding > 0 || replica.Connections.Snapshot().Any(connection => connection.Outstanding > 0))
        {
            await PauseAsync(clock, Interval).ConfigureAwait(false);
        }

        await PauseAsync(clock, Interval).ConfigureAwait(false);
    }

    public static async Task PauseAsync(TimeProvider clock, TimeSpan time)
    {
        var done = new TaskCompletionSource();
        await using ITimer timer = clock.CreateTimer(_ => done.TrySetResult(), null, time, Timeout.InfiniteTimeSpan);
        await done.Task.ConfigureAwait(false);
    }
}
