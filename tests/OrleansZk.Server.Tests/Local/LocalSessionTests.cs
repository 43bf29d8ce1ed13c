using OrleansZk.Client;
using OrleansZk.Protocol.Records;
using OrleansZk.Server.Local;
using OrleansZk.TestKit.Engine;
using OrleansZk.TestKit.Processes;

namespace OrleansZk.Server.Tests.Local;

/// <summary>Sessions of clients within the process: every operation, the numbers of answers and events, and what happens when the connection ends.</summary>
public sealed class LocalSessionTests : IDisposable
{
    private readonly EngineHarness _engine = new();

    public void Dispose() => _engine.Dispose();

    [Fact]
    public async Task Every_operation_is_asked_and_answered()
    {
        LocalSession session = await OpenAsync();
        ClientReply created = await AskAsync(session, ClientRequest.Create("/a", [1, 2], CreateMode.Persistent, null, null));
        (created.Path, created.Stat.DataLength).ShouldBe(("/a", 2));
        (await AskAsync(session, ClientRequest.Create("/c", null, CreateMode.Container, null, null))).Path.ShouldBe("/c");
        (await AskAsync(session, ClientRequest.Create("/t", [], CreateMode.PersistentWithTtl, null, TimeSpan.FromMinutes(1)))).Path.ShouldBe("/t");
        (await AskAsync(session, ClientRequest.Create("/e-", [], CreateMode.EphemeralSequential, null, null))).Path.ShouldStartWith("/e-00");
        (await AskAsync(session, new ClientRequest(OpCode.SetData, "/a") { Data = [3], Number = 0 })).Stat.Version.ShouldBe(1);
        ClientReply data = await AskAsync(session, new ClientRequest(OpCode.GetData, "/a"));
        data.Data.ShouldBe([3]);
        (await AskAsync(session, new ClientRequest(OpCode.Exists, "/a"))).Stat.ShouldBe(data.Stat);
        (await AskAsync(session, new ClientRequest(OpCode.GetChildren2, "/"))).Names.ShouldContain("a");
        (await AskAsync(session, new ClientRequest(OpCode.SetAcl, "/a") { Acl = Acl.ReadUnsafe })).Stat.Aversion.ShouldBe(1);
        (await AskAsync(session, new ClientRequest(OpCode.GetAcl, "/a"))).Acl.ShouldBe(Acl.ReadUnsafe);
        (await AskAsync(session, new ClientRequest(OpCode.Sync, "/a"))).Path.ShouldBe("/a");
        (await AskAsync(session, new ClientRequest(OpCode.GetEphemerals, "/"))).Names.Count.ShouldBe(1);
        await AskAsync(session, new ClientRequest(OpCode.AddWatch, "/a") { Number = (int)AddWatchMode.Persistent });
        await AskAsync(session, new ClientRequest(OpCode.RemoveWatches, "/a") { Number = (int)WatcherType.Any });
        await AskAsync(session, new ClientRequest(OpCode.Auth, "digest") { Data = "u:p"u8.ToArray() });
        await AskAsync(session, new ClientRequest(OpCode.Ping));
        ClientReply multi = await AskAsync(session, new ClientRequest(OpCode.Multi)
        {
            Parts = [new ClientRequest(OpCode.Check, "/c"), ClientRequest.Create("/c/d", [], CreateMode.Persistent, null, null), new ClientRequest(OpCode.Delete, "/c/d")],
        });
        multi.Parts.Select(part => part.Path).ShouldBe([null, "/c/d", null]);
        await AskAsync(session, new ClientRequest(OpCode.Delete, "/t"));
        await AskAsync(session, new ClientRequest(OpCode.CloseSession));
        session.IsClosed.ShouldBeTrue();
        _engine.Replica.Sessions.Count.ShouldBe(0);
    }

    [Fact]
    public async Task What_waits_for_a_leader_is_bounded_and_the_rest_is_refused()
    {
        LocalSession session = await OpenAsync();
        _engine.Hold();
        ClientRequest[] requests =
        [
            .. Enumerable.Range(0, 100).Select(i => ClientRequest.Create($"/{i}", new byte[1_000_000], CreateMode.Persistent, null, null)),
        ];
        Task<IReadOnlyList<NumberedReply>?> executing = session.ExecuteAsync(1, requests);

        await Deadline.WaitUntilAsync(
            () =>
            {
                _engine.ReleaseAll();
                return executing.IsCompleted;
            },
            "all answers");
        ErrorCode[] errors = [.. (await executing)!.Select(reply => reply.Reply.Error)];
        errors.Count(error => error == ErrorCode.Ok).ShouldBeInRange(50, 90);
        errors.Where(error => error != ErrorCode.Ok).ShouldAllBe(error => error == ErrorCode.ThrottledOp);
    }

