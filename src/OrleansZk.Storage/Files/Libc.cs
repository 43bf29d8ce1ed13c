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

    private const int CurrentFolder = -100;
    private const uint InodeOnly = 0x100;
    private const int StatxLength = 256;
    private const int NoEntry = 2;
    private const int NotAFolder = 20;

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

    /// <summary>Finds out which file is at a path. Linux only.</summary>
    /// <param name="path">In the file system's encoding, ended by a zero.</param>
    /// <param name="isMissing">True when there is none.</param>
    /// <returns>False when it cannot be told.</returns>
    public static unsafe bool TryIdentify(byte[] path, out FileIdentity identity, out bool isMissing)
    {
        // struct statx is the same on every architecture: the inode at 32, the device's numbers at 136 and 140.
        byte* buffer = stackalloc byte[StatxLength];
        int result;
        try
        {
            fixed (byte* name = path)
            {
                result = statx(CurrentFolder, name, 0, InodeOnly, buffer);
            }
        }
        catch (EntryPointNotFoundException)
        {
            // A C library from before 2018.
            (identity, isMissing) = (default, false);
            return false;
        }

        int error = result == 0 ? 0 : Marshal.GetLastPInvokeError();
        isMissing = error is NoEntry or NotAFolder;
        identity = result == 0 ? new FileIdentity(*(ulong*)(buffer + 32), *(ulong*)(buffer + 136)) : default;
        return result == 0 || isMissing;
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

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int statx(int folder, byte* path, int flags, uint mask, byte* buffer);
}
