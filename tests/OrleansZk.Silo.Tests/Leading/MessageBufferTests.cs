using System.Buffers;
using OrleansZk.Server.Peers;
using OrleansZk.Silo.Leading;

namespace OrleansZk.Silo.Tests.Leading;

/// <summary>What silos tell each other goes in calls of a size that Orleans takes, whatever there is to tell.</summary>
public sealed class MessageBufferTests
{
    private const int LargestCall = 1 << 20;
    private const int HighWaterMark = 4 << 20;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Messages_arrive_as_they_were_sent_however_they_were_cut_on_their_way(int beforeCut)
    {
        var buffer = new MessageBuffer();
        var random = new Random(1);

        // So many bytes of the second message's header are before the first cut.
        buffer.Add(Bytes(random, LargestCall - sizeof(int) - beforeCut));
        buffer.Add([7]);
        byte[] first = (await buffer.TakeAsync(Cancellation))!;
        byte[][] messages = [.. new[] { 0, 1, 3, 9 << 20, 4, LargestCall - 4, 0, LargestCall - 3, 17, LargestCall }.Select(length => Bytes(random, length))];
        foreach (byte[] message in messages)
        {
            buffer.Add(message);
        }

        buffer.Close();
        var reader = new PeerMessageReader(int.MaxValue);
        var arrived = new List<byte[]>();
        Read(reader, first, arrived);
        int calls = 0;
        while (await buffer.TakeAsync(Cancellation) is { } part)
        {
            part.Length.ShouldBeInRange(1, LargestCall);
            calls++;
            Read(reader, part, arrived);
        }

        calls.ShouldBeGreaterThan(10);
        arrived.Count.ShouldBe(messages.Length + 2);
        arrived[0].Length.ShouldBe(LargestCall - sizeof(int) - beforeCut);
        arrived[1].ShouldBe([7]);
        for (int i = 0; i < messages.Length; i++)
        {
            arrived[i + 2].AsSpan().SequenceEqual(messages[i]).ShouldBeTrue($"message {i}");
        }
    }

    [Fact]
    public async Task Senders_wait_until_what_was_gathered_is_being_taken()
    {
        var buffer = new MessageBuffer();
        await buffer.WaitForRoomAsync();
        buffer.Add(new byte[HighWaterMark]);
        Task room = buffer.WaitForRoomAsync().AsTask();
        room.IsCompleted.ShouldBeFalse();

        (await buffer.TakeAsync(Cancellation)).ShouldNotBeNull();

        await room;
        await buffer.WaitForRoomAsync();
    }

    [Fact]
    public async Task Who_takes_waits_for_a_message_and_hears_of_the_end()
    {
        var buffer = new MessageBuffer();
        Task<byte[]?> early = buffer.TakeAsync(Cancellation).AsTask();
        early.IsCompleted.ShouldBeFalse();
        buffer.Add([7]);
        (await early).ShouldBe([0, 0, 0, 1, 7]);
        early = buffer.TakeAsync(Cancellation).AsTask();
        buffer.Close();
        (await early).ShouldBeNull();
        buffer.Add([8]);
        (await buffer.TakeAsync(Cancellation)).ShouldBeNull();
    }

    private static void Read(PeerMessageReader reader, byte[] part, List<byte[]> arrived)
    {
        var bytes = new ReadOnlySequence<byte>(part);
        while (reader.TryRead(ref bytes, out ReadOnlySpan<byte> message))
        {
            arrived.Add(message.ToArray());
        }

        bytes.IsEmpty.ShouldBeTrue();
    }

    private static byte[] Bytes(Random random, int length)
    {
        byte[] bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}
