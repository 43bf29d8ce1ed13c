using Microsoft.Extensions.Logging.Console;

namespace OrleansZk.Server.Configuration;

/// <summary>What the log looks like as long as the configuration does not say otherwise (section <c>Logging</c>).</summary>
internal static class ConsoleLogging
{
    /// <summary>Time in UTC, to the millisecond.</summary>
    public const string TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    /// <summary>Of libraries that say much; the dot keeps ours out.</summary>
    private static readonly string[] QuietCategories = ["Microsoft", "Orleans.", "Polly"];

    /// <summary>Who says, with a stack trace, that the start has failed; <see cref="StartupErrors"/> says it better.</summary>
    private static readonly string[] StartCategories =
        ["Microsoft.Extensions.Hosting.Internal.Host", "Orleans.Runtime.Silo", "Orleans.Runtime.SiloLifecycleSubject", "Orleans.Runtime.Watchdog"];

    /// <param name="hasStarted">True from when the server runs.</param>
    public static void AddDefaults(ILoggingBuilder logging, ConfigurationManager configuration, Func<bool> hasStarted)
    {
        logging.AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>();
        logging.Services.PostConfigure<ConsoleLoggerOptions>(console =>
        {
            console.FormatterName = configuration["Logging:Console:FormatterName"] ?? LineFormatter.FormatterName;

            // Whoever reads the log, and stops, must not stop the server.
            if (configuration["Logging:Console:QueueFullMode"] is null)
            {
                console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
            }
        });
        logging.Services.PostConfigure<JsonConsoleFormatterOptions>(json =>
        {
            json.TimestampFormat ??= TimestampFormat;
            json.UseUtcTimestamp = true;
        });
        logging.Services.PostConfigure<LoggerFilterOptions>(filter =>
        {
            // Before the rules of the configuration, of which the later one wins.
            foreach (string category in QuietCategories)
            {
                filter.Rules.Insert(0, new LoggerFilterRule(null, category, LogLevel.Warning, null));
            }

            foreach (string category in StartCategories)
            {
                filter.Rules.Insert(0, new LoggerFilterRule(null, category, null, (_, _, level) => hasStarted() && level >= LogLevel.Warning));
            }
        });
    }
}
