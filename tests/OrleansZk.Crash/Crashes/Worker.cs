using OrleansZk.Crash.Histories;

namespace OrleansZk.Crash.Crashes;

/// <summary>A client with a deep pipeline that writes whatever its seed says, until its connection is lost.</summary>
/// <param name="disposable">Nodes that it may delete: nobody else touches them.</param>
internal sealed class Worker(int number, RecordingClient client, Random random, IEnumerable<string> disposable) : IDisposable
{
    private const int Depth = 100;

    // Beyond, there are more deletes than creates.
    private const int MostDisposable = 400;

    private readonly SemaphoreSlim _room = new(Depth);
    private readonly List<string> _disposable = [.. disposable];
    private readonly Lock _gate = new();
    private volatile bool _isStopping;

    public async Task RunAsync()
    {
        var running = new List<Task>();
        while (client.IsConnected && !_isStopping)
        {
            await _room.WaitAsync();
            running.Add(GiveRoomAsync(Next()));
            if (running.Count > 10 * Depth)
            {
                running.RemoveAll(task => task.IsCompletedSuccessfully);
            }
        }

        await Task.WhenAll(running);
    }

    public void Dispose() => _room.Dispose();

    /// <summary>Ends the work; what is on its way is still answered.</summary>
    public void Stop() => _isStopping = true;

    private async Task GiveRoomAsync(Task operation)
    {
        try
        {
            await operation;
        }
        finally
        {
            _room.Release();
        }
    }

    private Task Next() => random.Next(4) == 0 && DisposableCount > MostDisposable ? DeleteAsync() : Any();

    private Task Any() => random.Next(100) switch
    {
        < 20 => SetAsync(Layout.Own(number)),
        < 40 => SetAsync(Layout.Shared[random.Next(Layout.Shared.Count)]),
        < 55 => CreateAsync(value => new Part(PartKind.Create, Layout.Unique(number, value), value)),
        < 62 => CreateAsync(value => new Part(PartKind.Create, Layout.Sequential, value, IsSequential: true)),
        < 66 => CreateAsync(value => new Part(PartKind.Create, Layout.SequentialAmongOthers, value, IsSequential: true)),
        < 68 => CreateAsync(value => new Part(PartKind.Create, $"/crash/q/{value}", value)),
        < 72 => CreateAsync(value => new Part(PartKind.Create, Layout.Ephemeral(value), value, IsEphemeral: true)),
        < 84 => DeleteAsync(),
        < 92 => MultiAsync(),
        < 94 => FailingMultiAsync(),
        < 97 => client.ReadAsync(Layout.Shared[random.Next(Layout.Shared.Count)]),
        _ => client.ReadAsync(Layout.Together[random.Next(Layout.Together.Count)][random.Next(3)]),
    };

    private Task<Write> SetAsync(string path)
    {
        // Long enough that the log goes through its segments.
        string padding = new('.', random.Next(8) == 0 ? random.Next(5000) : 0);
        return client.SendAsync(value => [new Part(PartKind.SetData, path, value + padding)]);
    }

    private async Task CreateAsync(Func<string, Part> part)
    {
        Write write = await client.SendAsync(value => [part(value)]);
        if (write.Outcome == Outcome.Done)
        {
            AddDisposable(write.Results[0].Path);
        }
    }

    private Task<Write> DeleteAsync() => TakeDisposable() is { } path
        ? client.SendAsync(_ => [new Part(PartKind.Delete, path)])
        : SetAsync(Layout.Own(number));

    /// <summary>Changes a whole group, leaves a trace, and takes a node or two along.</summary>
    private async Task MultiAsync()
    {
        int group = random.Next(Layout.Together.Count);
        string? deleted = random.Next(2) == 0 ? TakeDisposable() : null;
        bool sequential = random.Next(3) == 0;
        Write write = await client.SendAsync(value =>
        [
            .. Layout.Together[group].Select((path, i) => new Part(PartKind.SetData, path, $"{value}.{i}")),
            new Part(PartKind.Create, Layout.Trace(group, value), value + ".t"),
            .. sequential ? [new Part(PartKind.Create, Layout.Sequential, value + ".s", IsSequential: true)] : Array.Empty<Part>(),
            .. deleted is null ? Array.Empty<Part>() : [new Part(PartKind.Delete, deleted)],
        ]);
        if (write.Outcome == Outcome.Done)
        {
            foreach (PartResult result in write.Results.Where((_, i) => write.Parts[i].Kind == PartKind.Create))
            {
                AddDisposable(result.Path);
            }
        }
    }

    private Task<Write> FailingMultiAsync()
    {
        int group = random.Next(Layout.Together.Count);
        return client.SendAsync(
            value =>
            [
                .. Layout.Together[group].Select((path, i) => new Part(PartKind.SetData, path, $"{value}.{i}")),
                new Part(PartKind.Create, Layout.Trace(group, value), value + ".t"),
            ],
            failing: WireMultiPart.Check(Layout.Root, 1_000_000));
    }

    private int DisposableCount
    {
        get
        {
            lock (_gate)
            {
                return _disposable.Count;
            }
        }
    }

    private void AddDisposable(string path)
    {
        lock (_gate)
        {
            _disposable.Add(path);
        }
    }

    private string? TakeDisposable()
    {
        lock (_gate)
        {
            if (_disposable.Count == 0)
            {
                return null;
            }

            // The newest is among the likely ones: its number must not come again.
            int i = random.Next(3) == 0 ? _disposable.Count - 1 : random.Next(_disposable.Count);
            string path = _disposable[i];
            _disposable[i] = _disposable[^1];
            _disposable.RemoveAt(_disposable.Count - 1);
            return path;
        }
    }
}