    [Fact]
    public async Task Answers_and_events_are_numbered_together()
    {
        LocalSession watcher = await OpenAsync();
        LocalSession writer = await OpenAsync();
        await AskAsync(writer, ClientRequest.Create("/a", [], CreateMode.Persistent, null, null));
        (await ExecuteAsync(watcher, 1, new ClientRequest(OpCode.GetData, "/a") { Watch = true }))!.Single().Number.ShouldBe(1);
        await AskAsync(writer, new ClientRequest(OpCode.SetData, "/a") { Data = [1] });
        (await ExecuteAsync(watcher, 2, new ClientRequest(OpCode.GetData, "/a")))!.Single().Number.ShouldBe(3);
        NumberedEvent told = watcher.EventsAfter(1).ShouldHaveSingleItem();
        (told.Number, told.Event.Type, told.Event.Path).ShouldBe((2L, EventType.NodeDataChanged, "/a"));
        (await watcher.TakeEventsAsync(10)).ShouldBe([told]);

        // Kept until the client has it.
        watcher.EventsAfter(1).Count.ShouldBe(1);
        watcher.EventsAfter(2).ShouldBeEmpty();
        watcher.EventsAfter(0).ShouldBeEmpty();
    }

    [Fact]
    public async Task Events_that_the_client_has_are_not_there_to_be_taken_and_the_others_are_once()
    {
        LocalSession watcher = await OpenAsync();
        LocalSession writer = await OpenAsync();
        await AskAsync(watcher, new ClientRequest(OpCode.AddWatch, "/a") { Number = (int)AddWatchMode.Persistent });
        Task<IReadOnlyList<NumberedEvent>> early = watcher.TakeEventsAsync(2);
        early.IsCompleted.ShouldBeFalse();
        await AskAsync(writer, ClientRequest.Create("/a", [], CreateMode.Persistent, null, null));
        (await early).Select(e => e.Number).ShouldBe([1L]);
        for (int i = 0; i < 4; i++)
        {
            await AskAsync(writer, new ClientRequest(OpCode.SetData, "/a") { Data = [] });
        }

        watcher.EventsAfter(2).Count.ShouldBe(3);
        (await watcher.TakeEventsAsync(2)).Select(e => e.Number).ShouldBe([3L, 4L]);
        (await watcher.TakeEventsAsync(2)).Select(e => e.Number).ShouldBe([5L]);
    }

    [Fact]
    public async Task Batches_are_executed_in_the_order_of_their_numbers()
    {
        LocalSession session = await OpenAsync();
        Task<IReadOnlyList<NumberedReply>?> second = session.ExecuteAsync(2, [new ClientRequest(OpCode.Delete, "/a")]);
        IReadOnlyList<NumberedReply> first = (await ExecuteAsync(session, 1, ClientRequest.Create("/a", [], CreateMode.Persistent, null, null)))!;
        first.Single().Reply.Error.ShouldBe(ErrorCode.Ok);
        NumberedReply deleted = (await SettledAsync(second))!.Single();
        (deleted.Number, deleted.Reply.Error).ShouldBe((2, ErrorCode.Ok));

        // The same batch again: executed once.
        (await ExecuteAsync(session, 2, new ClientRequest(OpCode.Delete, "/a"))).ShouldBeNull();
    }

    [Fact]
    public async Task What_waits_when_the_connection_ends_is_not_answered_and_not_executed_later()
    {
        LocalSession session = await OpenAsync();
        _engine.Hold();
        Task<IReadOnlyList<NumberedReply>?> pending = session.ExecuteAsync(1, [ClientRequest.Create("/a", [], CreateMode.Persistent, null, null), new ClientRequest(OpCode.Ping)]);
        _engine.Settle();
        session.Close();
        NumberedReply lost = (await pending)![0];
        (lost.Number, lost.Reply.Error).ShouldBe((0, ErrorCode.ConnectionLoss));
        (await session.ExecuteAsync(3, [new ClientRequest(OpCode.Ping)])).ShouldBeNull();
        (await Should.ThrowAsync<KeeperException>(session.AskAsync(new ClientRequest(OpCode.Ping)))).Code.ShouldBe(ErrorCode.ConnectionLoss);
        (await session.TakeEventsAsync(1)).ShouldBeEmpty();
        _engine.ReleaseAll();
    }

    [Fact]
    public async Task A_session_goes_on_at_another_connection_and_its_watches_are_told_what_they_missed()
    {
        LocalSession before = await OpenAsync(out long id);
        LocalSession writer = await OpenAsync();
        await AskAsync(writer, ClientRequest.Create("/a", [], CreateMode.Persistent, null, null));
        ClientReply read = await AskAsync(before, new ClientRequest(OpCode.GetData, "/a") { Watch = true });
        before.Close();
        await AskAsync(writer, new ClientRequest(OpCode.SetData, "/a") { Data = [1] });

        var after = new LocalSession(_engine.Replica, "test");
        (await SettledAsync(after.ConnectAsync(id, 10_000, read.Zxid)))!.Value.SessionId.ShouldBe(id);
        after.Attachment.ShouldNotBe(before.Attachment);
        await AskAsync(after, new ClientRequest(OpCode.SetWatches2) { Watches = new WatchList(read.Zxid, ["/a"], [], [], [], []) });
        after.EventsAfter(0).Single().Event.Type.ShouldBe(EventType.NodeDataChanged);
    }

