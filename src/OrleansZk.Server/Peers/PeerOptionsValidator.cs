using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;

namespace OrleansZk.Server.Peers;

/// <summary>Refuses settings that cannot work, certificates that cannot be loaded among them.</summary>
internal sealed class PeerOptionsValidator : IValidateOptions<PeerOptions>
{
    private const int LongestTimeout = 600_000;

    public ValidateOptionsResult Validate(string? name, PeerOptions options)
    {
        var failures = new List<string>();
        CheckRange(
            failures, nameof(options.PeerMaxMessageLength), options.PeerMaxMessageLength,
            PeerOptions.LeastMessageLength, PeerOptions.MostMessageLength, "bytes");
        CheckRange(failures, nameof(options.PeerConnectTimeout), options.PeerConnectTimeout, 1, LongestTimeout, "ms");
        CheckRange(failures, nameof(options.PeerHandshakeTimeout), options.PeerHandshakeTimeout, 1, LongestTimeout, "ms");
        CheckRange(failures, nameof(options.PeerHighWaterMark), options.PeerHighWaterMark, 1, PeerOptions.MostMessageLength, "bytes");
        CheckCertificates(failures, options);
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static void CheckRange(List<string> failures, string key, int value, int least, int most, string unit)
    {
        if (value < least || value > most)
        {
            failures.Add(string.Create(CultureInfo.InvariantCulture, $"{key} is {value}; it must be from {least} to {most} {unit}"));
        }
    }

    private static void CheckCertificates(List<string> failures, PeerOptions options)
    {
        if (options.UsesTls != (options.PeerCertificateAuthorityPath.Length > 0))
        {
            failures.Add($"{nameof(options.PeerCertificatePath)} and {nameof(options.PeerCertificateAuthorityPath)} "
                + "must be given together: servers check each other's certificates");
            return;
        }

        if (!options.UsesTls)
        {
            if (options.PeerCertificateKeyPath.Length > 0)
            {
                failures.Add($"{nameof(options.PeerCertificateKeyPath)} is given without {nameof(options.PeerCertificatePath)}");
            }

            return;
        }

        try
        {
            PeerCertificates.Load(options).Dispose();
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            failures.Add(e.Message);
        }
    }
}
