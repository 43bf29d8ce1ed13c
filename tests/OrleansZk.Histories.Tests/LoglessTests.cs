namespace OrleansZk.Histories.Tests;

/// <summary>What is found without the log.</summary>
public sealed class LoglessTests
{
    private readonly Story _story = new();

    [Fact]
    public void A_consistent_story_is_fine()
    {
        Speaker a = _story.Open();
        Speaker b = _story.Open();
        long created = a.Create("/x", "1");
        b.GetNothing("/x", created - 1);
        Operation unknown = a.Ask(new Request(OpCode.SetData, "/x") { Data = Story.Bytes("2") });
        long set = _story.Commit(a.Session, unknown.Xid, new Change.Set("/x", Story.Bytes("2"), 1));
        a.Connection.Lost("");
        unknown.Outcome.ShouldBe(Outcome.Pending);
        b.Get("/x", "2", created, set, mzxid: set, version: 1);
        _story.ShouldBeFine(WithoutLog);
    }

    [Fact]
    public void A_lost_write_at_the_end()
    {
        _story.Open().Create("/x", "1");
        _story.ShouldBreak("lost-write", "/x is not there", evidence => WithoutLog(evidence) with { FinalTree = new Dictionary<string, FinalNode>() });
    }

    [Fact]
    public void A_read_of_what_was_before_what_the_session_saw()
    {
        Speaker a = _story.Open();
        long created = a.Create("/x", "1");
        long set = a.Set("/x", "2", 1);
        a.Get("/x", "1", created, set);
        _story.ShouldBreak("read", "which is after", WithoutLog);
    }

    [Fact]
    public void A_value_that_nobody_wrote()
    {
        Speaker a = _story.Open();
        a.Get("/x", "7", 1, 1);
        _story.ShouldBreak("read", "nobody wrote that", WithoutLog);
    }

    [Fact]
    public void A_node_that_vanished()
    {
        Speaker a = _story.Open();
        a.GetNothing("/x", a.Create("/x", "1"));
        _story.ShouldBreak("read", "nobody deleted it", WithoutLog);
    }

    [Fact]
    public void Two_writes_with_one_zxid()
    {
        Speaker a = _story.Open();
        Speaker b = _story.Open();
        Operation first = a.Ask(new Request(OpCode.Create, "/x"));
        Operation second = b.Ask(new Request(OpCode.Create, "/y"));
        a.Hear(first, new Answer(ErrorCode.Ok, 9) { Path = "/x" });
        b.Hear(second, new Answer(ErrorCode.Ok, 9) { Path = "/y" });
        _story.ShouldBreak("zxid-twice", "the same zxid", WithoutLog);
    }

    [Fact]
    public void A_sync_that_is_behind()
    {
        long created = _story.Open().Create("/x", "1");
        _story.Open().Sync(created - 1);
        _story.ShouldBreak("sync", "had been seen before", WithoutLog);
    }

    private static Evidence WithoutLog(Evidence evidence) => evidence with { Transactions = null };
}
