using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using OrleansZk.Server.Configuration;
using OrleansZk.Server.Limits;

namespace OrleansZk.Server.Hosting;

/// <summary>Runs a server for as long as its process lives.</summary>
internal static partial class ServerHost
{
    // Fewer than an ordinary client host opens (maxClientCnxns).
    private const int MinRoomForClients = 60;

    /// <param name="settings">Each as <c>--key=value</c>.</param>
    /// <returns>The exit code.</returns>
    public static Task<int> RunAsync(string[] settings) => RunAsync(
        settings,
        builder =>
        {
            if (!ServerBuilderExtensions.IsEnsemble(builder.Configuration))
            {
                InlineCompletions.Enable();
            }

            builder.AddOrleansZkServer();
        },
        app => app.MapOrleansZkServer());

    /// <param name="add">Puts together what runs.</param>
    /// <param name="map">Maps what the admin port answers.</param>
    /// <inheritdoc cref="RunAsync(string[])"/>
    public static async Task<int> RunAsync(string[] settings, Action<WebApplicationBuilder> add, Action<WebApplication> map)
    {
        bool hasStarted = false;
        try
        {
            WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
            {
                // Settings are read once: a server is not to change while it runs, nor to use up file watches.
                Args = ["--hostBuilder:reloadConfigOnChange=false", .. settings],

                // The files of the configuration are beside the program, wherever it is started from.
                ContentRootPath = AppContext.BaseDirectory,
            });
            IReadOnlyList<string> warnings = ServerConfiguration.Complete(builder.Configuration);
            ConsoleLogging.AddDefaults(builder.Logging, builder.Configuration, () => hasStarted);
            add(builder);
            await using WebApplication app = builder.Build();
            map(app);
            return await RunAsync(app, warnings, () => hasStarted = true);
        }
        catch (Exception e) when (e is not HostAbortedException)
        {
            // HostAbortedException is how tools stop a program of which they only want the host.
            return StartupErrors.Report(Console.Error, e);
        }
    }

    private static async Task<int> RunAsync(WebApplication app, IReadOnlyList<string> warnings, Action onStarted)
    {
        ILogger logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(ServerHost));
        foreach (string warning in warnings)
        {
            LogWarning(logger, warning);
        }

        using SecondSignal _ = new();
        int exitCode = ExitCode.Ok;
        Engine engine = app.Services.GetRequiredService<Engine>();
        engine.Failed += _ =>
        {
            exitCode = ExitCode.Failed;
            app.Lifetime.StopApplication();
        };
        app.Lifetime.ApplicationStopping.Register(engine.HandOver);
        Listeners listeners = app.Services.GetRequiredService<Listeners>();
        try
        {
            await app.StartAsync();
        }
        catch (OperationCanceledException) when (app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // Asked to end while it waited for the store.
            LogStoppedAtStart(logger);
            return exitCode;
        }
        catch (Exception e) when (e is not HostAbortedException)
        {
            int bound = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses.Count ?? 0;
            return StartupErrors.Report(Console.Error, e, listeners.Next(bound));
        }

        onStarted();
        LogListening(logger, listeners);
        LogDescriptors(logger, app.Services.GetRequiredService<DescriptorBudget>());
        try
        {
            await app.WaitForShutdownAsync();
        }
        catch (OperationCanceledException)
        {
            LogCutShort(logger);
            return ExitCode.Failed;
        }

        return exitCode;
    }

    private static void LogDescriptors(ILogger logger, DescriptorBudget descriptors)
    {
        descriptors.FitReserve();
        if (descriptors.RoomForClients is not { } room)
        {
            return;
        }

        if (room < MinRoomForClients)
        {
            LogFewDescriptors(logger, room, descriptors.Limit, descriptors.InUse, descriptors.Reserve);
        }
        else
        {
            LogDescriptors(logger, room, descriptors.Limit, descriptors.InUse, descriptors.Reserve);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Room for {Room} connections of clients: of {Limit} file descriptors {InUse} are in use and {Reserve} are kept for files and other servers")]
    private static partial void LogDescriptors(ILogger logger, long room, long? limit, long inUse, long reserve);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Room for {Room} connections of clients only: of {Limit} file descriptors {InUse} are in use and {Reserve} are kept for files and other servers; raise the limit (ulimit -n) to 1024 or more")]
    private static partial void LogFewDescriptors(ILogger logger, long room, long? limit, long inUse, long reserve);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Warning}")]
    private static partial void LogWarning(ILogger logger, string warning);

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopped before clients were served")]
    private static partial void LogStoppedAtStart(ILogger logger);

    [LoggerMessage(Level = LogLevel.Error, Message = "The stop took too long and was cut short (OrleansZk:ShutdownTimeout)")]
    private static partial void LogCutShort(ILogger logger);

    [LoggerMessage(Level = LogLevel.Information, Message = "Listening on {Listeners}")]
    private static partial void LogListening(ILogger logger, Listeners listeners);
}
