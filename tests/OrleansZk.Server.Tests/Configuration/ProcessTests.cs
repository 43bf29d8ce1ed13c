using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using OrleansZk.Server.Configuration;
using OrleansZk.TestKit.Processes;
using OrleansZk.TestKit.Wire;

namespace OrleansZk.Server.Tests.Configuration;

/// <summary>The server as a process: what it prints, and how it ends.</summary>
public sealed partial class ProcessTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orleanszk-process-").FullName;

    private string Data => Path.Combine(_folder, "data");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task It_says_which_ports_it_listens_on_and_nothing_of_the_framework()
    {
        Server server = Start("--port", "0", "--admin-port", "0", "--data", Data);
        await server.ClientPortAsync();
        Signals.Send(server.Process, Signals.Terminate);
        (int code, string output, string errors) = await server.EndAsync();
        code.ShouldBe(ExitCode.Ok, errors);
        output.ShouldContain(" for operators");
        output.ShouldNotContain("Microsoft");
        output.Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldAllBe(line => LogLine().IsMatch(line));
        errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task Asked_to_end_it_answers_what_it_has_taken_and_keeps_it()
    {
        Server server = Start("--port", "0", "--admin-port", "-1", "--data", Data);
        int port = await server.ClientPortAsync();
        int answered;
        await using (WireClient client = await WireClient.ConnectAsync(port, cancellationToken: TestContext.Current.CancellationToken))
        {
            (await client.CreateAsync("/n")).Error.ShouldBe(ErrorCode.Ok);
            List<Task<WireReply>> writes = [.. Enumerable.Range(0, 2000).Select(i => client.CreateAsync($"/n/{i}"))];
            await writes[100];
            Signals.Send(server.Process, Signals.Terminate);
            await client.Ended;
            answered = writes.TakeWhile(write => write.IsCompletedSuccessfully).Count();
            answered.ShouldBeGreaterThan(100);
            writes.Skip(answered).ShouldAllBe(write => !write.IsCompletedSuccessfully);
        }

        (int code, string output, string errors) = await server.EndAsync();
        code.ShouldBe(ExitCode.Ok, output + errors);

        server = Start("--port", "0", "--admin-port", "-1", "--data", Data);
        await using WireClient again = await WireClient.ConnectAsync(
            await server.ClientPortAsync(), cancellationToken: TestContext.Current.CancellationToken);
        (await again.ExistsAsync($"/n/{answered - 1}")).Error.ShouldBe(ErrorCode.Ok);
        Signals.Send(server.Process, Signals.Terminate);
        await server.EndAsync();
    }

    [Fact]
    public async Task A_second_signal_ends_it_at_once()
    {
        // A client that does not read holds a stop up: its answers cannot be sent.
        Server server = Start(
            "--port", "0", "--admin-port", "-1", "--data", Data,
            "--OrleansZk:ShutdownTimeout", "600000", "--OrleansZk:MaxUnsentBytes", "1000000000");
        int port = await server.ClientPortAsync();
        await using WireClient client = await WireClient.ConnectAsync(port, cancellationToken: TestContext.Current.CancellationToken);
        (await client.CreateAsync("/big", new byte[900_000])).Error.ShouldBe(ErrorCode.Ok);
        using Socket deaf = await DeafReader.StartAsync(port, "/big", requests: 60);
        await Deadline.WaitUntilAsync(() => deaf.Available > DeafReader.HandshakeReplyLength, "an answer that nobody reads");
        Signals.Send(server.Process, Signals.Terminate);
        await Deadline.WaitUntilAsync(async () => !await AcceptsAsync(port), "the end of listening");
        server.Process.HasExited.ShouldBeFalse();
        Signals.Send(server.Process, Signals.Terminate);
        (await server.EndAsync()).Code.ShouldBe(128 + Signals.Terminate);
    }

    [Fact]
    public async Task A_port_in_use_is_said_in_a_line()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        int port = ((IPEndPoint)taken.LocalEndpoint).Port;
        await ShouldFailAsync(
            ExitCode.CannotListen,
            $"orleanszk-server: cannot listen on 127.0.0.1:{port} for operators: Address already in use\n",
            "--port", "0", "--admin-port", $"{port}", "--data", Data);
    }

    [Fact]
    public async Task A_data_folder_in_use_is_said_in_a_line()
    {
        Server first = Start("--port", "0", "--admin-port", "-1", "--data", Data);
        await first.ClientPortAsync();
        await ShouldFailAsync(
            ExitCode.BadData,
            $"orleanszk-server: the data folder '{Data}' is in use by another server (process {first.Process.Id}); "
                + "stop that one, or give this one a folder of its own\n",
            "--port", "0", "--admin-port", "-1", "--data", Data);
        Signals.Send(first.Process, Signals.Terminate);
        await first.EndAsync();
    }

    [Fact]
    public async Task A_data_folder_that_cannot_be_made_is_said_in_a_line()
    {
        await File.WriteAllTextAsync(Data, "not a folder", TestContext.Current.CancellationToken);
        await ShouldFailAsync(ExitCode.BadData, "orleanszk-server: the data folder cannot be used: ", "--port", "0", "--admin-port", "-1", "--data", Data);
    }

    [Fact]
    public async Task A_wrong_setting_is_said_in_a_line() =>
        await ShouldFailAsync(
            ExitCode.BadConfiguration,
            "orleanszk-server: OrleansZk:ClientPort (command line) is 'abc', but must be an integer from 0 to 65535\n",
            "--port", "abc", "--data", Data);

    [Fact]
    public async Task A_zoo_cfg_that_is_not_there_is_said_in_a_line() =>
        await ShouldFailAsync(
            ExitCode.BadConfiguration, "orleanszk-server: no/such/zoo.cfg cannot be read: ", "--zoocfg", "no/such/zoo.cfg", "--data", Data);

    private static async Task ShouldFailAsync(int code, string message, params string[] arguments)
    {
        (int ended, string output, string errors) = await Start(arguments).EndAsync();
        errors.ShouldStartWith(message);
        errors.TrimEnd('\n').ShouldNotContain("\n");
        output.ShouldNotContain("Exception");
        ended.ShouldBe(code);
    }

    private static async ValueTask<bool> AcceptsAsync(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static Server Start(params string[] arguments)
    {
        string program = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "orleanszk-server.exe" : "orleanszk-server");
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        Process process = Process.Start(start)!;
        ChildProcesses.Remember(process);
        return new Server(process);
    }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (INFO |WARN ) \w+: .")]
    private static partial Regex LogLine();

    [GeneratedRegex(@"Listening on \S+:(\d+) for clients")]
    private static partial Regex Listening();

    /// <summary>A process, and what it prints.</summary>
    private sealed class Server(Process process)
    {
        private readonly Task<string> _errors = process.StandardError.ReadToEndAsync();
        private string _read = "";

        public Process Process => process;

        /// <summary>Waits until it says where it listens.</summary>
        public async Task<int> ClientPortAsync()
        {
            while (await process.StandardOutput.ReadLineAsync() is { } line)
            {
                _read += line + "\n";
                if (Listening().Match(line) is { Success: true } match)
                {
                    return int.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
                }
            }

            throw new InvalidOperationException($"it did not start: {_read}{await _errors}");
        }

        public async Task<(int Code, string Output, string Errors)> EndAsync()
        {
            string output = _read + await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return (process.ExitCode, output, await _errors);
        }
    }
}
