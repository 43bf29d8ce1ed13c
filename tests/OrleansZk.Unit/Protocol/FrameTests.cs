using System.Buffers;
using System.Buffers.Binary;
using OrleansZk.Protocol;

namespace OrleansZk.Unit.Protocol;

public sealed class FrameTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void A_part_of_the_length_is_not_a_frame(int bytes)
    {
        var buffer = new ReadOnlySequence<byte>(new byte[bytes]);

        Frame.TryRead(ref buffer, 10, out _).ShouldBeFalse();
        buffer.Length.ShouldBe(bytes);
    }

    [Fact]
    public void A_frame_is_taken_only_when_it_is_whole()
    {
        byte[] bytes = [0, 0, 0, 3, 7, 8, 9, 0, 0];
        var partial = new ReadOnlySequence<byte>(bytes[..6]);
        var whole = new ReadOnlySequence<byte>(bytes);

        Frame.TryRead(ref partial, 10, out _).ShouldBeFalse();
        Frame.TryRead(ref whole, 10, out ReadOnlySequence<byte> body).ShouldBeTrue();
        body.ToArray().ShouldBe([7, 8, 9]);
        whole.Length.ShouldBe(2);
    }

    [Fact]
    public void An_empty_frame_is_a_frame()
    {
        var buffer = new ReadOnlySequence<byte>([0, 0, 0, 0]);

        Frame.TryRead(ref buffer, 10, out ReadOnlySequence<byte> body).ShouldBeTrue();
        body.Length.ShouldBe(0);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData(11)]
    [InlineData(int.MaxValue)]
    public void A_length_out_of_bounds_is_refused_before_its_bytes_come(int length)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, length);

        Should.Throw<InvalidFrameException>(() =>
        {
            var buffer = new ReadOnlySequence<byte>(bytes);
            Frame.TryRead(ref buffer, 10, out _);
        });
    }

    [Fact]
    public void The_longest_allowed_frame_passes()
    {
        var buffer = new ReadOnlySequence<byte>([0, 0, 0, 10, .. new byte[10]]);

        Frame.TryRead(ref buffer, 10, out ReadOnlySequence<byte> body).ShouldBeTrue();
        body.Length.ShouldBe(10);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void A_frame_may_come_in_pieces(int firstPiece)
    {
        byte[] bytes = [0, 0, 0, 2, 7, 8];
        var first = new Piece(bytes.AsMemory(0, firstPiece), null);
        var last = new Piece(bytes.AsMemory(firstPiece), first);
        var buffer = new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);

        Frame.TryRead(ref buffer, 10, out ReadOnlySequence<byte> body).ShouldBeTrue();
        body.ToArray().ShouldBe([7, 8]);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, Piece? before)
        {
            Memory = memory;
            if (before is not null)
            {
                before.Next = this;
                RunningIndex = before.RunningIndex + before.Memory.Length;
            }
        }
    }
}
