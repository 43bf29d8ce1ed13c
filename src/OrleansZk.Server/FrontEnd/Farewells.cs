using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;

namespace OrleansZk.Server.FrontEnd;

/// <summary>Gives clients whose connections end the time to read what they were sent last, and not for ever.</summary>
/// <remarks>
/// One timer for all of them: connections come and go by the thousand, and most are gone at once. Those are not kept from being collected.
/// </remarks>
internal sealed class Farewells : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Queue<(long Since, WeakGCHandle<ConnectionContext> Connection)> _leaving = new();
    private readonly TimeProvider _clock;
    private readonly ITimer _timer;

    public Farewells(TimeProvider clock)
    {
        _clock = clock;
        _timer = clock.CreateTimer(_ => EndLate(), null, Interval, Interval);
    }

    /// <summary>Takes a connection that is about to be sent its last.</summary>
    public void Add(ConnectionContext connection)
    {
        lock (_gate)
        {
            _leaving.Enqueue((_clock.GetTimestamp(), new WeakGCHandle<ConnectionContext>(connection)));
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        lock (_gate)
        {
            while (_leaving.TryDequeue(out (long, WeakGCHandle<ConnectionContext> Connection) left))
            {
                left.Connection.Dispose();
            }
        }
    }

    private void EndLate()
    {
        while (true)
        {
            WeakGCHandle<ConnectionContext> late;
            lock (_gate)
            {
                if (!_leaving.TryPeek(out var oldest) || _clock.GetElapsedTime(oldest.Since) < Limit)
                {
                    return;
                }

                late = _leaving.Dequeue().Connection;
            }

            if (late.TryGetTarget(out ConnectionContext? connection))
            {
                connection.Abort();
            }

            late.Dispose();
        }
    }
}
