using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace OrleansZk.Storage.Files;

/// <summary>
/// The few calls of the C library that .NET has no name for. Unix only; the wrappers turn errors into <see
/// cref="IOException"/>.
/// </summary>
internal static partial class Libc
{
    private const int ReadOnly = 0;
    private const int LockExclusive = 2;
    private const int LockNonBlocking = 4;

    private const int Interrupted = 4;
    private static readonly int CloseOnExec = OperatingSystem.IsLinux() ? 0x80000 : 0x1000000;

    /// <summary>The error of a lock that somebody else has.</summary>
    public static readonly int WouldBlock = OperatingSystem.IsLinux() ? 11 : 35;

    /// <summary>Makes a file's content durable, and of its metadata only what reading it back needs.</summary>
    public static void SyncData(SafeFileHandle file, string path)
    {
        // Linux only: elsewhere fdatasync is missing or does not reach the device.
        while (fdatasync(file) != 0)
        {
            ThrowUnlessInterrupted("fdatasync", path);
        }
    }

    /// <summary>Makes creations, renames and deletions in a folder durable.</summary>
    public static void SyncFolder(string path)
    {
        using SafeFileHandle folder = OpenToRead(path);
        while (fsync(folder) != 0)
        {
            ThrowUnlessInterrupted("fsync", path);
        }
    }

    /// <summary>Opens a file or folder to read, without the advisory lock that .NET would ask for.</summary>
    public static SafeFileHandle OpenToRead(string path)
    {
        int descriptor;
        while ((descriptor = open(path, ReadOnly | CloseOnExec)) < 0)
        {
            ThrowUnlessInterrupted("open", path);
        }

        return new SafeFileHandle(descriptor, ownsHandle: true);
    }

    /// <summary>Takes the exclusive lock on an open file, which lasts until the file is closed or the process ends.</summary>
    /// <returns>False when somebody else has it.</returns>
    public static bool TryLock(SafeFileHandle file, string path)
    {
        while (flock(file, LockExclusive | LockNonBlocking) != 0)
        {
            if (Marshal.GetLastPInvokeError() == WouldBlock)
            {
                return false;
            }

            ThrowUnlessInterrupted("flock", path);
        }

        return true;
    }

    private static void ThrowUnlessInterrupted(string call, string path)
    {
        int error = Marshal.GetLastPInvokeError();
        if (error != Interrupted)
        {
            throw new IOException($"{call} of '{path}' failed: {Marshal.GetPInvokeErrorMessage(error)} (errno {error})");
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fdatasync(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(SafeFileHandle file, int operation);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);
}
