namespace OrleansZk.Server.Admin.Facts;

/// <summary>The settings in force that ZooKeeper tells too. Times are in milliseconds.</summary>
/// <param name="SecureClientPort">-1 for none.</param>
/// <param name="DataDirectory">The folder of the checkpoint.</param>
/// <param name="ListenBacklog">-1 for the system's default.</param>
internal sealed record ConfigurationFacts(
    int ClientPort,
    int SecureClientPort,
    string DataDirectory,
    string LogDirectory,
    int TickTime,
    int MaxClientConnections,
    int MinSessionTimeout,
    int MaxSessionTimeout,
    int ListenBacklog,
    int ServerId);
