using System.Text;

namespace OrleansZk.Storage.Files;

/// <summary>A path, and the file or folder that was there: tells whether it still is. A look takes a microsecond and allocates nothing.</summary>
/// <remarks>
/// A file that was deleted, renamed or unmounted can be written to as long as it is open; nobody finds again what was written. Linux compares device and inode;
/// elsewhere only the path's existence is looked at. Thread-safe.
/// </remarks>
internal sealed class PlacedFile
{
    private readonly string _path;
    private readonly byte[] _native;
    private readonly FileIdentity? _identity;

    /// <param name="path">Of a file or folder that exists.</param>
    public PlacedFile(string path)
    {
        _path = path;
        _native = GC.AllocateUninitializedArray<byte>(Encoding.UTF8.GetByteCount(path) + 1, pinned: true);
        _native[Encoding.UTF8.GetBytes(path, _native)] = 0;
        _identity = Look();
    }

    public string Path => _path;

    /// <summary>False when something else, or nothing, is at the path.</summary>
    public bool IsInPlace => _identity is { } identity && Look() == identity;

    /// <returns>Null when nothing is there.</returns>
    private FileIdentity? Look() => OperatingSystem.IsLinux() && Libc.TryIdentify(_native, out FileIdentity identity, out bool isMissing)
        ? isMissing ? null : identity
        : System.IO.Path.Exists(_path) ? default(FileIdentity) : null;
}

/// <summary>What tells a file from every other on this machine.</summary>
internal readonly record struct FileIdentity(ulong Inode, ulong Device);
