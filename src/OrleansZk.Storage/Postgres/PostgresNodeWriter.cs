using Npgsql;
using NpgsqlTypes;
using OrleansZk.Core.Replication;
using OrleansZk.Core.Tree;

namespace OrleansZk.Storage.Postgres;

/// <summary>Writes and deletes rows of <c>zk_node</c>, many with a statement, within the open transaction of its connection.</summary>
internal sealed class PostgresNodeWriter : IDisposable
{
    private const int MostRows = 2000;

    /// <summary>Bytes of data after which a statement is long enough.</summary>
    private const long MostBytes = 4 << 20;

    private readonly NpgsqlConnection _connection;
    private readonly PostgresAcls _acls;
    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private readonly List<string> _deleted = [];
    private readonly List<string> _keys = [];
    private readonly List<long> _aclIds = [];
    private readonly List<long> _czxids = [];
    private readonly List<long> _mzxids = [];
    private readonly List<long> _pzxids = [];
    private readonly List<long> _ctimes = [];
    private readonly List<long> _mtimes = [];
    private readonly List<int> _versions = [];
    private readonly List<int> _cversions = [];
    private readonly List<int> _aversions = [];
    private readonly List<long> _owners = [];
    private readonly List<byte[]?> _data = [];
    private readonly List<string?> _longPaths = [];
    private readonly NpgsqlCommand _upsert;
    private readonly NpgsqlCommand _delete;
    private long _bytes;

    public PostgresNodeWriter(PostgresStore store, NpgsqlConnection connection, PostgresAcls acls)
    {
        _connection = connection;
        _acls = acls;
        _upsert = new NpgsqlCommand(
            $"""
            WITH before AS (SELECT acl_id FROM {store.Schema}.zk_node WHERE path = ANY ($1)), written AS (
            INSERT INTO {store.Schema}.zk_node (path, acl_id, czxid, mzxid, pzxid, ctime, mtime, version, cversion, aversion,
                ephemeral_owner, data, long_path)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            ON CONFLICT (path) DO UPDATE
            SET acl_id = excluded.acl_id, czxid = excluded.czxid, mzxid = excluded.mzxid, pzxid = excluded.pzxid,
                ctime = excluded.ctime, mtime = excluded.mtime, version = excluded.version, cversion = excluded.cversion,
                aversion = excluded.aversion, ephemeral_owner = excluded.ephemeral_owner, data = excluded.data)
            SELECT acl_id, count(*) FROM before GROUP BY acl_id
            """,
            connection)
        {
            Parameters =
            {
                Array(_keys, NpgsqlDbType.Text), Array(_aclIds, NpgsqlDbType.Bigint), Array(_czxids, NpgsqlDbType.Bigint),
                Array(_mzxids, NpgsqlDbType.Bigint), Array(_pzxids, NpgsqlDbType.Bigint), Array(_ctimes, NpgsqlDbType.Bigint),
                Array(_mtimes, NpgsqlDbType.Bigint), Array(_versions, NpgsqlDbType.Integer), Array(_cversions, NpgsqlDbType.Integer),
                Array(_aversions, NpgsqlDbType.Integer), Array(_owners, NpgsqlDbType.Bigint), Array(_data, NpgsqlDbType.Bytea),
                Array(_longPaths, NpgsqlDbType.Text),
            },
            CommandTimeout = store.Options.CheckpointTimeoutSeconds,
        };
        _delete = new NpgsqlCommand(
            $"""
            WITH before AS (DELETE FROM {store.Schema}.zk_node WHERE path = ANY ($1) RETURNING acl_id)
            SELECT acl_id, count(*) FROM before GROUP BY acl_id
            """,
            connection)
        {
            Parameters = { Array(_deleted, NpgsqlDbType.Text) },
            CommandTimeout = store.Options.CheckpointTimeoutSeconds,
        };
    }

