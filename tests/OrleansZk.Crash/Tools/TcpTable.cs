using System.Globalization;

namespace OrleansZk.Crash.Tools;

/// <summary>The system's own list of TCP connections (Linux): what a server holds, whatever it says itself.</summary>
internal static class TcpTable
{
    private const string Established = "01";
    private const string CloseWait = "08";

    /// <summary>Connections that the process listening on a port still has in its hands.</summary>
    public static int CountHeld(int port)
    {
        string local = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        return new[] { "/proc/net/tcp", "/proc/net/tcp6" }
            .Where(File.Exists)
            .SelectMany(file => File.ReadLines(file).Skip(1))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Count(fields => fields[1].EndsWith(local, StringComparison.Ordinal) && fields[3] is (Established or CloseWait));
    }
}
