using OrleansZk.Storage.Tests.Support;

namespace OrleansZk.Storage.Tests;

public sealed class DataFolderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_folder_is_created_with_all_above_it()
    {
        string path = _folder.File("a/b/c");
        using DataFolder folder = DataFolder.Open(path);

        folder.FullPath.ShouldBe(path);
        Directory.Exists(folder.LogFolder).ShouldBeTrue();
    }

    [Fact]
    public void A_folder_is_opened_once_at_a_time()
    {
        using (DataFolder.Open(_folder.Path))
        {
            DataFolderInUseException exception = Should.Throw<DataFolderInUseException>(() => DataFolder.Open(_folder.Path));
            exception.Message.ShouldContain(_folder.Path);
            exception.ProcessId.ShouldBe(OperatingSystem.IsWindows() ? null : Environment.ProcessId);
        }

        DataFolder.Open(_folder.Path).Dispose();
    }

    [Fact]
    public async Task Another_process_keeps_us_out_until_it_is_killed()
    {
        using ChildProcess child = ChildProcess.Start(ChildRoles.HoldFolderAsync, _folder.Path);
        (await child.ReadLineAsync()).ShouldBe("open");

        DataFolderInUseException exception = Should.Throw<DataFolderInUseException>(() => DataFolder.Open(_folder.Path));
        exception.Message.ShouldContain(_folder.Path);
        exception.ProcessId.ShouldBe(OperatingSystem.IsWindows() ? null : child.Id);

        await child.KillAsync();
        DataFolder.Open(_folder.Path).Dispose();
    }

    [Fact]
    public async Task We_keep_another_process_out()
    {
        using DataFolder folder = DataFolder.Open(_folder.Path);
        using ChildProcess child = ChildProcess.Start(ChildRoles.HoldFolderAsync, _folder.Path);

        (await child.ReadLineAsync()).ShouldBeNull("it ends without having opened the folder");
    }

    [Fact]
    public void A_file_in_place_of_the_folder_is_named()
    {
        string path = _folder.File("data");
        File.WriteAllText(path, "");

        Should.Throw<IOException>(() => DataFolder.Open(path)).Message.ShouldContain(path);
    }
}
