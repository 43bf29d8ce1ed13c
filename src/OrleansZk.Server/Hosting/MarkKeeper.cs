using System.Globalization;
using System.Security.Cryptography;
using OrleansZk.Core.Replication;
using OrleansZk.Server.Configuration;
using OrleansZk.Storage;

namespace OrleansZk.Server.Hosting;

/// <summary>Keeps in the data folder how far this server knows its log to be committed, and compares at the start.</summary>
/// <remarks>Without it a log that has lost its newest part, or a folder that was emptied, would look like an older one, or a new one.</remarks>
internal sealed partial class MarkKeeper
{
    /// <summary>Its presence lets a server begin on a store that holds nothing, as with ZooKeeper.</summary>
    private const string InitializeName = "initialize";

    /// <summary>What stands in the mark of a server without an ensemble.</summary>
    public const string Alone = "alone";

    private readonly ServerOptions _options;
    private readonly ILogger _logger;
    private readonly MarkFile _file;
    private readonly Lock _gate = new();
    private StoredMark? _found;
    private bool _hasRead;
    private bool _mayBegin;
    private string _name = "";
    private Func<LogMark>? _current;
    private LogMark? _written;
    private bool _hasFailed;

    public MarkKeeper(ServerOptions options, ILogger logger)
    {
        _options = options;
        _logger = logger;
        _file = new MarkFile(options.DataDirectory);
    }

    /// <summary>The ensemble's name in marks.</summary>
    public string Ensemble { get; set; } = "";

    /// <summary>The zxid behind which an operator has given up what was lost; null for none.</summary>
    public long? AcceptedAfter => SettingTable.TryParseZxid(_options.AcceptLossAfter, out long zxid) ? zxid : null;

    /// <summary>What this server has seen in the ensemble's store; null when it has not been there.</summary>
    public LogMark? Known
    {
        get
        {
            if (Found is not { } found)
            {
                return null;
            }

            if (found.Ensemble != Ensemble)
            {
                if (found.Ensemble.Length > 0)
                {
                    LogOtherEnsemble(_file.FilePath);
                }

                return null;
            }

            return found.Mark;
        }
    }

    private StoredMark? Found
    {
        get
        {
            if (!_hasRead)
            {
                (_found, _hasRead) = (_file.Read(), true);
            }

            return _found;
        }
    }

    /// <summary>A name for an ensemble that stays the same as long as its store does.</summary>
    public static string NameOf(EnsembleRecord record) => Convert.ToHexStringLower(SHA256.HashData(record.Secret).AsSpan(0, 8));

    /// <summary>Sees that the log in the data folder reaches as far as it did.</summary>
    /// <returns>The newest epoch of what an operator has given up; 0 when nothing is missing.</returns>
    /// <exception cref="LogCorruptException">It does not.</exception>
    public long CheckOwnLog(LogPosition end)
    {
        if (Found is not { Ensemble: Alone or "" } found || (end.Epoch > 0 && end.Epoch >= found.Mark.Epoch && end.LastZxid >= found.Mark.LastZxid))
        {
            return 0;
        }

        string folder = Path.GetDirectoryName(_file.FilePath)!;
        if (AcceptedAfter == end.LastZxid)
        {
            LogGivenUp(folder, end.LastZxid, found.Mark.LastZxid);
            return found.Mark.Epoch;
        }

        string what = end.Epoch == 0
            ? $"the data folder '{folder}' was in use before (it has the file '{Path.GetFileName(_file.FilePath)}'), and its log has gone"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"the log in the data folder '{folder}' ends at zxid 0x{end.LastZxid:x} of epoch {end.Epoch}, but had reached zxid 0x{found.Mark.LastZxid:x} of epoch {found.Mark.Epoch}: its newest part is missing");
        throw new LogCorruptException(string.Create(
            CultureInfo.InvariantCulture,
            $"{what}. Is the right disk mounted? Put the files back; or, to give up what was in them for good, start with --OrleansZk:AcceptLossAfter 0x{end.LastZxid:x}"));
    }

    /// <summary>Sees that a server may begin on a store that holds nothing.</summary>
    /// <exception cref="LogCorruptException">It may not.</exception>
    public void CheckMayBegin(LogPosition end, bool hasCheckpoint)
    {
        if (_options.CreateTree || hasCheckpoint || end != default || _mayBegin)
        {
            return;
        }

        string permission = Path.Combine(_options.DataDirectory, InitializeName);
        if (!File.Exists(permission))
        {
            throw new LogCorruptException(
                $"there is no tree yet, and {SettingTable.Get(nameof(ServerOptions.CreateTree)).Key} is false: to begin with an empty one, create the file '{Path.GetFullPath(permission)}'");
        }

        File.Delete(permission);
        _mayBegin = true;
        LogBegun(permission);
    }

    /// <summary>Begins to keep the mark.</summary>
    /// <param name="ensemble">Whose it is.</param>
    /// <param name="current">How far the log is committed now.</param>
    public void Begin(string ensemble, Func<LogMark> current)
    {
        lock (_gate)
        {
            (_name, _current) = (ensemble, current);
            Write(durably: true);
        }
    }

    /// <summary>Writes the mark if it has moved since. To be called every second or so.</summary>
    public void WriteIfMoved()
    {
        lock (_gate)
        {
            Write(durably: false);
        }
    }

    /// <summary>Writes the mark for the last time.</summary>
    public void End()
    {
        lock (_gate)
        {
            Write(durably: true);
            _current = null;
        }
    }

    private void Write(bool durably)
    {
        if (_current is null)
        {
            return;
        }

        // A log that does not wait for the disk may have less after a power loss than the mark: then it only says that the folder was used.
        LogMark mark = _options.ForceSync || _options.Ensemble.Length > 0 ? _current() : LogMark.None;
        if (mark == _written && !(durably && _hasFailed))
        {
            return;
        }

        try
        {
            if (_written is null && !Directory.Exists(_options.DataDirectory))
            {
                Directory.CreateDirectory(_options.DataDirectory);
            }

            _file.Write(new StoredMark(_name, mark), durably);
            (_written, _hasFailed) = (mark, false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (!_hasFailed)
            {
                LogNotWritten(_file.FilePath, e.Message);
            }

            _hasFailed = true;
        }
    }

    [LoggerMessage(
        Level = LogLevel.Critical,
        Message = "The log in {Folder} has lost its newest part, which is given up as OrleansZk:AcceptLossAfter says: all after zxid 0x{From:x}, up to zxid 0x{To:x} at least")]
    private partial void LogGivenUp(string folder, long from, long to);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Path} is of another ensemble than the store's, and is replaced")]
    private partial void LogOtherEnsemble(string path);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Path} could not be written: a start will not notice when the newest part of the log is missing: {Reason}")]
    private partial void LogNotWritten(string path, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Beginning with an empty tree, as {Path} allows, which is removed")]
    private partial void LogBegun(string path);
}
