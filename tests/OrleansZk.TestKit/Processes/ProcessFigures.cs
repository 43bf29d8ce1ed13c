using System.Globalization;

namespace OrleansZk.TestKit.Processes;

/// <summary>What Linux says about a process.</summary>
/// <param name="ResidentBytes">Memory in use (<c>VmRSS</c>).</param>
public sealed record ProcessFigures(long ResidentBytes, int Threads, int FileDescriptors)
{
    public static bool IsAvailable => Directory.Exists("/proc/self/fd");

    public static ProcessFigures Of(int processId)
    {
        string folder = $"/proc/{processId.ToString(CultureInfo.InvariantCulture)}";
        var status = File.ReadLines(Path.Combine(folder, "status"))
            .Select(line => line.Split(':', 2))
            .Where(pair => pair.Length == 2)
            .ToDictionary(pair => pair[0], pair => pair[1].Trim().Split(' ')[0], StringComparer.Ordinal);
        return new ProcessFigures(
            long.Parse(status["VmRSS"], CultureInfo.InvariantCulture) << 10,
            int.Parse(status["Threads"], CultureInfo.InvariantCulture),
            Directory.GetFileSystemEntries(Path.Combine(folder, "fd")).Length);
    }
}
