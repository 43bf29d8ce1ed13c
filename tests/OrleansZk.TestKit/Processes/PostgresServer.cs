using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace OrleansZk.TestKit.Processes;

/// <summary>A PostgreSQL of the test's own: a free loopback port, a temporary folder, no password, no Unix socket.</summary>
/// <remarks>
/// It refuses to run as root: then it runs as Debian's user <c>postgres</c>. Only processes started here are ever signalled, by their ids.
/// </remarks>
public sealed class PostgresServer : IAsyncDisposable
{
    /// <summary>PostgreSQL's signals for "fast" and "immediate" shutdown.</summary>
    private const int Interrupt = 2;
    private const int Quit = 3;

    private readonly bool _sync;
    private readonly string _folder = Directory.CreateTempSubdirectory("orleanszk-pg-").FullName;
    private Process? _process;
    private Process? _guard;
    private int _databases;

    private PostgresServer(bool sync) => _sync = sync;

    public int Port { get; private set; } = FreePorts.Take();

    public ServerLog Log { get; } = new();

    private string DataFolder => Path.Combine(_folder, "data");

    private string BackupFolder => Path.Combine(_folder, "backup");

    private Process Running => _process ?? throw new InvalidOperationException("PostgreSQL has not been started");

    /// <summary>Creates a cluster and starts it.</summary>
    /// <param name="sync">False does not wait for the disk.</param>
    /// <exception cref="InvalidOperationException">PostgreSQL is not installed (<see cref="PostgresBinaries.Missing"/>), or does not start.</exception>
    public static async Task<PostgresServer> StartNewAsync(bool sync = true)
    {
        var server = new PostgresServer(sync);
        try
        {
            if (Environment.IsPrivilegedProcess)
            {
                await RunAsync("chown", "postgres", server._folder).ConfigureAwait(false);
            }

            (string program, string[] prefix) = Command("initdb");
            await RunAsync(
                program, [.. prefix, "-D", server.DataFolder, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync"]).ConfigureAwait(false);
            await server.StartAsync().ConfigureAwait(false);
            return server;
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Starts the server on what its folder holds, on the port that it has, and waits until it answers.</summary>
    public async Task StartAsync()
    {
        (string program, string[] prefix) = Command("postgres");
        string[] arguments =
        [
            .. prefix, "-D", DataFolder, "-p", Port.ToString(CultureInfo.InvariantCulture),
            "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=200",
            "-c", "dynamic_shared_memory_type=mmap", // Files of the folder: nothing stays behind in shared memory after a kill.
            "-c", "fsync=" + (_sync ? "on" : "off"),
        ];
        _process?.Dispose();
        _process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _folder,
        }) ?? throw new InvalidOperationException($"'{program}' did not start");
        ChildProcesses.Remember(_process);
        Log.Follow(_process);
        StartGuard(_process.Id);
        await Deadline.WaitUntilAsync(AnswersAsync, "an answer of PostgreSQL").ConfigureAwait(false);
    }

    /// <summary>Ends the server: in order (PostgreSQL's "fast"), or as in a crash ("immediate"), after which it recovers at the next start.</summary>
    public async Task StopAsync(bool immediately = false)
    {
        Process process = Running;
        StopGuard();
        Signals.Send(process, immediately ? Quit : Interrupt);
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60)).ConfigureAwait(false);
    }

    /// <summary>Copies what its folder holds, while the server is stopped, as a backup does.</summary>
    public async Task BackUpAsync()
    {
        await RunAsync("rm", "-rf", BackupFolder).ConfigureAwait(false);
        await RunAsync("cp", "-a", DataFolder, BackupFolder).ConfigureAwait(false);
    }

    /// <summary>Puts the copy in the place of what its folder holds, while the server is stopped.</summary>
    public async Task PutBackAsync()
    {
        await RunAsync("rm", "-rf", DataFolder).ConfigureAwait(false);
        await RunAsync("cp", "-a", BackupFolder, DataFolder).ConfigureAwait(false);
    }

