using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using OrleansZk.Server.Peers;

namespace OrleansZk.Server.Tests.Peers;

/// <summary>What a connection keeps for a side that does not read, to the byte.</summary>
public sealed class PeerOutputTests
{
    private const int Mark = 1000;

    // One chunk fills the pipe, and is let through when all of it has been read.
    private readonly Pipe _pipe = new(new PipeOptions(
        pauseWriterThreshold: 10, resumeWriterThreshold: 1, readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, useSynchronizationContext: false));

    private int _lost;

    [Fact]
    public async Task There_is_room_up_to_the_mark_and_again_when_half_of_it_is_sent()
    {
        PeerOutput output = Create();
        output.Send(new byte[96]).ShouldBeTrue();
        output.WaitForRoomAsync().AsTask().IsCompleted.ShouldBeTrue();
        for (int i = 0; i < 9; i++)
        {
            output.Send(new byte[96]).ShouldBeTrue();
            output.WaitForRoomAsync().AsTask().IsCompleted.ShouldBeTrue();
        }

        output.Send([]).ShouldBeTrue();
        Task room = output.WaitForRoomAsync().AsTask();
        room.IsCompleted.ShouldBeFalse();

        // What the pipe has taken is sent; the rest follows in one piece once that is read.
        (await ReadAsync()).ShouldBe(100);
        room.IsCompleted.ShouldBeFalse();
        (await ReadAsync()).ShouldBe(904);
        await room.WaitAsync(TestContext.Current.CancellationToken);
        await output.WaitUntilIdleAsync();
    }

    [Fact]
    public async Task What_others_have_left_is_taken_along_in_order()
    {
        PeerOutput output = Create();
        for (byte i = 0; i < 20; i++)
        {
            output.Send(new byte[] { i, i, i, i });
        }

        var received = new List<byte>();
        while (received.Count < 20)
        {
            ReadResult result = await _pipe.Reader.ReadAsync(TestContext.Current.CancellationToken);
            byte[] bytes = result.Buffer.ToArray();
            _pipe.Reader.AdvanceTo(result.Buffer.End);
            for (int at = 0; at < bytes.Length; at += 8)
            {
                BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at)).ShouldBe(4);
                received.Add(bytes[at + 7]);
            }
        }

        received.ShouldBe(Enumerable.Range(0, 20).Select(i => (byte)i));
        await output.WaitUntilIdleAsync();
    }

    [Fact]
    public async Task Closing_lets_everybody_go_and_sends_nothing_more()
    {
        PeerOutput output = Create();
        output.Send(new byte[Mark]);
        output.Send(new byte[Mark]);
        Task room = output.WaitForRoomAsync().AsTask();
        Task idle = output.WaitUntilIdleAsync().AsTask();
        room.IsCompleted.ShouldBeFalse();
        output.Close();
        await room.WaitAsync(TestContext.Current.CancellationToken);
        output.Send(new byte[Mark]).ShouldBeTrue();
        output.WaitForRoomAsync().AsTask().IsCompleted.ShouldBeTrue();
        idle.IsCompleted.ShouldBeFalse();

        (await ReadAsync()).ShouldBe(Mark + 4);
        await idle.WaitAsync(TestContext.Current.CancellationToken);
        _pipe.Reader.TryRead(out _).ShouldBeFalse();
    }

    [Fact]
    public async Task The_loss_of_the_other_side_is_said()
    {
        PeerOutput output = Create();
        output.Send(new byte[Mark]);
        _lost.ShouldBe(0);
        await _pipe.Reader.CompleteAsync();
        await output.WaitUntilIdleAsync();
        _lost.ShouldBe(1);
    }

    private PeerOutput Create() => new(_pipe.Writer, Mark, _ => _lost++);

    private async Task<long> ReadAsync()
    {
        ReadResult result = await _pipe.Reader.ReadAsync(TestContext.Current.CancellationToken);
        long length = result.Buffer.Length;
        _pipe.Reader.AdvanceTo(result.Buffer.End);
        return length;
    }
}
