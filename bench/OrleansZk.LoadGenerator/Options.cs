using System.Globalization;

namespace OrleansZk.LoadGenerator;

/// <summary>The command line.</summary>
internal sealed record Options
{
    public const string Usage = """
        usage: OrleansZk.LoadGenerator --port P --workload NAME [options]
               OrleansZk.LoadGenerator --port P --preload N [options]

        workloads: get set mix create create-delete watch connect one-get one-set
          --host H           default 127.0.0.1
          --servers LIST     host:port,host:port,... instead of --host and --port: connections go to them in turn
          --connections N    sessions; slots of connect; watchers of watch (default 16; preload 4; watch 1000)
          --depth N          requests outstanding per connection (default 1; preload 64)
          --seconds S        measured time (default 3)
          --warmup S         time before it (default 1)
          --nodes N          nodes of get, set and mix (default 1000)
          --server-pid LIST  also report the processor time of these processes, PID,PID,..., and of their children
                             during the measured time
          --keep             do not delete the nodes made
        """;

    /// <summary>The servers that connections go to in turn.</summary>
    public IReadOnlyList<(string Host, int Port)> Servers { get; private set; } = [];

    public string Workload { get; private set; } = "";

    public int Connections { get; private set; }

    public int Depth { get; private set; }

    public double Seconds { get; private set; } = 3;

    public double Warmup { get; private set; } = 1;

    public int Nodes { get; private set; } = 1000;

    public long Preload { get; private set; }

    public IReadOnlyList<int> ServerPids { get; private set; } = [];

    public bool Keep { get; private set; }

    /// <exception cref="FormatException">The arguments make no sense.</exception>
    public static Options Parse(string[] arguments)
    {
        var options = new Options();
        string host = "127.0.0.1";
        int port = 0;
        for (int i = 0; i < arguments.Length; i++)
        {
            string name = arguments[i];
            if (name == "--keep")
            {
                options.Keep = true;
                continue;
            }

            string value = i + 1 < arguments.Length ? arguments[++i] : throw new FormatException($"{name} wants a value");
            switch (name)
            {
                case "--host": host = value; break;
                case "--port": port = Whole(name, value); break;
                case "--servers": options.Servers = [.. value.Split(',').Select(server => Server(name, server))]; break;
                case "--workload": options.Workload = value; break;
                case "--connections": options.Connections = Whole(name, value); break;
                case "--depth": options.Depth = Whole(name, value); break;
                case "--seconds": options.Seconds = Time(name, value); break;
                case "--warmup": options.Warmup = Time(name, value); break;
                case "--nodes": options.Nodes = Whole(name, value); break;
                case "--preload": options.Preload = Whole(name, value); break;
                case "--server-pid": options.ServerPids = [.. value.Split(',').Select(pid => Whole(name, pid))]; break;
                default: throw new FormatException($"unknown option {name}");
            }
        }

        if (options.Servers.Count == 0)
        {
            options.Servers = [(host, port)];
        }

        return options.Complete();
    }

    private Options Complete()
    {
        if (Servers.Any(server => server.Port is 0 or > 65535))
        {
            throw new FormatException("--port or --servers is missing or wrong");
        }

        if (Preload > 0)
        {
            Workload = "preload";
        }

        (int connections, int depth) = Workload switch
        {
            "preload" => (4, 64),
            "watch" => (1000, 1),
            "get" or "set" or "mix" or "create" or "create-delete" or "connect" or "one-get" or "one-set" => (16, 1),
            "" => throw new FormatException("--workload or --preload is missing"),
            _ => throw new FormatException($"unknown workload {Workload}"),
        };
        Connections = Connections == 0 ? connections : Connections;
        Depth = Depth == 0 ? depth : Depth;
        if (Workload is "one-get" or "one-set")
        {
            Connections = 1;
            Depth = 1;
        }
        else if (Workload is "watch" or "connect")
        {
            Depth = 1;
        }

        return this;
    }

    private static (string Host, int Port) Server(string name, string value)
    {
        int colon = value.LastIndexOf(':');
        return colon > 0 ? (value[..colon], Whole(name, value[(colon + 1)..])) : throw new FormatException($"{name} wants host:port, not {value}");
    }

    private static int Whole(string name, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0
            ? number
            : throw new FormatException($"{name} wants a whole number above 0, not {value}");

    private static double Time(string name, string value) =>
        double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)
            ? number
            : throw new FormatException($"{name} wants seconds, not {value}");
}
