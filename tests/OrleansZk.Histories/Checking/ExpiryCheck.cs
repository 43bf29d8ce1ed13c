namespace OrleansZk.Histories.Checking;

/// <summary>Judges when sessions expired, and that those did whose clients are gone.</summary>
internal sealed class ExpiryCheck(Evidence evidence, StateHistory states, Action<string, string> report)
{
    // When a follower's words alone do not reach its leader, it learns so from the leader's giving the connection up, which is later by more than a third of a short timeout.
    private static readonly TimeSpan ServedTolerance = TimeSpan.FromSeconds(2);

    // A leader that begins after the last fault gives every session its full time; and sessions expire at whole ticks.
    private static readonly TimeSpan ExpiresWithin = TimeSpan.FromSeconds(4);

    /// <param name="sentAt">When each request was sent.</param>
    public void Run(IEnumerable<SessionView> sessions, IReadOnlyDictionary<Operation, TimeSpan> sentAt)
    {
        foreach (SessionView session in sessions)
        {
            SessionLife? life = states.Sessions.GetValueOrDefault(session.Id);
            if (life is { Close: { Xid: 0, DecidedAt: { } decidedAt } close } && evidence.ExpiryTolerance is { } tolerance)
            {
                CheckExpired(session, close, decidedAt, tolerance, sentAt);
            }
            else if (life is { ClosedAt: null } && evidence.QuietSince is { } quietSince)
            {
                CheckAlive(session, quietSince);
            }
        }
    }

    private void CheckExpired(
        SessionView session, CommittedTransaction close, TimeSpan decidedAt, TimeSpan tolerance, IReadOnlyDictionary<Operation, TimeSpan> sentAt)
    {
        if (session.HeardAt + session.Timeout > decidedAt + tolerance)
        {
            report(
                "early-expiry",
                $"{close} was decided at {decidedAt}, but the client was heard of at {session.HeardAt} and has {session.Timeout}");
        }

        // Whoever holds a lock must learn that it may be lost before others can have it.
        if (session.Served is { } served && sentAt[served] > decidedAt + ServedTolerance)
        {
            report("served-on", $"{close} was decided at {decidedAt}, and at {sentAt[served]} a server still took a request: {served}");
        }
    }

    private void CheckAlive(SessionView session, TimeSpan quietSince)
    {
        TimeSpan end = evidence.History.Events is [.., var last] ? last.At : TimeSpan.Zero;
        if (session.LostAt is { } lostAt && (lostAt > quietSince ? lostAt : quietSince) + session.Timeout + ExpiresWithin < end)
        {
            report("no-expiry", $"session 0x{session.Id:x} lost its client at {lostAt}, has {session.Timeout}, and is open at {end}");
        }
    }
}
