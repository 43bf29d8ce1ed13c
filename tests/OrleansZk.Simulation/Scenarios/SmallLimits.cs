using OrleansZk.Simulation.Servers;

namespace OrleansZk.Simulation.Scenarios;

/// <summary>Draws limits so small that clients meet them. What ordinary clients ask for is within those that refuse, so they may notice only those that delay.</summary>
internal static class SmallLimits
{
    public static ServerOptions Draw(ServerOptions options, Random random)
    {
        int Some(int usual, int least, int most) => random.Next(2) == 0 ? usual : random.Next(least, most + 1);
        return options with
        {
            MaxTransactionBytes = Some(options.MaxTransactionBytes, 1200, 3000),
            MaxEphemeralsPerSession = Some(options.MaxEphemeralsPerSession, 80, 160),
            MaxEphemeralBytesPerSession = Some((int)options.MaxEphemeralBytesPerSession, 3000, 9000),
            Limits = options.Limits with
            {
                // These delay.
                MaxOutstanding = Some(options.Limits.MaxOutstanding, 1, 32),
                MaxOutstandingBytes = Some((int)options.Limits.MaxOutstandingBytes, 1, 4096),
                MaxPending = Some(options.Limits.MaxPending, 1, 32),
                MaxPendingBytes = Some(options.Limits.MaxPendingBytes, 1, 4096),
                MaxBetweenWrites = Some(options.Limits.MaxBetweenWrites, 0, 8),
                MaxAlongWithAnswer = Some(options.Limits.MaxAlongWithAnswer, 0, 8),
                FramesPerTurn = Some(options.Limits.FramesPerTurn, 1, 8),
                OutputPerTurn = Some(options.Limits.OutputPerTurn, 1, 4096),

                // Time stands still while something is done: turns are over at once, or never.
                TurnTime = random.Next(2) == 0 ? options.Limits.TurnTime : TimeSpan.Zero,

                // These refuse, and drop clients that do not read.
                MaxMultiReadLength = Some(options.Limits.MaxMultiReadLength, 3000, 8000),
                MaxUnsentBytes = Some(options.Limits.MaxUnsentBytes, 30_000, 100_000),
                MaxUnsentBytesOfAll = Some((int)options.Limits.MaxUnsentBytesOfAll, 30_000, 100_000),
                DrainTimeout = TimeSpan.FromMilliseconds(random.Next(700, 4000)),
            },
        };
    }
}
