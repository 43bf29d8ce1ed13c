using System.Buffers;
using OrleansZk.Core.Sessions;
using OrleansZk.Core.Tree;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Unit.Sessions;

public sealed class HandshakeTests : EngineTest
{
    private static readonly byte[] NoPassword = new byte[16];

    [Theory]
    [InlineData(0, 4000)]
    [InlineData(-5, 4000)]
    [InlineData(3999, 4000)]
    [InlineData(4000, 4000)]
    [InlineData(12_345, 12_345)]
    [InlineData(40_000, 40_000)]
    [InlineData(40_001, 40_000)]
    [InlineData(int.MaxValue, 40_000)]
    [InlineData(int.MinValue, 4000)]
    public void The_timeout_is_kept_within_bounds(int wanted, int given)
    {
        TestSession session = Engine.Connect(wanted);

        session.Timeout.ShouldBe(given);
        Engine.Replica.Sessions.All[session.Id].Timeout.ShouldBe(given);
    }

    [Theory]
    [InlineData(null, 36)]
    [InlineData(false, 37)]
    [InlineData(true, 37)]
    public void The_read_only_flag_is_answered_only_when_it_was_sent(bool? readOnly, int length)
    {
        byte[] body = Connect(new ConnectRequest(0, 0, 5000, 0, NoPassword, readOnly))!;

        body.Length.ShouldBe(length);
        WireReplies.Connect(body).ReadOnly.ShouldBe(readOnly is null ? null : false);
    }

    [Theory]
    [InlineData(null, 36)]
    [InlineData(true, 37)]
    public void A_refusal_has_the_same_shape_and_nothing_in_it(bool? readOnly, int length)
    {
        byte[] body = Connect(new ConnectRequest(0, 0, 5000, 12345, NoPassword, readOnly))!;

        body.Length.ShouldBe(length);
        ConnectResponse response = WireReplies.Connect(body);
        (response.Timeout, response.SessionId).ShouldBe((0, 0L));
        response.Password.ShouldBe(NoPassword);
    }

    [Fact]
    [OperationCase(CaseKind.Conformance, OpCode.CreateSession)]
    public void A_session_is_logged_before_its_client_hears_of_it()
    {
        Engine.Hold();
        TestConnection connection = Engine.Open();
        connection.Send(WireRequests.ConnectFrame(new ConnectRequest(0, 0, 5000, 0, NoPassword, false)));
        connection.Frames.ShouldBeEmpty();

        Engine.ReleaseAll();

        ConnectResponse response = WireReplies.Connect(connection.Frames.Dequeue());
        response.Password.Length.ShouldBe(16);
        Engine.Replica.Sessions.Contains(response.SessionId).ShouldBeTrue();
        Engine.Restart();
        Engine.Replica.Sessions.Contains(response.SessionId).ShouldBeTrue();
    }

    [Fact]
    public void Requests_may_follow_the_handshake_in_the_same_packet()
    {
        TestConnection connection = Engine.Open();
        connection.Send(
        [
            WireRequests.ConnectFrame(new ConnectRequest(0, 0, 5000, 0, NoPassword, false)),
            WireRequests.Create("/a").ToFrame(1),
            WireRequests.Exists("/a").ToFrame(2),
        ]);

        WireReplies.Connect(connection.Frames.Dequeue()).SessionId.ShouldNotBe(0);
        WireReplies.Read(connection.Frames.Dequeue()).Xid.ShouldBe(1);
        WireReply last = WireReplies.Read(connection.Frames.Dequeue());
        (last.Xid, last.Error).ShouldBe((2, ErrorCode.Ok));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(long.MaxValue)]
    public void A_client_that_has_seen_more_is_sent_away_without_a_word(long ahead)
    {
        long seen = ahead == long.MaxValue ? ahead : Engine.Replica.LastAppliedZxid + ahead;

        Connect(new ConnectRequest(0, seen, 5000, 0, NoPassword, false)).ShouldBeNull();
        Connect(new ConnectRequest(0, Engine.Replica.LastAppliedZxid, 5000, 0, NoPassword, false)).ShouldNotBeNull();
    }

