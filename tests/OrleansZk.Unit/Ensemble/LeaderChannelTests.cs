using OrleansZk.Core.Ensemble;
using OrleansZk.Protocol;
using static OrleansZk.TestKit.Wire.WireRequests;

namespace OrleansZk.Unit.Ensemble;

/// <summary>What a follower says to its leader.</summary>
public sealed class LeaderChannelTests : EngineTest
{
    private const int ValueLength = 100_000;
    private const int LongestMessage = (1 << 20) + (2 * ValueLength);

    [Fact]
    public void All_that_waited_for_a_leader_goes_there_in_order_and_in_parts()
    {
        Engine.Replica.Suspend();
        for (int i = 0; i < 40; i++)
        {
            Session.Send(SetData("/", new string((char)('a' + (i % 26)), ValueLength)));
        }

        byte[][] submissions = Follow();
        submissions.Length.ShouldBeGreaterThan(2);
        submissions.ShouldAllBe(message => message.Length < LongestMessage);
        List<long> numbers = [.. submissions.SelectMany(Numbers)];
        numbers.Count.ShouldBe(40);
        numbers.ShouldBe(Enumerable.Range(0, 40).Select(i => numbers[0] + i));
    }

    [Fact]
    public void What_a_client_has_authenticated_as_counts_too()
    {
        TestSession known = Engine.Connect();
        known.Ask(Auth("digest", new string('u', 4000) + ":p"));
        Engine.Replica.Suspend();
        known.Send([.. Enumerable.Range(0, 1000).Select(_ => SetData("/", ""))]);

        Follow().ShouldAllBe(message => message.Length < LongestMessage);
    }

    [Fact]
    public void What_cannot_be_sent_ends_the_connection_and_waits_for_the_next()
    {
        Engine.Replica.Suspend();
        Session.Send(SetData("/", "x"));
        var connection = new RecordingConnection { Fails = message => (PeerMessage)message[0] == PeerMessage.Submit };
        LeaderChannel channel = Open(connection);

        channel.IsClosed.ShouldBeTrue();
        channel.Failure.ShouldBeOfType<InvalidOperationException>();
        Session.Send(SetData("/", "y"));
        Engine.Replica.Outstanding.ShouldBe(2);
        Follow().SelectMany(Numbers).Count().ShouldBe(2);
    }

    private LeaderChannel Open(RecordingConnection connection)
    {
        var channel = new LeaderChannel(Engine.Replica, new MemberInfo(2, 1, "leader:1", "leader:2"), Engine.Clock, () => { });
        channel.Start(connection);
        var writer = new JuteWriter();
        new Welcome(9, Engine.Replica.LastAppliedZxid, 0, IsFromMemory: true).Write(writer);
        channel.OnMessage(writer.Written);
        return channel;
    }

    private byte[][] Follow()
    {
        var connection = new RecordingConnection();
        Open(connection);
        return [.. connection.Sent.Where(message => (PeerMessage)message[0] == PeerMessage.Submit)];
    }

    private static List<long> Numbers(byte[] message)
    {
        var reader = new JuteReader(message.AsSpan(1));
        reader.ReadLong();
        int count = reader.ReadInt();
        var numbers = new List<long>();
        for (int i = 0; i < count; i++)
        {
            numbers.Add(RequestCodec.Read(ref reader, 1, 1).Origin.Number);
        }

        return numbers;
    }

    private sealed class RecordingConnection : IPeerConnection
    {
        public List<byte[]> Sent { get; } = [];

        public string RemoteAddress => "leader:1";

        public Predicate<byte[]> Fails { get; init; } = _ => false;

        public void Send(ReadOnlySpan<byte> message)
        {
            byte[] sent = message.ToArray();
            if (Fails(sent))
            {
                throw new InvalidOperationException("it cannot be sent");
            }

            Sent.Add(sent);
        }

        public ValueTask WaitForRoomAsync() => ValueTask.CompletedTask;

        public void Close()
        {
        }
    }
}
