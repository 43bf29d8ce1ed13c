using System.Diagnostics;

namespace OrleansZk.Server.FrontEnd;

/// <summary>Keeps the connections of one thread from serving nobody else on it.</summary>
/// <remarks>
/// A client that sends without a pause has its next bytes there whenever the last are served, so a thread that serves it where its socket's events come would go on
/// for ever. There are as many such threads as cores (see <see cref="Hosting.InlineCompletions"/>).
/// </remarks>
internal static class SocketThread
{
    private static readonly TimeSpan MaxBusy = TimeSpan.FromMilliseconds(5);

    // After a longer time between two stretches of work, the thread has looked for other sockets' events.
    private static readonly TimeSpan Pause = TimeSpan.FromMicroseconds(50);

    [ThreadStatic]
    private static long _busySince;

    [ThreadStatic]
    private static long _lastLeft;

    /// <summary>Begins a stretch of work on this thread.</summary>
    public static void Enter()
    {
        long now = Stopwatch.GetTimestamp();
        if (Stopwatch.GetElapsedTime(_lastLeft, now) > Pause)
        {
            _busySince = now;
        }
    }

    /// <summary>Ends it: completes at once, or on another thread when this one has had no pause for long.</summary>
    public static ValueTask LeaveAsync()
    {
        long now = Stopwatch.GetTimestamp();
        _lastLeft = now;
        if (Stopwatch.GetElapsedTime(_busySince, now) <= MaxBusy)
        {
            return ValueTask.CompletedTask;
        }

        _busySince = now;
        return GoElsewhereAsync();
    }

    private static async ValueTask GoElsewhereAsync() => await Task.Yield();
}
