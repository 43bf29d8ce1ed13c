using System.CommandLine;
using System.CommandLine.Parsing;

namespace OrleansZk.Server.Configuration;

/// <summary>The server's command line: options for what is set most often, and <c>--Section:Key value</c> for every other setting.</summary>
internal static class CommandLine
{
    /// <summary>Settings of the host itself, which have no section.</summary>
    private static readonly string[] HostKeys = ["environment", "contentRoot", "applicationName"];

    /// <param name="run">Runs the server; gets each setting as <c>--key=value</c>, as .NET's own configuration reads them.</param>
    /// <param name="isSilo">True takes the options of a silo in place of those for the peer port.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args, Func<string[], Task<int>> run, bool isSilo = false)
    {
        Option<string?> port = Option("--port", "TCP port for ZooKeeper clients, 0 for any free one (default 2181)");
        Option<string?> adminPort = Option("--admin-port", "HTTP port for operators, 0 for any free one, -1 for none (default 8080)");
        Option<string?> data = Option("--data", "Folder of the log and the checkpoint (default ./data)");
        Option<string?> zooCfg = Option("--zoocfg", "An existing zoo.cfg to take settings from");
        Option<string?> skip = Option("--skip-transaction", "zxid of a transaction of the log that cannot be applied, to start without it: its change is lost");
        Option<string?> ensemble = Option("--ensemble", "Connection string of the PostgreSQL that the servers of an ensemble share");
        Option<string?> ensembleFile = Option("--ensemble-file", "A file that holds that connection string, and its password, in place of --ensemble");
        Option<string?> id = Option("--id", "This server's number in its ensemble, 0 to 255 (default: drawn once and kept)");
        Option<string?> peerPort = Option("--peer-port", "TCP port for the other servers of the ensemble (default 2888)");
        Option<string?> siloPort = Option("--silo-port", "TCP port for the other silos of the cluster (default 11111)");
        Option<string?> gatewayPort = Option("--gateway-port", "TCP port for Orleans clients (default 30000)");
        var command = new RootCommand(
            $"OrleansZk: a {(isSilo ? "silo that also serves" : "server for")} ZooKeeper clients. Every other setting can be given as --OrleansZk:<name> <value>.")
        {
            port, adminPort, data, zooCfg, ensemble, ensembleFile, id, skip,
        };
        (isSilo ? [siloPort, gatewayPort] : new[] { peerPort }).ToList().ForEach(command.Add);
        command.TreatUnmatchedTokensAsErrors = false;
        ParseResult parsed = command.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        var errors = parsed.Errors.Select(error => error.Message).ToList();
        if (parsed.Action is not null && errors.Count == 0)
        {
            // --help, --version.
            return await parsed.InvokeAsync();
        }

        string[] settings =
        [
            .. Setting(nameof(ServerOptions.ClientPort), parsed.GetResult(port)),
            .. Setting(nameof(ServerOptions.AdminPort), parsed.GetResult(adminPort)),
            .. Setting(nameof(ServerOptions.DataDirectory), parsed.GetResult(data)),
            .. Setting(nameof(ServerOptions.ZooCfg), parsed.GetResult(zooCfg)),
            .. Setting(nameof(ServerOptions.Ensemble), parsed.GetResult(ensemble)),
            .. Setting(nameof(ServerOptions.EnsembleFile), parsed.GetResult(ensembleFile)),
            .. Setting(nameof(ServerOptions.ServerId), parsed.GetResult(id)),
            .. Setting(nameof(ServerOptions.SkipTransaction), parsed.GetResult(skip)),
            .. Setting(nameof(ServerOptions.PeerPort), parsed.GetResult(peerPort)),
            .. Setting(nameof(ServerOptions.SiloPort), parsed.GetResult(siloPort)),
            .. Setting(nameof(ServerOptions.GatewayPort), parsed.GetResult(gatewayPort)),
            .. Others(parsed.UnmatchedTokens, errors),
        ];
        if (errors.Count > 0)
        {
            StartupErrors.Write(Console.Error, errors);
            return ExitCode.BadConfiguration;
        }

        return await run(settings);
    }

    private static Option<string?> Option(string name, string description) => new(name) { Description = description };

    private static IEnumerable<string> Setting(string name, OptionResult? result) =>
        result is null || result.Errors.Any() ? [] : [$"--{SettingTable.Get(name).Key}={result.GetValueOrDefault<string>()}"];

    private static IEnumerable<string> Others(IReadOnlyList<string> tokens, List<string> errors)
    {
        for (int i = 0; i < tokens.Count; i++)
        {
            string token = tokens[i];
            int equals = token.IndexOf('=', StringComparison.Ordinal);
            string key = equals < 0 ? token : token[..equals];
            if (!key.StartsWith("--", StringComparison.Ordinal)
                || !(key.Contains(':', StringComparison.Ordinal) || HostKeys.Contains(key[2..], StringComparer.OrdinalIgnoreCase)))
            {
                errors.Add($"'{token}' is no option; see --help");
            }
            else if (equals >= 0)
            {
                yield return token;
            }
            else if (++i < tokens.Count)
            {
                yield return $"{key}={tokens[i]}";
            }
            else
            {
                errors.Add($"{key} needs a value");
            }
        }
    }
}
