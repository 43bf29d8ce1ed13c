using System.Diagnostics;

namespace OrleansZk.Storage.Log;

/// <summary>The thread that writes to the log: runs the one append that may wait.</summary>
internal sealed class LogThread
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly object _wake = new();
    private readonly Action _append;
    private readonly long _spinTicks;

    private bool _appendWaits;
    private bool _asleep;
    private bool _stopped;
    private bool _finished;

    /// <param name="append">Runs the append that <see cref="PostAppend"/> announced.</param>
    /// <param name="spin">How long to look for work before going to sleep.</param>
    public LogThread(Action append, TimeSpan spin)
    {
        _append = append;
        _spinTicks = (long)(spin.TotalSeconds * Stopwatch.Frequency);
        new Thread(Run) { IsBackground = true, Name = "OrleansZk log" }.Start();
    }

    /// <summary>Has the append run. Cheap when the thread is awake, which it is while its own continuations run.</summary>
    public void PostAppend()
    {
        Volatile.Write(ref _appendWaits, true);
        Wake();
        if (Volatile.Read(ref _finished))
        {
            RunAppendIfWaiting(); // It came too late for the thread; whoever awaits it has to be told.
        }
    }

    /// <summary>Ends the thread when it has run what waits.</summary>
    public Task StopAsync()
    {
        Volatile.Write(ref _stopped, true);
        Wake();
        return _ended.Task;
    }

    private void Wake()
    {
        // The thread says that it sleeps, then looks for work; here it is the other way round: one of the two sees the other.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _asleep))
        {
            lock (_wake)
            {
                Monitor.Pulse(_wake);
            }
        }
    }

    private void Run()
    {
        while (true)
        {
            if (RunAppendIfWaiting())
            {
                continue;
            }

            if (Volatile.Read(ref _stopped))
            {
                break;
            }

            AwaitWork();
        }

        Volatile.Write(ref _finished, true);
        Interlocked.MemoryBarrier();
        RunAppendIfWaiting();
        _ended.SetResult();
    }

    private bool RunAppendIfWaiting()
    {
        if (!Volatile.Read(ref _appendWaits) || !Interlocked.Exchange(ref _appendWaits, false))
        {
            return false;
        }

        _append();
        return true;
    }

    private void AwaitWork()
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetTimestamp() - start < _spinTicks)
        {
            if (HasWork())
            {
                return;
            }

            Thread.SpinWait(10);
        }

        lock (_wake)
        {
            Volatile.Write(ref _asleep, true);
            Interlocked.MemoryBarrier();
            while (!HasWork())
            {
                Monitor.Wait(_wake);
            }

            Volatile.Write(ref _asleep, false);
        }
    }

    private bool HasWork() => Volatile.Read(ref _appendWaits) || Volatile.Read(ref _stopped);
}
