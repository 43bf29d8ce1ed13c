namespace OrleansZk.Histories.Tests;

public sealed class ReadTests
{
    private readonly Story _story = new();

    [Fact]
    public void Reads_between_what_the_session_saw_and_what_they_name_are_fine()
    {
        Speaker a = _story.Open();
        Speaker b = _story.Open();
        long created = a.Create("/x", "1");
        b.GetNothing("/x", created - 1);
        long set = a.Set("/x", "2", 1);
        b.Get("/x", "1", created, created);
        b.Get("/x", "2", created, set, mzxid: set, version: 1);
        _story.ShouldBeFine();
    }

    [Fact]
    public void A_session_that_does_not_see_its_own_write()
    {
        Speaker a = _story.Open();
        long created = a.Create("/x", "1");
        long set = a.Set("/x", "2", 1);
        a.Get("/x", "1", created, set);
        _story.ShouldBreak("read", "shows no state from");
    }

    [Fact]
    public void A_value_with_the_stat_of_another()
    {
        Speaker a = _story.Open();
        long created = a.Create("/x", "1");
        long set = a.Set("/x", "2", 1);
        a.Get("/x", "1", created, set, mzxid: set, version: 1);
        _story.ShouldBreak("read", "/x '2'");
    }

    [Fact]
    public void A_value_from_after_the_zxid_that_the_answer_names()
    {
        Speaker a = _story.Open();
        Speaker b = _story.Open();
        long created = a.Create("/x", "1");
        long set = a.Set("/x", "2", 1);
        b.Get("/x", "2", created, created, mzxid: set, version: 1);
        _story.ShouldBreak("read", "shows no state from");
    }

    [Fact]
    public void A_node_that_is_not_seen_though_it_is_there()
    {
        Speaker a = _story.Open();
        a.GetNothing("/x", a.Create("/x"));
        _story.ShouldBreak("read", "shows no state");
    }

    [Fact]
    public void An_answer_with_an_older_zxid_also_from_another_server()
    {
        Speaker a = _story.Open();
        long created = a.Create("/x", "1");
        a.Set("/x", "2", 1);
        a.Reconnect();
        a.Get("/x", "1", created, created);
        _story.ShouldBreak("zxid-back", "the session had seen");
    }

    [Fact]
    public void A_zxid_that_was_never_committed()
    {
        Speaker a = _story.Open();
        a.GetNothing("/x", 99);
        _story.ShouldBreak("uncommitted", "never committed");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_sync_reaches_what_anybody_was_told_before(bool isFine)
    {
        Speaker a = _story.Open();
        Speaker b = _story.Open();
        long created = a.Create("/x", "1");
        b.Sync(isFine ? created : created - 1);
        if (isFine)
        {
            b.Get("/x", "1", created, created);
            _story.ShouldBeFine();
        }
        else
        {
            _story.ShouldBreak("sync", "had been seen before it was sent");
        }
    }

    [Fact]
    public void Children_are_those_of_one_state()
    {
        Speaker a = _story.Open();
        a.Create("/x");
        a.Create("/x/a");
        a.Create("/x/b");
        a.Delete("/x/a");
        a.Read(new Request(OpCode.GetChildren, "/x"), new Answer(ErrorCode.Ok, _story.Zxid) { Names = ["b"] });
        _story.ShouldBeFine();
        a.Read(new Request(OpCode.GetChildren, "/x"), new Answer(ErrorCode.Ok, _story.Zxid) { Names = ["a"] });
        _story.ShouldBreak("read", "GetChildren /x");
    }

    [Fact]
    public void A_part_of_a_multi_is_never_seen()
    {
        Speaker a = _story.Open();
        Speaker b = _story.Open();
        a.Create("/x");
        a.Create("/y");
        var multi = new Request(OpCode.Multi)
        {
            Parts = [new Request(OpCode.SetData, "/x") { Data = Story.Bytes("1") }, new Request(OpCode.SetData, "/y") { Data = Story.Bytes("1") }],
        };
        a.Write(multi, new Change.Set("/x", Story.Bytes("1"), 1), new Change.Set("/y", Story.Bytes("1"), 1));
        var read = new Request(OpCode.MultiRead) { Parts = [new Request(OpCode.GetData, "/x"), new Request(OpCode.GetData, "/y")] };
        b.Read(read, new Answer(ErrorCode.Ok, _story.Zxid)
        {
            Parts = [new Answer(ErrorCode.Ok, 0) { Data = Story.Bytes("1") }, new Answer(ErrorCode.Ok, 0) { Data = [] }],
        });
        _story.ShouldBreak("read", "MultiRead");
    }

    [Fact]
    public void A_multi_whose_results_are_of_another_transaction()
    {
        Speaker a = _story.Open();
        a.Create("/x");
        Operation multi = a.Ask(new Request(OpCode.Multi) { Parts = [new Request(OpCode.SetData, "/x")] });
        long zxid = _story.Commit(a.Session, multi.Xid, new Change.Set("/x", null, 1));
        a.Hear(multi, new Answer(ErrorCode.Ok, zxid) { Parts = [new Answer(ErrorCode.Ok, 0) { Stat = Speaker.StatOf("", 1, zxid - 1, 1) }] });
        _story.ShouldBreak("multi", "part 1 is answered");
    }

    [Fact]
    public void Answers_out_of_order()
    {
        Speaker a = _story.Open();
        Operation first = a.Ask(new Request(OpCode.GetData, "/x"));
        Operation second = a.Ask(new Request(OpCode.GetData, "/y"));
        a.Hear(second, new Answer(ErrorCode.NoNode, 1));
        a.Hear(first, new Answer(ErrorCode.NoNode, 1));
        _story.ShouldBreak("session-order", "was answered before");
    }

    [Fact]
    public void What_no_server_may_send()
    {
        Speaker a = _story.Open();
        a.Connection.Anomaly("an answer to nothing");
        _story.ShouldBreak("stream", "an answer to nothing");
    }
}
