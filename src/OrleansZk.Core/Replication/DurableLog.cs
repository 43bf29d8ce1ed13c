using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using OrleansZk.Core.Diagnostics;

namespace OrleansZk.Core.Replication;

/// <summary>Commits groups to a log whose store may be away: waits for it, and settles what became of an append whose answer was lost.</summary>
/// <remarks>To settle is to append the very same group again, and nothing else before: the log takes it once (see <see cref="ITransactionLog.AppendAsync"/>).</remarks>
internal sealed partial class DurableLog(ITransactionLog log, TimeProvider clock, IWorkScheduler scheduler, ILogger logger)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(250);

    private readonly Waker _pause = new(clock, scheduler);
    private readonly RecurringProblem _outage = new(clock);
    private volatile bool _isWaiting;

    /// <summary>True while the store is away.</summary>
    public bool IsWaiting => _isWaiting;

    /// <summary>Completes when the group is durable; for one without transactions, when the leader has proved that it still is the leader.</summary>
    /// <returns>True when the store was away meanwhile.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> CommitAsync(OpenGroup group, CancellationToken cancellationToken)
    {
        TimeSpan pause = FirstPause;
        while (true)
        {
            try
            {
                if (group.HasTransactions)
                {
                    await log.AppendAsync(group.LogGroup, cancellationToken).ConfigureAwait(false);
                }
                else
                {
                    await log.ConfirmEpochAsync(cancellationToken).ConfigureAwait(false);
                }

                if (!_isWaiting)
                {
                    return false;
                }

                _isWaiting = false;
                _outage.HasEnded(out long failures);
                LogStoreIsBack(logger, failures);
                return true;
            }
            catch (StoreUnavailableException e)
            {
                _isWaiting = true;
                if (_outage.IsDue(out long failures))
                {
                    LogStoreIsAway(logger, failures, e.Message);
                }
            }

            await _pause.WaitAsync(pause, cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Store unavailable: writes are queued, reads continue, session expiry is paused ({Failures} failed attempts so far): {Reason}")]
    private static partial void LogStoreIsAway(ILogger logger, long failures, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Store available again after {Failures} failed attempts; queued writes are committed now")]
    private static partial void LogStoreIsBack(ILogger logger, long failures);
}
