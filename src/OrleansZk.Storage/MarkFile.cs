using System.Globalization;
using OrleansZk.Core.Replication;

namespace OrleansZk.Storage;

/// <summary>A small file in a server's data folder that says that the folder was used, and how far the server knew its log to be committed.</summary>
/// <remarks>A lower bound: it may lag behind the log and must never be ahead of it. One caller at a time.</remarks>
public sealed class MarkFile
{
    private const string Name = "mark";
    private const string Header = "# How far this server knew its log to be committed: ensemble, epoch, its leader's id and incarnation, zxid. Compared at the next start.";

    /// <param name="folder">The data folder.</param>
    public MarkFile(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        FilePath = Path.Combine(Path.GetFullPath(folder), Name);
    }

    public string FilePath { get; }

    /// <returns>Null when the folder was never used. A file that cannot be understood, as a power loss may leave one, says no more than that it was.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    public StoredMark? Read()
    {
        if (!File.Exists(FilePath))
        {
            return null;
        }

        string? line = File.ReadLines(FilePath).FirstOrDefault(line => line.Length > 0 && line[0] != '#');
        string[] parts = line?.Split(' ') ?? [];
        return parts.Length == 5
            && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long epoch)
            && int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out int leader)
            && long.TryParse(parts[3], NumberStyles.None, CultureInfo.InvariantCulture, out long incarnation)
            && parts[4].StartsWith("0x", StringComparison.Ordinal)
            && long.TryParse(parts[4].AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long zxid)
            ? new StoredMark(parts[0], new LogMark(epoch, leader, incarnation, zxid))
            : new StoredMark("", LogMark.None);
    }

    /// <summary>Replaces the mark; a reader finds the old one or the new one.</summary>
    /// <param name="durably">True waits until it survives a power loss.</param>
    /// <exception cref="IOException">It cannot be written; the folder has gone, or is full.</exception>
    public void Write(StoredMark stored, bool durably)
    {
        ArgumentNullException.ThrowIfNull(stored);
        LogMark mark = stored.Mark;
        string temporary = string.Create(CultureInfo.InvariantCulture, $"{FilePath}.{Environment.ProcessId}-{Environment.CurrentManagedThreadId}");
        try
        {
            using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
            using (var writer = new StreamWriter(file))
            {
                writer.WriteLine(Header);
                writer.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{stored.Ensemble} {mark.Epoch} {mark.LeaderId} {mark.LeaderIncarnation} 0x{mark.LastZxid:x}"));
                writer.Flush();
                file.Flush(flushToDisk: durably);
            }

            File.Move(temporary, FilePath, overwrite: true);
            if (durably && !OperatingSystem.IsWindows())
            {
                Files.Libc.SyncFolder(Path.GetDirectoryName(FilePath)!);
            }
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new IOException(exception.Message, exception);
        }
        catch (IOException)
        {
            File.Delete(temporary);
            throw;
        }
    }
}

/// <param name="Ensemble">Which one it is the mark of, without a space; empty for none that is known.</param>
public sealed record StoredMark(string Ensemble, LogMark Mark);
