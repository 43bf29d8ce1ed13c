namespace OrleansZk.Histories.Tests;

public sealed class SessionTests
{
    private readonly Story _story = new();

    [Fact]
    public void Ephemerals_go_with_their_session()
    {
        Speaker a = _story.Open();
        a.Create("/e", mode: CreateMode.Ephemeral);
        a.Write(new Request(OpCode.CloseSession), new Change.CloseSession(a.Session, ["/e"]));
        _story.Open().GetNothing("/e", _story.Zxid);
        _story.ShouldBeFine(evidence => evidence with { FinalSessions = [2] });
    }

    [Fact]
    public void An_ephemeral_that_stays()
    {
        Speaker a = _story.Open();
        a.Create("/e", mode: CreateMode.Ephemeral);
        a.Write(new Request(OpCode.CloseSession), new Change.CloseSession(a.Session, []));
        _story.ShouldBreak("ephemeral", "but the session owned [/e]");
    }

    [Fact]
    public void A_session_that_owns_much_goes_in_parts()
    {
        Speaker a = Owner(["/e1", "/e2", "/e3"]);
        a.CloseInParts(new Change.CloseSession(a.Session, ["/e1"]), () =>
        {
            _story.Open().Create("/between");
            _story.Commit(0, 0, new Change.Delete("/e2"));
            return _story.Commit(0, 0, new Change.Delete("/e3"));
        });
        _story.ShouldBeFine(InParts);
    }

    [Fact]
    public void A_part_that_is_smaller_than_it_may_be()
    {
        Speaker a = Owner(["/e1", "/e2"]);
        a.CloseInParts(new Change.CloseSession(a.Session, []), () => _story.Commit(0, 0, new Change.Delete("/e1"), new Change.Delete("/e2")));
        _story.ShouldBreak("ephemeral", "but the session owned [/e1 /e2]", InParts);
    }

    [Fact]
    public void A_part_that_never_comes()
    {
        Speaker a = Owner(["/e1", "/e2", "/e3"]);
        _story.Commit(a.Session, 0, new Change.CloseSession(a.Session, ["/e1"]));
        _story.Commit(0, 0, new Change.Delete("/e2"));
        _story.ShouldBreak("ephemeral", "was never deleted", InParts);
    }

    [Fact]
    public void An_answer_to_closing_before_all_is_gone()
    {
        Speaker a = Owner(["/e1", "/e2"]);
        a.CloseInParts(new Change.CloseSession(a.Session, ["/e1"]), () => _story.Zxid);
        _story.Commit(0, 0, new Change.Delete("/e2"));
        _story.ShouldBreak("wrong-zxid", "told another zxid", InParts);
    }

    [Fact]
    public void An_ephemeral_that_is_seen_after_its_session()
    {
        Speaker a = _story.Open();
        Speaker b = _story.Open();
        long created = a.Create("/e", "1", CreateMode.Ephemeral);
        long closed = a.Write(new Request(OpCode.CloseSession), new Change.CloseSession(a.Session, ["/e"]));
        b.Read(
            new Request(OpCode.GetData, "/e"),
            new Answer(ErrorCode.Ok, closed) { Data = Story.Bytes("1"), Stat = Speaker.StatOf("1", created) with { EphemeralOwner = a.Session } });
        _story.ShouldBeFine();
        b.Read(
            new Request(OpCode.GetData, "/e"),
            new Answer(ErrorCode.Ok, closed) { Data = Story.Bytes("1"), Stat = Speaker.StatOf("1", created) with { EphemeralOwner = a.Session } });
        _story.ShouldBreak("read", "there was no /e");
    }

    [Fact]
    public void An_ephemeral_that_goes_without_its_session()
    {
        Speaker a = _story.Open();
        a.Create("/e", mode: CreateMode.Ephemeral);
        _story.Commit(0, 0, new Change.Delete("/e"));
        _story.ShouldBreak("unasked", "deletes a node that nobody asked to delete");
    }

    [Fact]
    public void An_ephemeral_of_another_session()
    {
        Speaker a = _story.Open();
        Speaker b = _story.Open();
        a.Write(new Request(OpCode.Create, "/e") { Mode = CreateMode.Ephemeral }, new Change.Create("/e", null, b.Session));
        _story.ShouldBreak("ephemeral", "for session 0x2");
    }

    [Fact]
    public void A_write_of_a_session_that_is_over()
    {
        Speaker a = _story.Open();
        _story.Commit(a.Session, 0, new Change.CloseSession(a.Session, []));
        a.Create("/x");
        _story.ShouldBreak("session-alive", "for a session that is not open");
    }

    [Fact]
    public void A_session_that_the_log_does_not_have()
    {
        _story.History.Connect("client9", 1).Opened(9, TimeSpan.FromSeconds(10));
        _story.ShouldBreak("lost-session", "is not in the log");
    }

