namespace OrleansZk.Storage.Tests.Support;

/// <summary>
/// A file in memory: what reads find, what a power loss would find, and what may or may not get from the one to the
/// other.
/// </summary>
internal sealed class SimulatedFile(byte[] content)
{
    private const int Sector = 512;

    private readonly List<(long Position, byte[]? Bytes)> _unsynced = [];
    private byte[] _durable = content;

    public byte[] Content { get; private set; } = content;

    public void Write(ReadOnlySpan<byte> bytes, long position)
    {
        Content = With(Content, bytes, position);
        for (int done = 0; done < bytes.Length;)
        {
            int count = (int)Math.Min(bytes.Length - done, Sector - ((position + done) % Sector));
            _unsynced.Add((position + done, bytes.Slice(done, count).ToArray()));
            done += count;
        }
    }

    public void SetLength(long length)
    {
        Content = WithLength(Content, length);
        _unsynced.Add((length, null));
    }

    public void Sync()
    {
        // Not simply all the content: what a failed sync has forgotten stays forgotten.
        _unsynced.ForEach(change => _durable = Apply(_durable, change));
        _unsynced.Clear();
    }

    /// <summary>What a failed sync does: the pages count as written, and are not.</summary>
    public void ForgetUnsynced() => _unsynced.Clear();

    public byte[] AfterPowerLoss(Random random)
    {
        byte[] result = [.. _durable];
        int share = random.Next(5); // None, some, half, most, all of it.
        foreach ((long Position, byte[]? Bytes) change in _unsynced)
        {
            if (random.Next(4) < share)
            {
                result = Apply(result, change);
            }
        }

        return result;
    }

    private static byte[] Apply(byte[] old, (long Position, byte[]? Bytes) change) =>
        change.Bytes is { } bytes ? With(old, bytes, change.Position) : WithLength(old, change.Position);

    private static byte[] With(byte[] old, ReadOnlySpan<byte> bytes, long position)
    {
        byte[] result = WithLength(old, Math.Max(old.Length, position + bytes.Length));
        bytes.CopyTo(result.AsSpan((int)position));
        return result;
    }

    private static byte[] WithLength(byte[] old, long length)
    {
        var result = new byte[length];
        old.AsSpan(0, (int)Math.Min(length, old.Length)).CopyTo(result);
        return result;
    }
}
