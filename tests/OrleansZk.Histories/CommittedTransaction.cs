using System.Globalization;

namespace OrleansZk.Histories;

/// <summary>One transaction of the log.</summary>
/// <param name="SessionId">Who asked for it; 0 when it was the servers' own idea.</param>
/// <param name="Xid">The request's number in its session; 0 when no client's request caused it.</param>
/// <param name="Time">The leader's wall clock, milliseconds since the Unix epoch: what stats show.</param>
/// <param name="Changes">One; a multi has one for each part.</param>
public sealed record CommittedTransaction(long Zxid, long SessionId, int Xid, long Time, IReadOnlyList<Change> Changes)
{
    /// <summary>When the leader decided on it, by the history's clock, if that is known.</summary>
    public TimeSpan? DecidedAt { get; init; }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"transaction 0x{Zxid:x} of session 0x{SessionId:x} #{Xid} [{string.Join("; ", Changes)}]");
}

/// <summary>What a transaction changed.</summary>
public abstract record Change
{
    /// <param name="Owner">The session of an ephemeral, otherwise 0.</param>
    /// <param name="IsReapable">True for a container or a node with a time to live: the servers may delete it.</param>
    public sealed record Create(string Path, byte[]? Data, long Owner, bool IsReapable = false) : Change
    {
        public override string ToString() => $"create {Path}";
    }

    public sealed record Delete(string Path) : Change
    {
        public override string ToString() => $"delete {Path}";
    }

    /// <param name="Version">The version afterwards.</param>
    public sealed record Set(string Path, byte[]? Data, int Version) : Change
    {
        public override string ToString() => $"set {Path} to version {Version}";
    }

    /// <param name="Aversion">The aversion afterwards.</param>
    public sealed record SetAcl(string Path, int Aversion) : Change
    {
        public override string ToString() => $"set the ACL of {Path}";
    }

    public sealed record Check : Change
    {
        public override string ToString() => "check";
    }

    public sealed record OpenSession(long Id, TimeSpan Timeout) : Change
    {
        public override string ToString() => $"open session 0x{Id:x}";
    }

    public sealed record MoveSession(long Id, TimeSpan Timeout) : Change
    {
        public override string ToString() => $"move session 0x{Id:x}";
    }

    /// <param name="Ephemerals">The paths that go with it in the same transaction.</param>
    public sealed record CloseSession(long Id, IReadOnlyList<string> Ephemerals) : Change
    {
        public override string ToString() => $"close session 0x{Id:x} with [{string.Join(' ', Ephemerals)}]";
    }
}
