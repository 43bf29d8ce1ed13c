using Microsoft.Extensions.Diagnostics.HealthChecks;
using OrleansZk.Server.Hosting;

namespace OrleansZk.Server.Admin;

/// <summary>Healthy while clients are served and their requests move on; degraded while something beside them fails.</summary>
internal sealed class ServingHealthCheck(EngineHealth health) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(health.Ready());
}

/// <summary>Unhealthy when the process hangs: it does not come back by itself.</summary>
internal sealed class ProgressHealthCheck(EngineHealth health) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(health.Live());
}
