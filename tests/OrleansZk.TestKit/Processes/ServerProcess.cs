using System.Diagnostics;
using System.Globalization;

namespace OrleansZk.TestKit.Processes;

/// <summary>The real server in a process of its own, on free loopback ports and a folder of its own.</summary>
/// <remarks>Only the process started here is ever signalled, by its id. A restart keeps the ports and the folder.</remarks>
public sealed class ServerProcess : IAsyncDisposable
{
    private readonly IReadOnlyDictionary<string, string> _settings;
    private readonly bool _ownsFolder;
    private Process? _process;
    private bool _wasReady;

    /// <param name="settings">Settings of section OrleansZk, by name without <c>OrleansZk__</c>; names with <c>DOTNET_</c> are the runtime's.</param>
    /// <param name="dataFolder">Null for a temporary one, removed in the end.</param>
    public ServerProcess(IReadOnlyDictionary<string, string>? settings = null, string? dataFolder = null)
    {
        _settings = settings ?? new Dictionary<string, string>();
        if (ServerBinary.IsSilo)
        {
            _settings = new Dictionary<string, string>(_settings)
            {
                ["SiloPort"] = FreePorts.Take().ToString(CultureInfo.InvariantCulture),
                ["GatewayPort"] = FreePorts.Take().ToString(CultureInfo.InvariantCulture),
            };
        }

        _ownsFolder = dataFolder is null;
        DataFolder = dataFolder ?? Directory.CreateTempSubdirectory("orleanszk-test-").FullName;
        Port = FreePorts.Take();
        AdminPort = FreePorts.Take();
    }

    public int Port { get; private set; }

    public int AdminPort { get; private set; }

    public string DataFolder { get; }

    /// <summary>File descriptors that the next process may have (<c>ulimit -n</c>); 0 for as many as this one. Unix only.</summary>
    public int MaxOpenFiles { get; set; }

    /// <summary>True keeps the temporary folder, to look into it after a failure.</summary>
    public bool KeepFolder { get; set; }

    /// <summary>Everything that the processes have printed, starts and ends marked.</summary>
    public ServerLog Log { get; } = new();

    public int ProcessId => Running.Id;

    public bool IsRunning => _process is { HasExited: false };

    /// <summary>Of the last process; null while it runs.</summary>
    public int? ExitCode => _process is { HasExited: true } ended ? ended.ExitCode : null;

    /// <summary>All ports that it listens on.</summary>
    private IEnumerable<int> Ports => new[] { Port, AdminPort }.Concat(
        _settings.Where(setting => setting.Key is "PeerPort" or "SiloPort" or "GatewayPort").Select(setting => int.Parse(setting.Value, CultureInfo.InvariantCulture)));

    /// <summary>Of a silo.</summary>
    public int SiloPort => int.Parse(_settings["SiloPort"], CultureInfo.InvariantCulture);

    private Process Running => _process ?? throw new InvalidOperationException("the server has not been started");

