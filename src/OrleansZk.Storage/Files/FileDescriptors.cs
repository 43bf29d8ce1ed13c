using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace OrleansZk.Storage.Files;

/// <summary>File descriptors of this process: files, sockets, and two for each library that the runtime has loaded. Unix only; elsewhere there is no limit.</summary>
/// <remarks>Thread-safe. The runtime raises the limit to the hard one when it starts.</remarks>
public static partial class FileDescriptors
{
    private static readonly int OpenFiles = OperatingSystem.IsLinux() ? 7 : 8;
    private static readonly Lazy<SafeFileHandle> Null = new(() => File.OpenHandle("/dev/null"));

    /// <summary>How many may be open (<c>ulimit -n</c>); null when there is no limit, or none that is known.</summary>
    public static long? Limit =>
        !OperatingSystem.IsWindows() && getrlimit(OpenFiles, out Range limit) == 0 && limit.Soft < int.MaxValue ? (long)limit.Soft : null;

    /// <summary>
    /// The number that the next one would get. The system gives the lowest that is free, so at least so many are in use. <see cref="int.MaxValue"/> when there is none left.
    /// </summary>
    public static int LowestFree()
    {
        int descriptor = dup(Null.Value);
        if (descriptor < 0)
        {
            return int.MaxValue;
        }

        _ = close(descriptor);
        return descriptor;
    }

    [LibraryImport("libc")]
    private static partial int getrlimit(int resource, out Range limit);

    [LibraryImport("libc")]
    private static partial int dup(SafeFileHandle descriptor);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);

    private struct Range
    {
        public nuint Soft;
        public nuint Hard;
    }
}
