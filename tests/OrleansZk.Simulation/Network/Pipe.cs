using OrleansZk.Simulation.World;

namespace OrleansZk.Simulation.Network;

/// <summary>One direction of a connection: nothing is lost or overtaken in it, but it can stop flowing, and break.</summary>
/// <param name="onBroken">The receiver learns that the connection is gone; runs as the receiver's work, at most once.</param>
internal sealed class Pipe(Fabric fabric, SimulatedProcess from, SimulatedProcess to, Action onBroken)
{
    private readonly int _toGeneration = to.Generation;
    private readonly Queue<Action> _held = new();
    private long _lastArrival;
    private bool _isEnding;
    private bool _isOver;

    /// <summary>Sends something; <paramref name="arrive"/> runs as the receiver's work.</summary>
    public void Send(Action arrive)
    {
        if (_isEnding || _isOver)
        {
            return;
        }

        if (_held.Count > 0 || fabric.IsCut(from.Host, to.Host))
        {
            Hold(arrive);
        }
        else
        {
            Pass(arrive);
        }
    }

    /// <summary>The sender ends the connection: the receiver learns of it behind all that was sent.</summary>
    public void End()
    {
        Send(Break);
        _isEnding = true;
    }

    /// <summary>Nobody receives any more.</summary>
    public void Drop()
    {
        _isOver = true;
        _held.Clear();
        fabric.Forget(this);
    }

    public void Release()
    {
        while (_held.TryDequeue(out Action? arrive))
        {
            Pass(arrive);
        }
    }

    public void OnDied(SimulatedProcess process)
    {
        if (ReferenceEquals(process, to))
        {
            Drop();
        }
        else if (ReferenceEquals(process, from) && !_isEnding && !_isOver)
        {
            End();
        }
    }

    private void Hold(Action arrive)
    {
        if (_held.Count == 0)
        {
            // The data is sent again and again, and then the connection is given up.
            fabric.Queue.Schedule(fabric.GivesUpAfter, null, () =>
            {
                if (_held.Count > 0)
                {
                    _held.Clear();
                    fabric.Queue.ScheduleAt(fabric.Queue.Now, to, _toGeneration, Break);
                    _isEnding = true;
                }
            });
        }

        _held.Enqueue(arrive);
    }

    private void Pass(Action arrive)
    {
        _lastArrival = Math.Max(_lastArrival, fabric.Queue.Now + fabric.NextDelay().Ticks);
        fabric.Queue.ScheduleAt(_lastArrival, to, _toGeneration, () =>
        {
            if (!_isOver)
            {
                arrive();
            }
        });
    }

    private void Break()
    {
        if (!_isOver)
        {
            Drop();
            onBroken();
        }
    }
}
