using System.Globalization;
using System.Text.RegularExpressions;

using OrleansZk.Interop.Servers;

namespace OrleansZk.Interop.Tools;

/// <summary>The programs under <c>clients/</c> and the cases that they hold.</summary>
public static class ClientScripts
{
    private static int _roots;

    public static string Folder(string client) => Path.Combine(AppContext.BaseDirectory, "clients", client);

    /// <summary>The names of the cases in a script: whatever the pattern's first group matches, in the order of the file.</summary>
    public static IReadOnlyList<string> CasesIn(string client, string script, string pattern)
    {
        var text = File.ReadAllText(Path.Combine(Folder(client), script));
        var names = Regex.Matches(text, pattern, RegexOptions.Multiline).Select(match => match.Groups[1].Value).ToList();
        return names.Count > 0 ? names : throw new InvalidOperationException($"No case in clients/{client}/{script}.");
    }

    /// <summary>What every client program is told about its servers, by environment variables.</summary>
    /// <param name="hosts">The connection string.</param>
    public static IReadOnlyDictionary<string, string> Environment(string hosts, string caseName) => new Dictionary<string, string>
    {
        ["INTEROP_HOSTS"] = hosts,
        ["INTEROP_ROOT"] = NewRoot(caseName),
        ["INTEROP_SERVER"] = ServerUnderTest.IsApache ? "apache" : "orleanszk",
        ["INTEROP_SUPER"] = ServerSettings.SuperUser,
    };

    /// <summary>A path that no other case uses.</summary>
    public static string NewRoot(string caseName)
    {
        var number = Interlocked.Increment(ref _roots).ToString(CultureInfo.InvariantCulture);
        var name = Regex.Replace(caseName, "[^A-Za-z0-9]+", "-");
        return $"/interop-{number}-{name}";
    }

    /// <summary>Passes, skips or fails the running test by what the program answered.</summary>
    public static void Judge(SubprocessResult result)
    {
        if (result.ExitCode == Subprocess.SkipExitCode)
        {
            Assert.Skip(result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault() ?? "no reason given");
        }

        if (result.ExitCode != 0)
        {
            Assert.Fail($"exit code {result.ExitCode}\n{result.Output}");
        }
    }
}
