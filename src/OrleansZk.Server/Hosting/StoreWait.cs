using OrleansZk.Core.Diagnostics;
using OrleansZk.Core.Replication;

namespace OrleansZk.Server.Hosting;

/// <summary>Waits at the start for a store that is not there yet, and says so: once, then at intervals.</summary>
internal sealed partial class StoreWait(TimeProvider clock, ILogger logger)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly RecurringProblem _problem = new(clock);

    /// <summary>Tries until the store is there.</summary>
    /// <exception cref="StoreUnavailableException">It is there, and does not let this server in: to try again is of no use.</exception>
    public async Task<T> UntilThereAsync<T>(Func<Task<T>> attempt, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                T result = await attempt();
                if (_problem.HasEnded(out long failures))
                {
                    LogThere(logger, failures);
                }

                return result;
            }
            catch (StoreUnavailableException e) when (!e.IsLoginRefused)
            {
                if (_problem.IsDue(out long failures))
                {
                    LogWaiting(logger, failures, e.Message);
                }
            }

            await Task.Delay(Pause, clock, cancellationToken);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Waiting for the store before clients are served ({Failures} failed attempts so far): {Reason}")]
    private static partial void LogWaiting(ILogger logger, long failures, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Store available after {Failures} failed attempts")]
    private static partial void LogThere(ILogger logger, long failures);
}
