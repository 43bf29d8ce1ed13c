using OrleansZk.Core.Replication;

namespace OrleansZk.Simulation.World;

/// <summary>A process's other threads: what is posted runs soon, in any order.</summary>
internal sealed class SimulatedScheduler(EventQueue queue, SimulatedProcess process) : IWorkScheduler
{
    private const int MostTicks = 3_000;

    private readonly int _generation = process.Generation;

    public void Post(Action work) => queue.ScheduleAt(queue.Now + queue.Random.Next(MostTicks), process, _generation, work);
}
