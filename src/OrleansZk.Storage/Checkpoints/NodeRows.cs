using OrleansZk.Core.Replication;
using OrleansZk.Core.Tree;

namespace OrleansZk.Storage.Checkpoints;

/// <summary>Reads and writes <c>zk_node</c>. Used by one thread at a time.</summary>
internal sealed class NodeRows(SqliteDatabase database)
{
    private const string Columns =
        "path, acl_id, czxid, mzxid, pzxid, ctime, mtime, version, cversion, aversion, ephemeral_owner, data";

    private SqliteStatement? _find;
    private SqliteStatement? _replace;
    private SqliteStatement? _delete;

    /// <summary>Gives every node to <paramref name="loader"/>, in the order of the paths.</summary>
    /// <returns>How many there were.</returns>
    /// <remarks>Byte order puts a parent before its children, whose paths begin with its own.</remarks>
    public long Load(ICheckpointLoader loader, AclRows acls, CancellationToken cancellationToken)
    {
        using SqliteStatement rows = database.PrepareOnce($"SELECT {Columns} FROM zk_node ORDER BY path");
        long count = 0;
        for (; rows.Step(); count++)
        {
            if (count % 1024 == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            loader.AddNode(new NodeImage(
                Path: rows.Text(0),
                Data: rows.Blob(11),
                Acl: acls.Get(rows.Number(1)),
                Czxid: rows.Number(2),
                Mzxid: rows.Number(3),
                Pzxid: rows.Number(4),
                Ctime: rows.Number(5),
                Mtime: rows.Number(6),
                Version: (int)rows.Number(7),
                Cversion: (int)rows.Number(8),
                Aversion: (int)rows.Number(9),
                EphemeralOwner: rows.Number(10)));
        }

        return count;
    }

    public void Write(in NodeImage node, AclRows acls)
    {
        long? before = FindAcl(node.Path);
        long number = acls.Use(node.Acl);
        if (before is { } given)
        {
            acls.CountNodes(given, -1);
        }

        // With the path as the only key, REPLACE overwrites the row in place and looks for it once.
        _replace ??= database.Prepare($"REPLACE INTO zk_node ({Columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
        _replace.Bind(1, node.Path);
        _replace.Bind(2, number);
        _replace.Bind(3, node.Czxid);
        _replace.Bind(4, node.Mzxid);
        _replace.Bind(5, node.Pzxid);
        _replace.Bind(6, node.Ctime);
        _replace.Bind(7, node.Mtime);
        _replace.Bind(8, node.Version);
        _replace.Bind(9, node.Cversion);
        _replace.Bind(10, node.Aversion);
        _replace.Bind(11, node.EphemeralOwner);
        _replace.Bind(12, node.Data);
        _replace.Run();
    }

    public void Delete(string path, AclRows acls)
    {
        if (FindAcl(path) is not { } number)
        {
            return;
        }

        acls.CountNodes(number, -1);
        _delete ??= database.Prepare("DELETE FROM zk_node WHERE path = ?");
        _delete.Bind(1, path);
        _delete.Run();
    }

    /// <summary>The number of the list that a node has in the table; null when the table has no such node. The page that is read here is the one that is written next.</summary>
    private long? FindAcl(string path)
    {
        _find ??= database.Prepare("SELECT acl_id FROM zk_node WHERE path = ?");
        _find.Bind(1, path);
        try
        {
            return _find.Step() ? _find.Number(0) : null;
        }
        finally
        {
            _find.Reset();
        }
    }
}
