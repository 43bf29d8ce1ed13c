using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace OrleansZk.Server.Tests.Peers;

/// <summary>Keeps what is logged.</summary>
internal sealed class RecordedLog : ILoggerProvider
{
    private readonly ConcurrentQueue<(LogLevel Level, string Message)> _records = new();

    /// <summary>Warnings and worse of the server's own code.</summary>
    public IReadOnlyList<string> Complaints => [.. _records.Where(record => record.Level >= LogLevel.Warning).Select(record => record.Message)];

    public bool Has(LogLevel level, string part) =>
        _records.Any(record => record.Level == level && record.Message.Contains(part, StringComparison.Ordinal));

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName.StartsWith("OrleansZk.", StringComparison.Ordinal));

    public void Dispose()
    {
    }

    private sealed class Logger(RecordedLog log, bool isOwn) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => isOwn;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (isOwn)
            {
                log._records.Enqueue((logLevel, formatter(state, exception)));
            }
        }
    }
}
