using Microsoft.Extensions.Options;
using OrleansZk.Server.Configuration;
using OrleansZk.Silo.Clustering;

namespace OrleansZk.Silo.Hosting;

/// <summary>Creates the tables of Orleans' providers, or upgrades them.</summary>
internal sealed class SchemaPreparation(IOptions<ServerOptions> options) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) =>
        OrleansSchema.ApplyAsync(options.Value.Ensemble, OrleansSchema.NameFor(options.Value.EnsembleSchema), cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
