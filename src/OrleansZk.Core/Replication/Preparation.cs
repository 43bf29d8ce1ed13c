using OrleansZk.Core.Access;
using OrleansZk.Core.Transactions;
using OrleansZk.Core.Tree;

namespace OrleansZk.Core.Replication;

/// <summary>What operations prepare against: the tree with everything sequenced so far, and the request at hand.</summary>
internal sealed class Preparation(Overlay overlay, LeaderSessions sessions, AccessControl access, LeaderOptions options)
{
    public Overlay Overlay => overlay;

    public LeaderSessions Sessions => sessions;

    public LeaderOptions Options => options;

    public WriteRequest Request { get; private set; } = null!;

    /// <summary>The zxid that the transaction will have if it succeeds.</summary>
    public long Zxid { get; private set; }

    /// <summary>The leader's clock, milliseconds since the Unix epoch.</summary>
    public long Time { get; private set; }

    /// <summary>Milliseconds of the leader's monotonic clock, for deadlines.</summary>
    public long Now { get; private set; }

    /// <summary>The decided facts; stays null when there is nothing to log.</summary>
    public TransactionBody? Body { get; set; }

    /// <summary>The results of a multi that failed, one a part.</summary>
    public ErrorCode[]? PartErrors { get; set; }

    /// <summary>The session whose end the request is, or a part of it; null for every other request.</summary>
    public SessionEnding? Ending { get; set; }

    public void Start(WriteRequest request, long zxid, long time, long now)
    {
        Request = request;
        Zxid = zxid;
        Time = time;
        Now = now;
        Body = null;
        PartErrors = null;
        Ending = null;
    }

    public ErrorCode CheckSession() => IsServersOwn ? ErrorCode.Ok : sessions.Check(Request.SessionId, Request.Owner);

    // Clients' requests always have an owner.
    private bool IsServersOwn => Request is { SessionId: 0, Owner: 0 };

    public bool Allows(AclList acl, Permissions wanted) => access.Allows(acl, wanted, Request.Identities);

    /// <summary>The list that a node gets: with the client's identities where it says <c>auth</c>.</summary>
    /// <returns>Null when it is no list that a node can have.</returns>
    public AclList? Resolve(IReadOnlyList<Acl>? acl) =>
        access.Resolve(acl, Request.Identities, options.MaxAclEntries, options.MaxAclBytes);

    public void Set(string path, in NodeView view) => overlay.Set(path, view, Zxid);

    /// <summary>The version after a change that wants <paramref name="expected"/> before it, -1 for any.</summary>
    /// <remarks>-1 itself is skipped, since no client could ask for it (ZOOKEEPER-4743).</remarks>
    public static bool TryNextVersion(int current, int expected, out int next)
    {
        next = unchecked(current + 1);
        if (next == -1)
        {
            next = 0;
        }

        return expected == -1 || expected == current;
    }

    /// <summary>Checks the hard limits of the deepest quota over <paramref name="path"/>.</summary>
    /// <remarks>As ZooKeeper: any change of a figure that leaves it over its limit is refused, one that lessens it too; a delete is never checked.</remarks>
    /// <param name="count">Nodes that the change adds.</param>
    /// <param name="bytes">Bytes of data that it adds.</param>
    public ErrorCode CheckQuota(string path, int count, long bytes)
    {
        if (!options.EnforceQuota || !overlay.Quotas.Exist || (count == 0 && bytes == 0)
            || overlay.Quotas.Deepest(path) is not { } quota
            || quota.Read(overlay.Find(quota.LimitsPath).Data) is not { } limits)
        {
            return ErrorCode.Ok;
        }

        (long usedCount, long usedBytes) = overlay.Quotas.UsageOf(quota.Path);
        (usedCount, usedBytes) = (usedCount + count, usedBytes + bytes);
        static bool Exceeds(long change, long used, long limit) => change != 0 && limit > -1 && used > limit;
        if (Exceeds(count, usedCount, limits.CountHardLimit) || Exceeds(bytes, usedBytes, limits.ByteHardLimit))
        {
            return ErrorCode.QuotaExceeded;
        }

        if (Exceeds(count, usedCount, limits.Count) || Exceeds(bytes, usedBytes, limits.Bytes))
        {
            options.OnSoftQuotaExceeded?.Invoke(quota.Path, usedCount, usedBytes);
        }

        return ErrorCode.Ok;
    }

    /// <summary>Who changes a quota's nodes must have ADMIN on what the quota is on; where that does not exist, on the nearest node above it that does.</summary>
    /// <remarks>Beyond ZooKeeper, where anybody can set a quota on anything: a hard limit takes from the owner of a node what its ACL gives him.</remarks>
    /// <param name="path">What is about to be created, changed or deleted.</param>
    public bool AllowsQuota(string path)
    {
        if (!QuotaTable.IsLimits(path, out string target) && !QuotaTable.IsStats(path, out target))
        {
            return true;
        }

        return Allows(overlay.FindNearest(target).Acl, Permissions.Admin);
    }

    /// <summary>Notes what a change adds, for the quotas that the requests behind it are checked against.</summary>
    public void ChangeUsage(string path, int count, long bytes)
    {
        if (options.EnforceQuota)
        {
            overlay.Quotas.Usage.Add(Zxid, path, count, bytes);
        }
    }
}
