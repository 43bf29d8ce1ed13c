using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using OrleansZk.Server.Admin.Facts;

namespace OrleansZk.Server.Admin;

/// <summary>What the admin port answers: health, the ensemble, and ZooKeeper's commands.</summary>
internal static class AdminEndpoints
{
    public static IServiceCollection AddAdmin(this IServiceCollection services)
    {
        services.AddSingleton<ServerFacts>();
        services.AddSingleton<ChangeGuard>();
        services.AddSingleton<CommandGate>();
        services.AddSingleton<CommandEndpoints>();
        services.AddHealthChecks().AddCheck<ServingHealthCheck>("serving");
        return services;
    }

    public static void MapAdmin(this IEndpointRouteBuilder endpoints)
    {
        // Live as soon as it answers at all.
        endpoints.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false });
        endpoints.MapHealthChecks("/health/ready");
        endpoints.MapEnsemble();
        CommandEndpoints.Map(endpoints);
    }
}
