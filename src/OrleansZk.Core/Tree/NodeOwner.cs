namespace OrleansZk.Core.Tree;

/// <summary>What a node's stored ephemeralOwner says (ZooKeeper: <c>EphemeralType</c>).</summary>
public static class NodeOwner
{
    /// <summary>The owner of a node that stays.</summary>
    public const long None = 0;

    /// <summary>The owner of a container.</summary>
    public const long Container = long.MinValue;

    /// <summary>The longest time to live, milliseconds: 2^40 - 1, about 34.8 years.</summary>
    public const long MaxTtl = (1L << 40) - 1;

    private const long TtlMark = unchecked((long)0xFF00_0000_0000_0000);
    private const long TtlMask = unchecked((long)0xFFFF_FF00_0000_0000);

    public static long ForTtl(long milliseconds)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(milliseconds, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(milliseconds, MaxTtl);
        return TtlMark | milliseconds;
    }

    public static bool IsTtl(long owner) => (owner & TtlMask) == TtlMark;

    /// <summary>Milliseconds; meaningful when <see cref="IsTtl"/>.</summary>
    public static long TtlOf(long owner) => owner & MaxTtl;

    /// <summary>True when the owner is a session, which the node dies with.</summary>
    public static bool IsSession(long owner) => owner != None && owner != Container && !IsTtl(owner);

    /// <summary>True for a session id that could be mistaken for a container's or a time to live's owner; never given to a session.</summary>
    public static bool IsReserved(long sessionId) => sessionId is None or Container || (sessionId >>> 56) == 0xFF;
}
