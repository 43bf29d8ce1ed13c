using OrleansZk.Core.Replication;
using OrleansZk.Storage.Tests.Support;

namespace OrleansZk.Storage.Tests;

public sealed class MarkFileTests
{
    private static readonly StoredMark Mark = new("a1b2", new LogMark(7, 3, 1767323052965, 0x700000012));

    [Fact]
    public void A_folder_that_was_never_used_has_none()
    {
        using var folder = new TempFolder();
        new MarkFile(folder.Path).Read().ShouldBeNull();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_was_written_is_read(bool durably)
    {
        using var folder = new TempFolder();
        new MarkFile(folder.Path).Write(new StoredMark("x", LogMark.None), durably);
        new MarkFile(folder.Path).Write(Mark, durably);
        new MarkFile(folder.Path).Read().ShouldBe(Mark);
        Directory.GetFiles(folder.Path).ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("")]
    [InlineData("# a comment\n")]
    [InlineData("a1b2 7 3 x 0x1")]
    [InlineData("a1b2 7 3 1 0x")]
    [InlineData("a1b2 -7 3 1 0x1")]
    [InlineData("\0\0\0\0\0\0\0\0")]
    public void One_that_cannot_be_understood_says_that_the_folder_was_used_and_no_more(string content)
    {
        using var folder = new TempFolder();
        var file = new MarkFile(folder.Path);
        File.WriteAllText(file.FilePath, content);
        file.Read().ShouldBe(new StoredMark("", LogMark.None));
    }

    [Fact]
    public void A_folder_that_has_gone_is_not_made_again()
    {
        using var folder = new TempFolder();
        var file = new MarkFile(Path.Combine(folder.Path, "gone"));
        Should.Throw<IOException>(() => file.Write(Mark, durably: true));
        Directory.Exists(Path.Combine(folder.Path, "gone")).ShouldBeFalse();
    }
}
