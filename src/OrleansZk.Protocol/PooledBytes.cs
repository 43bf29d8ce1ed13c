using System.Buffers;

namespace OrleansZk.Protocol;

/// <summary>Rents byte arrays from the shared pool, except large ones: the pool would keep those, up to 1 GiB each, long after they were needed.</summary>
/// <remarks>Thread-safe.</remarks>
public static class PooledBytes
{
    /// <summary>The longest array that the pool may keep, in bytes: twice the default <c>jute.maxbuffer</c>, so that an answer with a full node's data is pooled.</summary>
    public const int MaxPooledLength = 2 << 20;

    /// <summary>An array of at least <paramref name="length"/> bytes, with any contents.</summary>
    public static byte[] Rent(int length) =>
        length <= MaxPooledLength ? ArrayPool<byte>.Shared.Rent(length) : GC.AllocateUninitializedArray<byte>(length);

    /// <summary>Gives an array of <see cref="Rent"/> back; it must not be used afterwards.</summary>
    public static void Return(byte[] array)
    {
        if (array.Length is > 0 and <= MaxPooledLength)
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }
}
