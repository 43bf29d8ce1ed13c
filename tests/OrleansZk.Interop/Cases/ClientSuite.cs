using OrleansZk.Interop.Servers;
using OrleansZk.Interop.Tools;

namespace OrleansZk.Interop.Cases;

/// <summary>Cases in a client's own language.</summary>
public abstract class ClientSuite(SharedServer server, SharedEnsemble ensemble)
{
    /// <summary>What the client program is told.</summary>
    protected async Task<IReadOnlyDictionary<string, string>> EnvironmentAsync(Deployment deployment, string name) =>
        ClientScripts.Environment(deployment == Deployment.Ensemble ? await ensemble.HostsAsync() : server.Server.Hosts, name);
}
