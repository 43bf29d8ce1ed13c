using Microsoft.Win32.SafeHandles;

namespace OrleansZk.Storage.Files;

/// <summary>A folder of the operating system's file system.</summary>
/// <param name="sync">False leaves it to the system when anything becomes durable: for tests and benchmarks.</param>
internal sealed class OsDisk(string folder, bool sync) : Disk
{
    public override string Folder { get; } = folder;

    public override IReadOnlyList<string> List() => Array.ConvertAll(Directory.GetFiles(Folder), path => Path.GetFileName(path));

    public override DiskFile Create(string name) => new OsFile(PathOf(name), FileMode.Create, FileAccess.ReadWrite, sync);

    public override DiskFile Open(string name, bool write) =>
        new OsFile(PathOf(name), FileMode.Open, write ? FileAccess.ReadWrite : FileAccess.Read, sync);

    public override void Rename(string from, string to) => File.Move(PathOf(from), PathOf(to), overwrite: false);

    public override void Delete(string name) => File.Delete(PathOf(name));

    public override PlacedFile? Place(string name) => new(PathOf(name));

    public override void SyncFolder()
    {
        // Windows has no such call: NTFS journals names by itself.
        if (sync && !OperatingSystem.IsWindows())
        {
            Libc.SyncFolder(Folder);
        }
    }

    private sealed class OsFile : DiskFile
    {
        private readonly SafeFileHandle _handle;
        private readonly string _path;
        private readonly bool _sync;

        public OsFile(string path, FileMode mode, FileAccess access, bool sync)
        {
            _handle = File.OpenHandle(path, mode, access, FileShare.ReadWrite | FileShare.Delete);
            _path = path;
            _sync = sync;
        }

        public override long Length => RandomAccess.GetLength(_handle);

        public override int Read(Span<byte> buffer, long position)
        {
            int total = 0;
            while (total < buffer.Length)
            {
                int read = RandomAccess.Read(_handle, buffer[total..], position + total);
                if (read == 0)
                {
                    break;
                }

                total += read;
            }

            return total;
        }

        public override void Write(ReadOnlySpan<byte> bytes, long position)
        {
            try
            {
                RandomAccess.Write(_handle, bytes, position);
            }
            catch (ArgumentOutOfRangeException exception)
            {
                throw TooLong(exception);
            }
        }

        public override void Write(IReadOnlyList<ReadOnlyMemory<byte>> pieces, long position)
        {
            try
            {
                RandomAccess.Write(_handle, pieces, position);
            }
            catch (ArgumentOutOfRangeException exception)
            {
                throw TooLong(exception);
            }
        }

        public override void SetLength(long length) => RandomAccess.SetLength(_handle, length);

        public override void Sync()
        {
            if (!_sync)
            {
                return;
            }

            if (OperatingSystem.IsLinux())
            {
                Libc.SyncData(_handle, _path);
            }
            else
            {
                RandomAccess.FlushToDisk(_handle);
            }
        }

        public override void Dispose() => _handle.Dispose();

        /// <summary>.NET takes the system's EFBIG, a file at its size limit, for a wrong argument.</summary>
        private IOException TooLong(Exception exception) => new($"'{_path}' cannot become longer: {exception.Message}", exception);
    }
}
