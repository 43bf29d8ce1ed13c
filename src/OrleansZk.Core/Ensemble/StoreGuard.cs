using Microsoft.Extensions.Logging;
using OrleansZk.Core.Replication;

namespace OrleansZk.Core.Ensemble;

/// <summary>Keeps a server from starting on a store that has less than the server has seen there.</summary>
public static partial class StoreGuard
{
    /// <param name="mark">What the server has seen before it was stopped; null when it does not know.</param>
    /// <param name="acceptedAfter">The zxid after which an operator gives up what was lost; null when nothing is given up.</param>
    /// <exception cref="LogRolledBackException">Transactions are missing.</exception>
    public static async Task CheckAsync(
        ISharedTransactionLog log, LogMark? mark, long? acceptedAfter, ILogger logger, CancellationToken cancellationToken)
    {
        mark ??= LogMark.None;
        if (await log.FindLossAsync(mark, cancellationToken).ConfigureAwait(false) is not { } loss)
        {
            return;
        }

        LogPosition found = loss.Found;
        if (acceptedAfter != found.LastZxid)
        {
            if (!loss.HasGoneOn)
            {
                // The others may have been down at that time, and know of nothing.
                await log.ReportLossAsync(mark, cancellationToken).ConfigureAwait(false);
            }

            throw new LogRolledBackException(log.StoreName, found, mark, Remedy(found));
        }

        await log.AcceptLossAsync(mark, cancellationToken).ConfigureAwait(false);
        LogLossAccepted(logger, log.StoreName, found.LastZxid, mark.LastZxid);
    }

    /// <summary>What an operator can do about it.</summary>
    internal static string Remedy(LogPosition found) =>
        $"Put back a copy of the database that has them; or, to give them up for good, start the servers with --OrleansZk:AcceptLossAfter 0x{found.LastZxid:x}";

    [LoggerMessage(
        Level = LogLevel.Critical,
        Message = "{Store} has lost committed transactions, which are given up as OrleansZk:AcceptLossAfter says: all after zxid 0x{From:x}, up to zxid 0x{To:x} at least")]
    private static partial void LogLossAccepted(ILogger logger, string store, long from, long to);
}
