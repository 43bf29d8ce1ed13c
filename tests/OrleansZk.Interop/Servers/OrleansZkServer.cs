using System.Diagnostics;
using System.Globalization;

using OrleansZk.Interop.Tools;

namespace OrleansZk.Interop.Servers;

/// <summary>The server of this repository, started by its <c>start.sh</c>, or by the script that <c>INTEROP_START</c> names.</summary>
public sealed class OrleansZkServer(ServerSettings settings) : ServerProcess(ServerKind.OrleansZk, settings)
{
    private readonly int _adminPort = AnotherFreePort();

    protected override ProcessStartInfo Describe()
    {
        var script = Environment.GetEnvironmentVariable("INTEROP_START") ?? Path.Combine(RepositoryFolder.Path, "start.sh");
        if (!File.Exists(script))
        {
            throw new FileNotFoundException("The server under test has no start.sh yet; set INTEROP_SERVER=apache to test the suite itself.", script);
        }

        var start = new ProcessStartInfo(script) { WorkingDirectory = RepositoryFolder.Path };
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

        return start;
    }
}
