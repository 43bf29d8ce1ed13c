using System.Globalization;
using OrleansZk.Core.Access;
using static OrleansZk.TestKit.Wire.WireRequests;

namespace OrleansZk.Unit.Sessions;

/// <summary>A connection on which one password after another is tried is kept waiting; the others are not.</summary>
public sealed class BrakedConnectionTests() : EngineTest(new EngineSettings { BrakesAuth = true })
{
    private int _guesses;

    [Fact]
    public void The_next_guess_is_answered_when_its_time_has_come_and_what_is_behind_it_after_it()
    {
        Guess(Session, AuthBrake.FreeAttempts);
        Unanswered(Session).ShouldBe(0);

        Session.Send(Auth("digest", "u:one more"), Exists("/"));
        Unanswered(Session).ShouldBe(2);
        Pass(TimeSpan.FromMilliseconds(999));
        Unanswered(Session).ShouldBe(2);

        Pass(TimeSpan.FromMilliseconds(1));
        Unanswered(Session).ShouldBe(0);
        Session.IsConnected.ShouldBeTrue();
    }

    [Fact]
    public void Guesses_in_one_packet_take_as_long_as_one_by_one()
    {
        Guess(Session, AuthBrake.FreeAttempts);

        Session.Send([.. Enumerable.Range(0, 5).Select(_ => NextGuess())]);
        for (int left = 5; left > 0; left--)
        {
            Unanswered(Session).ShouldBe(left);
            Pass(TimeSpan.FromSeconds(1));
        }

        Unanswered(Session).ShouldBe(0);
    }

    [Fact]
    public void A_new_connection_of_the_address_waits_too_and_another_address_does_not()
    {
        Guess(Session, AuthBrake.FreeAttempts);

        TestSession again = Engine.Connect();
        Guess(again, 1);
        Unanswered(again).ShouldBe(1);
        TestSession other = Engine.Connect(ip: "10.0.0.2");
        Guess(other, 1);
        Unanswered(other).ShouldBe(0);
        Session.Try(Exists("/")).ShouldBe(ErrorCode.Ok, "what is no auth packet does not wait");
    }

    [Fact]
    public void A_client_that_comes_back_with_what_it_had_does_not_wait()
    {
        Session.Try(Auth("digest", "u:p")).ShouldBe(ErrorCode.Ok);
        Guess(Engine.Connect(), AuthBrake.FreeAttempts + 10);

        Session.Disconnect();
        Session.Reconnect().ShouldBeTrue();
        Session.Try(Auth("digest", "u:p")).ShouldBe(ErrorCode.Ok);
    }

    [Fact]
    public void A_connection_that_ends_while_it_waits_leaves_nothing_behind()
    {
        Guess(Session, AuthBrake.FreeAttempts + 1);
        Session.Disconnect();
        Engine.Replica.Connections.Count.ShouldBe(0);
        Pass(TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void A_server_that_stops_takes_what_waits_at_once()
    {
        Guess(Session, AuthBrake.FreeAttempts);
        Session.Send([.. Enumerable.Range(0, 5).Select(_ => NextGuess())]);

        Session.Connection.Connection.ReleaseBrake();
        Engine.Settle();

        Unanswered(Session).ShouldBe(0);
    }

    private WireRequest NextGuess() => Auth("digest", string.Create(CultureInfo.InvariantCulture, $"u:{++_guesses}"));

    // The identities that a client may have are limited too: a guesser takes a new connection now and then.
    private void Guess(TestSession session, int count)
    {
        for (int i = 0; i < count; i++)
        {
            session.Send(NextGuess());
        }
    }

    private static int Unanswered(TestSession session)
    {
        session.TakeAll();
        return session.Outstanding;
    }

    private void Pass(TimeSpan time)
    {
        Engine.Clock.Advance(time);
        Engine.Settle();
    }
}
