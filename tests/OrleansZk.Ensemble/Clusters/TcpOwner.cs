using System.Globalization;

namespace OrleansZk.Ensemble.Clusters;

/// <summary>Which process holds a TCP connection, by the system's own list (Linux).</summary>
internal static class TcpOwner
{
    private const int LocalAddress = 1;
    private const int RemoteAddress = 2;
    private const int Inode = 9;

    /// <returns>Null when none of <paramref name="processes"/> holds it.</returns>
    public static int? Find(IEnumerable<int> processes, int localPort, int remotePort)
    {
        string local = ":" + localPort.ToString("X4", CultureInfo.InvariantCulture);
        string remote = ":" + remotePort.ToString("X4", CultureInfo.InvariantCulture);
        string? socket = new[] { "/proc/net/tcp", "/proc/net/tcp6" }
            .Where(File.Exists)
            .SelectMany(file => File.ReadLines(file).Skip(1))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields[LocalAddress].EndsWith(local, StringComparison.Ordinal) && fields[RemoteAddress].EndsWith(remote, StringComparison.Ordinal))
            .Select(fields => $"socket:[{fields[Inode]}]")
            .FirstOrDefault();
        return socket is null ? null : processes.Where(process => Holds(process, socket)).Select(process => (int?)process).FirstOrDefault();
    }

    private static bool Holds(int process, string socket)
    {
        try
        {
            return Directory.EnumerateFiles(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/fd"))
                .Any(file => LinkOf(file) == socket);
        }
        catch (DirectoryNotFoundException)
        {
            return false; // It has ended.
        }
    }

    private static string? LinkOf(string file)
    {
        try
        {
            return new FileInfo(file).LinkTarget;
        }
        catch (IOException)
        {
            return null; // It has been closed meanwhile.
        }
    }
}
