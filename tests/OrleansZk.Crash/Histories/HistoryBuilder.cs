namespace OrleansZk.Crash.Histories;

/// <summary>Writes histories by hand, for the tests of the checker: a server that does everything right, until told otherwise.</summary>
internal sealed class HistoryBuilder
{
    private const int Client = 1;

    private readonly Dictionary<string, Found> _nodes = [];
    private long _zxid = 0x100;

    public History History { get; } = new();

    /// <summary>The nodes as a server that does everything right would have them.</summary>
    public IDictionary<string, Found> Nodes => _nodes;

    public long Zxid => _zxid;

    public static Stat StatOf(long zxid, int version = 0, long owner = 0, long? mzxid = null, int cversion = 0) =>
        new(zxid, mzxid ?? zxid, 0, 0, version, cversion, 0, owner, 0, 0, zxid);

    public Write Begin(Part part, int connection = Client, long session = 7, bool mustFail = false) =>
        History.Begin(connection, session, value => [part with { Value = part.Kind == PartKind.Delete ? "" : value }], mustFail);

    public Write BeginMulti(int connection, params IReadOnlyList<Part> parts) => History.Begin(
        connection, 7, value => [.. parts.Select((part, i) => part with { Value = part.Kind == PartKind.Delete ? "" : $"{value}.{i}" })]);

    public Write Create(string path) => Acknowledge(Begin(new Part(PartKind.Create, path)));

    public Write CreateEphemeral(string path, long session) =>
        Acknowledge(Begin(new Part(PartKind.Create, path, IsEphemeral: true), session: session));

    /// <param name="number">Given by the server.</param>
    public Write CreateSequential(string prefix, int number) =>
        Acknowledge(Begin(new Part(PartKind.Create, prefix, IsSequential: true)), $"{prefix}{number:d10}");

    public Write Set(string path) => Acknowledge(Begin(new Part(PartKind.SetData, path)));

    public Write Delete(string path) => Acknowledge(Begin(new Part(PartKind.Delete, path)));

    /// <summary>Executes a write and tells its client.</summary>
    public Write Acknowledge(Write write, string? path = null)
    {
        History.Done(write, Execute(write, path), _zxid);
        return write;
    }

    /// <summary>Executes a write.</summary>
    public IReadOnlyList<PartResult> Execute(Write write, string? path = null)
    {
        _zxid++;
        return [.. write.Parts.Select(part => Execute(write, part, path ?? part.Path))];
    }

    public Round Round() => History.TakeRound();

    public Snapshot Snapshot() => new(_zxid, new Dictionary<string, Found>(_nodes));

    private PartResult Execute(Write write, Part part, string path)
    {
        switch (part.Kind)
        {
            case PartKind.Create:
                _nodes.Add(path, new Found(part.Value, StatOf(_zxid, owner: part.IsEphemeral ? write.Session : 0)));
                return new PartResult(path, _nodes[path].Stat);
            case PartKind.SetData:
                Stat before = _nodes[path].Stat;
                _nodes[path] = new Found(part.Value, before with { Version = before.Version + 1, Mzxid = _zxid });
                return new PartResult(path, _nodes[path].Stat);
            default:
                _nodes.Remove(path);
                return new PartResult(path, null);
        }
    }
}
