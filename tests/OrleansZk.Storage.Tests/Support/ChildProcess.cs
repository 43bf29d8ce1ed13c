using System.Diagnostics;

namespace OrleansZk.Storage.Tests.Support;

/// <summary>This program once more, in another process, doing one thing only: for tests that need a process to kill.</summary>
/// <remarks>The child says each thing it has done in a line on its standard output.</remarks>
internal sealed class ChildProcess : IDisposable
{
    private const string RoleVariable = "OZK_STORAGE_CHILD";
    private const string FolderVariable = "OZK_STORAGE_CHILD_FOLDER";

    private readonly Process _process;

    private ChildProcess(Process process) => _process = process;

    /// <summary>What this process is to do, if it is somebody's child.</summary>
    public static Func<Task>? Role =>
        Environment.GetEnvironmentVariable(RoleVariable) is { } name
            ? () => typeof(ChildRoles).GetMethod(name)!.CreateDelegate<Func<string, Task>>()(Environment.GetEnvironmentVariable(FolderVariable)!)
            : null;

    public int Id => _process.Id;

    public static ChildProcess Start(Func<string, Task> role, string folder)
    {
        string program = Environment.ProcessPath!;
        bool viaHost = Path.GetFileNameWithoutExtension(program) == "dotnet";
        var start = new ProcessStartInfo(program, viaHost ? ["exec", typeof(ChildProcess).Assembly.Location] : [])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
            RedirectStandardError = true,
        };
        start.Environment[RoleVariable] = role.Method.Name;
        start.Environment[FolderVariable] = folder;
        Process process = Process.Start(start)!;
        process.BeginErrorReadLine(); // A child that fails on purpose need not say so on the test's own output.
        return new ChildProcess(process);
    }

    /// <summary>The next line that the child says; null when it has ended.</summary>
    public async Task<string?> ReadLineAsync() => await _process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);

    /// <summary>Ends the child as <c>kill -9</c> does.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }
}
