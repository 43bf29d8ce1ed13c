using OrleansZk.Core.Access;
using OrleansZk.Core.Replication;

namespace OrleansZk.Storage.Checkpoints;

/// <summary>The lists in <c>zk_acl</c> and the numbers by which <c>zk_node</c> refers to them. Used by one thread at a time.</summary>
/// <remarks>Knows lists of the open transaction already: when that is rolled back, this object has to be dropped.</remarks>
internal sealed class AclRows(SqliteDatabase database)
{
    private readonly Dictionary<AclList, long> _numbers = new() { [AclList.Empty] = 0 };
    private readonly Dictionary<long, AclList> _lists = new() { [0] = AclList.Empty };
    private readonly HashSet<long> _used = [];

    private SqliteStatement? _insert;
    private AclList? _lastList;
    private long _lastNumber;
    private long _highest;
    private bool _usedIsComplete;

    /// <summary>Reads all lists.</summary>
    public void Load()
    {
        using SqliteStatement rows = database.PrepareOnce("SELECT acl_id, perms, scheme, id FROM zk_acl ORDER BY acl_id, position");
        var entries = new List<Acl>();
        while (rows.Step())
        {
            long number = rows.Number(0);
            if (number != _highest && entries.Count > 0)
            {
                Add(_highest, new AclList(entries));
                entries.Clear();
            }

            _highest = number;
            entries.Add(new Acl(ParsePermissions(rows.Text(1)), new AclId(rows.Text(2), rows.Text(3))));
        }

        if (entries.Count > 0)
        {
            Add(_highest, new AclList(entries));
        }
    }

    /// <summary>The list with a number, which counts as used.</summary>
    public AclList Get(long number)
    {
        if (_lastList is not null && _lastNumber == number)
        {
            return _lastList;
        }

        if (!_lists.TryGetValue(number, out AclList? list))
        {
            throw new CheckpointException($"the checkpoint '{database.Path}' is damaged: a node refers to ACL {number}, which is missing");
        }

        _used.Add(number);
        (_lastList, _lastNumber) = (list, number);
        return list;
    }

    /// <summary>Says that <see cref="Get"/> has been asked for every node: lists that were not asked for belong to none.</summary>
    public void AllNodesLoaded() => _usedIsComplete = true;

    /// <summary>Deletes the lists that no node had when the checkpoint was loaded, as part of the open transaction.</summary>
    public void DeleteUnused()
    {
        if (!_usedIsComplete)
        {
            return;
        }

        using SqliteStatement delete = database.PrepareOnce("DELETE FROM zk_acl WHERE acl_id = ?");
        foreach ((long number, AclList list) in _lists)
        {
            if (number != 0 && !_used.Contains(number))
            {
                delete.Bind(1, number);
                delete.Run();
                _numbers.Remove(list);
            }
        }
    }

    /// <summary>The number of a list; a new one is written as part of the open transaction.</summary>
    public long NumberOf(AclList list)
    {
        if (ReferenceEquals(list, _lastList))
        {
            return _lastNumber;
        }

        if (!_numbers.TryGetValue(list, out long number))
        {
            number = Insert(list);
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

    private void Add(long number, AclList list)
    {
        _lists.Add(number, list);
        _numbers[list] = number;
    }

    private long Insert(AclList list)
    {
        _insert ??= database.Prepare("INSERT INTO zk_acl (acl_id, position, perms, scheme, id) VALUES (?, ?, ?, ?, ?)");
        long number = ++_highest;
        for (int position = 0; position < list.Count; position++)
        {
            Acl entry = list[position];
            _insert.Bind(1, number);
            _insert.Bind(2, position);
            _insert.Bind(3, PermissionText.Format(entry.Permissions));
            _insert.Bind(4, entry.Id.Scheme);
            _insert.Bind(5, entry.Id.Id);
            _insert.Run();
        }

        _numbers.Add(list, number);
        return number;
    }

    private Permissions ParsePermissions(string text)
    {
        try
        {
            return PermissionText.Parse(text);
        }
        catch (FormatException exception)
        {
            throw new CheckpointException($"the checkpoint '{database.Path}' is damaged: {exception.Message}", exception);
        }
    }
}