    /// <summary>Starts a server and waits until it serves.</summary>
    public static async Task<ServerProcess> StartNewAsync(IReadOnlyDictionary<string, string>? settings = null, string? dataFolder = null)
    {
        var server = new ServerProcess(settings, dataFolder);
        try
        {
            await server.StartAsync().ConfigureAwait(false);
            return server;
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Starts the process on whatever the folder holds and waits until it serves.</summary>
    /// <param name="overrides">Settings for this start only.</param>
    public async Task StartAsync(IReadOnlyDictionary<string, string>? overrides = null)
    {
        for (int attempt = 1; ; attempt++)
        {
            Launch(overrides);
            try
            {
                await WaitUntilReadyAsync().ConfigureAwait(false);
                _wasReady = true;
                return;
            }
            catch (InvalidOperationException) when (attempt < 5 && Log.SinceStart.Contains("address already in use", StringComparison.OrdinalIgnoreCase))
            {
                // Somebody else took a port between the probe and the start; a server that others know keeps its own, and waits.
                if (!_wasReady)
                {
                    (Port, AdminPort) = (FreePorts.Take(), FreePorts.Take());
                }

                await Deadline.WaitUntilAsync(() => Ports.All(FreePorts.IsFree), $"ports {string.Join(", ", Ports)}").ConfigureAwait(false);
            }
        }
    }

    /// <summary>Starts the process and does not wait for anything.</summary>
    public void Launch(IReadOnlyDictionary<string, string>? overrides = null)
    {
        if (IsRunning)
        {
            throw new InvalidOperationException("the server runs already");
        }

        // The shell becomes the server: the process is the same.
        var start = new ProcessStartInfo(MaxOpenFiles > 0 ? "/bin/sh" : ServerBinary.Path)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = DataFolder,
        };
        if (MaxOpenFiles > 0)
        {
            AddArguments(start, "-c", $"ulimit -n {MaxOpenFiles}; exec \"$0\" \"$@\"", ServerBinary.Path);
        }

        AddArguments(start, "--port", Port.ToString(CultureInfo.InvariantCulture));
        AddArguments(start, "--admin-port", AdminPort.ToString(CultureInfo.InvariantCulture));
        AddArguments(start, "--data", Path.Combine(DataFolder, "data"));
        foreach ((string name, string value) in _settings.Concat(overrides ?? new Dictionary<string, string>()))
        {
            start.Environment[name.StartsWith("DOTNET_", StringComparison.Ordinal) ? name : "OrleansZk__" + name] = value;
        }

        _process?.Dispose();
        _process = Process.Start(start) ?? throw new InvalidOperationException($"'{start.FileName}' did not start");
        ChildProcesses.Remember(_process);
        Log.Follow(_process);
    }

    /// <summary>Waits until the server answers a handshake.</summary>
    /// <exception cref="InvalidOperationException">The process has ended instead.</exception>
    public async Task WaitUntilReadyAsync()
    {
        Process process = Running;
        var limit = Deadline.In(TimeSpan.FromSeconds(120));
        while (!limit.HasPassed)
        {
            if (process.HasExited)
            {
                await process.WaitForExitAsync().ConfigureAwait(false);
                throw new InvalidOperationException($"the server ended at start with exit code {process.ExitCode}\n{Log.Tail()}");
            }

            if (await ReadinessProbe.AnswersAsync(Port).ConfigureAwait(false))
            {
                return;
            }

            await Task.Delay(20).ConfigureAwait(false);
        }

        throw new TimeoutException($"the server does not answer on port {Port}\n{Log.Tail()}");
    }

    /// <summary>Ends the process without warning.</summary>
    public async Task KillAsync()
    {
        if (_process is { } process)
        {
            if (!process.HasExited)
            {
                process.Kill();
            }

            await process.WaitForExitAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Asks the process to end, waits for it, and returns its exit code.</summary>
    public async Task<int> TerminateAsync()
    {
        Process process = Running;
        Signals.Send(process, Signals.Terminate);
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(120)).ConfigureAwait(false);
        return process.ExitCode;
    }

    /// <summary>Stops the process as it stands; it keeps its sockets and does nothing.</summary>
    public void Suspend() => Signals.Send(Running, Signals.Stop);

    /// <summary>Lets a suspended process go on.</summary>
    public void Continue() => Signals.Send(Running, Signals.Continue);

    /// <summary>Reads the process's figures from <c>/proc</c>.</summary>
    public ProcessFigures Figures() => ProcessFigures.Of(ProcessId);

    public async ValueTask DisposeAsync()
    {
        await KillAsync().ConfigureAwait(false);
        _process?.Dispose();
        if (_ownsFolder && !KeepFolder)
        {
            Directory.Delete(DataFolder, recursive: true);
        }
    }

    private static void AddArguments(ProcessStartInfo start, params ReadOnlySpan<string> arguments)
    {
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }
    }
}
