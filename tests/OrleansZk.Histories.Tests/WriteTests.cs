namespace OrleansZk.Histories.Tests;

public sealed class WriteTests
{
    private readonly Story _story = new();

    [Fact]
    public void Writes_that_are_in_the_log_as_asked_for_are_fine()
    {
        Speaker a = _story.Open();
        Speaker b = _story.Open();
        a.Create("/x", "1");
        b.Set("/x", "2", 1, expected: 0);
        a.Delete("/x", expected: 1);
        a.Create("/x", "3");
        _story.ShouldBeFine();
    }

    [Fact]
    public void A_write_that_is_not_in_the_log()
    {
        Speaker a = _story.Open();
        a.Read(new Request(OpCode.Create, "/x"), new Answer(ErrorCode.Ok, 1) { Path = "/x" });
        _story.ShouldBreak("lost-write", "was acknowledged and is not in the log");
    }

    [Fact]
    public void A_write_with_another_zxid_than_the_client_was_told()
    {
        Speaker a = _story.Open();
        Operation create = a.Ask(new Request(OpCode.Create, "/x"));
        _story.Commit(a.Session, create.Xid, new Change.Create("/x", null, 0));
        long other = _story.Open().Create("/y");
        a.Hear(create, new Answer(ErrorCode.Ok, other) { Path = "/x" });
        _story.ShouldBreak("wrong-zxid", "told another zxid");
    }

    [Fact]
    public void A_write_before_one_that_was_answered_before_it_was_asked_for()
    {
        Speaker a = _story.Open();
        Speaker b = _story.Open();
        long early = _story.Commit(b.Session, 1, new Change.Create("/y", null, 0));
        a.Create("/x");
        b.Hear(b.Ask(new Request(OpCode.Create, "/y")), new Answer(ErrorCode.Ok, early) { Path = "/y" });
        _story.ShouldBreak("real-time", "had been seen before it was sent");
    }

    [Fact]
    public void A_write_whose_answer_is_late_may_be_anywhere_in_between()
    {
        Speaker a = _story.Open();
        Speaker b = _story.Open();
        Operation create = b.Ask(new Request(OpCode.Create, "/y"));
        long early = _story.Commit(b.Session, create.Xid, new Change.Create("/y", null, 0));
        a.Create("/x");
        b.Hear(create, new Answer(ErrorCode.Ok, early) { Path = "/y" });
        _story.ShouldBeFine();
    }

    [Fact]
    public void A_conditional_set_at_another_version()
    {
        Speaker a = _story.Open();
        a.Create("/x");
        a.Set("/x", "1", 1);
        a.Set("/x", "2", 2, expected: 0);
        _story.ShouldBreak("condition", "only at version 0 of /x, which had version 1");
    }

    [Fact]
    public void A_conditional_delete_at_another_version()
    {
        Speaker a = _story.Open();
        a.Create("/x");
        a.Delete("/x", expected: 3);
        _story.ShouldBreak("condition", "only at version 3 of /x, which had version 0");
    }

    [Fact]
    public void A_creation_of_what_is_there()
    {
        Speaker a = _story.Open();
        a.Create("/x");
        a.Create("/x");
        _story.ShouldBreak("create", "creates /x, which was there");
    }

    [Fact]
    public void A_child_without_a_parent()
    {
        _story.Open().Create("/x/y");
        _story.ShouldBreak("create", "whose parent was not there");
    }

    [Fact]
    public void A_deletion_of_what_is_not_there()
    {
        _story.Open().Delete("/x");
        _story.ShouldBreak("delete", "deletes /x, which was not there");
    }

    [Fact]
    public void A_deletion_of_a_parent()
    {
        Speaker a = _story.Open();
        a.Create("/x");
        a.Create("/x/y");
        a.Delete("/x");
        _story.ShouldBreak("delete", "which had 1 children");
    }

