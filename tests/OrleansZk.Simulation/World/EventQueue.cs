namespace OrleansZk.Simulation.World;

/// <summary>Everything that is going to happen, by virtual time; all of it runs on the one thread that steps.</summary>
internal sealed class EventQueue(Random random)
{
    // Things that are due at once happen in any order, as on a real machine.
    private const int JitterTicks = 200;

    private readonly PriorityQueue<Item, (long At, long Sequence)> _items = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private long _sequence;

    /// <summary>Virtual time since the start, in ticks of 100 ns.</summary>
    public long Now { get; private set; }

    public TimeSpan Time => TimeSpan.FromTicks(Now);

    public long Steps { get; private set; }

    public Random Random => random;

    /// <param name="owner">Whose work it is: it does not run when that process dies before, and waits while it is paused. Null is the world's own.</param>
    public void Schedule(TimeSpan delay, SimulatedProcess? owner, Action work) =>
        ScheduleAt(Now + delay.Ticks + random.Next(JitterTicks), owner, work);

    /// <summary>Schedules without jitter: what is due at the same time happens in the order in which it was scheduled.</summary>
    public void ScheduleAt(long at, SimulatedProcess? owner, Action work) =>
        ScheduleAt(at, owner, owner?.Generation ?? 0, work);

    /// <param name="generation">The incarnation of the owner that it belongs to.</param>
    public void ScheduleAt(long at, SimulatedProcess? owner, int generation, Action work)
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            // Then a seed would not decide any more what happens.
            throw new InvalidOperationException("simulated code has left the simulation's thread");
        }

        Enqueue(at, new Item(owner, generation, work));
    }

    /// <summary>Lets the next thing happen.</summary>
    /// <returns>False when nothing is due until <paramref name="end"/>.</returns>
    public bool Step(TimeSpan end)
    {
        if (!_items.TryPeek(out _, out (long At, long Sequence) due) || due.At > end.Ticks)
        {
            Now = Math.Max(Now, end.Ticks);
            return false;
        }

        Item item = _items.Dequeue();
        Now = Math.Max(Now, due.At);
        Steps++;
        if (item.Owner is null)
        {
            item.Work();
        }
        else if (item.Owner.Generation == item.Generation)
        {
            if (item.Owner.IsPaused)
            {
                item.Owner.Defer(item.Work);
            }
            else
            {
                item.Work();
            }
        }

        return true;
    }

    private void Enqueue(long at, in Item item) => _items.Enqueue(item, (Math.Max(at, Now), _sequence++));

    private readonly record struct Item(SimulatedProcess? Owner, int Generation, Action Work);
}
