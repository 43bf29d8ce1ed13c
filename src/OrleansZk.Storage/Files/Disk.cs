namespace OrleansZk.Storage.Files;

/// <summary>What the log asks of a folder on a disk. Tests substitute one that loses power or fails at will.</summary>
/// <remarks>
/// Names are file names inside the folder, without a path. Errors are <see cref="IOException"/>s that name the file.
/// Creations, renames and deletions are durable after <see cref="SyncFolder"/> only.
/// </remarks>
internal abstract class Disk
{
    /// <summary>The folder, as messages name it.</summary>
    public abstract string Folder { get; }

    /// <summary>The names of the folder's files, in no order.</summary>
    public abstract IReadOnlyList<string> List();

    /// <summary>Creates a file, or empties the one that is there.</summary>
    public abstract DiskFile Create(string name);

    public abstract DiskFile Open(string name, bool write);

    public abstract void Rename(string from, string to);

    public abstract void Delete(string name);

    public abstract void SyncFolder();

    /// <summary>Remembers which file is at a name, to see later whether it still is.</summary>
    /// <returns>Null where that cannot be told.</returns>
    public virtual PlacedFile? Place(string name) => null;

    public string PathOf(string name) => Path.Combine(Folder, name);
}

/// <summary>An open file. Positions and lengths are bytes.</summary>
internal abstract class DiskFile : IDisposable
{
    public abstract long Length { get; }

    /// <summary>Reads up to the buffer's length; less only at the end of the file.</summary>
    /// <returns>The number of bytes read.</returns>
    public abstract int Read(Span<byte> buffer, long position);

    public abstract void Write(ReadOnlySpan<byte> bytes, long position);

    /// <summary>Writes pieces one behind the other, with one system call where the system has one for it.</summary>
    public abstract void Write(IReadOnlyList<ReadOnlyMemory<byte>> pieces, long position);

    public abstract void SetLength(long length);

    /// <summary>Makes what was written, and the length, durable.</summary>
    public abstract void Sync();

    public abstract void Dispose();
}
