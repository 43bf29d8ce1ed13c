using OrleansZk.Core.Access;
using OrleansZk.Core.Replication;

namespace OrleansZk.Storage.Checkpoints;

/// <summary>The lists in <c>zk_acl</c> and the numbers by which <c>zk_node</c> refers to them. Used by one caller at a time.</summary>
/// <remarks>Knows lists of the open transaction already: when that is rolled back, this object has to be dropped.</remarks>
/// <param name="store">For people.</param>
internal abstract class AclNumbers(string store)
{
    private readonly Dictionary<AclList, long> _numbers = new() { [AclList.Empty] = 0 };
    private readonly Dictionary<long, AclList> _lists = new() { [0] = AclList.Empty };
    private readonly HashSet<long> _used = [];
    private readonly List<Acl> _entries = [];
    private readonly List<(long Number, AclList List)> _new = [];

    private AclList? _lastList;
    private long _lastNumber;
    private long _highest;
    private bool _usedIsComplete;

    /// <summary>The list with a number, which counts as used.</summary>
    /// <exception cref="CheckpointException">There is none.</exception>
    public AclList Get(long number)
    {
        if (_lastList is not null && _lastNumber == number)
        {
            return _lastList;
        }

        if (!_lists.TryGetValue(number, out AclList? list))
        {
            throw new CheckpointException($"{store} is damaged: a node refers to ACL {number}, which is missing");
        }

        _used.Add(number);
        (_lastList, _lastNumber) = (list, number);
        return list;
    }

    /// <summary>Says that <see cref="Get"/> has been asked for every node: lists that were not asked for belong to none.</summary>
    public void AllNodesLoaded() => _usedIsComplete = true;

    /// <summary>The number of a list; a new one waits to be written.</summary>
    public long NumberOf(AclList list)
    {
        if (ReferenceEquals(list, _lastList))
        {
            return _lastNumber;
        }

        if (!_numbers.TryGetValue(list, out long number))
        {
            number = ++_highest;
            _numbers.Add(list, number);
            _new.Add((number, list));
        }

        (_lastList, _lastNumber) = (list, number);
        return number;
    }

    /// <summary>The first transaction after loading has been committed: from here on only new lists are of interest.</summary>
    public void ForgetLoading()
    {
        _lists.Clear();
        _used.Clear();
        _usedIsComplete = false;
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
            var list = new AclList(_entries);
            _lists.Add(_highest, list);
            _numbers[list] = _highest;
            _entries.Clear();
        }
    }

    /// <summary>The lists that no node had when the checkpoint was loaded, if that is known; they are to be deleted, and have no number any more.</summary>
    protected IReadOnlyList<long> TakeUnused()
    {
        long[] unused = _usedIsComplete ? [.. _lists.Keys.Where(number => number != 0 && !_used.Contains(number))] : [];
        foreach (long number in unused)
        {
            _numbers.Remove(_lists[number]);
        }

        return unused;
    }

    /// <summary>The entries of the lists that got a number since the last call; they are to be written as part of the open transaction.</summary>
    protected IReadOnlyList<(long Number, int Position, Acl Entry)> TakeNew()
    {
        if (_new.Count == 0)
        {
            return [];
        }

        (long, int, Acl)[] rows = [.. _new.SelectMany(found => found.List.Select((entry, position) => (found.Number, position, entry)))];
        _new.Clear();
        return rows;
    }
}
