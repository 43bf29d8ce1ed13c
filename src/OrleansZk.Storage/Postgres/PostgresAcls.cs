using Npgsql;
using OrleansZk.Core.Access;
using OrleansZk.Core.Replication;
using OrleansZk.Storage.Checkpoints;

namespace OrleansZk.Storage.Postgres;

/// <summary>The lists in <c>zk_acl</c> and the numbers by which <c>zk_node</c> refers to them. Used by one caller at a time.</summary>
/// <remarks>Knows lists of the open transaction already: when that is rolled back, this object has to be dropped.</remarks>
internal sealed class PostgresAcls(PostgresStore store)
{
    private readonly Dictionary<AclList, long> _numbers = new() { [AclList.Empty] = 0 };
    private readonly Dictionary<long, AclList> _lists = new() { [0] = AclList.Empty };
    private readonly HashSet<long> _used = [];
    private readonly List<(long Number, AclList List)> _new = [];

    private AclList? _lastList;
    private long _lastNumber;
    private long _highest;
    private bool _usedIsComplete;

    /// <summary>Reads all lists.</summary>
    public void Load(NpgsqlConnection connection)
    {
        using var command = new NpgsqlCommand(
            $"SELECT acl_id, perms, scheme, id FROM {store.Schema}.zk_acl ORDER BY acl_id, position", connection);
        using NpgsqlDataReader rows = command.ExecuteReader();
        var entries = new List<Acl>();
        while (rows.Read())
        {
            long number = rows.GetInt64(0);
            if (number != _highest && entries.Count > 0)
            {
                Add(_highest, new AclList(entries));
                entries.Clear();
            }

            _highest = number;
            try
            {
                entries.Add(new Acl(
                    PermissionText.Parse(rows.GetString(1)),
                    new AclId(PostgresText.Decode(rows.GetString(2)), PostgresText.Decode(rows.GetString(3)))));
            }
            catch (FormatException exception)
            {
                throw new CheckpointException($"{store.Name}, table zk_acl is damaged: list {number}: {exception.Message}", exception);
            }
        }

        if (entries.Count > 0)
        {
            Add(_highest, new AclList(entries));
        }
    }

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
            throw new CheckpointException($"{store.Name}, table zk_node is damaged: a node refers to ACL {number}, which is missing");
        }

        _used.Add(number);
        (_lastList, _lastNumber) = (list, number);
        return list;
    }

    /// <summary>Says that <see cref="Get"/> has been asked for every node: lists that were not asked for belong to none.</summary>
    public void AllNodesLoaded() => _usedIsComplete = true;

    /// <summary>The number of a list; a new one waits for <see cref="WriteNewAsync"/>.</summary>
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

    /// <summary>Deletes the lists that no node had when the checkpoint was loaded, as part of the open transaction.</summary>
    public async Task DeleteUnusedAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (!_usedIsComplete)
        {
            return;
        }

        long[] unused = [.. _lists.Keys.Where(number => number != 0 && !_used.Contains(number))];
        if (unused.Length > 0)
        {
            using var delete = new NpgsqlCommand($"DELETE FROM {store.Schema}.zk_acl WHERE acl_id = ANY ($1)", connection)
            {
                Parameters = { new NpgsqlParameter<long[]> { TypedValue = unused } },
            };
            await delete.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            foreach (long number in unused)
            {
                _numbers.Remove(_lists[number]);
            }
        }
    }

    /// <summary>Writes the lists that got a number since the last call, as part of the open transaction.</summary>
    public async Task WriteNewAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (_new.Count == 0)
        {
            return;
        }

        (long Number, int Position, Acl Entry)[] rows =
            [.. _new.SelectMany(found => found.List.Select((entry, position) => (found.Number, position, entry)))];
        _new.Clear();
        using var insert = new NpgsqlCommand(
            $"""
            INSERT INTO {store.Schema}.zk_acl (acl_id, position, perms, scheme, id)
            SELECT * FROM unnest($1::bigint[], $2::int[], $3::text[], $4::text[], $5::text[])
            """,
            connection)
        {
            Parameters =
            {
                new NpgsqlParameter<long[]> { TypedValue = [.. rows.Select(row => row.Number)] },
                new NpgsqlParameter<int[]> { TypedValue = [.. rows.Select(row => row.Position)] },
                new NpgsqlParameter<string[]> { TypedValue = [.. rows.Select(row => PermissionText.Format(row.Entry.Permissions))] },
                new NpgsqlParameter<string[]> { TypedValue = [.. rows.Select(row => PostgresText.Encode(row.Entry.Id.Scheme))] },
                new NpgsqlParameter<string[]> { TypedValue = [.. rows.Select(row => PostgresText.Encode(row.Entry.Id.Id))] },
            },
        };
        await insert.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
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
}
