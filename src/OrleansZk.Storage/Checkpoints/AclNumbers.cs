using OrleansZk.Core.Access;
using OrleansZk.Core.Replication;

namespace OrleansZk.Storage.Checkpoints;

/// <summary>The lists in <c>zk_acl</c>, the numbers by which <c>zk_node</c> refers to them, and how many nodes do. Used by one caller at a time.</summary>
/// <remarks>
/// Counts rows of <c>zk_node</c>, so that a list goes in the very transaction in which the last node with it goes. Knows what the open transaction has done already: when that is
/// rolled back, this object has to be dropped.
/// </remarks>
/// <param name="store">For people.</param>
internal abstract class AclNumbers(string store)
{
    private readonly Dictionary<AclList, Numbered> _byList = [];
    private readonly Dictionary<long, Numbered> _byNumber = [];
    private readonly List<Acl> _entries = [];
    private readonly List<Numbered> _new = [];

    // Had no node at some moment since the last commit; some may have one again.
    private readonly HashSet<Numbered> _unused = [];

    private Numbered? _last;
    private long _highest;

    /// <summary>The list with a number, for a node that has been loaded.</summary>
    /// <exception cref="CheckpointException">There is none.</exception>
    public AclList Get(long number)
    {
        if (number == 0)
        {
            return AclList.Empty;
        }

        CountNodes(number, 1);
        return _byNumber[number].List;
    }

    /// <summary>The number of a list, for a node that is written; a new one waits to be inserted by <see cref="TakeNew"/>.</summary>
    public long Use(AclList list)
    {
        if (list.Count == 0)
        {
            return 0;
        }

        Numbered? numbered = ReferenceEquals(list, _last?.List) ? _last : _byList.GetValueOrDefault(list);
        if (numbered is null)
        {
            numbered = Add(++_highest, list);
            _new.Add(numbered);
        }

        numbered.Nodes++;
        _last = numbered;
        return numbered.Number;
    }

    /// <summary>Counts nodes that have a list, or with a negative number that no longer have it.</summary>
    /// <exception cref="CheckpointException">There is no such list.</exception>
    public void CountNodes(long number, long change)
    {
        if (number == 0)
        {
            return;
        }

        Numbered numbered = _last?.Number == number ? _last : _byNumber.GetValueOrDefault(number)
            ?? throw new CheckpointException($"{store} is damaged: a node refers to ACL {number}, which is missing");
        numbered.Nodes += change;
        _last = numbered;
        if (numbered.Nodes == 0)
        {
            _unused.Add(numbered);
        }
    }

    /// <summary>A text as it was before it was stored.</summary>
    /// <exception cref="FormatException">Nobody has stored that.</exception>
    protected virtual string Decode(string stored) => stored;

    /// <summary>Takes a row; rows come list by list, by position. To be followed by <see cref="EndRows"/>.</summary>
    /// <exception cref="CheckpointException">It cannot be read.</exception>
    protected void AddRow(long number, string permissions, string scheme, string id)
    {
        if (number != _highest)
        {
            EndRows();
        }

        _highest = number;
        try
        {
            _entries.Add(new Acl(PermissionText.Parse(permissions), new AclId(Decode(scheme), Decode(id))));
        }
        catch (FormatException exception)
        {
            throw new CheckpointException($"{store}, table zk_acl is damaged: list {number}: {exception.Message}", exception);
        }
    }

    protected void EndRows()
    {
        if (_entries.Count > 0)
        {
            // No node has been counted yet.
            _unused.Add(Add(_highest, new AclList(_entries)));
            _entries.Clear();
        }
    }

    /// <summary>The entries of the lists that got a number since the last call; they are to be written as part of the open transaction.</summary>
    protected IReadOnlyList<(long Number, int Position, Acl Entry)> TakeNew()
    {
        if (_new.Count == 0)
        {
            return [];
        }

        (long, int, Acl)[] rows = [.. _new.SelectMany(added => added.List.Select((entry, position) => (added.Number, position, entry)))];
        _new.Clear();
        return rows;
    }

    /// <summary>The lists that no node has any more; they are to be deleted as part of the open transaction, once all its nodes are written, and have no number from here on.</summary>
    protected long[] TakeUnused()
    {
        _unused.RemoveWhere(numbered => numbered.Nodes > 0);
        long[] numbers = [.. _unused.Select(numbered => numbered.Number)];
        foreach (Numbered numbered in _unused)
        {
            _byNumber.Remove(numbered.Number);
            if (_byList.TryGetValue(numbered.List, out Numbered? same) && same == numbered)
            {
                _byList.Remove(numbered.List);
            }
        }

        _unused.Clear();
        _last = null;
        return numbers;
    }

    private Numbered Add(long number, AclList list)
    {
        // Two equal lists in the table, which an older version may have left, both stay for as long as nodes have them.
        var numbered = new Numbered(number, list);
        _byList[list] = numbered;
        _byNumber.Add(number, numbered);
        return numbered;
    }

    private sealed class Numbered(long number, AclList list)
    {
        public long Number => number;

        public AclList List => list;

        /// <summary>Rows of <c>zk_node</c> that refer to it.</summary>
        public long Nodes { get; set; }
    }
}