    [Fact]
    public void An_id_that_is_given_out_twice()
    {
        Speaker a = _story.Open();
        a.Connect(resumes: false);
        _story.ShouldBreak("session-id", "given to a second session");
    }

    [Fact]
    public void A_session_that_is_called_expired_and_is_not()
    {
        Speaker a = _story.Open();
        a.Connection.Lost("");
        _story.History.Connect("client1", 1).Expired(a.Session);
        _story.ShouldBreak("expiry", "was never closed");
    }

    [Fact]
    public void A_greeting_that_arrives_late_says_nothing_of_when_the_client_was_heard_of()
    {
        ConnectionRecord connection = _story.History.Connect("client1", 1);
        _story.Commit(1, 0, new Change.OpenSession(1, TimeSpan.FromSeconds(10)));
        _story.Wait(8);
        connection.Opened(1, TimeSpan.FromSeconds(10));
        _story.Wait(4);
        _story.Commit(1, 0, new Change.CloseSession(1, []));
        _story.ShouldBeFine(evidence => evidence with { ExpiryTolerance = TimeSpan.Zero });
    }

    [Theory]
    [InlineData(12, true)]
    [InlineData(8, false)]
    public void A_session_lives_as_long_as_its_client_was_heard_of(double silence, bool isFine)
    {
        Speaker a = _story.Open(timeout: 10);
        _story.Wait(20);
        a.Create("/x");
        _story.Wait(silence);
        _story.Commit(a.Session, 0, new Change.CloseSession(a.Session, []));
        if (isFine)
        {
            _story.ShouldBeFine(evidence => evidence with { ExpiryTolerance = TimeSpan.Zero });
        }
        else
        {
            _story.ShouldBreak("early-expiry", "but the client was heard of", evidence => evidence with { ExpiryTolerance = TimeSpan.Zero });
        }
    }

    [Theory]
    [InlineData(1.5, true)]
    [InlineData(3, false)]
    public void A_session_that_has_expired_is_served_no_more(double after, bool isFine)
    {
        Speaker a = _story.Open(timeout: 10);
        _story.Wait(12);
        _story.Commit(a.Session, 0, new Change.CloseSession(a.Session, []));
        _story.Wait(after);
        a.GetNothing("/x", at: 1);
        if (isFine)
        {
            _story.ShouldBeFine(evidence => evidence with { ExpiryTolerance = TimeSpan.Zero });
        }
        else
        {
            _story.ShouldBreak("served-on", "a server still took a request", evidence => evidence with { ExpiryTolerance = TimeSpan.Zero });
        }
    }

    [Fact]
    public void A_request_that_waits_for_ever()
    {
        Speaker a = _story.Open();
        a.Ask(new Request(OpCode.GetData, "/x"));
        _story.ShouldBreak("unanswered", "waits for an answer at the end");
        a.Connection.Lost("");
        _story.ShouldBeFine();
    }

    [Fact]
    public void A_session_that_is_called_expired_before_it_is_closed()
    {
        Speaker a = _story.Open();
        a.Connection.Lost("the story wants it");
        _story.History.Connect("client1", 1).Expired(a.Session);
        _story.Wait(5);
        _story.Commit(a.Session, 0, new Change.CloseSession(a.Session, []));
        _story.ShouldBreak("expiry", "before it was closed");
    }

    [Theory]
    [InlineData(14, true)]
    [InlineData(15, false)]
    public void A_session_that_does_not_expire(double later, bool isFine)
    {
        Speaker a = _story.Open(timeout: 10);
        _story.Wait(1);
        a.Connection.Lost("the client died");
        _story.Wait(later);
        _story.Open();
        Evidence Quiet(Evidence evidence) => evidence with { QuietSince = TimeSpan.Zero };
        if (isFine)
        {
            _story.ShouldBeFine(Quiet);
        }
        else
        {
            _story.ShouldBreak("no-expiry", "session 0x1 lost its client", Quiet);
            _story.ShouldBeFine(evidence => evidence with { QuietSince = TimeSpan.FromSeconds(3) });
        }
    }

    [Fact]
    public void A_session_whose_client_came_back_need_not_expire()
    {
        Speaker a = _story.Open(timeout: 10);
        a.Reconnect();
        _story.Wait(20);
        _story.Open();
        _story.ShouldBeFine(evidence => evidence with { QuietSince = TimeSpan.Zero });
    }

    private static Evidence InParts(Evidence evidence) => evidence with { MaxNodesPerEnding = 1 };

    private Speaker Owner(IEnumerable<string> paths)
    {
        Speaker owner = _story.Open();
        foreach (string path in paths)
        {
            owner.Create(path, mode: CreateMode.Ephemeral);
        }

        return owner;
    }
}
