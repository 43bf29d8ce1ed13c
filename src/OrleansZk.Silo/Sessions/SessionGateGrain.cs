using Orleans.Concurrency;
using OrleansZk.Grains;
using OrleansZk.Server.Hosting;

namespace OrleansZk.Silo.Sessions;

/// <summary>Draws ids for sessions on the silo that is asked, and opens them there.</summary>
[StatelessWorker(1), Reentrant]
internal sealed class SessionGateGrain(Engine engine) : Grain, ISessionGateGrain
{
    public Task<Attachment> Open(int timeout) => GrainFactory.GetGrain<ISessionGrain>(engine.Replica.NextSessionId())
        .Attach(new AttachRequest(timeout, 0, [], null, IsNew: true));
}
