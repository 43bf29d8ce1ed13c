using System.CommandLine;

namespace OrleansZk.Server.Configuration;

/// <summary>The server's command line. Each option stands for a setting, and wins over the environment and the files.</summary>
internal static class CommandLine
{
    public static Task<int> RunAsync(string[] args, Func<IReadOnlyList<KeyValuePair<string, string?>>, Task<int>> run)
    {
        var port = new Option<int?>("--port") { Description = "TCP port for ZooKeeper clients (default 2181)" };
        var adminPort = new Option<int?>("--admin-port") { Description = "HTTP port for operators, -1 for none (default 8080)" };
        var data = new Option<string?>("--data") { Description = "Folder of the log and the checkpoint (default ./data)" };
        var zooCfg = new Option<string?>("--zoocfg") { Description = "An existing zoo.cfg to take settings from" };
        var command = new RootCommand("OrleansZk: a server for ZooKeeper clients") { port, adminPort, data, zooCfg };
        command.SetAction((parsed, _) => run(
        [
            .. Setting(nameof(ServerOptions.ClientPort), parsed.GetValue(port)),
            .. Setting(nameof(ServerOptions.AdminPort), parsed.GetValue(adminPort)),
            .. Setting(nameof(ServerOptions.DataDirectory), parsed.GetValue(data)),
        ]));
        return command.Parse(args).InvokeAsync();
    }

    private static IEnumerable<KeyValuePair<string, string?>> Setting(string name, object? value) =>
        value is null ? [] : [new($"{ServerOptions.Section}:{name}", Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture))];
}
