using System.Diagnostics;
using System.Text;

namespace OrleansZk.Interop.Tools;

/// <summary>What a client program left behind.</summary>
/// <param name="ExitCode">0 passed, <see cref="Subprocess.SkipExitCode"/> skipped, anything else failed.</param>
/// <param name="Output">Standard output and standard error, in the order they came.</param>
public sealed record SubprocessResult(int ExitCode, string Output);

/// <summary>Runs a client program to its end.</summary>
public static class Subprocess
{
    /// <summary>The exit code by which a script says "does not apply here"; its last line tells why.</summary>
    public const int SkipExitCode = 77;

    public static async Task<SubprocessResult> RunAsync(
        string program,
        IEnumerable<string> arguments,
        TimeSpan limit,
        IReadOnlyDictionary<string, string>? environment = null,
        string? workingFolder = null,
        Func<StreamWriter, CancellationToken, Task>? feed = null)
    {
        var start = new ProcessStartInfo(program)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingFolder ?? "",
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start) ?? throw new InvalidOperationException($"'{program}' did not start.");
        ChildProcesses.Remember(process);
        var output = new StringBuilder();
        var readers = Task.WhenAll(CollectAsync(process.StandardOutput, output), CollectAsync(process.StandardError, output));

        using var timeout = new CancellationTokenSource(limit);
        try
        {
            if (feed is not null)
            {
                await feed(process.StandardInput, timeout.Token);
            }

            process.StandardInput.Close();
            await process.WaitForExitAsync(timeout.Token);
            await readers;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"'{program}' was stopped after {limit.TotalSeconds:0} s ({e.GetType().Name}). Its output:\n{Text(output)}");
        }

        return new SubprocessResult(process.ExitCode, Text(output));
    }

    private static async Task CollectAsync(StreamReader reader, StringBuilder output)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (output)
            {
                output.Append(line).Append('\n');
            }
        }
    }

    private static string Text(StringBuilder output)
    {
        lock (output)
        {
            return output.ToString();
        }
    }
}
