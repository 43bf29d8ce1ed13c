using Microsoft.Extensions.Options;
using OrleansZk.Server.Configuration;
using OrleansZk.Server.Hosting;
using OrleansZk.Silo.Clustering;

namespace OrleansZk.Silo.Hosting;

/// <summary>Creates the tables of Orleans' providers, or upgrades them.</summary>
internal sealed class SchemaPreparation(IOptions<ServerOptions> options, TimeProvider clock, ILogger<SchemaPreparation> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => new StoreWait(clock, logger).UntilThereAsync(
        async () =>
        {
            await OrleansSchema.ApplyAsync(options.Value.Ensemble, OrleansSchema.NameFor(options.Value.EnsembleSchema), cancellationToken);
            return true;
        },
        cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
