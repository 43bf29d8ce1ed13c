using OrleansZk.Core.Sessions;

namespace OrleansZk.Server.Admin.Facts;

/// <summary>How the server is doing.</summary>
/// <param name="Totals">What its connections have received and sent.</param>
/// <param name="Mode">As ZooKeeper names it: standalone, leader, follower, read-only.</param>
/// <param name="Connections">Those of clients, with the one that asks.</param>
/// <param name="Outstanding">Writes that have no answer yet.</param>
/// <param name="Zxid">The newest transaction that reads can see.</param>
/// <param name="NodeCount">As ZooKeeper counts (see <see cref="TreeFacts.NodeCount"/>).</param>
/// <param name="Uptime">Milliseconds.</param>
internal sealed record ServerStatistics(
    ConnectionStats Totals, string Mode, int Connections, int Outstanding, long Zxid, int NodeCount, long Uptime);

/// <summary>What the tree holds.</summary>
/// <param name="NodeCount">As ZooKeeper counts: its tree holds the root twice, so a fresh server says 5.</param>
/// <param name="DataSize">Bytes of all paths and data.</param>
internal readonly record struct TreeFacts(int NodeCount, int EphemeralCount, long DataSize, int SessionCount, long Zxid);

/// <summary>Bytes on disk: of the checkpoint, and of the log.</summary>
internal readonly record struct FolderSizes(long Data, long Log);
