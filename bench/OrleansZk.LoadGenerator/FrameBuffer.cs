using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace OrleansZk.LoadGenerator;

/// <summary>A growing buffer of request frames; what it holds goes out in one send.</summary>
internal sealed unsafe class FrameBuffer : IDisposable
{
    /// <summary>Room a single frame is sure to have after <see cref="Begin"/>; paths here are short.</summary>
    private const int LargestFrame = 4096;

    private int _capacity = 64 * 1024;
    private int _frame;

    public FrameBuffer() => Start = (byte*)NativeMemory.Alloc((nuint)_capacity);

    public byte* Start { get; private set; }

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => new(Start, Length);

    public void Clear() => Length = 0;

    public void Dispose()
    {
        NativeMemory.Free(Start);
        Start = null;
    }

    /// <summary>Appends <paramref name="length"/> unwritten bytes and tells where they are.</summary>
    public byte* Reserve(int length)
    {
        if (Length + length > _capacity)
        {
            _capacity = Math.Max(2 * _capacity, Length + length);
            Start = (byte*)NativeMemory.Realloc(Start, (nuint)_capacity);
        }

        byte* place = Start + Length;
        Length += length;
        return place;
    }

    public void Append(ReadOnlySpan<byte> bytes) => bytes.CopyTo(new Span<byte>(Reserve(bytes.Length), bytes.Length));

    /// <summary>Starts a request frame: length (filled in by <see cref="End"/>), xid, operation.</summary>
    public void Begin(int xid, int operation)
    {
        Reserve(LargestFrame);
        Length -= LargestFrame;
        _frame = Length;
        Int(0);
        Int(xid);
        Int(operation);
    }

    public void End() => WriteInt(Start + _frame, Length - _frame - 4);

    public void Int(int value) => WriteInt(Reserve(4), value);

    public void Long(long value) => *(long*)Reserve(8) = BinaryPrimitives.ReverseEndianness(value);

    public void Bool(bool value) => *Reserve(1) = value ? (byte)1 : (byte)0;

    public void Text(string ascii)
    {
        Int(ascii.Length);
        Ascii(ascii);
    }

    /// <summary>A path made of a prefix and a number padded with zeros.</summary>
    public void Path(string prefix, long number, int digits)
    {
        Int(prefix.Length + digits);
        Ascii(prefix);
        WriteDigits(Reserve(digits), number, digits);
    }

    /// <summary>A data field of <paramref name="length"/> bytes.</summary>
    public void Data(int length)
    {
        Int(length);
        byte* place = Reserve(length);
        for (int i = 0; i < length; i++)
        {
            place[i] = (byte)('a' + (i * 7 % 26));
        }
    }

    /// <summary>The access control list that lets everybody do everything.</summary>
    public void OpenAcl()
    {
        Int(1);
        Int(31);
        Text("world");
        Text("anyone");
    }

    public static int ReadInt(byte* place) => BinaryPrimitives.ReverseEndianness(*(int*)place);

    public static void WriteInt(byte* place, int value) => *(int*)place = BinaryPrimitives.ReverseEndianness(value);

    public static void WriteDigits(byte* place, long number, int digits)
    {
        for (int i = digits - 1; i >= 0; i--)
        {
            (number, long digit) = Math.DivRem(number, 10);
            place[i] = (byte)('0' + digit);
        }
    }

    private void Ascii(string text) => Encoding.ASCII.GetBytes(text, new Span<byte>(Reserve(text.Length), text.Length));
}
