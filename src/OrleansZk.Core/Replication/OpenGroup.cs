using System.Runtime.InteropServices;
using OrleansZk.Core.Transactions;
using OrleansZk.Protocol;

namespace OrleansZk.Core.Replication;

/// <summary>A group commit in the making: its requests in order, and the bytes for the log and for the other servers.</summary>
internal sealed class OpenGroup
{
    private const int KeptCapacity = 1 << 20;

    private readonly JuteWriter _writer = new();
    private readonly List<Sequenced> _items = [];
    private long _firstZxid;
    private long _lastZxid;
    private byte[]? _sealed;
    private int _carriedLength;

    public Span<Sequenced> Items => CollectionsMarshal.AsSpan(_items);

    public bool IsEmpty => _items.Count == 0;

    public bool HasTransactions => _lastZxid != 0;

    public long LastZxid => _lastZxid;

    /// <summary>The group's bytes, in memory of their own once it was sealed, in the writer's before.</summary>
    public ReadOnlyMemory<byte> Bytes => _sealed ?? _writer.WrittenMemory;

    /// <summary>Bytes that were added, without what is carried from before.</summary>
    public int AddedLength => _writer.Length - _carriedLength;

    public LogGroup LogGroup => new(_firstZxid, _lastZxid, Bytes);

    /// <param name="carried">What was decided since the last group that went into the log, for servers that share it; null when this one stands alone.</param>
    /// <remarks>An exception leaves the group as it was.</remarks>
    public void Add(in Sequenced item, Replica replica, CarriedOutcomes? carried)
    {
        int length = _writer.Length;
        try
        {
            Write(item, replica, carried);
            _items.Add(item);
        }
        catch
        {
            _writer.Truncate(length);
            throw;
        }

        if (item.Transaction is { } transaction)
        {
            _firstZxid = HasTransactions ? _firstZxid : transaction.Zxid;
            _lastZxid = transaction.Zxid;
        }
    }

    /// <summary>Gives the bytes a life of their own: other servers may need them for long.</summary>
    public void Seal() => _sealed = _writer.Written.ToArray();

    public void Clear()
    {
        _items.Clear();
        _writer.Clear(KeptCapacity);
        _firstZxid = _lastZxid = 0;
        _carriedLength = 0;
        _sealed = null;
    }

    private void Write(in Sequenced item, Replica replica, CarriedOutcomes? carried)
    {
        if (item.Transaction is null && carried is null)
        {
            return;
        }

        if (_writer.Length == 0)
        {
            GroupCodec.Begin(_writer, replica.LastAppliedZxid, replica.Tree.Digest);
            carried?.WriteTo(_writer);
            _carriedLength = _writer.Length;
        }

        if (item.Transaction is { } transaction)
        {
            GroupCodec.Write(_writer, transaction);
        }
        else
        {
            GroupCodec.WriteOutcome(_writer, item);
        }
    }
}
