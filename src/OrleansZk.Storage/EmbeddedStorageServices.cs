using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansZk.Core.Replication;
using OrleansZk.Storage.Checkpoints;
using OrleansZk.Storage.Log;

namespace OrleansZk.Storage;

public static class EmbeddedStorageServices
{
    /// <summary>Adds the storage of a server that stands alone: a log in segment files, and checkpoints in SQLite.</summary>
    /// <remarks>
    /// Gives <see cref="ITransactionLog"/> and <see cref="ICheckpointStore"/>, unopened, the <see cref="IStoreWatch"/> over their files, and the <see cref="DataFolder"/> that both
    /// are in. That one is opened and locked when it is first asked for: a host should do so before anything else.
    /// </remarks>
    /// <exception cref="OptionsValidationException">At the start: an option is out of its range.</exception>
    public static IServiceCollection AddEmbeddedStorage(
        this IServiceCollection services, Action<EmbeddedStorageOptions>? configure = null)
    {
        OptionsBuilder<EmbeddedStorageOptions> options = services.AddOptions<EmbeddedStorageOptions>();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        options.ValidateOnStart();
        services.AddSingleton<IValidateOptions<EmbeddedStorageOptions>, EmbeddedStorageValidation>();

        // The container disposes of these in the opposite order, so the folder is let go last.
        services.AddSingleton(provider => DataFolder.Open(Options(provider).DataFolder));
        services.AddSingleton(provider => new SegmentLog(
            provider.GetRequiredService<DataFolder>(),
            LogOptions(Options(provider)),
            provider.GetRequiredService<ILogger<SegmentLog>>()));
        services.AddSingleton<ITransactionLog>(provider => provider.GetRequiredService<SegmentLog>());
        services.AddSingleton(provider => new SqliteCheckpointStore(
            provider.GetRequiredService<DataFolder>(),
            Options(provider).Sync,
            provider.GetRequiredService<ILogger<SqliteCheckpointStore>>()));
        services.AddSingleton<ICheckpointStore>(provider => provider.GetRequiredService<SqliteCheckpointStore>());
        services.AddSingleton<IStoreWatch, EmbeddedStoreWatch>();
        return services;
    }

    private static EmbeddedStorageOptions Options(IServiceProvider provider) =>
        provider.GetRequiredService<IOptions<EmbeddedStorageOptions>>().Value;

    private static SegmentLogOptions LogOptions(EmbeddedStorageOptions options) => new()
    {
        SegmentBytes = options.SegmentBytes,
        Sync = options.Sync,
        WriteOnCaller = options.WriteOnCaller,
        Spin = TimeSpan.FromMicroseconds(options.SpinMicroseconds),
    };
}
