using System.Collections.Frozen;
using System.Globalization;
using OrleansZk.Storage;

namespace OrleansZk.Server.Configuration;

/// <summary>Every setting of <see cref="ServerOptions"/>, with the values it takes.</summary>
internal static class SettingTable
{
    public static IReadOnlyList<Setting> All { get; } =
    [
        Setting.Integer(nameof(ServerOptions.ClientPort), o => o.ClientPort, 0, 65535),
        Setting.Address(nameof(ServerOptions.ClientAddress), o => o.ClientAddress),
        Setting.Integer(nameof(ServerOptions.ClientListenBacklog), o => o.ClientListenBacklog, -1, 65535),
        Setting.Integer(nameof(ServerOptions.AdminPort), o => o.AdminPort, -1, 65535),
        Setting.Address(nameof(ServerOptions.AdminAddress), o => o.AdminAddress),
        Setting.Text(nameof(ServerOptions.AdminHosts), o => o.AdminHosts),
        new(nameof(ServerOptions.DataDirectory), "the path of a folder", IsPath, o => o.DataDirectory),
        Setting.Boolean(nameof(ServerOptions.CreateDataDirectory), o => o.CreateDataDirectory),
        Setting.Boolean(nameof(ServerOptions.CreateTree), o => o.CreateTree),
        new(nameof(ServerOptions.AcceptLossAfter), "a zxid such as 0x100000005, or empty", text => text.Length == 0 || TryParseZxid(text, out _), o => o.AcceptLossAfter),
        Setting.Text(nameof(ServerOptions.ZooCfg), o => o.ZooCfg),
        Setting.Integer(nameof(ServerOptions.ServerId), o => o.ServerId, -1, 255),
        Setting.Text(nameof(ServerOptions.Ensemble), o => o.Ensemble) with { IsSecret = true },
        Setting.Text(nameof(ServerOptions.EnsembleFile), o => o.EnsembleFile),
        new(nameof(ServerOptions.EnsembleSchema), "a name of at most 63 bytes", text => text.Length is > 0 and <= 63, o => o.EnsembleSchema),
        Setting.Integer(nameof(ServerOptions.PeerPort), o => o.PeerPort, 1, 65535),
        Setting.Address(nameof(ServerOptions.PeerAddress), o => o.PeerAddress),
        Setting.Host(nameof(ServerOptions.AdvertisedHost), o => o.AdvertisedHost),
        Setting.Integer(nameof(ServerOptions.AdvertisedPeerPort), o => o.AdvertisedPeerPort, 0, 65535),
        Setting.Integer(nameof(ServerOptions.SiloPort), o => o.SiloPort, 1, 65535),
        Setting.Integer(nameof(ServerOptions.GatewayPort), o => o.GatewayPort, 0, 65535),
        Setting.Text(nameof(ServerOptions.ClusterId), o => o.ClusterId),
        Setting.Text(nameof(ServerOptions.ServiceId), o => o.ServiceId),
        Setting.Text(nameof(ServerOptions.StreamProvider), o => o.StreamProvider),
        Setting.Integer(nameof(ServerOptions.HeartbeatInterval), o => o.HeartbeatInterval, 10, 60_000),
        Setting.Integer(nameof(ServerOptions.DeadAfter), o => o.DeadAfter, 100, 600_000),
        Setting.Integer(nameof(ServerOptions.PeerTimeout), o => o.PeerTimeout, 100, 600_000),
        Setting.Integer(nameof(ServerOptions.ReadOnlyAfter), o => o.ReadOnlyAfter, 100, int.MaxValue),
        Setting.Integer(nameof(ServerOptions.LeaderHistoryBytes), o => o.LeaderHistoryBytes, 1 << 20, long.MaxValue),
        Setting.Integer(nameof(ServerOptions.TickTime), o => o.TickTime, 1, 3_600_000),
        Setting.Integer(nameof(ServerOptions.MinSessionTimeout), o => o.MinSessionTimeout, -1, int.MaxValue),
        Setting.Integer(nameof(ServerOptions.MaxSessionTimeout), o => o.MaxSessionTimeout, -1, int.MaxValue),
        Setting.Integer(nameof(ServerOptions.MaxClientConnections), o => o.MaxClientConnections, 0, int.MaxValue),
        Setting.Integer(nameof(ServerOptions.MaxConnections), o => o.MaxConnections, 0, int.MaxValue),
        Setting.Integer(nameof(ServerOptions.HandshakeTimeout), o => o.HandshakeTimeout, 1, int.MaxValue),
        Setting.Integer(nameof(ServerOptions.ShutdownTimeout), o => o.ShutdownTimeout, 1, 3_600_000),
        Setting.Integer(nameof(ServerOptions.MaxFrameLength), o => o.MaxFrameLength, 1024, 1 << 30),
        Setting.Integer(nameof(ServerOptions.MaxOutstandingRequests), o => o.MaxOutstandingRequests, 1, int.MaxValue),
        Setting.Integer(nameof(ServerOptions.MaxOutstandingBytes), o => o.MaxOutstandingBytes, 1024, long.MaxValue),
        Setting.Integer(nameof(ServerOptions.MaxUnsentBytes), o => o.MaxUnsentBytes, 1024, 1 << 30),
        Setting.Integer(nameof(ServerOptions.MaxUnsentBytesOfAll), o => o.MaxUnsentBytesOfAll, 0, long.MaxValue),
        Setting.Integer(nameof(ServerOptions.DrainTimeout), o => o.DrainTimeout, 100, int.MaxValue),
        Setting.Integer(nameof(ServerOptions.MaxMultiReadLength), o => o.MaxMultiReadLength, 0, 1 << 30),
        Setting.Integer(nameof(ServerOptions.CheckpointTransactions), o => o.CheckpointTransactions, 1, int.MaxValue),
        Setting.Integer(nameof(ServerOptions.CheckpointBytes), o => o.CheckpointBytes, 0, long.MaxValue),
        Setting.Boolean(nameof(ServerOptions.ForceSync), o => o.ForceSync),
        Setting.Integer(
            nameof(ServerOptions.LogSegmentBytes),
            o => o.LogSegmentBytes,
            EmbeddedStorageOptions.MinSegmentBytes,
            EmbeddedStorageOptions.MaxSegmentBytes),
        new(nameof(ServerOptions.FourLetterWords), "words of four letters, separated by commas, or *", AreFourLetterWords, o => o.FourLetterWords),
        Setting.Boolean(nameof(ServerOptions.EnforceQuota), o => o.EnforceQuota),
        Setting.Boolean(nameof(ServerOptions.TtlEnabled), o => o.TtlEnabled),
        Setting.Integer(nameof(ServerOptions.MaxEphemeralsPerSession), o => o.MaxEphemeralsPerSession, 1, int.MaxValue),
        Setting.Integer(nameof(ServerOptions.MaxEphemeralBytesPerSession), o => o.MaxEphemeralBytesPerSession, 1024, long.MaxValue),
        Setting.Integer(nameof(ServerOptions.MaxTransactionBytes), o => o.MaxTransactionBytes, -1, ServerOptions.MaxMaxTransactionBytes),
        new(
            nameof(ServerOptions.SkipTransaction),
            "a zxid as 0x100000001, or empty for none",
            text => text.Length == 0 || Zxid.TryParse(text, out _),
            o => o.SkipTransaction),
        Setting.Integer(nameof(ServerOptions.MaxAclEntries), o => o.MaxAclEntries, 1, 1_000_000),
        Setting.Boolean(nameof(ServerOptions.SkipAcl), o => o.SkipAcl),
        new(nameof(ServerOptions.SuperDigest), "user:base64hash, or empty for no such user", IsDigest, o => o.SuperDigest) { IsSecret = true },
        new(
            nameof(ServerOptions.DigestAlgorithm),
            "SHA1, SHA256, SHA384 or SHA512",
            text => text is "SHA1" or "SHA256" or "SHA384" or "SHA512",
            o => o.DigestAlgorithm),
        Setting.Integer(nameof(ServerOptions.ContainerCheckInterval), o => o.ContainerCheckInterval, 1, int.MaxValue),
        Setting.Integer(nameof(ServerOptions.ContainerMaxPerCheck), o => o.ContainerMaxPerCheck, 1, int.MaxValue),
        Setting.Integer(nameof(ServerOptions.ContainerMaxNeverUsed), o => o.ContainerMaxNeverUsed, 0, int.MaxValue),
    ];

    private static readonly FrozenDictionary<string, Setting> ByName =
        All.ToFrozenDictionary(setting => setting.Name, StringComparer.OrdinalIgnoreCase);

    public static Setting Get(string name) => ByName[name];

    /// <summary>Finds a setting in any case, as configuration keys are.</summary>
    public static bool TryGet(string name, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Setting? setting) =>
        ByName.TryGetValue(name, out setting);

    /// <summary>Reads a zxid as messages show it.</summary>
    public static bool TryParseZxid(string text, out long zxid)
    {
        zxid = 0;
        return text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            && long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out zxid);
    }

    private static bool IsPath(string text) => !string.IsNullOrWhiteSpace(text) && text.AsSpan().IndexOfAny(Path.GetInvalidPathChars()) < 0;

    private static bool IsDigest(string text) => text.Length == 0 || text.Count(c => c == ':') == 1;

    private static bool AreFourLetterWords(string text) => text
        .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        .All(word => word == "*" || (word.Length == 4 && word.All(char.IsAsciiLetterLower)));
}
