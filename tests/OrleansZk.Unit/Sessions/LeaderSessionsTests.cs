using OrleansZk.Core.Replication;
using OrleansZk.Core.Sessions;

namespace OrleansZk.Unit.Sessions;

public sealed class LeaderSessionsTests
{
    private const int Tick = 2000;
    private readonly LeaderSessions _sessions = new(Tick);

    [Fact]
    public void Requests_speak_for_a_session_through_the_connection_that_owns_it()
    {
        _sessions.Open(1, 5000, owner: 10, now: 0);

        _sessions.Check(1, 10).ShouldBe(ErrorCode.Ok);
        _sessions.Check(1, 11).ShouldBe(ErrorCode.SessionMoved);
        _sessions.Check(2, 10).ShouldBe(ErrorCode.SessionExpired);
        _sessions.TryMove(1, 11, 5000, 0).ShouldBeTrue();
        _sessions.Check(1, 10).ShouldBe(ErrorCode.SessionMoved);
        _sessions.Check(1, 11).ShouldBe(ErrorCode.Ok);
        _sessions.TryMove(2, 11, 5000, 0).ShouldBeFalse();
        _sessions.Remove(1);
        _sessions.Check(1, 11).ShouldBe(ErrorCode.SessionExpired);
    }

    [Fact]
    public void A_session_from_the_log_keeps_its_owner()
    {
        var table = new SessionTable();
        table.Set(1, new SessionState(5000, 11));
        _sessions.Load(table, 0);

        _sessions.Check(1, 10).ShouldBe(ErrorCode.SessionMoved);
        _sessions.Check(1, 11).ShouldBe(ErrorCode.Ok);
    }

    [Theory]
    [InlineData(0, 4000, 6000)]
    [InlineData(1, 4000, 6000)]
    [InlineData(1999, 4000, 6000)]
    [InlineData(2000, 4000, 8000)]
    [InlineData(500, 4500, 6000)]
    public void Deadlines_are_whole_ticks(long now, int timeout, long deadline)
    {
        _sessions.Open(1, timeout, 10, now);

        _sessions.Expired(deadline - 1).ShouldBeEmpty();
        _sessions.IsExpired(1, deadline - 1).ShouldBeFalse();
        _sessions.Expired(deadline).ShouldBe([1]);
        _sessions.IsExpired(1, deadline).ShouldBeTrue();
        _sessions.IsExpired(2, deadline).ShouldBeFalse();
    }

    [Fact]
    public void Being_heard_of_moves_the_deadline_on_and_never_back()
    {
        _sessions.Open(1, 4000, 10, 10_000);
        _sessions.Touch(1, 5000);
        _sessions.IsExpired(1, 15_999).ShouldBeFalse();

        _sessions.Touch(1, 12_000);
        _sessions.IsExpired(1, 16_000).ShouldBeFalse();
        _sessions.IsExpired(1, 18_000).ShouldBeTrue();
        _sessions.Touch(99, 1);
    }

    [Fact]
    public void Sessions_by_deadline()
    {
        _sessions.Open(3, 4000, 10, 0);
        _sessions.Open(1, 4000, 10, 0);
        _sessions.Open(2, 8000, 10, 0);

        List<(long InMilliseconds, List<long> Ids)> buckets = _sessions.ByDeadline(1000);

        buckets.Count.ShouldBe(2);
        buckets[0].InMilliseconds.ShouldBe(5000);
        buckets[0].Ids.ShouldBe([1, 3]);
        buckets[1].Ids.ShouldBe([2]);
    }
}
