using OrleansZk.Protocol.Tests.Recordings;

namespace OrleansZk.Protocol.Tests;

/// <summary>What real clients and Apache ZooKeeper have said is read, and written again to the same bytes.</summary>
public sealed class GoldenFrameTests
{
    public static TheoryData<string> Clients => [.. Recording.Clients];

    [Fact]
    public void The_recordings_cover_the_protocol()
    {
        OpCode[] expected =
        [
            OpCode.Create, OpCode.Delete, OpCode.Exists, OpCode.GetData, OpCode.SetData, OpCode.GetAcl, OpCode.SetAcl, OpCode.GetChildren, OpCode.Sync,
            OpCode.Ping, OpCode.GetChildren2, OpCode.Multi, OpCode.Create2, OpCode.Reconfig, OpCode.CheckWatches, OpCode.RemoveWatches,
            OpCode.CreateContainer, OpCode.CreateTtl, OpCode.MultiRead, OpCode.Auth, OpCode.SetWatches, OpCode.GetEphemerals,
            OpCode.GetAllChildrenNumber, OpCode.SetWatches2, OpCode.AddWatch, OpCode.WhoAmI, OpCode.CloseSession,
        ];
        Recording[] recordings = [.. Recording.Clients.Select(Recording.Load)];
        IEnumerable<OpCode> covered = recordings.SelectMany(recording => recording.Connections).SelectMany(connection => connection.Replies())
            .Select(pair => pair.Type).Distinct();
        expected.Except(covered).ShouldBeEmpty();
        recordings.Select(recording => recording.Client).ShouldBe(["c", "java", "kazoo", "node"]);
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public void Requests_are_read_and_written_again_to_the_same_bytes(string client)
    {
        int count = 0;
        foreach (RecordedFrame frame in Recording.Load(client).Connections.SelectMany(connection => connection.Requests))
        {
            var reader = new JuteReader(frame.Body);
            var writer = new JuteWriter();
            RequestHeader header = RequestHeader.Read(ref reader);
            header.Write(writer);
            RequestRecords.Copy(header.Type, ref reader, writer);
            ShouldBeWhole(frame, reader, writer, header.Type);
            count++;
        }

        count.ShouldBeGreaterThan(30);
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public void Replies_are_read_and_written_again_to_the_same_bytes(string client)
    {
        int count = 0;
        foreach ((OpCode type, RecordedFrame frame) in Recording.Load(client).Connections.SelectMany(connection => connection.Replies()))
        {
            var reader = new JuteReader(frame.Body);
            var writer = new JuteWriter();
            ReplyHeader header = ReplyHeader.Read(ref reader);
            header.Write(writer);
            if (header.Error == ErrorCode.Ok)
            {
                ReplyRecords.Copy(type, ref reader, writer);
            }

            ShouldBeWhole(frame, reader, writer, type);
            Enum.IsDefined(header.Error).ShouldBeTrue();
            count++;
        }

        count.ShouldBeGreaterThan(30);
    }

    /// <summary>The decoders that all other tests rely on.</summary>
    [Theory]
    [MemberData(nameof(Clients))]
    public void Replies_are_understood_by_the_test_kit(string client)
    {
        foreach ((OpCode type, RecordedFrame frame) in Recording.Load(client).Connections.SelectMany(connection => connection.Replies()))
        {
            WireReply reply = WireReplies.Read(frame.Body);
            reply.Decode(type).Error.ShouldBe(reply.Error);
        }
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public void Events_are_read_and_written_again_to_the_same_bytes(string client)
    {
        int count = 0;
        foreach (RecordedFrame frame in Recording.Load(client).Connections.SelectMany(connection => connection.Answers)
            .Where(frame => frame.Xid == ReservedXid.Notification))
        {
            var reader = new JuteReader(frame.Body);
            var writer = new JuteWriter();
            ReplyHeader.Read(ref reader).Write(writer);
            WatcherEvent happened = WatcherEvent.Read(ref reader);
            happened.Write(writer);
            happened.State.ShouldBe(KeeperState.SyncConnected);
            ShouldBeWhole(frame, reader, writer, OpCode.Notification);
            count++;
        }

        count.ShouldBeGreaterThan(0);
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public void Handshakes_are_read_and_written_again_to_the_same_bytes(string client)
    {
        foreach (RecordedConnection connection in Recording.Load(client).Connections)
        {
            var requestReader = new JuteReader(connection.ConnectRequest.Body);
            var requestWriter = new JuteWriter();
            ConnectRequest request = ConnectRequest.Read(ref requestReader);
            request.Write(requestWriter);
            ShouldBeWhole(connection.ConnectRequest, requestReader, requestWriter, OpCode.CreateSession);

            var responseReader = new JuteReader(connection.ConnectResponse.Body);
            var responseWriter = new JuteWriter();
            ConnectResponse response = ConnectResponse.Read(ref responseReader);
            response.Write(responseWriter);
            ShouldBeWhole(connection.ConnectResponse, responseReader, responseWriter, OpCode.CreateSession);

            response.Password.Length.ShouldBe(ConnectResponse.PasswordLength);
            response.SessionId.ShouldNotBe(0);
        }
    }

    /// <summary>Whoever does not send the read-only flag must not get one (ZOOKEEPER-4814).</summary>
    [Theory]
    [InlineData("kazoo", 45, 37)]
    [InlineData("java", 45, 37)]
    [InlineData("c", 45, 37)]
    [InlineData("node", 44, 36)]
    public void Handshakes_have_the_lengths_that_the_client_understands(string client, int requestLength, int responseLength)
    {
        foreach (RecordedConnection connection in Recording.Load(client).Connections)
        {
            connection.ConnectRequest.Body.Length.ShouldBe(requestLength);
            connection.ConnectResponse.Body.Length.ShouldBe(responseLength);
            var reader = new JuteReader(connection.ConnectRequest.Body);
            ConnectRequest.Read(ref reader).ReadOnly.HasValue.ShouldBe(requestLength == 45);
            var writer = new JuteWriter();
            new ConnectResponse(0, 10_000, 1, new byte[16], requestLength == 45 ? false : null).Write(writer);
            writer.Length.ShouldBe(responseLength);
        }
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public void Frames_come_out_of_a_stream_cut_anywhere(string client)
    {
        byte[][] frames = [.. Recording.Load(client).Connections.SelectMany(connection => connection.Requests).Select(frame => frame.Bytes)];
        byte[] stream = [.. frames.SelectMany(frame => frame)];
        for (int pieceLength = 1; pieceLength < 40; pieceLength += 3)
        {
            var buffer = PieceSequence.Of(stream, pieceLength);
            foreach (byte[] frame in frames)
            {
                Frame.TryRead(ref buffer, Frame.DefaultMaxLength, out var body).ShouldBeTrue();
                System.Buffers.BuffersExtensions.ToArray(body).ShouldBe(frame[Frame.HeaderLength..]);
            }

            buffer.IsEmpty.ShouldBeTrue();
        }
    }

    private static void ShouldBeWhole(RecordedFrame frame, in JuteReader reader, JuteWriter writer, OpCode type)
    {
        reader.Rest.Length.ShouldBe(0, $"bytes are left of {type}: {Convert.ToHexStringLower(frame.Bytes)}");
        Convert.ToHexStringLower(writer.Written).ShouldBe(Convert.ToHexStringLower(frame.Body), type.ToString());
    }
}
