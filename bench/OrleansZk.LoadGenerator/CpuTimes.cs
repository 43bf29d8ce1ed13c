using System.Globalization;

namespace OrleansZk.LoadGenerator;

/// <summary>Processor seconds spent so far by this process, by the server and by the whole machine.</summary>
internal readonly record struct CpuTimes(double OwnUser, double OwnSystem, double Server, double Machine)
{
    public static CpuTimes Now(int serverPid)
    {
        Environment.ProcessCpuUsage own = Environment.CpuUsage;
        return new CpuTimes(own.UserTime.TotalSeconds, own.PrivilegedTime.TotalSeconds, OfProcess(serverPid), OfMachine());
    }

    public static CpuTimes operator -(CpuTimes a, CpuTimes b) =>
        new(a.OwnUser - b.OwnUser, a.OwnSystem - b.OwnSystem, a.Server - b.Server, a.Machine - b.Machine);

    /// <summary>utime + stime of /proc/pid/stat; 0 for no process.</summary>
    private static double OfProcess(int pid)
    {
        if (pid == 0)
        {
            return 0;
        }

        string stat;
        try
        {
            stat = File.ReadAllText($"/proc/{pid}/stat");
        }
        catch (IOException)
        {
            return 0; // The server is gone; the run reports that through its connections.
        }

        // The command, in parentheses, may hold blanks. State is the first field after it, utime the 12th.
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return Seconds(Parse(fields[11]) + Parse(fields[12]));
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
