namespace OrleansZk.Histories.Tests;

public sealed class RefusalTests
{
    private readonly Story _story = new();

    [Fact]
    public void A_refusal_that_the_tree_explains_is_fine()
    {
        Speaker a = _story.Open();
        a.Create("/x");
        a.Read(new Request(OpCode.Create, "/x"), new Answer(ErrorCode.NodeExists, _story.Zxid));
        a.Read(new Request(OpCode.Create, "/y/z"), new Answer(ErrorCode.NoNode, _story.Zxid));
        a.Read(new Request(OpCode.SetData, "/x") { Version = 4 }, new Answer(ErrorCode.BadVersion, _story.Zxid));
        a.Create("/x/y");
        a.Read(new Request(OpCode.Delete, "/x"), new Answer(ErrorCode.NotEmpty, _story.Zxid));
        _story.ShouldBeFine();
    }

    [Fact]
    public void A_refusal_may_be_decided_at_any_state_while_it_was_underway()
    {
        Speaker a = _story.Open();
        Speaker b = _story.Open();
        a.Create("/x");
        Operation create = b.Ask(new Request(OpCode.Create, "/x"));
        a.Delete("/x");
        b.Hear(create, new Answer(ErrorCode.NodeExists, _story.Zxid));
        _story.ShouldBeFine();
    }

    [Fact]
    public void A_refusal_by_a_state_that_was_over_when_it_was_asked_for()
    {
        Speaker a = _story.Open();
        Speaker b = _story.Open();
        a.Create("/x");
        a.Delete("/x");
        b.Read(new Request(OpCode.Create, "/x"), new Answer(ErrorCode.NodeExists, _story.Zxid));
        _story.ShouldBreak("refusal", "refuses it so");
    }

    [Fact]
    public void A_refusal_by_a_server_that_is_behind()
    {
        Speaker a = _story.Open();
        Speaker b = _story.Open();
        long created = a.Create("/x");
        a.Delete("/x");
        b.Read(new Request(OpCode.Create, "/x"), new Answer(ErrorCode.NodeExists, created));
        _story.ShouldBreak("real-time", "had been seen before it was sent");
    }

    [Fact]
    public void A_refusal_of_what_was_committed()
    {
        Speaker a = _story.Open();
        Operation create = a.Ask(new Request(OpCode.Create, "/x"));
        _story.Commit(a.Session, create.Xid, new Change.Create("/x", null, 0));
        a.Hear(create, new Answer(ErrorCode.NodeExists, _story.Zxid));
        _story.ShouldBreak("refused-write", "was refused and is in the log");
    }

    [Fact]
    public void An_error_that_nothing_explains()
    {
        Speaker a = _story.Open();
        a.Read(new Request(OpCode.Create, "/x"), new Answer(ErrorCode.SystemError, _story.Zxid));
        _story.ShouldBreak("unexplained", "nothing explains the error");
    }

    [Theory]
    [InlineData(ErrorCode.BadVersion, true)]
    [InlineData(ErrorCode.NoNode, false)]
    public void A_multi_fails_where_it_must(ErrorCode error, bool isFine)
    {
        Speaker a = _story.Open();
        a.Create("/x");
        var multi = new Request(OpCode.Multi)
        {
            Parts = [new Request(OpCode.SetData, "/x"), new Request(OpCode.SetData, "/x") { Version = 0 }],
        };
        a.Read(multi, new Answer(ErrorCode.Ok, _story.Zxid)
        {
            Parts = [new Answer(ErrorCode.Ok, 0), new Answer(error, 0)],
        });
        if (isFine)
        {
            _story.ShouldBeFine();
        }
        else
        {
            _story.ShouldBreak("refusal", "refuses it so");
        }
    }

    [Theory]
    [InlineData(OpCode.SetData)]
    [InlineData(OpCode.MultiRead)]
    public void A_limit_explains_a_refusal_only_to_whom_it_may(OpCode type)
    {
        Speaker a = _story.Open();
        a.Create("/n");
        a.Read(new Request(type, "/n"), new Answer(ErrorCode.QuotaExceeded, _story.Zxid));
        _story.ShouldBreak("unexplained", "nothing explains the error");
        _story.ShouldBeFine(evidence => evidence with { MayRefuse = (operation, error) => operation.Request.Type == type && error == ErrorCode.QuotaExceeded });
    }
}
