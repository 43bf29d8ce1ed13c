using System.Text;

namespace OrleansZk.Histories;

/// <summary>What a client asked for. Data is best unique among all writes: then a value that is read names the write it came from.</summary>
public sealed record Request(OpCode Type, string Path = "")
{
    public byte[]? Data { get; init; }

    /// <summary>The version that a set, delete or check wants; -1 for any.</summary>
    public int Version { get; init; } = -1;

    public CreateMode Mode { get; init; }

    /// <summary>True when a read leaves a watch.</summary>
    public bool Watch { get; init; }

    /// <summary>The kind of an addWatch.</summary>
    public AddWatchMode WatchMode { get; init; }

    /// <summary>The kinds that a removeWatches ends.</summary>
    public WatcherType WatcherType { get; init; } = WatcherType.Any;

    /// <summary>The parts of a multi or a multiRead.</summary>
    public IReadOnlyList<Request> Parts { get; init; } = [];

    /// <summary>The lists of a setWatches or setWatches2.</summary>
    public RearmedWatches? Rearmed { get; init; }

    /// <summary>True for what a leader must decide on and that changes something when it succeeds.</summary>
    public bool IsWrite => Type is OpCode.Create or OpCode.Create2 or OpCode.CreateContainer or OpCode.CreateTtl or OpCode.Delete
        or OpCode.DeleteContainer or OpCode.SetData or OpCode.SetAcl or OpCode.Multi or OpCode.CloseSession;

    public bool IsCreate => Type is OpCode.Create or OpCode.Create2 or OpCode.CreateContainer or OpCode.CreateTtl;

    public override string ToString()
    {
        var text = new StringBuilder(Type.ToString());
        if (Path.Length > 0)
        {
            text.Append(' ').Append(Path);
        }

        if (IsCreate && Mode != CreateMode.Persistent)
        {
            text.Append(' ').Append(Mode);
        }

        if (Data is not null)
        {
            text.Append(" '").Append(Encoding.UTF8.GetString(Data)).Append('\'');
        }

        if (Version != -1)
        {
            text.Append(" if version ").Append(Version);
        }

        if (Watch || Type == OpCode.AddWatch)
        {
            text.Append(Type == OpCode.AddWatch ? $" {WatchMode}" : " with a watch");
        }

        if (Parts.Count > 0)
        {
            text.Append(" [").AppendJoin("; ", Parts).Append(']');
        }

        return text.ToString();
    }
}

/// <summary>The watches that a client arms again on a new connection.</summary>
/// <param name="RelativeZxid">The newest zxid that the client has seen.</param>
public sealed record RearmedWatches(
    long RelativeZxid,
    IReadOnlyList<string> Data,
    IReadOnlyList<string> Exist,
    IReadOnlyList<string> Child,
    IReadOnlyList<string> Persistent,
    IReadOnlyList<string> PersistentRecursive);
