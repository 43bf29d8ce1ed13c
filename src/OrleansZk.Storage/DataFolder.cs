using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using OrleansZk.Storage.Files;

namespace OrleansZk.Storage;

/// <summary>A server's data folder, held against other processes for as long as this object lives.</summary>
/// <remarks>
/// The lock is the operating system's, so it goes with the process however that ends; the file itself stays.
/// It works between processes of one machine; on a network file system it is as good as that system's <c>flock</c>.
/// </remarks>
public sealed class DataFolder : IDisposable
{
    private const string LockName = "lock";

    private readonly SafeFileHandle _lock;
    private readonly PlacedFile _placedLock;

    private DataFolder(string path, SafeFileHandle lockFile)
    {
        FullPath = path;
        _lock = lockFile;
        _placedLock = new PlacedFile(Path.Combine(path, LockName));
        Mark = new MarkFile(path);
    }

    public string FullPath { get; }

    /// <summary>The folder of the transaction log's segments.</summary>
    public string LogFolder => Path.Combine(FullPath, "log");

    /// <summary>The file of the checkpoint.</summary>
    public string CheckpointFile => Path.Combine(FullPath, "checkpoint.db");

    /// <summary>Says that the folder was used, and how far the log was committed.</summary>
    public MarkFile Mark { get; }

    /// <summary>False when the folder was deleted, renamed, replaced or unmounted since it was opened.</summary>
    public bool IsInPlace => _placedLock.IsInPlace;

    /// <summary>Opens a data folder, and creates it when it is not there.</summary>
    /// <exception cref="DataFolderInUseException">Another process, or another part of this one, has it open.</exception>
    /// <exception cref="IOException">It cannot be created or written to.</exception>
    public static DataFolder Open(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string full = Path.GetFullPath(path);
        SafeFileHandle? file = null;
        try
        {
            CreateFolder(full);
            string lockPath = Path.Combine(full, LockName);
            file = OpenLock(lockPath, full);
            WriteHolder(file);
            var folder = new DataFolder(full, file);
            CreateFolder(folder.LogFolder);
            return folder;
        }
        catch (UnauthorizedAccessException exception)
        {
            file?.Dispose();
            throw new IOException($"the data folder '{full}' cannot be written to: {exception.Message}", exception);
        }
        catch
        {
            file?.Dispose();
            throw;
        }
    }

    public void Dispose() => _lock.Dispose();

    private static void CreateFolder(string path)
    {
        if (Directory.Exists(path))
        {
            return;
        }

        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
            return;
        }

        string? parent = Path.GetDirectoryName(path);
        if (parent is not null)
        {
            CreateFolder(parent);
        }

        // The checkpoint holds the secret that session passwords come from: not for everybody to read.
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            | UnixFileMode.GroupRead | UnixFileMode.GroupExecute);

        // A new folder that power loss takes away would take with it whatever was acknowledged inside.
        if (parent is not null)
        {
            Libc.SyncFolder(parent);
        }
    }

    private static SafeFileHandle OpenLock(string lockPath, string folder)
    {
        SafeFileHandle file;
        try
        {
            file = File.OpenHandle(lockPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (IsHeldElsewhere(exception))
        {
            throw new DataFolderInUseException(folder, ReadHolder(lockPath), exception);
        }

        // .NET's own lock can be switched off from outside, and keeps quiet about file systems that refuse locks.
        if (!OperatingSystem.IsWindows() && !Libc.TryLock(file, lockPath))
        {
            file.Dispose();
            throw new DataFolderInUseException(folder, ReadHolder(lockPath), null);
        }

        return file;
    }

    /// <summary>Tells a lock of somebody else from a full disk and the like.</summary>
    private static bool IsHeldElsewhere(IOException exception) => OperatingSystem.IsWindows()
        ? (exception.HResult & 0xFFFF) is 32 or 33 // ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION
        : exception.HResult == Libc.WouldBlock;

    private static void WriteHolder(SafeFileHandle file)
    {
        byte[] text = Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n");
        try
        {
            RandomAccess.SetLength(file, 0);
            RandomAccess.Write(file, text, 0);
        }
        catch (IOException)
        {
            // Only a message would be the better for it, and a server must be able to start on a full disk.
        }
    }

    /// <summary>The process id that the holder has left in the lock file, when it can be read.</summary>
    private static int? ReadHolder(string lockPath)
    {
        if (OperatingSystem.IsWindows())
        {
            return null; // The lock is mandatory there.
        }

        try
        {
            using SafeFileHandle file = Libc.OpenToRead(lockPath);
            Span<byte> text = stackalloc byte[32];
            int length = RandomAccess.Read(file, text, 0);
            return int.TryParse(text[..length].TrimEnd("\n"u8), NumberStyles.None, CultureInfo.InvariantCulture, out int id) ? id : null;
        }
        catch (IOException)
        {
            return null;
        }
    }
}

/// <summary>The data folder is open already; the message names it and, if known, the process that has it.</summary>
public sealed class DataFolderInUseException(string folder, int? processId, Exception? inner)
    : IOException(
        $"the data folder '{folder}' is in use by another server" + (processId is { } id ? $" (process {id})" : "")
        + "; stop that one, or give this one a folder of its own",
        inner)
{
    /// <summary>The process that has the folder open, when it could be found out.</summary>
    public int? ProcessId { get; } = processId;
}
