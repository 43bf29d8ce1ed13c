namespace OrleansZk.Server.Limits;

/// <summary>What a connection is for, by how much of the file descriptors it may take.</summary>
internal enum DescriptorShare
{
    /// <summary>A client: all but the reserve.</summary>
    Client,

    /// <summary>An operator: a quarter of the reserve more.</summary>
    Admin,

    /// <summary>Another server of the ensemble: half of the reserve more.</summary>
    Peer,
}

/// <summary>Keeps file descriptors back for what must not fail: the log's next file, the store, other servers, libraries that are still to be loaded.</summary>
/// <remarks>
/// <para>Without a descriptor the runtime ends the process ("Out of memory.") as soon as it must load a library, be it for the message that says so.</para>
/// <para>Counts what is really open, whoever has opened it. Thread-safe.</para>
/// </remarks>
/// <param name="limit">How many the process may have; null for no limit.</param>
/// <param name="inUse">How many it has, at least.</param>
internal sealed class DescriptorBudget(long? limit, Func<long> inUse)
{
    private const int MinReserve = 64;
    private const int MaxReserve = 256;

    private long _refused;

    /// <summary>How many the process may have; null for no limit.</summary>
    public long? Limit => limit;

    /// <summary>How many are in use, at least.</summary>
    public long InUse => inUse();

    /// <summary>How many clients leave alone: a quarter of the limit, 64 at least and 256 at most, and less where the limit is too low for that.</summary>
    public long Reserve { get; private set; } = Math.Clamp((limit ?? 0) / 4, MinReserve, MaxReserve);

    /// <summary>Connections that were closed because there was no room.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>True when one more connection may be kept that is open already.</summary>
    public bool HasRoom(DescriptorShare share) => limit is not { } most || InUse <= most - Kept(share);

    /// <summary>How many connections of clients there is room for now; null for any number.</summary>
    public long? RoomForClients => limit is { } most ? Math.Max(0, most - Kept(DescriptorShare.Client) - InUse) : null;

    /// <summary>Leaves clients half of what is free where the reserve would take more. To be called when the server has started.</summary>
    public void FitReserve()
    {
        if (limit is { } most)
        {
            Reserve = Math.Max(0, Math.Min(Reserve, (most - InUse) / 2));
        }
    }

    public void CountRefused() => Interlocked.Increment(ref _refused);

    private long Kept(DescriptorShare share) => share switch
    {
        DescriptorShare.Client => Reserve,
        DescriptorShare.Admin => Reserve - (Reserve / 4),
        _ => Reserve / 2,
    };
}
