using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.AspNetCore.Connections;
using OrleansZk.Core.Diagnostics;

namespace OrleansZk.Server.Limits;

/// <summary>Listens as another factory does, but closes at once what would take a file descriptor out of the reserve.</summary>
/// <remarks>
/// One connection is accepted at a time, and judged before the next: whoever serves it is only told when it stays. So a burst takes one descriptor beyond the limit,
/// not as many as there are connections. A client that is turned away can try another server, which one that is left in the system's queue does not know.
/// </remarks>
/// <param name="shareOf">What the connections of an endpoint are for.</param>
internal sealed partial class GuardedListenerFactory(
    IConnectionListenerFactory inner,
    DescriptorBudget budget,
    Func<EndPoint, DescriptorShare> shareOf,
    TimeProvider clock,
    ILogger<GuardedListenerFactory> logger) : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly RepeatedEvent _refusals = new(clock);

    public bool CanBind(EndPoint endpoint) => inner is not IConnectionListenerFactorySelector selector || selector.CanBind(endpoint);

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        DescriptorShare share = shareOf(endpoint);
        return new Listener(await inner.BindAsync(endpoint, cancellationToken).ConfigureAwait(false), this, share);
    }

    private bool MayStay(ConnectionContext connection, DescriptorShare share)
    {
        if (budget.HasRoom(share))
        {
            return true;
        }

        budget.CountRefused();
        if (_refusals.IsDue(out long count))
        {
            LogRefused(Plain(connection.RemoteEndPoint), budget.InUse, budget.Limit, count);
        }

        return false;
    }

    private static EndPoint? Plain(EndPoint? endpoint) =>
        endpoint is IPEndPoint { Address.IsIPv4MappedToIPv6: true } mapped ? new IPEndPoint(mapped.Address.MapToIPv4(), mapped.Port) : endpoint;

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Refused a connection from {Remote}: {InUse} of {Limit} file descriptors are in use and the rest is kept for files and other servers; {Count} refused "
            + "since this was logged last. Raise the limit (ulimit -n) or spread the clients over more servers")]
    private partial void LogRefused(EndPoint? remote, long inUse, long? limit, long count);

    private sealed class Listener(IConnectionListener inner, GuardedListenerFactory factory, DescriptorShare share) : IConnectionListener
    {
        public EndPoint EndPoint => inner.EndPoint;

        [SuppressMessage("Reliability", "CA2000", Justification = "Whoever accepts a connection disposes it.")]
        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (true)
            {
                ConnectionContext? connection = await inner.AcceptAsync(cancellationToken).ConfigureAwait(false);
                if (connection is null || factory.MayStay(connection, share))
                {
                    return connection;
                }

                connection.Abort();
                await connection.DisposeAsync().ConfigureAwait(false);
            }
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => inner.UnbindAsync(cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
