using Microsoft.Extensions.Logging;
using OrleansZk.Simulation.World;

namespace OrleansZk.Simulation.Servers;

/// <summary>What a part of a server says goes into the trace, and counts by the name of its event.</summary>
/// <param name="name">The server.</param>
internal class TraceLogger<T>(Trace trace, string name) : ILogger<T>
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public virtual void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        trace.Say(exception is null ? formatter(state, exception) : $"{formatter(state, exception)} {exception.Message}", name, eventId.Name ?? "");
}