    /// <summary>Takes a change, after all that came before it.</summary>
    public async ValueTask AddAsync(NodeChange change, CancellationToken cancellationToken)
    {
        if (change.Deleted)
        {
            await UpsertAsync(cancellationToken).ConfigureAwait(false);
            _deleted.Add(PostgresText.Key(PostgresText.Encode(change.Image.Path)));
            if (_deleted.Count >= MostRows)
            {
                await DeleteAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        else
        {
            await DeleteAsync(cancellationToken).ConfigureAwait(false);
            Put(change.Image);
            if (_keys.Count >= MostRows || _bytes >= MostBytes)
            {
                await UpsertAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Sends what has gathered.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        await DeleteAsync(cancellationToken).ConfigureAwait(false);
        await UpsertAsync(cancellationToken).ConfigureAwait(false);
    }

    public void Dispose()
    {
        _upsert.Dispose();
        _delete.Dispose();
    }

    private void Put(in NodeImage node)
    {
        string path = PostgresText.Encode(node.Path);
        string key = PostgresText.Key(path);
        if (!_places.TryAdd(key, _keys.Count))
        {
            // A statement may not write a row twice: the later image takes the place of the earlier.
            int place = _places[key];
            long acl = _acls.Use(node.Acl);
            _acls.CountNodes(_aclIds[place], -1);
            (_aclIds[place], _owners[place], _data[place]) = (acl, node.EphemeralOwner, node.Data);
            (_czxids[place], _mzxids[place], _pzxids[place]) = (node.Czxid, node.Mzxid, node.Pzxid);
            (_ctimes[place], _mtimes[place]) = (node.Ctime, node.Mtime);
            (_versions[place], _cversions[place], _aversions[place]) = (node.Version, node.Cversion, node.Aversion);
            return;
        }

        _keys.Add(key);
        _aclIds.Add(_acls.Use(node.Acl));
        _czxids.Add(node.Czxid);
        _mzxids.Add(node.Mzxid);
        _pzxids.Add(node.Pzxid);
        _ctimes.Add(node.Ctime);
        _mtimes.Add(node.Mtime);
        _versions.Add(node.Version);
        _cversions.Add(node.Cversion);
        _aversions.Add(node.Aversion);
        _owners.Add(node.EphemeralOwner);
        _data.Add(node.Data);
        _longPaths.Add(ReferenceEquals(key, path) ? null : path);
        _bytes += path.Length + (node.Data?.Length ?? 0);
    }

    private async ValueTask UpsertAsync(CancellationToken cancellationToken)
    {
        if (_keys.Count == 0)
        {
            return;
        }

        await _acls.WriteNewAsync(_connection, cancellationToken).ConfigureAwait(false);
        await ExecuteAsync(_upsert, cancellationToken).ConfigureAwait(false);
        _places.Clear();
        _keys.Clear();
        _aclIds.Clear();
        _czxids.Clear();
        _mzxids.Clear();
        _pzxids.Clear();
        _ctimes.Clear();
        _mtimes.Clear();
        _versions.Clear();
        _cversions.Clear();
        _aversions.Clear();
        _owners.Clear();
        _data.Clear();
        _longPaths.Clear();
        _bytes = 0;
    }

    private async ValueTask DeleteAsync(CancellationToken cancellationToken)
    {
        if (_deleted.Count > 0)
        {
            await ExecuteAsync(_delete, cancellationToken).ConfigureAwait(false);
            _deleted.Clear();
        }
    }

    /// <summary>Runs a statement that says which lists the rows had that it overwrites or deletes.</summary>
    private async Task ExecuteAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        NpgsqlDataReader before = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (before.ConfigureAwait(false))
        {
            while (await before.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                _acls.CountNodes(before.GetInt64(0), -before.GetInt64(1));
            }
        }
    }

    private static NpgsqlParameter<List<T>> Array<T>(List<T> values, NpgsqlDbType type) =>
        new() { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type };
}
