using System.Diagnostics;

namespace OrleansZk.TestKit.Processes;

/// <summary>A generous end to waiting: only for saying that something never came.</summary>
public sealed class Deadline
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly TimeSpan _limit;

    private Deadline(TimeSpan limit) => _limit = limit;

    public bool HasPassed => _clock.Elapsed > _limit;

    public static Deadline In(TimeSpan limit) => new(limit);

    /// <summary>Waits until a condition holds.</summary>
    /// <param name="what">Completes the sentence "never came: ...".</param>
    public static async Task WaitUntilAsync(Func<ValueTask<bool>> condition, string what, TimeSpan? limit = null)
    {
        var deadline = In(limit ?? TimeSpan.FromSeconds(60));
        while (!await condition().ConfigureAwait(false))
        {
            if (deadline.HasPassed)
            {
                throw new TimeoutException($"never came: {what}");
            }

            await Task.Delay(20).ConfigureAwait(false);
        }
    }

    public static Task WaitUntilAsync(Func<bool> condition, string what, TimeSpan? limit = null) =>
        WaitUntilAsync(() => ValueTask.FromResult(condition()), what, limit);
}
