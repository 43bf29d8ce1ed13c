using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace OrleansZk.TestKit.Processes;

/// <summary>The processes that this run started, so that none outlives it.</summary>
public static class ChildProcesses
{
    private static readonly ConcurrentDictionary<int, Process> Started = new();

    static ChildProcesses() => AppDomain.CurrentDomain.ProcessExit += (_, _) => KillAll();

    public static void Remember(Process process)
    {
        ArgumentNullException.ThrowIfNull(process);
        int id = process.Id;
        Started[id] = process;
        process.EnableRaisingEvents = true;
        process.Exited += (_, _) => Started.TryRemove(id, out _);
    }

    private static void KillAll()
    {
        foreach (Process process in Started.Values)
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

/// <summary>Signals to one process that this run started (Linux, macOS).</summary>
public static class Signals
{
    public const int Terminate = 15;

    private static readonly bool IsLinux = OperatingSystem.IsLinux();

    public static int Stop => IsLinux ? 19 : 17;

    public static int Continue => IsLinux ? 18 : 19;

    public static void Send(Process process, int signal)
    {
        ArgumentNullException.ThrowIfNull(process);
        if (!Send(process.Id, signal))
        {
            throw new InvalidOperationException($"signal {signal} to process {process.Id} failed: error {Marshal.GetLastPInvokeError()}");
        }
    }

    /// <summary>Signals a child of a process that this run started.</summary>
    /// <returns>False when it is gone.</returns>
    internal static bool Send(int child, int signal) => kill(child, signal) == 0;

#pragma warning disable SYSLIB1054, CA5392, IDE1006, SA1300 // The plain form needs no unsafe code, and libc's names are libc's.
    [DllImport("libc", SetLastError = true)]
    private static extern int kill(int pid, int signal);
#pragma warning restore SYSLIB1054, CA5392, IDE1006, SA1300
}
