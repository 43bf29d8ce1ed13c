namespace OrleansZk.Sample;

/// <summary>Work that one process does at a time: the one with the lowest number among those that stand for election.</summary>
internal sealed partial class Worker(Session session, ILogger<Worker> logger) : BackgroundService
{
    private const string Folder = "/sample-election";

    public bool IsElected { get; private set; }

    /// <summary>Pieces of work done by this process.</summary>
    public int Done { get; private set; }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await session.EnsureAsync(Folder);
        IZooKeeper zk = await session.GetAsync();
        string own = (await zk.CreateAsync($"{Folder}/candidate-", mode: CreateMode.EphemeralSequential, cancellationToken: stoppingToken)).Path;
        await WaitForTurnAsync(zk, own[(Folder.Length + 1)..], stoppingToken);
        IsElected = true;
        LogElected(own);
        while (!stoppingToken.IsCancellationRequested && zk.State == KeeperState.SyncConnected)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), stoppingToken);
            Done++;
        }

        // Without its session, another process may have been elected.
        IsElected = false;
    }

    /// <summary>Each watches only the one before it, so that one election wakes one process.</summary>
    private static async Task WaitForTurnAsync(IZooKeeper zk, string own, CancellationToken cancellationToken)
    {
        while (true)
        {
            IEnumerable<string> names = (await zk.GetChildrenAsync(Folder, cancellationToken: cancellationToken)).Names;
            string? before = names.Where(name => string.CompareOrdinal(name, own) < 0).Max(StringComparer.Ordinal);
            if (before is null)
            {
                return;
            }

            var changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (await zk.ExistsAsync($"{Folder}/{before}", _ => changed.TrySetResult(), cancellationToken) is not null)
            {
                await changed.Task.WaitAsync(cancellationToken);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Elected as {Candidate}")]
    private partial void LogElected(string candidate);
}
