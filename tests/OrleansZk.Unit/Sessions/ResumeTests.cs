using static OrleansZk.TestKit.Wire.WireRequests;

namespace OrleansZk.Unit.Sessions;

public sealed class ResumeTests : EngineTest
{
    [Fact]
    public void A_session_goes_on_with_its_password()
    {
        long id = Session.Id;
        Session.Ask(Create("/e", mode: CreateMode.Ephemeral));
        Session.Disconnect();
        IsThere("/e").ShouldBeTrue("ephemerals belong to the session, not to the connection");

        Session.Reconnect(timeout: 7000).ShouldBeTrue();

        (Session.Id, Session.Timeout).ShouldBe((id, 7000));
        Session.Ask(GetEphemerals()).Names.ShouldBe(["/e"]);
    }

    [Fact]
    public void Not_with_a_wrong_one()
    {
        TestSession other = Engine.Connect();
        long id = Session.Id;
        foreach (byte[] wrong in new[] { new byte[16], other.Password, [], [.. Session.Password.Take(15)] })
        {
            other.Reconnect(id: id, password: wrong).ShouldBeFalse();
            other.IsConnected.ShouldBeFalse();
        }

        Session.IsConnected.ShouldBeTrue("a wrong password must not disturb the rightful owner");
        Session.Try(Create("/a")).ShouldBe(ErrorCode.Ok);
    }

    [Fact]
    public void Not_when_it_was_closed()
    {
        Session.Ask(CloseSession());

        Session.Reconnect().ShouldBeFalse();
        Session.IsConnected.ShouldBeFalse();
    }

    [Fact]
    public void The_old_connection_is_ended()
    {
        TestConnection old = Session.Connection;

        Session.Reconnect().ShouldBeTrue();

        old.IsClosed.ShouldBeTrue();
        Session.IsConnected.ShouldBeTrue();
        Session.Try(Create("/a")).ShouldBe(ErrorCode.Ok);
        Engine.Replica.Connections.Count.ShouldBe(1);
    }

    [Fact]
    public void Writes_through_the_old_connection_count_until_the_session_moved_and_not_after()
    {
        // The handshake waits behind an append; requests of the old connection come before and after it.
        Engine.Hold();
        TestConnection old = Session.Connection;
        Session.Send(Create("/before"));
        TestConnection @new = Engine.Open();
        @new.Send(ConnectFrame(new(0, 0, 5000, Session.Id, Session.Password, false)));
        Session.Send(Create("/after"), GetData("/"), Create("/after2"));

        Engine.ReleaseAll();

        IsThere("/before").ShouldBeTrue();
        IsThere("/after").ShouldBeFalse();
        IsThere("/after2").ShouldBeFalse();
        old.IsClosed.ShouldBeTrue();
        WireReplies.Connect(@new.Frames.Dequeue()).SessionId.ShouldBe(Session.Id);
        Session.TakeAll().OfType<Answer>().Select(answer => answer.Type).ShouldBe([OpCode.Create], "what comes after has no answer");
    }

    [Fact]
    public void After_a_restart_sessions_go_on_and_have_their_full_time()
    {
        Session.Ask(Create("/e", mode: CreateMode.Ephemeral));
        TestSession silent = Engine.Connect(timeout: 10_000);
        Engine.Advance(TimeSpan.FromSeconds(8));

        Engine.Restart();
        Engine.Advance(TimeSpan.FromSeconds(8));

        Session.Reconnect().ShouldBeTrue();
        silent.Reconnect().ShouldBeTrue();
        IsThere("/e").ShouldBeTrue();
        Engine.Advance(TimeSpan.FromSeconds(14));
        Engine.Replica.Sessions.Contains(silent.Id).ShouldBeFalse();
        Engine.Replica.Sessions.Contains(Session.Id).ShouldBeTrue();
    }

    [Fact]
    public void A_session_may_move_again_and_again()
    {
        for (int i = 0; i < 5; i++)
        {
            Session.Reconnect().ShouldBeTrue();
            Session.Try(Create($"/{i}", mode: CreateMode.Ephemeral)).ShouldBe(ErrorCode.Ok);
        }

        Session.Ask(GetEphemerals()).Names!.Count.ShouldBe(5);
        Engine.Replica.Connections.Count.ShouldBe(1);
    }
}
