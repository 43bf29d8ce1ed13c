using OrleansZk.Server.Hosting;

namespace OrleansZk.Silo.Hosting;

/// <summary>Starts the engine before the silo takes calls, and stops it when the silo's grains are gone.</summary>
internal sealed class EngineLifecycle(Engine engine, IHostApplicationLifetime? application = null) : ILifecycleParticipant<ISiloLifecycle>
{
    public void Participate(ISiloLifecycle lifecycle)
    {
        // An engine that cannot go on must not pretend to be a silo that can.
        engine.Failed += _ => application?.StopApplication();

        // While the others still hear from this silo.
        application?.ApplicationStopping.Register(engine.HandOver);
        lifecycle.Subscribe(nameof(EngineLifecycle), ServiceLifecycleStage.ApplicationServices, engine.StartAsync, engine.StopAsync);
    }
}
