using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace OrleansZk.Interop.Tools;

/// <summary>The processes that this run started, so that none outlives it.</summary>
public static class ChildProcesses
{
    private static readonly ConcurrentDictionary<int, Process> Started = new();

    static ChildProcesses() => AppDomain.CurrentDomain.ProcessExit += (_, _) => KillAll();

    public static void Remember(Process process)
    {
        var id = process.Id;
        Started[id] = process;
        process.EnableRaisingEvents = true;
        process.Exited += (_, _) => Started.TryRemove(id, out _);
    }

    /// <summary>Sends a signal to one process, by its id.</summary>
    public static async Task SignalAsync(Process process, string signal)
    {
        using var kill = Process.Start("/bin/kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    private static void KillAll()
    {
        foreach (var process in Started.Values)
        {
            try
            {
                process.Kill(entireProcessTree: true);
            }
            catch (InvalidOperationException)
            {
                // Already gone.
            }
        }
    }
}
