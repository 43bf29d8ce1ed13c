using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using OrleansZk.Server.Admin.Facts;
using OrleansZk.Server.Hosting;

namespace OrleansZk.Server.Admin;

/// <summary>What the admin port answers: health, the ensemble, and ZooKeeper's commands.</summary>
internal static class AdminEndpoints
{
    private const string Live = "live";
    private const string Ready = "ready";

    public static IServiceCollection AddAdmin(this IServiceCollection services)
    {
        services.AddSingleton<ServerFacts>();
        services.AddSingleton<EngineHealth>();
        services.AddSingleton<ChangeGuard>();
        services.AddSingleton<CommandGate>();
        services.AddSingleton<CommandEndpoints>();
        services.AddHealthChecks().AddCheck<ServingHealthCheck>("serving", tags: [Ready]).AddCheck<ProgressHealthCheck>("progress", tags: [Live]);
        return services;
    }

    public static void MapAdmin(this IEndpointRouteBuilder endpoints)
    {
        // Live as soon as it answers at all, and as long as it does not hang.
        endpoints.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = check => check.Tags.Contains(Live), ResponseWriter = WriteAsync });
        endpoints.MapHealthChecks("/health/ready", new HealthCheckOptions { Predicate = check => check.Tags.Contains(Ready), ResponseWriter = WriteAsync });
        endpoints.MapEnsemble();
        CommandEndpoints.Map(endpoints);
    }

    /// <summary>The status, and on a line of its own what is wrong.</summary>
    private static Task WriteAsync(HttpContext context, HealthReport report)
    {
        context.Response.ContentType = "text/plain";
        IEnumerable<string> reasons = report.Entries.Values.Select(entry => entry.Description).OfType<string>();
        return context.Response.WriteAsync(string.Join('\n', reasons.Prepend(report.Status.ToString())));
    }
}
