using Microsoft.Extensions.Options;
using OrleansZk.Core.Ensemble;
using OrleansZk.Grains;
using OrleansZk.Server.Configuration;
using OrleansZk.Server.Hosting;

namespace OrleansZk.Silo.Leading;

/// <summary>Reaches the leader by grain calls. Silos of a cluster trust each other: there is nothing to prove.</summary>
internal sealed partial class GrainPeerNetwork(
    IGrainFactory grains, ILocalSiloDetails self, IOptions<ServerOptions> options, ILogger<GrainPeerNetwork> logger) : IPeerNetwork
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(1);

    public async ValueTask<IPeerConnection> ConnectAsync(string address, IPeerHandler handler, CancellationToken cancellationToken)
    {
        var connection = new LeaderConnection(
            grains.GetGrain<ILeaderGrain>(options.Value.EnsembleSchema), SiloAddress.FromParsableString(address), self.SiloAddress, handler, reason => LogEnded(address, reason));
        bool isOpen = false;
        try
        {
            isOpen = await connection.OpenAsync().WaitAsync(ConnectTimeout, cancellationToken).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Calls fail in many ways while silos come and go; all of them are answered by trying again.
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            throw new PeerUnreachableException(e.Message, isRefused: false, e);
        }
        finally
        {
            if (!isOpen)
            {
                connection.Close();
            }
        }

        return isOpen ? connection : throw new PeerUnreachableException("the leader's grain is not there yet", isRefused: false);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The connection to the leader on {Silo} has ended: {Reason}")]
    private partial void LogEnded(string silo, string reason);
}

/// <summary>How the silos reach this one.</summary>
internal sealed class SiloPeerEndpoint(ILocalSiloDetails silo) : IPeerEndpoint
{
    public string Address => silo.SiloAddress.ToParsableString();

    // The cluster's own limit, which is far above that of a transaction.
    public int MaxMessageLength => int.MaxValue;

    public void SetSecret(byte[] secret)
    {
        // The cluster's own connections are those of its silos.
    }
}
