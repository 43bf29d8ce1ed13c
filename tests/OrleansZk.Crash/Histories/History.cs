using System.Globalization;

namespace OrleansZk.Crash.Histories;

/// <summary>Records what clients ask and are told, from many threads, and what was known to them at each moment.</summary>
internal sealed class History
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _versions = [];
    private readonly Dictionary<string, int> _numbers = [];
    private readonly Dictionary<long, Fate> _sessions = [];
    private List<Write> _writes = [];
    private List<Read> _reads = [];
    private long _nextId;
    private long _highestZxid;

    /// <summary>Records that a write is about to be sent. Must be called in the order of sending on a connection.</summary>
    /// <param name="parts">Gets a text that is unique to this write, to make values of.</param>
    public Write Begin(int connection, long session, Func<string, IReadOnlyList<Part>> parts, bool mustFail = false)
    {
        lock (_gate)
        {
            long id = ++_nextId;
            IReadOnlyList<Part> asked = parts("w" + id.ToString(CultureInfo.InvariantCulture));
            var write = new Write
            {
                Id = id,
                Connection = connection,
                Session = session,
                Parts = asked,
                MustFail = mustFail,
                ZxidBefore = _highestZxid,
                NumbersBefore = asked.Where(part => part.IsSequential).Select(part => part.Path).Distinct()
                    .ToDictionary(prefix => prefix, prefix => _numbers.GetValueOrDefault(prefix, -1)),
            };
            _writes.Add(write);
            return write;
        }
    }

    public void Done(Write write, IReadOnlyList<PartResult> results, long zxid)
    {
        lock (_gate)
        {
            write.Results = results;
            write.Outcome = Outcome.Done;
            See(zxid);
            foreach ((Part part, PartResult result) in write.Parts.Zip(results))
            {
                if (result.Stat is { } stat)
                {
                    Raise(_versions, result.Path, stat.Version);
                }

                if (part.IsSequential)
                {
                    Raise(_numbers, part.Path, Sequence.NumberOf(part.Path, result.Path));
                }
            }
        }
    }

    public void Refused(Write write, ErrorCode error, long zxid)
    {
        lock (_gate)
        {
            write.Outcome = Outcome.Refused;
            write.Error = error;
            See(zxid);
        }
    }

    /// <summary>What a reader has to see at least, from now on.</summary>
    public int VersionOf(string path)
    {
        lock (_gate)
        {
            return _versions.GetValueOrDefault(path);
        }
    }

    public void Saw(Read read, long zxid)
    {
        lock (_gate)
        {
            _reads.Add(read);
            Raise(_versions, read.Path, read.Stat.Version);
            See(zxid);
        }
    }

    public void SetFate(long session, Fate fate)
    {
        lock (_gate)
        {
            _sessions[session] = fate;
        }
    }

    /// <summary>Takes everything since the last time. To be called when no client is at work.</summary>
    public Round TakeRound()
    {
        lock (_gate)
        {
            var round = new Round(_writes, _reads, new Dictionary<long, Fate>(_sessions), _highestZxid);
            (_writes, _reads) = ([], []);
            return round;
        }
    }

    private static void Raise(Dictionary<string, int> known, string path, int value) => known[path] = Math.Max(value, known.GetValueOrDefault(path, -1));

    private void See(long zxid) => _highestZxid = Math.Max(_highestZxid, zxid);
}

/// <summary>What happened between two snapshots.</summary>
/// <param name="HighestZxid">That any client was ever told of.</param>
internal sealed record Round(
    IReadOnlyList<Write> Writes, IReadOnlyList<Read> Reads, IReadOnlyDictionary<long, Fate> Sessions, long HighestZxid);

/// <summary>Numbers of sequential nodes.</summary>
internal static class Sequence
{
    /// <returns>-1 when the path is not of that prefix, with a number.</returns>
    public static int NumberOf(string prefix, string path) =>
        path.StartsWith(prefix, StringComparison.Ordinal)
        && int.TryParse(path.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : -1;
}
