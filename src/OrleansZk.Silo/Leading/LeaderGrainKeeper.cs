using System.Net.Sockets;
using Microsoft.Extensions.Options;
using OrleansZk.Core.Ensemble;
using OrleansZk.Grains;
using OrleansZk.Server.Configuration;
using OrleansZk.Server.Hosting;

namespace OrleansZk.Silo.Leading;

/// <summary>Has the leader's grain come to the silo that leads, and tells the cluster of silos that are gone.</summary>
/// <remarks>
/// Orleans takes many seconds to be sure that a silo is dead; until then its directory sends calls there, and those on their way wait for an answer. The store knows
/// it at once: the database has lost the connection that a member holds for as long as its process lives. One that is gone by that measure, and on whose port
/// nobody listens, is declared dead. Whoever sees it first does so. The leader does so too with one that hangs while its grain does not come: that one has the grain, or
/// the part of the directory that knows where it is.
/// </remarks>
internal sealed partial class LeaderGrainKeeper(
    Engine engine,
    IGrainFactory grains,
    IClusterMembershipService cluster,
    ILocalSiloDetails silo,
    IOptions<ServerOptions> options,
    TimeProvider clock,
    ILogger<LeaderGrainKeeper> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromMilliseconds(500);

    // For a silo that the store has not heard of for long: clients wait meanwhile.
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromMilliseconds(250);

    // A leader's grain that is here stays here, but for what the directory may lose.
    private const int PausesWhenSettled = 20;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, clock);
        int untilSettling = 0;
        bool isSettled = true;
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                if (engine.Member is not { View: { } view } member)
                {
                    continue;
                }

                await BuryAsync(view, mayHang: isSettled, stoppingToken).ConfigureAwait(false);
                if (member.Role != MemberRole.Leading)
                {
                    (isSettled, untilSettling) = (true, 0);
                }
                else if (--untilSettling < 0)
                {
                    isSettled = await TrySettleAsync().ConfigureAwait(false);
                    untilSettling = isSettled ? PausesWhenSettled : 0;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private async Task<bool> TrySettleAsync()
    {
        try
        {
            return await grains.GetGrain<ILeaderGrain>(options.Value.EnsembleSchema).Settle(silo.SiloAddress).WaitAsync(ProbeTimeout, clock).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // It is tried again.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogNotSettled(e.Message);
            return false;
        }
    }

    /// <param name="mayHang">False when the grain of the leader, which is this silo, does not come: then one that hangs keeps it.</param>
    internal async Task BuryAsync(EnsembleView view, bool mayHang, CancellationToken cancellationToken)
    {
        bool IsSilent(MemberView member) => !mayHang && member.SilentFor > TimeSpan.FromMilliseconds(options.Value.DeadAfter);
        if (view.Members.All(member => member.IsConnected && !IsSilent(member)))
        {
            return;
        }

        foreach (ClusterMember other in cluster.CurrentSnapshot.Members.Values.Where(member => member.Status is SiloStatus.Active or SiloStatus.Joining or SiloStatus.Created))
        {
            MemberView? member = view.Members.FirstOrDefault(member => member.Info.PeerAddress == other.SiloAddress.ToParsableString());
            if (member is null || other.SiloAddress.Equals(silo.SiloAddress))
            {
                continue;
            }

            bool isDead = (!member.IsConnected && await IsGoneAsync(other.SiloAddress, cancellationToken).ConfigureAwait(false))
                || (IsSilent(member) && !await AnswersAsync(other.SiloAddress).ConfigureAwait(false));
            if (isDead)
            {
                LogGone(other.SiloAddress, member.SilentFor.TotalMilliseconds);
                await TryKillAsync(other.SiloAddress).ConfigureAwait(false);
            }
        }
    }

    private async Task TryKillAsync(SiloAddress address)
    {
        try
        {
            await cluster.TryKill(address).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // The database may be away: it is tried again, and this silo goes on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogNotDeclared(address, e.Message);
        }
    }

    /// <summary>Asks a silo directly: one that only the store does not hear of must not be declared dead.</summary>
    private async Task<bool> AnswersAsync(SiloAddress address)
    {
        try
        {
            await grains.GetGrain<IManagementGrain>(0).GetRuntimeStatistics([address]).WaitAsync(AnswerTimeout, clock).ConfigureAwait(false);
            return true;
        }
#pragma warning disable CA1031 // Whatever it was, there is no answer.
        catch (Exception)
#pragma warning restore CA1031
        {
            return false;
        }
    }

    private static async Task<bool> IsGoneAsync(SiloAddress address, CancellationToken cancellationToken)
    {
        using var socket = new Socket(address.Endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ProbeTimeout);
        try
        {
            await socket.ConnectAsync(address.Endpoint, limit.Token).ConfigureAwait(false);
            return false;
        }
        catch (SocketException e)
        {
            // Anything else may be this machine's own trouble.
            return e.SocketErrorCode == SocketError.ConnectionRefused;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The leader's grain is not here yet: {Reason}")]
    private partial void LogNotSettled(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Silo {Silo} could not be declared dead: {Reason}")]
    private partial void LogNotDeclared(SiloAddress silo, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Silo {Silo} is gone, and declared dead; it was heard of {Milliseconds} ms ago")]
    private partial void LogGone(SiloAddress silo, double milliseconds);
}
