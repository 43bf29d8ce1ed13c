namespace OrleansZk.Storage.Checkpoints;

/// <summary><see cref="AclNumbers"/> on SQLite.</summary>
internal sealed class AclRows(SqliteDatabase database) : AclNumbers($"the checkpoint '{database.Path}'")
{
    private SqliteStatement? _insert;

    /// <summary>Reads all lists; the nodes that have them are counted by loading them, or by <see cref="CountNodes()"/>.</summary>
    public void Load()
    {
        using SqliteStatement rows = database.PrepareOnce("SELECT acl_id, perms, scheme, id FROM zk_acl ORDER BY acl_id, position");
        while (rows.Step())
        {
            AddRow(rows.Number(0), rows.Text(1), rows.Text(2), rows.Text(3));
        }

        EndRows();
    }

    /// <summary>Counts the nodes of each list.</summary>
    public void CountNodes()
    {
        using SqliteStatement rows = database.PrepareOnce("SELECT acl_id, count(*) FROM zk_node GROUP BY acl_id");
        while (rows.Step())
        {
            CountNodes(rows.Number(0), rows.Number(1));
        }
    }

    /// <summary>Deletes the lists that no node has any more, as part of the open transaction and as its last change of lists.</summary>
    public void DeleteUnused()
    {
        using SqliteStatement delete = database.PrepareOnce("DELETE FROM zk_acl WHERE acl_id = ?");
        foreach (long number in TakeUnused())
        {
            delete.Bind(1, number);
            delete.Run();
        }
    }

    /// <summary>Writes the lists that got a number since the last call, as part of the open transaction.</summary>
    public void WriteNew()
    {
        foreach ((long number, int position, Acl entry) in TakeNew())
        {
            _insert ??= database.Prepare("INSERT INTO zk_acl (acl_id, position, perms, scheme, id) VALUES (?, ?, ?, ?, ?)");
            _insert.Bind(1, number);
            _insert.Bind(2, position);
            _insert.Bind(3, PermissionText.Format(entry.Permissions));
            _insert.Bind(4, entry.Id.Scheme);
            _insert.Bind(5, entry.Id.Id);
            _insert.Run();
        }
    }
}
