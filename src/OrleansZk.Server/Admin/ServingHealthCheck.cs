using Microsoft.Extensions.Diagnostics.HealthChecks;
using OrleansZk.Server.Hosting;

namespace OrleansZk.Server.Admin;

/// <summary>Healthy while clients are served.</summary>
internal sealed class ServingHealthCheck(Engine engine) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(engine.IsServing ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("clients are not served"));
}
