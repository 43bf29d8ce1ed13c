using System.Collections.Concurrent;
using System.Text;

namespace OrleansZk.Sample;

/// <summary>Settings of all processes: a znode each, kept up to date by a watch that stays.</summary>
internal sealed partial class Settings(Session session, ILogger<Settings> logger) : IHostedService
{
    private const string Folder = "/sample-settings";

    private readonly ConcurrentDictionary<string, string> _all = new();

    public IReadOnlyDictionary<string, string> All => _all;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await session.EnsureAsync(Folder);
        IZooKeeper zk = await session.GetAsync();
        await zk.AddWatchAsync(Folder, AddWatchMode.PersistentRecursive, e => _ = ReadAsync(zk, e.Path), cancellationToken);
        foreach (string name in (await zk.GetChildrenAsync(Folder, cancellationToken: cancellationToken)).Names)
        {
            await ReadAsync(zk, $"{Folder}/{name}");
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task SetAsync(string name, string value)
    {
        await session.EnsureAsync($"{Folder}/{name}");
        await (await session.GetAsync()).SetDataAsync($"{Folder}/{name}", Encoding.UTF8.GetBytes(value));
    }

    private async Task ReadAsync(IZooKeeper zk, string path)
    {
        if (path == Folder)
        {
            return;
        }

        string name = path[(Folder.Length + 1)..];
        try
        {
            string value = Encoding.UTF8.GetString((await zk.GetDataAsync(path)).Data);
            _all[name] = value;
            LogChanged(name, value);
        }
        catch (KeeperException e) when (e.Code == ErrorCode.NoNode)
        {
            _all.TryRemove(name, out _);
        }
        catch (KeeperException e)
        {
            // The session is told of the change again when it goes on elsewhere.
            LogNotRead(name, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Name} is now '{Value}'")]
    private partial void LogChanged(string name, string value);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Name} could not be read: {Reason}")]
    private partial void LogNotRead(string name, string reason);
}
