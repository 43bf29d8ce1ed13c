using System.Runtime.InteropServices;

namespace OrleansZk.Server.Hosting;

/// <summary>Ends the process at once when a signal asks a second time; the first one stops it in order.</summary>
internal sealed class SecondSignal : IDisposable
{
    /// <summary>What a shell reports for a process that a signal has ended, less the signal's number.</summary>
    private const int SignalledExitCode = 128;

    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;
    private int _signals;

    public SecondSignal()
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => OnSignal(2));
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => OnSignal(15));
    }

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
    }

    private void OnSignal(int number)
    {
        if (Interlocked.Increment(ref _signals) > 1)
        {
            Environment.Exit(SignalledExitCode + number);
        }
    }
}
