using System.Globalization;

namespace OrleansZk.Server.Admin.Facts;

/// <summary>What the operating system knows of this process. Linux only: elsewhere there is nothing to tell.</summary>
internal static class ProcessFacts
{
    private const string Descriptors = "/proc/self/fd";
    private const string Limits = "/proc/self/limits";
    private const string DescriptorLimit = "Max open files";

    /// <summary>Files and sockets that are open; null when unknown.</summary>
    public static long? OpenFileDescriptors =>
        OperatingSystem.IsLinux() ? Directory.EnumerateFileSystemEntries(Descriptors).LongCount() : null;

    /// <summary>How many may be open; null when unknown or without limit.</summary>
    public static long? MaxFileDescriptors
    {
        get
        {
            if (!OperatingSystem.IsLinux())
            {
                return null;
            }

            // Max open files            20000                20000                files
            string? line = File.ReadLines(Limits).FirstOrDefault(line => line.StartsWith(DescriptorLimit, StringComparison.Ordinal));
            string? soft = line?[DescriptorLimit.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
            return long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out long most) ? most : null;
        }
    }
}
