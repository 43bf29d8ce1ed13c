using Microsoft.Extensions.Logging;

namespace OrleansZk.Core.Replication;

/// <summary>Warns of soft limits that are exceeded: of a quota when that is new, then once a minute, with how many writes went over the limit meanwhile.</summary>
/// <remarks>
/// Clients choose how often they write and how many quotas they set, so neither may choose how much is logged: of more than <see cref="MaxQuotas"/> quotas in a minute only their
/// number is told. Used by the leader's sequencer, one call at a time.
/// </remarks>
public sealed partial class SoftQuotaWarnings(TimeProvider clock, ILogger<SoftQuotaWarnings> logger)
{
    /// <summary>Quotas that are named within one <see cref="Interval"/>.</summary>
    public const int MaxQuotas = 10;

    private readonly Dictionary<string, long> _unsaid = new(StringComparer.Ordinal);
    private HashSet<string> _named = new(StringComparer.Ordinal);
    private HashSet<string> _namedBefore = new(StringComparer.Ordinal);
    private long _others;
    private long _since = clock.GetTimestamp();

    /// <summary>How long a quota is not named again.</summary>
    public static TimeSpan Interval { get; } = TimeSpan.FromMinutes(1);

    /// <summary>Takes a write that exceeds a soft limit.</summary>
    /// <param name="path">What the quota is on.</param>
    /// <param name="count">Nodes that are used with it.</param>
    /// <param name="bytes">Bytes of data that are used with it.</param>
    public void Exceeded(string path, long count, long bytes)
    {
        if (clock.GetElapsedTime(_since) >= Interval)
        {
            BeginInterval();
        }

        if (_named.Contains(path))
        {
            _unsaid[path]++;
        }
        else if (_named.Count < MaxQuotas)
        {
            _named.Add(path);
            _unsaid.Remove(path, out long writes);
            _unsaid[path] = 0;
            if (writes == 0)
            {
                LogExceeded(path, count, bytes);
            }
            else
            {
                LogStillExceeded(path, count, bytes, writes + 1);
            }
        }
        else
        {
            _others++;
        }
    }

    private void BeginInterval()
    {
        if (_others > 0)
        {
            LogOthers(_others, MaxQuotas);
        }

        // What was named neither in this interval nor in the one before is over: if it comes again, it is new.
        foreach (string path in _namedBefore)
        {
            if (!_named.Contains(path))
            {
                _unsaid.Remove(path);
            }
        }

        (_namedBefore, _named) = (_named, _namedBefore);
        _named.Clear();
        _others = 0;
        _since = clock.GetTimestamp();
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Soft quota on {Path} exceeded: {Count} nodes, {Bytes} bytes of data. Writes are not refused; the next warning about it comes in a minute at the earliest")]
    private partial void LogExceeded(string path, long count, long bytes);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Soft quota on {Path} still exceeded: {Count} nodes, {Bytes} bytes of data; {Writes} writes over it since the last warning")]
    private partial void LogStillExceeded(string path, long count, long bytes, long writes);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Writes} writes exceeded the soft limits of quotas other than the {Named} named within the last minute")]
    private partial void LogOthers(long writes, int named);
}
