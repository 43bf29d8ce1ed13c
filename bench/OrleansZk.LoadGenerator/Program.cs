using System.Text;
using System.Text.Json;

namespace OrleansZk.LoadGenerator;

internal static class Program
{
    public static int Main(string[] arguments)
    {
        try
        {
            Options options = Options.Parse(arguments);
            var runner = new Runner(options);
            try
            {
                runner.Run();
            }
            catch (IOException e)
            {
                runner.Result.Error(e.Message);
            }

            Console.Out.WriteLine(Report(options, runner));
            if (runner.Result.ErrorCount == 0)
            {
                return 0;
            }

            Console.Error.WriteLine($"{runner.Result.ErrorCount} errors, the first: {runner.Result.FirstError}");
            return 1;
        }
        catch (FormatException e)
        {
            Console.Error.WriteLine(e.Message);
            Console.Error.WriteLine(Options.Usage);
            return 2;
        }
        catch (IOException e)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    }

    private static string Report(Options options, Runner runner)
    {
        Measurement result = runner.Result;
        double operations = Math.Max(result.Operations, 1);
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("workload", options.Workload);
            json.WriteNumber("connections", options.Connections);
            json.WriteNumber("depth", options.Depth);
            json.WriteNumber("ops", result.Operations);
            Number("seconds", result.Seconds, 3);
            Number("ops_per_s", result.Seconds > 0 ? result.Operations / result.Seconds : 0, 1);
            Number("p50_us", result.Latency.Percentile(0.50), 1);
            Number("p99_us", result.Latency.Percentile(0.99), 1);
            if (runner.Watch is { } watch)
            {
                json.WriteNumber("rounds", watch.Rounds);
                Number("last_event_p50_us", watch.LastEvent.Percentile(0.50), 1);
                Number("last_event_p99_us", watch.LastEvent.Percentile(0.99), 1);
            }

            Number("client_user_us_per_op", result.Cpu.OwnUser * 1e6 / operations, 3);
            Number("client_sys_us_per_op", result.Cpu.OwnSystem * 1e6 / operations, 3);
            if (options.ServerPids.Count > 0)
            {
                Number("server_cpu_s", result.Cpu.Server, 2);
                json.WriteStartArray("server_cpu_s_each");
                foreach (double seconds in result.Cpu.Servers ?? [])
                {
                    json.WriteNumberValue(Math.Round(seconds, 2));
                }

                json.WriteEndArray();
                Number("server_cpu_us_per_op", result.Cpu.Server * 1e6 / operations, 3);
                Number("other_cpu_s", Math.Max(0, result.Cpu.Machine - result.Cpu.Server - result.Cpu.OwnUser - result.Cpu.OwnSystem), 2);
            }

            json.WriteNumber("errors", result.ErrorCount);
            json.WriteEndObject();

            void Number(string name, double value, int digits) => json.WriteNumber(name, Math.Round(value, digits));
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
