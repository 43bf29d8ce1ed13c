using OrleansZk.Core.Transactions;
using OrleansZk.Protocol;

namespace OrleansZk.Core.Replication;

/// <summary>A group commit in the making: its requests in order, and the bytes for the log.</summary>
internal sealed class OpenGroup
{
    private const int KeptCapacity = 1 << 20;

    private readonly JuteWriter _writer = new();
    private readonly List<Sequenced> _items = [];
    private long _firstZxid;
    private long _lastZxid;

    public IReadOnlyList<Sequenced> Items => _items;

    public bool IsEmpty => _items.Count == 0;

    public bool HasTransactions => _writer.Length > 0;

    public LogGroup LogGroup => new(_firstZxid, _lastZxid, _writer.WrittenMemory);

    public void Add(in Sequenced item, Replica replica)
    {
        _items.Add(item);
        if (item.Transaction is not { } transaction)
        {
            return;
        }

        if (!HasTransactions)
        {
            GroupCodec.Begin(_writer, replica.LastAppliedZxid, replica.Tree.Digest);
            _firstZxid = transaction.Zxid;
        }

        transaction.Write(_writer);
        _lastZxid = transaction.Zxid;
    }

    public void Clear()
    {
        _items.Clear();
        _writer.Clear(KeptCapacity);
    }
}
