using System.Diagnostics;
using System.Globalization;

namespace OrleansZk.LoadGenerator;

/// <summary>What a run counts. Errors count from beginning to end, everything else between Begin and End only.</summary>
internal sealed class Measurement(IReadOnlyList<int> serverPids)
{
    private CpuTimes _cpuAtStart;
    private long _start;

    public Histogram Latency { get; } = new();

    public bool Active { get; private set; }

    public long Operations { get; private set; }

    public long ErrorCount { get; private set; }

    public string? FirstError { get; private set; }

    public double Seconds { get; private set; }

    public CpuTimes Cpu { get; private set; }

    public void Begin(long now)
    {
        Latency.Clear();
        Operations = 0;
        _cpuAtStart = CpuTimes.Now(serverPids);
        _start = now;
        Active = true;
    }

    public void End(long now)
    {
        if (Active)
        {
            Active = false;
            Seconds = Stopwatch.GetElapsedTime(_start, now).TotalSeconds;
            Cpu = CpuTimes.Now(serverPids) - _cpuAtStart;
        }
    }

    /// <summary>One operation has ended well.</summary>
    public void Count(long nanoseconds)
    {
        if (Active)
        {
            Operations++;
            Latency.Add(nanoseconds);
        }
    }

    public static string ErrorReply(int code) => string.Create(CultureInfo.InvariantCulture, $"error reply {code}");

    public void Error(string what)
    {
        ErrorCount++;
        FirstError ??= what;
    }

    /// <summary>Takes over the errors of preparing or cleaning up.</summary>
    public void AddErrors(Measurement other)
    {
        ErrorCount += other.ErrorCount;
        FirstError ??= other.FirstError;
    }
}
