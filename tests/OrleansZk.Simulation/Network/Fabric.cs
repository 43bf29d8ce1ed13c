using OrleansZk.Simulation.World;

namespace OrleansZk.Simulation.Network;

/// <summary>How long things take on the network, and how often they go wrong.</summary>
internal sealed record NetworkTimes
{
    public TimeSpan Least { get; init; } = TimeSpan.FromMilliseconds(0.1);

    public TimeSpan Most { get; init; } = TimeSpan.FromMilliseconds(2);

    /// <summary>How many packets in a thousand take much longer.</summary>
    public int SlowPerMille { get; init; } = 5;

    public TimeSpan Slow { get; init; } = TimeSpan.FromMilliseconds(200);
}

/// <summary>The network between all processes: delays, one-way cuts, what a process leaves behind when it dies.</summary>
internal sealed class Fabric(EventQueue queue, Trace trace)
{
    private readonly HashSet<(int From, int To)> _cuts = [];
    private readonly List<Pipe> _pipes = [];

    public NetworkTimes Times { get; set; } = new();

    public EventQueue Queue => queue;

    public Trace Trace => trace;

    /// <summary>When the operating system gives up on a connection whose data does not arrive.</summary>
    public TimeSpan GivesUpAfter { get; set; } = TimeSpan.FromSeconds(8);

    public bool IsCut(int from, int to) => _cuts.Contains((from, to));

    public TimeSpan NextDelay() => queue.Random.Next(1000) < Times.SlowPerMille
        ? Between(Times.Most, Times.Slow)
        : Between(Times.Least, Times.Most);

    /// <summary>Data from one host to another silently stops flowing.</summary>
    public void Cut(int from, int to)
    {
        if (from != to && _cuts.Add((from, to)))
        {
            trace.Add("link cut", "net", from, to);
        }
    }

    /// <summary>Ends all cuts; what was sent meanwhile over connections that still are arrives.</summary>
    public void Heal()
    {
        if (_cuts.Count == 0)
        {
            return;
        }

        trace.Add("network healed", "net");
        _cuts.Clear();
        foreach (Pipe pipe in _pipes.ToArray())
        {
            pipe.Release();
        }
    }

    public Pipe Open(SimulatedProcess from, SimulatedProcess to, Action onBroken)
    {
        var pipe = new Pipe(this, from, to, onBroken);
        _pipes.Add(pipe);
        return pipe;
    }

    public void Forget(Pipe pipe) => _pipes.Remove(pipe);

    /// <summary>A process has died: its machine closes its connections.</summary>
    public void OnDied(SimulatedProcess process)
    {
        foreach (Pipe pipe in _pipes.ToArray())
        {
            pipe.OnDied(process);
        }
    }

    private TimeSpan Between(TimeSpan least, TimeSpan most) => TimeSpan.FromTicks(queue.Random.NextInt64(least.Ticks, most.Ticks + 1));
}
