using OrleansZk.Simulation.Servers;

namespace OrleansZk.Simulation.Scenarios;

/// <summary>Lets things go wrong at random times, until the quiet tail begins.</summary>
internal sealed class FaultInjector(SimulatedWorld world, Scenario scenario)
{
    public void Begin()
    {
        Repeat(scenario.Faults.Crash, UnlessSpared(() => world.Crash(AnyServer())));
        Repeat(scenario.Faults.Pause, UnlessSpared(() => world.Pause(AnyServer())));
        Repeat(scenario.Faults.AtCommit, UnlessSpared(() => world.Store.AtNextCommit = world.StrikeAtCommit));
        Repeat(scenario.Faults.Stop, UnlessSpared(() => world.Stop(AnyServer())));
        Repeat(scenario.Faults.Transfer, UnlessSpared(() => world.Transfer(AnyServer().Id)));
        Repeat(scenario.Faults.StoreLoss, world.LoseCommits);
        Repeat(scenario.Faults.Partition, world.Partition);
        Repeat(scenario.Faults.Isolation, () => world.Isolate(AnyServer(), TimeSpan.FromMilliseconds(world.Queue.Random.Next(1000, 15_000))));
        Repeat(scenario.Faults.StoreOutage, () => world.Store.GoAway(TimeSpan.FromMilliseconds(world.Queue.Random.Next(50, 3000))));
        Repeat(scenario.Faults.StoreCut, () => world.Store.CutOff(AnyServer().Process, TimeSpan.FromMilliseconds(world.Queue.Random.Next(50, 5000))));
        Repeat(scenario.Faults.ClientDeath, world.KillClient);
        Repeat(scenario.Faults.ConnectionDrop, world.DropConnection);
        Repeat(scenario.Faults.Exception, () => world.Exceptions.Arm(AnyServer()));
    }

    private ISimulatedServer AnyServer() => world.Servers[world.Queue.Random.Next(world.Servers.Count)];

    private Action UnlessSpared(Action fault) => () =>
    {
        if (!world.IsSpared)
        {
            fault();
        }
    };

    private void Repeat(TimeSpan mean, Action fault)
    {
        if (mean == TimeSpan.Zero)
        {
            return;
        }

        TimeSpan delay = mean * -Math.Log(1 - world.Queue.Random.NextDouble());
        if (world.Queue.Time + delay < scenario.Duration)
        {
            world.Queue.Schedule(delay, null, () =>
            {
                fault();
                Repeat(mean, fault);
            });
        }
    }
}
