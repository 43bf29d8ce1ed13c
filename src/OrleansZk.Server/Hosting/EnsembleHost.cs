using Microsoft.Extensions.Options;
using OrleansZk.Core.Ensemble;
using OrleansZk.Core.Replication;
using OrleansZk.Server.Configuration;

namespace OrleansZk.Server.Hosting;

/// <summary>Makes the engine of this process a member of an ensemble, and takes the connections of the others to it.</summary>
internal sealed class EnsembleHost(
    IMembership membership, ISharedTransactionLog log, IPeerNetwork network, IPeerEndpoint endpoint, ReplicaIdentity identity, IOptions<ServerOptions> options, ILoggerFactory loggers)
    : IPeerListener, IAsyncDisposable
{
    private readonly ServerOptions _options = options.Value;
    private volatile Member? _member;

    /// <summary>Bytes of the longest transaction that the servers can tell each other of.</summary>
    public int MaxTransactionBytes => endpoint.MaxMessageLength - PeerMessageLengthValidator.RoomBesideTransaction;

    public Member Join(
        EnsembleRecord ensemble,
        Replica replica,
        StateLoader loader,
        Func<long, IGroupSink, Leader> newLeader,
        TimeProvider clock)
    {
        endpoint.SetSecret(ensemble.Secret);
        var self = new MemberInfo(
            identity.ServerId,
            identity.Incarnation,
            endpoint.Address,
            AdvertisedAddress.Of(_options, _options.ClientAddress, _options.ClientPort));
        _member = new Member(
            self,
            replica,
            log,
            membership,
            network,
            loader,
            newLeader,
            new MemberOptions
            {
                HeartbeatInterval = TimeSpan.FromMilliseconds(_options.HeartbeatInterval),
                DeadAfter = TimeSpan.FromMilliseconds(_options.DeadAfter),
                PeerTimeout = TimeSpan.FromMilliseconds(_options.PeerTimeout),
                ReadOnlyAfter = TimeSpan.FromMilliseconds(_options.ReadOnlyAfter),
                HistoryBytes = _options.LeaderHistoryBytes,
            },
            clock,
            ThreadPoolScheduler.Instance,
            loggers.CreateLogger<Member>());
        return _member;
    }

    public IPeerHandler Accept(IPeerConnection connection)
    {
        if (_member is { } member)
        {
            return member.Accept(connection);
        }

        connection.Close();
        return new Nobody();
    }

    public async ValueTask DisposeAsync()
    {
        if (_member is { } member)
        {
            await member.DisposeAsync();
        }
    }

    /// <summary>A server that has no engine yet.</summary>
    private sealed class Nobody : IPeerHandler
    {
        public void OnMessage(ReadOnlySpan<byte> message)
        {
        }

        public void OnClosed()
        {
        }
    }
}
