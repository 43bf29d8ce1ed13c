namespace OrleansZk.Simulation.World;

/// <summary>A process: what belongs to an incarnation of it ends with that incarnation.</summary>
/// <param name="host">Where it is in the network.</param>
internal sealed class SimulatedProcess(EventQueue queue, string name, int host)
{
    private List<Action> _deferred = [];

    public string Name => name;

    public int Host => host;

    /// <summary>Counts incarnations; odd ones are alive.</summary>
    public int Generation { get; private set; }

    public bool IsAlive => Generation % 2 == 1;

    public bool IsPaused { get; private set; }

    /// <summary>By how much its wall clock is wrong.</summary>
    public TimeSpan Skew { get; set; }

    public void Start()
    {
        if (IsAlive)
        {
            throw new InvalidOperationException($"{name} runs already");
        }

        Generation++;
    }

    /// <summary>Ends it as kill -9 does: nothing of it ever runs again.</summary>
    public void Kill()
    {
        Generation++;
        IsPaused = false;
        _deferred = [];
    }

    /// <summary>Stops it as SIGSTOP does: time goes on, and what arrives waits.</summary>
    public void Pause() => IsPaused = true;

    public void Resume()
    {
        IsPaused = false;
        List<Action> deferred = _deferred;
        _deferred = [];
        foreach (Action work in deferred)
        {
            queue.ScheduleAt(queue.Now, this, work);
        }
    }

    public void Defer(Action work) => _deferred.Add(work);
}
