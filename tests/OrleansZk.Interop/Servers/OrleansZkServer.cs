using System.Diagnostics;
using System.Globalization;

using OrleansZk.Interop.Tools;

namespace OrleansZk.Interop.Servers;

/// <summary>
/// The server of this repository, started by its <c>start.sh</c>; or the program that <c>ORLEANSZK_SERVER</c> names, which takes the same options,
/// so that nothing is built anew while cases run.
/// </summary>
public sealed class OrleansZkServer(ServerSettings settings, EnsembleMember? member) : ServerProcess(ServerKind.OrleansZk, settings, member)
{
    private static readonly string StartScript = Path.Combine(RepositoryFolder.Path, "start.sh");

    private static readonly string Program = Environment.GetEnvironmentVariable("ORLEANSZK_SERVER") ?? StartScript;

    /// <summary>The first start of a fresh copy builds the server, which takes longer than any start should.</summary>
    private static readonly Lazy<Task> Built = new(BuildAsync);

    /// <summary>A silo takes the same options, and has other ports for its like.</summary>
    private static readonly bool IsSilo = Path.GetFileNameWithoutExtension(Program) == "orleanszk-silo";

    private readonly int _adminPort = FreePorts.Take();
    private readonly int _siloPort = FreePorts.Take();
    private readonly int _gatewayPort = FreePorts.Take();

    protected override Task PrepareAsync() => Built.Value;

    protected override ProcessStartInfo Describe()
    {
        var start = new ProcessStartInfo(Program) { WorkingDirectory = RepositoryFolder.Path };
        start.ArgumentList.Add("--port");
        start.ArgumentList.Add(Port.ToString(CultureInfo.InvariantCulture));
        start.ArgumentList.Add("--admin-port");
        start.ArgumentList.Add(_adminPort.ToString(CultureInfo.InvariantCulture));
        start.ArgumentList.Add("--data");
        start.ArgumentList.Add(DataFolder);
        foreach (var (name, value) in Settings.ToOrleansZkEnvironment())
        {
            start.Environment[name] = value;
        }

        if (IsSilo)
        {
            start.Environment["OrleansZk__SiloPort"] = _siloPort.ToString(CultureInfo.InvariantCulture);
            start.Environment["OrleansZk__GatewayPort"] = _gatewayPort.ToString(CultureInfo.InvariantCulture);
        }

        if (Member is { } own)
        {
            start.ArgumentList.Add("--ensemble");
            start.ArgumentList.Add(own.Store);
            start.ArgumentList.Add("--id");
            start.ArgumentList.Add(own.Id.ToString(CultureInfo.InvariantCulture));
            start.Environment["OrleansZk__PeerPort"] = own.PeerPort.ToString(CultureInfo.InvariantCulture);
            start.Environment["OrleansZk__PeerAddress"] = "127.0.0.1";
            start.Environment["OrleansZk__AdvertisedHost"] = "127.0.0.1";
            start.Environment["OrleansZk__AdvertisedPeerPort"] = own.AdvertisedPeerPort.ToString(CultureInfo.InvariantCulture);
        }

        return start;
    }

    private static async Task BuildAsync()
    {
        if (Program == StartScript)
        {
            var result = await Subprocess.RunAsync(StartScript, ["--build-only"], TimeSpan.FromMinutes(10));
            if (result.ExitCode != 0)
            {
                throw new InvalidOperationException($"start.sh could not build the server:\n{result.Output}");
            }
        }
    }
}
