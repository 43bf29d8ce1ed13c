using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

using OrleansZk.Interop.Tools;

namespace OrleansZk.Interop.Servers;

/// <summary>
/// A server in a process of its own, on a free loopback port and a temporary folder. Only the process started
/// here is ever signalled, by its id.
/// </summary>
public abstract class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(20);

    private readonly TemporaryFolder _folder = new("server");
    private Process? _process;
    private OutputTail? _log;

    protected ServerProcess(ServerKind kind, ServerSettings settings, EnsembleMember? member)
    {
        Kind = kind;
        Settings = settings;
        Member = member;
        Port = FreePorts.Take();
    }

    public ServerKind Kind { get; }

    public ServerSettings Settings { get; }

    /// <summary>Null for a server that stands alone.</summary>
    public EnsembleMember? Member { get; }

    /// <summary>The client port. A restart keeps it.</summary>
    public int Port { get; }

    public string Hosts => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    public bool IsRunning => _process is { HasExited: false };

    protected string Folder => _folder.Path;

    protected string DataFolder => Path.Combine(_folder.Path, "data");

    /// <summary>Creates a server of the given kind and waits until it answers.</summary>
    /// <param name="member">Null for a server that stands alone. One of an ensemble answers when most of the others run.</param>
    public static async Task<ServerProcess> StartNewAsync(ServerKind kind, ServerSettings? settings = null, EnsembleMember? member = null)
    {
        settings ??= new ServerSettings();
        ServerProcess server = kind == ServerKind.Apache ? new ApacheServer(settings, member) : new OrleansZkServer(settings, member);
        try
        {
            await server.StartAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the process on the data left by the last one, and waits until it answers.</summary>
    public async Task StartAsync()
    {
        await PrepareAsync();
        Directory.CreateDirectory(DataFolder);
        var start = Describe();
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.UseShellExecute = false;
        _log = new OutputTail();
        _process = Process.Start(start) ?? throw new InvalidOperationException($"'{start.FileName}' did not start.");
        ChildProcesses.Remember(_process);
        _log.Follow(_process);
        await WaitUntilItAnswersAsync(_process);
    }

    /// <summary>Asks the process to end (SIGTERM) and waits for it.</summary>
    public async Task StopAsync()
    {
        if (_process is { HasExited: false } process)
        {
            Signals.Send(process, Signals.Terminate);
            using var limit = new CancellationTokenSource(StopLimit);
            try
            {
                await process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                throw new TimeoutException($"{Kind} did not end within {StopLimit.TotalSeconds:0} s of SIGTERM.\n{LogTail()}");
            }
        }
    }

    /// <summary>Ends the process without warning (SIGKILL).</summary>
    public async Task KillAsync()
    {
        if (_process is { HasExited: false } process)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }
    }

    /// <summary>Throws away the data of a server that does not run.</summary>
    public void Forget()
    {
        if (Directory.Exists(DataFolder))
        {
            Directory.Delete(DataFolder, recursive: true);
        }
    }

    /// <summary>What the server printed last, for messages of failures.</summary>
    public string LogTail() => _log?.Tail() ?? "";

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process?.Dispose();
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>What has to be done before the server can be started at all.</summary>
    protected virtual Task PrepareAsync() => Task.CompletedTask;

    /// <summary>The command that runs the server in the foreground.</summary>
    protected abstract ProcessStartInfo Describe();

    private async Task WaitUntilItAnswersAsync(Process process)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < StartLimit)
        {
            if (process.HasExited)
            {
                throw new InvalidOperationException($"{Kind} ended at start, with exit code {process.ExitCode}.\n{LogTail()}");
            }

            if (await AnswersAsync())
            {
                return;
            }

            await Task.Delay(50);
        }

        throw new TimeoutException($"{Kind} did not answer on {Hosts} within {StartLimit.TotalSeconds:0} s.\n{LogTail()}");
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            // `ruok` is answered before the tree is loaded; `srvr` only by a server that serves.
            var answer = await FourLetterWord.AskAsync(Port, "srvr");
            return answer.Contains("Mode:", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is SocketException or IOException or OperationCanceledException)
        {
            return false;
        }
    }
}
