using System.Globalization;

namespace OrleansZk.LoadGenerator;

/// <summary>Processor seconds spent so far by this process, by each of the servers and by the whole machine.</summary>
internal readonly record struct CpuTimes(double OwnUser, double OwnSystem, IReadOnlyList<double> Servers, double Machine)
{
    public double Server => Servers?.Sum() ?? 0;

    public static CpuTimes Now(IReadOnlyList<int> serverPids)
    {
        Environment.ProcessCpuUsage own = Environment.CpuUsage;
        return new CpuTimes(own.UserTime.TotalSeconds, own.PrivilegedTime.TotalSeconds, [.. serverPids.Select(WithChildren)], OfMachine());
    }

    public static CpuTimes operator -(CpuTimes a, CpuTimes b) =>
        new(a.OwnUser - b.OwnUser, a.OwnSystem - b.OwnSystem, [.. a.Servers.Zip(b.Servers, (x, y) => x - y)], a.Machine - b.Machine);

    /// <summary>A process, the children that it has and those that have ended: PostgreSQL has one for each connection.</summary>
    private static double WithChildren(int pid)
    {
        string children = Read($"/proc/{pid}/task/{pid}/children");
        long own = Ticks(pid, andEnded: true);
        return Seconds(own + children.Split(' ', StringSplitOptions.RemoveEmptyEntries).Sum(child => Ticks((int)Parse(child), andEnded: false)));
    }

    /// <summary>utime + stime of /proc/pid/stat, and cutime + cstime; 0 for no process: the run reports that through its connections.</summary>
    private static long Ticks(int pid, bool andEnded)
    {
        string stat = Read($"/proc/{pid}/stat");
        if (stat.Length == 0)
        {
            return 0;
        }

        // The command, in parentheses, may hold blanks. State is the first field after it, utime the 12th.
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return fields[11..(andEnded ? 15 : 13)].Sum(Parse);
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return "";
        }
    }

    /// <summary>user + nice + system + irq + softirq + steal of /proc/stat.</summary>
    private static double OfMachine()
    {
        string[] fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return Seconds(Parse(fields[1]) + Parse(fields[2]) + Parse(fields[3]) + Parse(fields[6]) + Parse(fields[7]) + Parse(fields[8]));
    }

    private static long Parse(string field) => long.Parse(field, CultureInfo.InvariantCulture);

    private static double Seconds(long ticks) => (double)ticks / Libc.ClockTicksPerSecond;
}
