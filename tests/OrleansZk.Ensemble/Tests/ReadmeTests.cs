using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace OrleansZk.Ensemble.Tests;

/// <summary>The commands of the README's section on ensembles, as they stand there but for ports, folders and where PostgreSQL is.</summary>
public sealed partial class ReadmeTests(SharedPostgres postgres)
{
    private const string Heading = "## Run an ensemble";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_ensemble_as_the_readme_starts_it()
    {
        SharedPostgres.Require();
        PostgresServer server = await postgres.StartAsync();
        DirectoryInfo folder = Directory.CreateTempSubdirectory("orleanszk-readme-");
        string section = Adapt(Section(), server.Port, folder.FullName);
        string[] blocks = [.. CodeBlock().Matches(section).Select(match => match.Groups["code"].Value)];
        int[] ports = [.. AddressList().Match(section).Groups["port"].Captures.Select(port => int.Parse(port.Value, CultureInfo.InvariantCulture))];
        int[] adminPorts = [.. AdminPort().Matches(blocks[0]).Select(match => int.Parse(match.Groups["port"].Value, CultureInfo.InvariantCulture))];
        ports.Length.ShouldBe(3);
        adminPorts.Length.ShouldBe(3);

        var log = new ServerLog();
        using Process shell = Start(blocks[0], log);
        try
        {
            await WaitUntilOneLeadsAsync(shell, ports);
            await using (WireClient writer = await WireClient.ConnectAsync(ports[0], cancellationToken: Cancellation))
            {
                (await writer.CreateAsync("/readme", "written").InTimeAsync()).ThrowIfError();
            }

            foreach (int port in ports)
            {
                await using WireClient reader = await WireClient.ConnectAsync(port, cancellationToken: Cancellation);
                (await reader.GetDataAsync("/readme").InTimeAsync()).ReadDataAndStat().Data.ShouldBe("written"u8.ToArray());
            }

            await UseTheAdminPortAsync(blocks[1], ports, adminPorts);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}\n{log.Tail()}", e);
        }
        finally
        {
            // Waits until nobody has the shell's output open any more: so for the servers, too.
            shell.Kill(entireProcessTree: true);
            await shell.WaitForExitAsync(CancellationToken.None);
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Both commands for operators: one tells who leads, one makes another lead.</summary>
    private static async Task UseTheAdminPortAsync(string commands, int[] ports, int[] adminPorts)
    {
        Match show = Curl().Matches(commands)[0];
        Match transfer = Curl().Matches(commands)[1];
        transfer.Groups["method"].Value.ShouldBe("POST");
        using var admin = new HttpClient();
        int leader = 0;
        await Deadline.WaitUntilAsync(
            async () =>
            {
                string json = await admin.GetStringAsync(new Uri(show.Groups["url"].Value), Cancellation);
                using JsonDocument ensemble = JsonDocument.Parse(json);
                leader = ensemble.RootElement.GetProperty("leader") is { ValueKind: JsonValueKind.Number } id ? id.GetInt32() : 0;
                return leader > 0 && ensemble.RootElement.GetProperty("members").GetArrayLength() == ports.Length;
            },
            "three members, one of which leads");

        // It is to be asked of the leader, and to name another.
        int successor = int.Parse(transfer.Groups["to"].Value, CultureInfo.InvariantCulture);
        successor = successor == leader ? successor % ports.Length + 1 : successor;
        var url = new UriBuilder(transfer.Groups["url"].Value) { Port = adminPorts[leader - 1], Query = $"to={successor}" };
        string[] header = transfer.Groups["header"].Value.Split(": ");
        using var request = new HttpRequestMessage(HttpMethod.Post, url.Uri) { Headers = { { header[0], header[1] } } };
        using HttpResponseMessage response = await admin.SendAsync(request, Cancellation);
        response.EnsureSuccessStatusCode();
        await Deadline.WaitUntilAsync(
            async () => (await ServerReport.AskAsync(ports[successor - 1]))?.Mode == ServerReport.Leader, $"server {successor} as the leader");
    }

    private static Task WaitUntilOneLeadsAsync(Process shell, int[] ports) => Deadline.WaitUntilAsync(
        async () =>
        {
            shell.HasExited.ShouldBeFalse("the servers must go on");
            ServerReport?[] reports = await Task.WhenAll(ports.Select(ServerReport.AskAsync));
            return reports.Count(report => report?.Mode == ServerReport.Leader) == 1
                && reports.Count(report => report?.Mode == ServerReport.Follower) == ports.Length - 1;
        },
        "a leader that both others follow",
        TimeSpan.FromMinutes(3)); // The first start of a fresh copy builds the server.

    /// <summary>Runs the commands where a reader of the README would; the shell lives for as long as the servers do.</summary>
    private static Process Start(string commands, ServerLog log)
    {
        Process shell = Process.Start(new ProcessStartInfo("sh", ["-c", commands + "\nwait"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = RepositoryFolder.Path,
        })!;
        ChildProcesses.Remember(shell);
        log.Follow(shell);
        return shell;
    }

    private static string Section()
    {
        string readme = File.ReadAllText(Path.Combine(RepositoryFolder.Path, "README.md"));
        int start = readme.IndexOf(Heading, StringComparison.Ordinal);
        start.ShouldBeGreaterThan(0, "the README has a section on ensembles");
        return readme[start..readme.IndexOf("\n## ", start, StringComparison.Ordinal)];
    }

    /// <summary>Free ports in place of the usual ones, and folders outside of the checkout.</summary>
    private static string Adapt(string section, int postgresPort, string folder)
    {
        var ports = new Dictionary<string, string>();
        section = UsualPort().Replace(section, match =>
        {
            if (!ports.TryGetValue(match.Value, out string? port))
            {
                ports[match.Value] = port = FreePorts.Take().ToString(CultureInfo.InvariantCulture);
            }

            return port;
        });
        return section
            .Replace("Host=127.0.0.1;", string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={postgresPort};"), StringComparison.Ordinal)
            .Replace("--data ", $"--data {folder}/", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"\b\d{4}\b")]
    private static partial Regex UsualPort();

    [GeneratedRegex(@"```sh\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex(@"`127\.0\.0\.1:(?<port>\d+)(,127\.0\.0\.1:(?<port>\d+))+`")]
    private static partial Regex AddressList();

    [GeneratedRegex(@"--admin-port (?<port>\d+)")]
    private static partial Regex AdminPort();

    [GeneratedRegex(@"^curl (-X (?<method>\w+) )?(-H ""(?<header>[^""]+)"" )?""?(?<url>http://[^\s""?]+(\?to=(?<to>\d+))?)", RegexOptions.Multiline)]
    private static partial Regex Curl();
}
