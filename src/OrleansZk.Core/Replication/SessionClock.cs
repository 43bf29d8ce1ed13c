using Microsoft.Extensions.Logging;

namespace OrleansZk.Core.Replication;

/// <summary>The duty that lets a leader's sessions expire: each half tick, and never by the time that the process itself stood still.</summary>
/// <remarks>For one thread.</remarks>
/// <param name="replica">The server's own.</param>
/// <param name="tickTime">Milliseconds.</param>
public sealed partial class SessionClock(Replica replica, int tickTime, TimeProvider clock, ILogger logger)
{
    private readonly StandstillWatch _watch = StandstillWatch.ForTicks(tickTime, clock);

    /// <summary>Lets the sessions expire whose time is up. To be called every half tick, also while another server leads.</summary>
    /// <param name="leader">Null while this server does not lead.</param>
    public void Tick(Leader? leader)
    {
        replica.Faults?.Pass(FaultPoint.Duty);

        // Those that are due now: were the process to stand still between here and the leader's lock, no more than these had been silent.
        long now = clock.Milliseconds();
        TimeSpan stood = _watch.BeginTurn();
        if (leader is null)
        {
            return;
        }

        if (stood > TimeSpan.Zero)
        {
            LogStoodStill(stood.TotalMilliseconds);
            leader.RenewSessions();
        }
        else
        {
            leader.ExpireSessions(now);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The process stood still for {Milliseconds:F0} ms; every session has its full timeout again")]
    private partial void LogStoodStill(double milliseconds);
}
