using System.Diagnostics;
using System.Globalization;

namespace OrleansZk.Storage.Tests.Support;

/// <summary>A file system of a given size, where the system lets us mount one.</summary>
internal sealed class SmallFileSystem : IDisposable
{
    private readonly TempFolder _folder;

    private SmallFileSystem(TempFolder folder) => _folder = folder;

    public string Path => _folder.Path;

    /// <summary>Mounts a file system, or skips the test with the reason why not.</summary>
    public static SmallFileSystem Mount(long bytes)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "mounting a small file system is written for Linux only");
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "mounting a small file system needs root");
        var folder = new TempFolder();
        string size = "size=" + bytes.ToString(CultureInfo.InvariantCulture);
        if (Run("mount", "-t", "tmpfs", "-o", size, "tmpfs", folder.Path) is { } fault)
        {
            folder.Dispose();
            Assert.Skip("mounting a small file system is not allowed here: " + fault);
        }

        return new SmallFileSystem(folder);
    }

    public void Dispose()
    {
        Run("umount", "-l", Path);
        _folder.Dispose();
    }

    private static string? Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? null : errors.Trim();
    }
}
