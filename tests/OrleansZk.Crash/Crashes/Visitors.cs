using OrleansZk.Crash.Histories;

namespace OrleansZk.Crash.Crashes;

/// <summary>Sessions that come and go: closed in order, closed without waiting, left to expire, or still there when the server dies.</summary>
internal sealed class Visitors(int port, History history, Func<int> nextConnection, Random random)
{
    public const int ShortTimeout = 1000;
    public const int LongTimeout = 60_000;

    private readonly List<WireSession> _kept = [];
    private readonly List<WireSession> _closing = [];
    private readonly List<WireSession> _left = [];
    private volatile bool _isStopping;

    /// <summary>Within their timeouts, neither closed nor asked to be.</summary>
    public IReadOnlyList<WireSession> Kept => _kept;

    /// <summary>Asked to be closed, without an answer.</summary>
    public IReadOnlyList<WireSession> Closing => _closing;

    /// <summary>Left alone, to expire.</summary>
    public IReadOnlyList<WireSession> Left => _left;

    public void Stop() => _isStopping = true;

    /// <summary>Comes and goes until the server is gone.</summary>
    public async Task RunAsync()
    {
        var open = new List<WireClient>();
        try
        {
            while (!_isStopping)
            {
                await VisitAsync(open);
                await Task.Delay(random.Next(20));
            }
        }
        catch (Exception e) when (e is WireConnectionLostException or KeeperException)
        {
            // The server is gone.
        }

        foreach (WireClient client in open)
        {
            await client.DisposeAsync();
        }
    }

    private async Task VisitAsync(List<WireClient> open)
    {
        bool leave = random.Next(3) == 0;
        WireClient client = await WireClient.ConnectAsync(port, leave ? ShortTimeout : LongTimeout);
        open.Add(client);
        long session = client.Session.Id;
        history.SetFate(session, leave ? Fate.MayBeGone : Fate.Kept);
        (leave ? _left : _kept).Add(client.Session);
        var recording = new RecordingClient(nextConnection(), client, history);
        Task<Write>[] creates =
        [
            .. Enumerable.Range(0, 1 + random.Next(6)).Select(_ => recording.SendAsync(
                value => [new Part(PartKind.Create, Layout.Ephemeral(value), value, IsEphemeral: true)])),
        ];
        if (random.Next(2) == 0)
        {
            await Task.WhenAll(creates);
        }

        if (leave)
        {
            await Task.WhenAll(creates);
            await client.DisposeAsync();
        }
        else if (random.Next(3) > 0)
        {
            // From here on it may be closed, whatever is heard of it.
            history.SetFate(session, Fate.MayBeGone);
            _kept.Remove(client.Session);
            _closing.Add(client.Session);
            WireReply closed = await client.SendAsync(OpCode.CloseSession);
            closed.Error.ShouldBe(ErrorCode.Ok);
            await Task.WhenAll(creates);
            _closing.Remove(client.Session);
            history.SetFate(session, Fate.Gone);
        }
    }
}