    /// <summary>Stops all of its processes as they stand: connections stay open and nothing answers.</summary>
    public void Pause()
    {
        // The postmaster first, so that no process is started behind the back of this.
        Signals.Send(Running, Signals.Stop);
        foreach (int backend in Backends())
        {
            Signals.Send(backend, Signals.Stop);
        }
    }

    /// <summary>Lets a paused server go on.</summary>
    public void Continue()
    {
        foreach (int backend in Backends())
        {
            Signals.Send(backend, Signals.Continue);
        }

        Signals.Send(Running, Signals.Continue);
    }

    /// <summary>Creates an empty database.</summary>
    /// <returns>A connection string for it.</returns>
    public async Task<string> CreateDatabaseAsync()
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"test_{Interlocked.Increment(ref _databases)}");
        NpgsqlConnection connection = new(ConnectionString("postgres") + ";Pooling=false");
        await using (connection.ConfigureAwait(false))
        {
            await connection.OpenAsync().ConfigureAwait(false);
            using var command = new NpgsqlCommand("CREATE DATABASE " + name, connection);
            await command.ExecuteNonQueryAsync().ConfigureAwait(false);
        }

        return ConnectionString(name);
    }

    public string ConnectionString(string database) =>
        string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={Port};Username=postgres;Database={database}");

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            Continue(); // A stopped process would not see that it has to end.
            await StopAsync(immediately: true).ConfigureAwait(false);
        }

        StopGuard();
        _process?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Ends the server when this process is gone without having ended it, even by <c>kill -9</c>: then the pipe to the guard closes.</summary>
    private void StartGuard(int server)
    {
        StopGuard();
        _guard = Process.Start(new ProcessStartInfo(
            "sh", ["-c", $"read -r _; kill -CONT {server}; kill -QUIT {server}"]) { UseShellExecute = false, RedirectStandardInput = true });
    }

    /// <summary>Before the server ends: its id may become another process's.</summary>
    private void StopGuard()
    {
        _guard?.Kill();
        _guard?.Dispose();
        _guard = null;
    }

    private async ValueTask<bool> AnswersAsync()
    {
        if (Running.HasExited)
        {
            throw new InvalidOperationException($"PostgreSQL ended at start\n{Log.Tail()}");
        }

        try
        {
            NpgsqlConnection connection = new(ConnectionString("postgres") + ";Pooling=false;Timeout=5");
            await using (connection.ConfigureAwait(false))
            {
                await connection.OpenAsync().ConfigureAwait(false);
                return true;
            }
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    /// <summary>The children of the postmaster, by <c>/proc</c>.</summary>
    private List<int> Backends()
    {
        var backends = new List<int>();
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out int id) && ParentOf(id) == Running.Id)
            {
                backends.Add(id);
            }
        }

        return backends;
    }

    private static int ParentOf(int id)
    {
        try
        {
            // "id (name) state parent ...", where the name may hold anything.
            string stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/stat"));
            return int.Parse(stat[(stat.LastIndexOf(')') + 4)..].Split(' ', 2)[0], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0; // It has ended meanwhile.
        }
    }

    /// <summary>A program of PostgreSQL's, run as a user that it accepts, in the process that is started.</summary>
    private static (string Program, string[] Prefix) Command(string name)
    {
        string path = Path.Combine(PostgresBinaries.Folder ?? throw new InvalidOperationException(PostgresBinaries.Missing), name);
        return Environment.IsPrivilegedProcess
            ? ("setpriv", ["--reuid=postgres", "--regid=postgres", "--init-groups", path])
            : (path, []);
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        }) ?? throw new InvalidOperationException($"'{program}' did not start");
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().ConfigureAwait(false);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException(
                $"'{program} {string.Join(' ', arguments)}' failed: {await output.ConfigureAwait(false)}{await errors.ConfigureAwait(false)}");
        }
    }
}
