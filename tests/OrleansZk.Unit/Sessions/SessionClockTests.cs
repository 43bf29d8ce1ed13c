using Microsoft.Extensions.Logging.Abstractions;
using OrleansZk.Core.Replication;
using static OrleansZk.TestKit.Wire.WireRequests;

namespace OrleansZk.Unit.Sessions;

/// <summary>Sessions expire by the silence of their clients, not by that of the server.</summary>
public sealed class SessionClockTests : EngineTest
{
    private const int Tick = 2000;
    private static readonly TimeSpan HalfTick = TimeSpan.FromMilliseconds(Tick / 2);

    private readonly SessionClock _clock;
    private readonly TestSession _pinging;
    private readonly TestSession _silent;

    public SessionClockTests()
    {
        _clock = new SessionClock(Engine.Replica, Tick, Engine.Clock, NullLogger.Instance);
        _pinging = Engine.Connect(timeout: 4000);
        _silent = Engine.Connect(timeout: 4000);
    }

    [Theory]
    [InlineData(9)]
    [InlineData(3600)]
    public void A_process_that_stood_still_gives_every_session_its_time_again(int seconds)
    {
        Turn(HalfTick);
        Turn(TimeSpan.FromSeconds(seconds));
        IsAlive(_silent).ShouldBeTrue("what it has sent may wait to be read");

        for (int i = 0; i < 8; i++)
        {
            _pinging.Send(Ping());
            Turn(HalfTick);
        }

        IsAlive(_pinging).ShouldBeTrue();
        IsAlive(_silent).ShouldBeFalse();
    }

    [Fact]
    public void One_that_is_a_little_late_goes_on_as_ever()
    {
        for (int i = 0; i < 4; i++)
        {
            _pinging.Send(Ping());
            Turn(HalfTick + TimeSpan.FromMilliseconds(Tick));
        }

        IsAlive(_pinging).ShouldBeTrue();
        IsAlive(_silent).ShouldBeFalse();
    }

    [Fact]
    public void Only_what_was_due_when_the_turn_began_expires()
    {
        long began = Engine.Clock.GetTimestamp() * 1000 / Engine.Clock.TimestampFrequency;
        Engine.Clock.Advance(TimeSpan.FromSeconds(60));

        Engine.Leader.ExpireSessions(began).ShouldBe(0, "the process stood still within its turn");
        Engine.Leader.ExpireSessions().ShouldBe(3);
    }

    [Fact]
    public void Without_a_leader_here_it_only_looks_at_the_clock()
    {
        Engine.Clock.Advance(TimeSpan.FromSeconds(60));
        _clock.Tick(null);
        Turn(HalfTick);

        IsAlive(_silent).ShouldBeFalse("it stood still before it led, and a new leader gives all their time anyway");
    }

    private void Turn(TimeSpan after)
    {
        Engine.Clock.Advance(after);
        Engine.Replica.ReportActivity();
        _clock.Tick(Engine.Leader);
        Engine.Settle();
    }

    private bool IsAlive(TestSession session) => Engine.Replica.Sessions.Contains(session.Id);
}
