using System.Diagnostics;

namespace OrleansZk.TestKit.Processes;

/// <summary>What the server has printed, over all its restarts.</summary>
public sealed class ServerLog
{
    private const int MostLines = 50_000;

    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];
    private int _start;

    /// <summary>What the last process has printed.</summary>
    public string SinceStart
    {
        get
        {
            lock (_gate)
            {
                return string.Join('\n', _lines.Skip(_start));
            }
        }
    }

    /// <summary>All lines, the oldest dropped when there are very many.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_gate)
            {
                return [.. _lines];
            }
        }
    }

    /// <summary>The lines that tell of something that nobody caught, of a failed invariant, or of an error or worse.</summary>
    /// <param name="except">Parts of lines that are expected.</param>
    public IReadOnlyList<string> Alarms(params IReadOnlyList<string> except) =>
    [
        .. Lines.Where(line =>
            (line.Contains(" FATAL ", StringComparison.Ordinal)
                || line.Contains(" ERROR ", StringComparison.Ordinal)
                || line.Contains("Unhandled exception", StringComparison.OrdinalIgnoreCase)
                || line.Contains("Exception:", StringComparison.Ordinal))
            && !except.Any(part => line.Contains(part, StringComparison.Ordinal))),
    ];

    /// <summary>The last lines, for messages of failures.</summary>
    public string Tail(int lines = 60)
    {
        lock (_gate)
        {
            return "--- last lines of the server's log\n" + string.Join('\n', _lines.TakeLast(lines));
        }
    }

    /// <summary>Keeps what a process prints, whose output is redirected.</summary>
    public void Follow(Process process)
    {
        ArgumentNullException.ThrowIfNull(process);
        lock (_gate)
        {
            _lines.Add($"--- process {process.Id} started");
            _start = _lines.Count;
        }

        process.OutputDataReceived += (_, line) => Add(line.Data);
        process.ErrorDataReceived += (_, line) => Add(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    private void Add(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_gate)
        {
            if (_lines.Count == MostLines)
            {
                int dropped = MostLines / 5;
                _lines.RemoveRange(0, dropped);
                _start = Math.Max(0, _start - dropped);
            }

            _lines.Add(line);
        }
    }
}
