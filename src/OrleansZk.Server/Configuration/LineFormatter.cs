using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace OrleansZk.Server.Configuration;

/// <summary>Writes each event on one line: time in UTC, level, where it comes from, message, and the exception if there is one.</summary>
internal sealed class LineFormatter(IOptionsMonitor<ConsoleFormatterOptions> options, TimeProvider clock) : ConsoleFormatter(FormatterName)
{
    /// <summary>The value of <c>Logging:Console:FormatterName</c> that stands for it.</summary>
    public const string FormatterName = "line";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        string message = logEntry.Formatter(logEntry.State, logEntry.Exception);
        var line = new StringBuilder();
        line.Append(clock.GetUtcNow().ToString(options.CurrentValue.TimestampFormat ?? ConsoleLogging.TimestampFormat, CultureInfo.InvariantCulture))
            .Append(' ')
            .Append(Level(logEntry.LogLevel))
            .Append(' ')
            .Append(logEntry.Category.AsSpan(logEntry.Category.LastIndexOf('.') + 1))
            .Append(": ")
            .Append(message);
        if (options.CurrentValue.IncludeScopes)
        {
            scopeProvider?.ForEachScope(static (scope, line) => line.Append(" => ").Append(scope), line);
        }

        if (logEntry.Exception is { } exception)
        {
            line.Append(" | ").Append(exception);
        }

        textWriter.WriteLine(line.Replace("\r", "").Replace('\n', ' '));
    }

    private static string Level(LogLevel level) => level switch
    {
        LogLevel.Trace => "TRACE",
        LogLevel.Debug => "DEBUG",
        LogLevel.Information => "INFO ",
        LogLevel.Warning => "WARN ",
        LogLevel.Error => "ERROR",
        _ => "FATAL",
    };
}
