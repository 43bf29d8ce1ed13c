using System.Diagnostics;

namespace OrleansZk.Interop.Tools;

/// <summary>Keeps the last lines that a process printed.</summary>
public sealed class OutputTail
{
    private const int KeptLines = 60;

    private readonly Lock _gate = new();
    private readonly Queue<string> _tail = new();

    public void Follow(Process process)
    {
        process.OutputDataReceived += (_, line) => Add(line.Data);
        process.ErrorDataReceived += (_, line) => Add(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Tail()
    {
        lock (_gate)
        {
            return "--- last lines of the server's output\n" + string.Join('\n', _tail);
        }
    }

    private void Add(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_gate)
        {
            if (_tail.Count == KeptLines)
            {
                _tail.Dequeue();
            }

            _tail.Enqueue(line);
        }
    }
}
