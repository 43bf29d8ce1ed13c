using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansZk.Core.Ensemble;
using OrleansZk.Core.Replication;

namespace OrleansZk.Storage.Postgres;

public static class PostgresServices
{
    /// <summary>Adds the storage that the servers of an ensemble share: log, checkpoint and membership in one PostgreSQL.</summary>
    /// <remarks>
    /// Gives <see cref="ISharedTransactionLog"/> (as <see cref="ITransactionLog"/> too), <see cref="ICheckpointStore"/> and <see cref="IMembership"/>, unopened, and the
    /// <see cref="PostgresStore"/> behind them. The host adds a <see cref="PostgresIdentity"/>.
    /// </remarks>
    /// <exception cref="OptionsValidationException">At the start: an option is out of its range.</exception>
    public static IServiceCollection AddPostgresStorage(this IServiceCollection services, Action<PostgresOptions>? configure = null)
    {
        OptionsBuilder<PostgresOptions> options = services.AddOptions<PostgresOptions>();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        options.ValidateOnStart();
        services.AddSingleton<IValidateOptions<PostgresOptions>, PostgresValidation>();

        // The container disposes of these in the opposite order, so the store is closed last.
        services.AddSingleton(provider => new PostgresStore(provider.GetRequiredService<IOptions<PostgresOptions>>().Value));
        services.AddSingleton<ISharedTransactionLog>(provider => new PostgresTransactionLog(
            provider.GetRequiredService<PostgresStore>(),
            provider.GetRequiredService<PostgresIdentity>(),
            provider.GetRequiredService<ILogger<PostgresTransactionLog>>()));
        services.AddSingleton<ITransactionLog>(provider => provider.GetRequiredService<ISharedTransactionLog>());
        services.AddSingleton<ICheckpointStore>(provider => new PostgresCheckpointStore(
            provider.GetRequiredService<PostgresStore>(), provider.GetRequiredService<ILogger<PostgresCheckpointStore>>()));
        services.AddSingleton<IMembership>(provider => new PostgresMembership(
            provider.GetRequiredService<PostgresStore>(), provider.GetRequiredService<ILogger<PostgresMembership>>()));
        return services;
    }
}
