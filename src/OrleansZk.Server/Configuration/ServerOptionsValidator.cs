using System.Net;
using Microsoft.Extensions.Options;

namespace OrleansZk.Server.Configuration;

/// <summary>Refuses settings that cannot work: each message names the key, the value and what is allowed.</summary>
internal sealed class ServerOptionsValidator : IValidateOptions<ServerOptions>
{
    public ValidateOptionsResult Validate(string? name, ServerOptions options)
    {
        var failures = new List<string>();
        Range(failures, nameof(options.ClientPort), options.ClientPort, 0, 65535);
        Range(failures, nameof(options.AdminPort), options.AdminPort, -1, 65535);
        Range(failures, nameof(options.ServerId), options.ServerId, 0, 254);
        Range(failures, nameof(options.TickTime), options.TickTime, 1, 3_600_000);
        Range(failures, nameof(options.MinSessionTimeout), options.MinSessionTimeout, -1, int.MaxValue);
        Range(failures, nameof(options.MaxSessionTimeout), options.MaxSessionTimeout, -1, int.MaxValue);
        Range(failures, nameof(options.MaxClientConnections), options.MaxClientConnections, 0, int.MaxValue);
        Range(failures, nameof(options.MaxConnections), options.MaxConnections, 0, int.MaxValue);
        Range(failures, nameof(options.HandshakeTimeout), options.HandshakeTimeout, 1, int.MaxValue);
        Range(failures, nameof(options.MaxFrameLength), options.MaxFrameLength, 1024, 1 << 30);
        Range(failures, nameof(options.MaxOutstandingRequests), options.MaxOutstandingRequests, 1, int.MaxValue);
        Range(failures, nameof(options.MaxOutstandingBytes), options.MaxOutstandingBytes, 1024, long.MaxValue);
        Range(failures, nameof(options.MaxUnsentBytes), options.MaxUnsentBytes, 1024, 1 << 30);
        Range(failures, nameof(options.CheckpointTransactions), options.CheckpointTransactions, 1, int.MaxValue);
        Range(
            failures,
            nameof(options.LogSegmentBytes),
            options.LogSegmentBytes,
            Storage.EmbeddedStorageOptions.MinSegmentBytes,
            Storage.EmbeddedStorageOptions.MaxSegmentBytes);
        Range(failures, nameof(options.MaxEphemeralsPerSession), options.MaxEphemeralsPerSession, 1, int.MaxValue);
        Range(failures, nameof(options.ContainerCheckInterval), options.ContainerCheckInterval, 1, int.MaxValue);
        Range(failures, nameof(options.ContainerMaxPerCheck), options.ContainerMaxPerCheck, 1, int.MaxValue);
        Range(failures, nameof(options.ContainerMaxNeverUsed), options.ContainerMaxNeverUsed, 0, int.MaxValue);
        Address(failures, nameof(options.ClientAddress), options.ClientAddress, mayBeEmpty: true);
        Address(failures, nameof(options.AdminAddress), options.AdminAddress, mayBeEmpty: true);
        if (options.EffectiveMinSessionTimeout > options.EffectiveMaxSessionTimeout)
        {
            failures.Add($"{Key(nameof(options.MinSessionTimeout))} is {options.EffectiveMinSessionTimeout} ms, "
                + $"but must not be more than {nameof(options.MaxSessionTimeout)}, which is {options.EffectiveMaxSessionTimeout} ms");
        }

        if (options.DigestAlgorithm is not ("SHA1" or "SHA256" or "SHA384" or "SHA512"))
        {
            failures.Add($"{Key(nameof(options.DigestAlgorithm))} is '{options.DigestAlgorithm}', but must be SHA1, SHA256, SHA384 or SHA512");
        }

        if (options.SuperDigest.Length > 0 && options.SuperDigest.Count(c => c == ':') != 1)
        {
            failures.Add($"{Key(nameof(options.SuperDigest))} is '{options.SuperDigest}', but must be 'user:base64hash'");
        }

        if (string.IsNullOrWhiteSpace(options.DataDirectory))
        {
            failures.Add($"{Key(nameof(options.DataDirectory))} is empty, but must name a folder");
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static string Key(string name) => $"{ServerOptions.Section}:{name}";

    private static void Range(List<string> failures, string name, long value, long least, long most)
    {
        if (value < least || value > most)
        {
            failures.Add($"{Key(name)} is {value}, but must be between {least} and {most}");
        }
    }

    private static void Address(List<string> failures, string name, string value, bool mayBeEmpty)
    {
        if (!(mayBeEmpty && value.Length == 0) && !IPAddress.TryParse(value, out _))
        {
            failures.Add($"{Key(name)} is '{value}', but must be an IP address");
        }
    }
}
