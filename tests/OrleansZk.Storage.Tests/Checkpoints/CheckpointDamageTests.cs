using OrleansZk.Core.Replication;
using OrleansZk.Storage.Checkpoints;
using OrleansZk.Storage.Tests.Support;
using static OrleansZk.Storage.Tests.Support.CheckpointHarness;
using static OrleansZk.Storage.Tests.Support.TestNodes;

namespace OrleansZk.Storage.Tests.Checkpoints;

public sealed class CheckpointDamageTests : IDisposable
{
    private readonly TempFolder _temp = new();
    private readonly DataFolder _folder;

    public CheckpointDamageTests() => _folder = DataFolder.Open(_temp.Path);

    public void Dispose()
    {
        _folder.Dispose();
        _temp.Dispose();
    }

    [Fact]
    public async Task A_file_of_another_kind_is_refused()
    {
        await File.WriteAllTextAsync(_folder.CheckpointFile, new string('x', 5000), Cancellation);

        (await RefusedAsync()).ShouldContain("is not a checkpoint");
    }

    [Theory]
    [InlineData("CREATE TABLE t (a)")]
    [InlineData("PRAGMA application_id = 17")]
    [InlineData("PRAGMA user_version = 1")]
    public async Task Another_programs_database_is_refused_and_left_alone(string sql)
    {
        using (SqliteDatabase database = SqliteDatabase.Open(_folder.CheckpointFile, 0))
        {
            database.Execute(sql);
        }

        byte[] before = await File.ReadAllBytesAsync(_folder.CheckpointFile, Cancellation);
        (await RefusedAsync()).ShouldContain("another program");
        (await File.ReadAllBytesAsync(_folder.CheckpointFile, Cancellation)).ShouldBe(before);
    }

    [Fact]
    public async Task A_newer_versions_file_is_refused()
    {
        await WriteSomeAsync();
        using (SqliteDatabase database = SqliteDatabase.Open(_folder.CheckpointFile, 0))
        {
            database.Execute("PRAGMA user_version = 1000");
        }

        (await RefusedAsync()).ShouldContain("version 1000");
    }

    [Theory]
    [InlineData("DELETE FROM zk_acl", "ACL 1")]
    [InlineData("UPDATE zk_acl SET perms = 'xyz'", "xyz")]
    [InlineData("UPDATE zk_checkpoint SET digest = 'no digest'", "digest")]
    [InlineData("DROP TABLE zk_node", "zk_node")]
    [InlineData("DELETE FROM zk_ensemble", "zk_ensemble")]
    public async Task Damage_by_somebody_who_meant_well_is_named(string sql, string said)
    {
        await WriteSomeAsync();
        using (SqliteDatabase database = SqliteDatabase.Open(_folder.CheckpointFile, 0))
        {
            database.Execute(sql);
        }

        (await RefusedAsync()).ShouldContain(said);
    }

    [Fact]
    public async Task A_file_that_lost_its_end_is_refused()
    {
        await WriteSomeAsync();
        using (FileStream file = File.OpenWrite(_folder.CheckpointFile))
        {
            file.SetLength(file.Length / 2);
        }

        (await RefusedAsync()).ShouldContain("damaged");
    }

    [Fact]
    public async Task A_page_of_rubbish_is_refused()
    {
        await WriteSomeAsync();
        byte[] sound = await File.ReadAllBytesAsync(_folder.CheckpointFile, Cancellation);
        int refused = 0;
        for (int page = 0; page < sound.Length / 4096; page++)
        {
            byte[] damaged = [.. sound];
            new Random(page).NextBytes(damaged.AsSpan(page * 4096, 4096));
            await File.WriteAllBytesAsync(_folder.CheckpointFile, damaged, Cancellation);

            // Pages that nothing is read from, such as overflow pages of data, are the digest's to find.
            refused += await TryLoadAsync() is null ? 0 : 1;
        }

        refused.ShouldBeGreaterThan(sound.Length / 4096 / 2);
    }

    private async Task WriteSomeAsync()
    {
        await using SqliteCheckpointStore store = Create(_folder);
        await store.OpenAsync(Cancellation);
        await store.WriteAsync(1, [.. Enumerable.Range(0, 500).Select(i => Put(Node($"/node-{i}", new byte[100])))]);
    }

    /// <summary>The message with which opening or loading was refused.</summary>
    private async Task<string> RefusedAsync()
    {
        CheckpointException exception = (await TryLoadAsync()).ShouldNotBeNull("it was accepted");
        exception.Message.ShouldContain(_folder.CheckpointFile);
        return exception.Message;
    }

    private async Task<CheckpointException?> TryLoadAsync()
    {
        await using SqliteCheckpointStore store = Create(_folder);
        try
        {
            await store.OpenAsync(Cancellation);
            await store.LoadAsync(new RecordingLoader(), Cancellation);
            return null;
        }
        catch (CheckpointException exception)
        {
            return exception;
        }
    }
}
