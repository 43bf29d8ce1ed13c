using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Streams;
using OrleansZk;
using OrleansZk.Grains;

// usage: OrleansZk.GrainLoad [gateway port] [seconds]: prints a row for each workload.
const int Clients = 16;
const int Nodes = 100;
const int DataLength = 100;
int port = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 30000;
var time = TimeSpan.FromSeconds(args.Length > 1 ? double.Parse(args[1], CultureInfo.InvariantCulture) : 3);

using IHost host = Host.CreateDefaultBuilder()
    .ConfigureLogging(logging => logging.SetMinimumLevel(LogLevel.Warning))
    .UseOrleansClient(client => client.UseLocalhostClustering(port, "orleanszk", "orleanszk").AddMemoryStreams(WatchStreams.DefaultProvider))
    .Build();
await host.StartAsync();
var cluster = (IClusterClient)host.Services.GetService(typeof(IClusterClient))!;
byte[] data = new byte[DataLength];
string root = $"/grain-load-{Stopwatch.GetTimestamp()}";
await cluster.GetGrain<IZNodeGrain>(root).Create(new NodeCreation());
string[] paths = [.. Enumerable.Range(0, Nodes).Select(i => $"{root}/{i}")];
await Task.WhenAll(paths.Select(path => cluster.GetGrain<IZNodeGrain>(path).Create(new NodeCreation(data))));
IZNodeGrain[] nodes = [.. paths.Select(path => cluster.GetGrain<IZNodeGrain>(path))];
List<GrainZooKeeper> sessions = [];
for (int i = 0; i < Clients; i++)
{
    sessions.Add(await GrainZooKeeper.OpenAsync(cluster));
}

Console.WriteLine($"{"workload",-34} {"ops/s",10} {"p50 us",8} {"p99 us",8}");
await RunAsync("IZNodeGrain.GetData 16x1", 1, (_, i) => nodes[i % Nodes].GetData());
await RunAsync("IZNodeGrain.SetData 16x1", 1, (_, i) => nodes[i % Nodes].SetData(data));
await RunAsync("IZNodeGrain.GetData 16x32", 32, (_, i) => nodes[i % Nodes].GetData());
await RunAsync("IZNodeGrain.SetData 16x32", 32, (_, i) => nodes[i % Nodes].SetData(data));
await RunAsync("GrainZooKeeper get 16x1", 1, (client, i) => sessions[client].GetDataAsync(paths[i % Nodes]));
await RunAsync("GrainZooKeeper set 16x1", 1, (client, i) => sessions[client].SetDataAsync(paths[i % Nodes], data));
await RunAsync("GrainZooKeeper get 16x32", 32, (client, i) => sessions[client].GetDataAsync(paths[i % Nodes]));
await RunAsync("GrainZooKeeper set 16x32", 32, (client, i) => sessions[client].SetDataAsync(paths[i % Nodes], data));
await MeasureStreamAsync();
foreach (GrainZooKeeper session in sessions)
{
    await session.DisposeAsync();
}

await host.StopAsync();

// Each client keeps as many calls on their way as the depth says.
async Task RunAsync(string name, int depth, Func<int, int, Task> call)
{
    await MeasureAsync(depth, call, TimeSpan.FromSeconds(1));
    (long[] latencies, double seconds) = await MeasureAsync(depth, call, time);
    Print(name, latencies, latencies.Length / seconds);
}

async Task<(long[] Latencies, double Seconds)> MeasureAsync(int depth, Func<int, int, Task> call, TimeSpan period)
{
    long begin = Stopwatch.GetTimestamp();
    List<long>[] results = await Task.WhenAll(Enumerable.Range(0, Clients * depth).Select(lane => Task.Run(async () =>
    {
        var latencies = new List<long>();
        for (int i = lane; Stopwatch.GetElapsedTime(begin) < period; i += 7)
        {
            long start = Stopwatch.GetTimestamp();
            await call(lane % Clients, i);
            latencies.Add(Stopwatch.GetTimestamp() - start);
        }

        return latencies;
    })));
    return ([.. results.SelectMany(result => result)], Stopwatch.GetElapsedTime(begin).TotalSeconds);
}

// From before the write that fires a watch to the event on the stream of the session that watches.
async Task MeasureStreamAsync()
{
    var arrived = new TaskCompletionSource();
    GrainZooKeeper watching = sessions[0];
    await cluster.GetStreamProvider(WatchStreams.DefaultProvider).GetStream<StreamedEvent>(WatchStreams.Of(watching.SessionId)).SubscribeAsync((_, _) =>
    {
        arrived.TrySetResult();
        return Task.CompletedTask;
    });
    await watching.AddWatchAsync(paths[0], AddWatchMode.Persistent, _ => { });
    var latencies = new List<long>();
    for (int i = 0; i < 500; i++)
    {
        arrived = new TaskCompletionSource();

        // Not in step with whoever looks for events from time to time.
        await Task.Delay(Random.Shared.Next(25));
        long start = Stopwatch.GetTimestamp();
        await nodes[0].SetData(data);
        await arrived.Task;
        latencies.Add(Stopwatch.GetTimestamp() - start);
    }

    Print("stream, write to event", [.. latencies], 0);
}

static void Print(string name, long[] latencies, double rate)
{
    Array.Sort(latencies);
    double At(double part) => latencies[(int)((latencies.Length - 1) * part)] * 1e6 / Stopwatch.Frequency;
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-34} {rate,10:0} {At(0.5),8:0} {At(0.99),8:0}"));
}