    [Fact]
    public void A_version_that_is_left_out()
    {
        Speaker a = _story.Open();
        a.Create("/x");
        a.Set("/x", "1", 2);
        _story.ShouldBreak("set", "version 2, where 1 was due");
    }

    [Fact]
    public void An_answer_with_another_stat()
    {
        Speaker a = _story.Open();
        a.Create("/x");
        Operation set = a.Ask(new Request(OpCode.SetData, "/x") { Data = Story.Bytes("1") });
        long zxid = _story.Commit(a.Session, set.Xid, new Change.Set("/x", Story.Bytes("1"), 1));
        a.Hear(set, new Answer(ErrorCode.Ok, zxid) { Stat = Speaker.StatOf("1", zxid - 1, zxid, version: 7) });
        _story.ShouldBreak("wrong-answer", "left /x with");
    }

    [Theory]
    [InlineData("/s-0000000001", true)]
    [InlineData("/s-0000000007", false)]
    public void Sequential_names_count_the_parents_creations(string second, bool isFine)
    {
        Speaker a = _story.Open();
        a.Create("/s-", mode: CreateMode.PersistentSequential, created: "/s-0000000000");
        a.Create("/s-", mode: CreateMode.PersistentSequential, created: second);
        if (isFine)
        {
            _story.ShouldBeFine();
        }
        else
        {
            _story.ShouldBreak("sequence", "where /s-0000000001 was due");
        }
    }

    [Fact]
    public void A_write_that_nobody_asked_for()
    {
        Speaker a = _story.Open();
        _story.Commit(a.Session, 77, new Change.Create("/x", null, 0));
        _story.ShouldBreak("unasked", "nobody asked for transaction");
    }

    [Fact]
    public void A_write_of_another_value()
    {
        Speaker a = _story.Open();
        a.Write(new Request(OpCode.Create, "/x") { Data = Story.Bytes("1") }, new Change.Create("/x", Story.Bytes("2"), 0));
        _story.ShouldBreak("other-write", "is not what was asked for");
    }

    [Fact]
    public void A_write_that_happens_twice()
    {
        Speaker a = _story.Open();
        a.Create("/x");
        a.Set("/x", "1", 1);
        _story.Commit(a.Session, a.Last.Xid, new Change.Set("/x", Story.Bytes("1"), 2));
        _story.ShouldBreak("twice", "was committed before");
    }

    [Fact]
    public void An_unknown_write_may_happen_once()
    {
        Speaker a = _story.Open();
        Operation create = a.Ask(new Request(OpCode.Create, "/x"));
        a.Ask(new Request(OpCode.Create, "/y"));
        a.Connection.Lost("");
        _story.Open().Create("/z");
        _story.Commit(a.Session, create.Xid, new Change.Create("/x", null, 0));
        _story.ShouldBeFine();
    }

    [Fact]
    public void An_unknown_write_that_happened_before_it_was_asked_for()
    {
        Speaker a = _story.Open();
        _story.Commit(a.Session, 1, new Change.Create("/x", null, 0));
        _story.Open().Create("/z");
        a.Ask(new Request(OpCode.Create, "/x"));
        a.Connection.Lost("");
        _story.ShouldBreak("real-time", "before its request was sent");
    }

    [Fact]
    public void Zxids_that_go_back_in_the_log()
    {
        Speaker a = _story.Open();
        a.Create("/x");
        _story.CommitAt(new CommittedTransaction(1, 0, 0, 0, []));
        _story.ShouldBreak("log-order", "follows zxid");
    }

    [Fact]
    public void A_session_whose_requests_change_places_in_the_log()
    {
        Speaker a = _story.Open();
        Operation first = a.Ask(new Request(OpCode.Create, "/x"));
        Operation second = a.Ask(new Request(OpCode.Create, "/y"));
        a.Connection.Lost("");
        _story.Commit(a.Session, second.Xid, new Change.Create("/y", null, 0));
        _story.Commit(a.Session, first.Xid, new Change.Create("/x", null, 0));
        _story.ShouldBreak("session-order", "was committed after");
    }
}