    [Fact]
    public async Task A_session_that_has_expired_is_said_to_have()
    {
        LocalSession session = await OpenAsync(out long id);
        _engine.Advance(TimeSpan.FromMinutes(2));
        (await session.TakeEventsAsync(1)).ShouldBeEmpty();
        session.IsClosed.ShouldBeTrue();
        var late = new LocalSession(_engine.Replica, "test");
        (await SettledAsync(late.ConnectAsync(id, 10_000, 0)))!.Value.SessionId.ShouldBe(0);
    }

    [Fact]
    public async Task A_request_that_is_too_large_is_refused_and_harms_no_other()
    {
        LocalSession session = await OpenAsync();
        byte[] tooLarge = new byte[_engine.Settings.Limits.MaxFrameLength + 1];
        ClientRequest request = ClientRequest.Create("/a", tooLarge, CreateMode.Persistent, null, null);
        (await Should.ThrowAsync<KeeperException>(AskAsync(session, request))).Code.ShouldBe(ErrorCode.BadArguments);
        IReadOnlyList<NumberedReply> replies = (await ExecuteAsync(session, 1, new ClientRequest(OpCode.Exists, "/"), request, new ClientRequest(OpCode.Exists, "/")))!;
        replies.Select(reply => (reply.Number, reply.Reply.Error)).ShouldBe([(1L, ErrorCode.Ok), (0L, ErrorCode.BadArguments), (2L, ErrorCode.Ok)]);
    }

    [Fact]
    public async Task Answers_that_pass_others_on_the_way_are_not_mistaken_for_theirs()
    {
        LocalSession session = await OpenAsync();
        _engine.Hold();
        Task<IReadOnlyList<NumberedReply>?> pending = session.ExecuteAsync(
            1, [new ClientRequest(OpCode.Delete, "/none"), new ClientRequest(OpCode.Auth, "digest") { Data = "u:p"u8.ToArray() }, new ClientRequest(OpCode.Exists, "/")]);
        _engine.Settle();
        _engine.ReleaseAll();
        (await SettledAsync(pending))!.Select(reply => reply.Reply.Error).ShouldBe([ErrorCode.NoNode, ErrorCode.Ok, ErrorCode.Ok]);
    }

    [Fact]
    public async Task A_handshake_that_is_refused_without_a_word_ends()
    {
        _engine.Replica.SetReadOnly(true);
        var session = new LocalSession(_engine.Replica, "test");
        (await SettledAsync(session.ConnectAsync(0, 10_000, 0))).ShouldBeNull();
        session.IsClosed.ShouldBeTrue();
    }

    [Fact]
    public async Task What_no_client_may_ask_is_refused_and_harms_nothing()
    {
        LocalSession session = await OpenAsync();
        (await Should.ThrowAsync<KeeperException>(AskAsync(session, new ClientRequest(OpCode.CreateSession)))).Code.ShouldBe(ErrorCode.Unimplemented);
        await AskAsync(session, new ClientRequest(OpCode.Exists, "/"));
    }

    private async Task<LocalSession> OpenAsync()
    {
        var session = new LocalSession(_engine.Replica, "test");
        ConnectResponse? response = await SettledAsync(session.ConnectAsync(0, 10_000, 0));
        response!.Value.SessionId.ShouldNotBe(0);
        return session;
    }

    private Task<LocalSession> OpenAsync(out long id)
    {
        id = _engine.Replica.NextSessionId();
        return OpenAsync(new LocalSession(_engine.Replica, "test", id), id);
    }

    private async Task<LocalSession> OpenAsync(LocalSession session, long id)
    {
        (await SettledAsync(session.ConnectAsync(0, 10_000, 0)))!.Value.SessionId.ShouldBe(id);
        return session;
    }

    private Task<ClientReply> AskAsync(LocalSession session, ClientRequest request) => SettledAsync(session.AskAsync(request));

    private Task<IReadOnlyList<NumberedReply>?> ExecuteAsync(LocalSession session, long first, params ClientRequest[] requests) =>
        SettledAsync(session.ExecuteAsync(first, requests));

    /// <summary>Lets the engine do what waits for it, on this thread, until the answer is there.</summary>
    private async Task<T> SettledAsync<T>(Task<T> answer)
    {
        while (!answer.IsCompleted)
        {
            _engine.Settle();
            await Task.Yield();
        }

        return await answer;
    }
}