    [Fact]
    public void Session_ids_have_the_server_in_the_top_byte_and_never_repeat()
    {
        var ids = new HashSet<long>();
        foreach (int server in new[] { 0, 1, 127, 128, 200, 254 })
        {
            using var engine = new EngineHarness(new EngineSettings { ServerId = server });
            for (int i = 0; i < 3; i++)
            {
                long id = engine.Connect().Id;
                ((ulong)id >> 56).ShouldBe((ulong)server);
                NodeOwner.IsReserved(id).ShouldBeFalse();
                ids.Add(id).ShouldBeTrue();
            }

            engine.Restart();
            ids.Add(engine.Connect().Id).ShouldBeTrue();
        }
    }

    [Fact]
    public void Passwords_cannot_be_told_from_ids()
    {
        var password = new SessionPassword(MemoryCheckpointStore.Secret);
        var other = new SessionPassword(new byte[32]);

        password.For(1).ShouldNotBe(password.For(2));
        password.For(1).ShouldNotBe(other.For(1));
        password.For(1).Length.ShouldBe(16);
        password.IsRight(1, password.For(1)).ShouldBeTrue();
        password.IsRight(2, password.For(1)).ShouldBeFalse();
        password.IsRight(1, null).ShouldBeFalse();
        password.IsRight(1, []).ShouldBeFalse();
        password.IsRight(1, [.. password.For(1), 0]).ShouldBeFalse();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(27)]
    public void A_handshake_that_is_cut_short_ends_the_connection(int length)
    {
        byte[] frame = WireRequests.ConnectFrame(new ConnectRequest(0, 0, 5000, 0, NoPassword, false));
        TestConnection connection = Engine.Open();

        connection.Send([0, 0, 0, (byte)length, .. frame.AsSpan(4, length)]);

        connection.IsClosed.ShouldBeTrue();
        connection.Frames.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0x7fffffff)]
    [InlineData(0x100000)]
    public void A_frame_length_out_of_bounds_ends_the_connection(int length)
    {
        Session.Connection.Send([(byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length]);

        Session.IsConnected.ShouldBeFalse();
    }

    [Fact]
    public void Those_who_never_shake_hands_are_dropped()
    {
        TestConnection silent = Engine.Open();
        Engine.Clock.Advance(TimeSpan.FromSeconds(5));
        Engine.Replica.DropLate(TimeSpan.FromSeconds(5));
        silent.IsClosed.ShouldBeFalse();

        Engine.Clock.Advance(TimeSpan.FromSeconds(1));
        Engine.Replica.DropLate(TimeSpan.FromSeconds(5));

        silent.IsClosed.ShouldBeTrue();
        Session.IsConnected.ShouldBeTrue();
        Engine.Replica.Connections.Count.ShouldBe(1);
    }

    [Fact]
    public void Those_who_do_not_read_their_last_answers_are_dropped()
    {
        // A socket that takes nothing more: the engine has ended the connection, and nobody sees that.
        ClientConnection stalled = Engine.Replica.Connect(new Deaf(), "10.0.0.9:1", "10.0.0.9");
        var frames = new ReadOnlySequence<byte>(WireRequests.ConnectFrame(new ConnectRequest(0, 0, 30_000, 0, new byte[16], false)));
        stalled.Receive(ref frames);
        Engine.Settle();
        frames = new ReadOnlySequence<byte>(WireRequests.CloseSession().ToFrame(1));
        stalled.Receive(ref frames);
        Engine.Settle();
        (stalled.IsEstablished, stalled.IsEnding).ShouldBe((true, true));

        Engine.Clock.Advance(TimeSpan.FromSeconds(5));
        Engine.Replica.DropLate(TimeSpan.FromSeconds(5));
        Engine.Replica.Connections.Count.ShouldBe(2);
        Engine.Clock.Advance(TimeSpan.FromSeconds(1));
        Engine.Replica.DropLate(TimeSpan.FromSeconds(5));

        Engine.Replica.Connections.Count.ShouldBe(1);
        Session.IsConnected.ShouldBeTrue();
    }

    [Fact]
    public void What_is_sent_behind_a_handshake_is_answered_behind_it_and_auth_packets_count_for_what_follows()
    {
        Session.Ask(WireRequests.Create("/secret", acl: [Digest(Permissions.All, "u:p")]));
        Engine.Hold();
        TestConnection connection = Engine.Open();
        connection.Send(
            WireRequests.ConnectFrame(new ConnectRequest(0, 0, 30_000, 0, new byte[16], false)),
            WireRequests.GetData("/secret").ToFrame(1),
            WireRequests.Auth("digest", "u:p").ToFrame(ReservedXid.Auth),
            WireRequests.GetData("/secret").ToFrame(2),
            WireRequests.SetData("/secret", "x").ToFrame(3));
        connection.Frames.ShouldBeEmpty();

        Engine.ReleaseAll();

        WireReplies.Connect(connection.Frames.Dequeue()).SessionId.ShouldNotBe(0);
        connection.Frames.Select(body => WireReplies.Read(body)).Select(reply => (reply.Xid, reply.Error)).ShouldBe(
            [(1, ErrorCode.NoAuth), (ReservedXid.Auth, ErrorCode.Ok), (2, ErrorCode.Ok), (3, ErrorCode.Ok)]);
    }

    [Fact]
    public void Wrong_credentials_behind_a_handshake_end_the_connection_behind_its_answer()
    {
        Engine.Hold();
        TestConnection connection = Engine.Open();
        connection.Send(
            WireRequests.ConnectFrame(new ConnectRequest(0, 0, 30_000, 0, new byte[16], false)),
            WireRequests.Auth("none", "u:p").ToFrame(ReservedXid.Auth),
            WireRequests.Create("/never").ToFrame(1));

        Engine.ReleaseAll();

        WireReplies.Connect(connection.Frames.Dequeue()).SessionId.ShouldNotBe(0);
        WireReplies.Read(connection.Frames.Dequeue()).Error.ShouldBe(ErrorCode.AuthFailed);
        connection.Frames.ShouldBeEmpty();
        connection.IsEnding.ShouldBeTrue();
        IsThere("/never").ShouldBeFalse();
    }

    [Fact]
    public void A_session_that_goes_on_elsewhere_leaves_its_old_connection_without_a_leader_too()
    {
        Engine.Replica.SetReadOnly(true);
        Session.IsConnected.ShouldBeFalse("it was not read-only");
        var request = new ConnectRequest(0, 0, 30_000, Session.Id, Session.Password, true);
        TestSession first = TestSession.Greet(Engine, request, "10.0.0.2");
        first.IsConnected.ShouldBeTrue();

        TestSession second = TestSession.Greet(Engine, request, "10.0.0.3");

        first.IsConnected.ShouldBeFalse();
        second.IsConnected.ShouldBeTrue();
        second.Ask(WireRequests.Exists("/"));
        Engine.Replica.Connections.Count.ShouldBe(1);
    }

    private sealed class Deaf : IConnectionTransport
    {
        public void Flush(bool elsewhere)
        {
        }

        public void Resume()
        {
        }

        public void Abort()
        {
        }
    }

    private byte[]? Connect(in ConnectRequest request)
    {
        TestConnection connection = Engine.Open();
        connection.Send(WireRequests.ConnectFrame(request));
        bool answered = connection.Frames.TryDequeue(out byte[]? body);
        connection.IsClosed.ShouldBe(!answered || WireReplies.Connect(body).SessionId == 0);
        return body;
    }
}
