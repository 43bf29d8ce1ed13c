using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using OrleansZk.Core.Replication;

namespace OrleansZk.Server.Hosting;

/// <summary>What health probes and <c>ruok</c> say of the engine.</summary>
/// <remarks>It looks at whether work moves on, not at whether threads exist: an engine that hangs looks alive in every other way.</remarks>
internal sealed class EngineHealth(Engine engine)
{
    /// <summary>Time without progress, while work waits, after which the server is not ready.</summary>
    public static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(10);

    /// <summary>Time without progress, while work waits, after which the process is as good as dead: to be started again.</summary>
    public static readonly TimeSpan LiveLimit = TimeSpan.FromSeconds(60);

    /// <summary>The stage that has not moved on for longer than <paramref name="limit"/>; null when all do.</summary>
    public Progress? Stalled(TimeSpan limit)
    {
        // An append that waits for a store which is known to be away is no fault of this process.
        bool isStoreAway = IsStoreAway;
        return engine.Stages
            .Where(stage => stage.StalledFor > limit && !(isStoreAway && stage.Name == Leader.CommittingStage))
            .MaxBy(stage => stage.StalledFor);
    }

    /// <summary>Whether clients are served, and served well.</summary>
    public HealthCheckResult Ready()
    {
        if (!engine.IsServing)
        {
            return HealthCheckResult.Unhealthy();
        }

        if (Stalled(ReadyLimit) is { } stage)
        {
            return HealthCheckResult.Unhealthy(Describe(stage));
        }

        if (engine.Duties.FirstOrDefault(duty => duty is { IsFailing: true, IsVital: true }) is { } vital)
        {
            return HealthCheckResult.Unhealthy(Describe(vital));
        }

        if (engine.Duties.FirstOrDefault(duty => duty.IsFailing) is { } failing)
        {
            return HealthCheckResult.Degraded(Describe(failing));
        }

        return IsStoreAway ? HealthCheckResult.Degraded("the store is away: writes wait") : HealthCheckResult.Healthy();
    }

    /// <summary>Whether the process is worth keeping.</summary>
    public HealthCheckResult Live() => Stalled(LiveLimit) is { } stage ? HealthCheckResult.Unhealthy(Describe(stage)) : HealthCheckResult.Healthy();

    private bool IsStoreAway => engine.Leader is { IsStoreAway: true };

    private static string Describe(Progress stage) => string.Create(
        CultureInfo.InvariantCulture, $"{stage.Name} has not moved on for {stage.StalledFor.TotalSeconds:F0} s while work waits");

    private static string Describe(Duty duty) => string.Create(CultureInfo.InvariantCulture, $"the duty '{duty.Name}' has failed {duty.Failures} times in a row");
}
