using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace OrleansZk.Interop.Tools;

/// <summary>
/// A talk with an interactive program: lines are sent to it, and what it prints is waited for. What has been matched is used up, so
/// expectations follow the order of the output.
/// </summary>
public sealed class Conversation : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly SemaphoreSlim _more = new(0);
    private int _position;

    private Conversation(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Add(line.Data);
        process.ErrorDataReceived += (_, line) => Add(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public static Conversation Start(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start) ?? throw new InvalidOperationException($"'{program}' did not start.");
        ChildProcesses.Remember(process);
        return new Conversation(process);
    }

    /// <summary>All that was printed so far.</summary>
    public string Transcript
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Sends a line; it shows in the transcript.</summary>
    public async Task SayAsync(string line)
    {
        Add($">>> {line}");
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Sends a line and waits for an answer that matches, after it.</summary>
    public async Task<Match> AskAsync(string line, string pattern)
    {
        await SayAsync(line);
        return await ExpectAsync(pattern);
    }

    /// <summary>Waits until something not yet used up matches, and uses up everything to its end.</summary>
    public async Task<Match> ExpectAsync(string pattern)
    {
        var clock = Stopwatch.StartNew();
        var expression = new Regex(pattern, RegexOptions.Multiline);
        while (true)
        {
            lock (_output)
            {
                var text = _output.ToString(_position, _output.Length - _position);
                if (expression.Match(text) is { Success: true } match)
                {
                    _position += match.Index + match.Length;
                    return match;
                }
            }

            var left = Patience - clock.Elapsed;
            if (left <= TimeSpan.Zero || !await _more.WaitAsync(left))
            {
                Assert.Fail($"Never printed: {pattern}\n--- transcript\n{Transcript}");
            }
        }
    }

    /// <summary>Waits for the program to end by itself.</summary>
    public async Task<int> EndAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"The program never ended.\n--- transcript\n{Transcript}");
        }

        return _process.ExitCode;
    }

    /// <summary>Ends the program without warning, as a crash would.</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
        _more.Dispose();
    }

    private void Add(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_output)
        {
            _output.Append(line).Append('\n');
        }

        try
        {
            _more.Release();
        }
        catch (ObjectDisposedException)
        {
            // The last words of a program that is being put away.
        }
    }
}
