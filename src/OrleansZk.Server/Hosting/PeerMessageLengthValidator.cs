using System.Globalization;
using Microsoft.Extensions.Options;
using OrleansZk.Server.Configuration;
using OrleansZk.Server.Peers;

namespace OrleansZk.Server.Hosting;

/// <summary>Refuses limits with which a client could make a write that the servers could not tell each other of.</summary>
internal sealed class PeerMessageLengthValidator(IOptions<ServerOptions> server) : IValidateOptions<PeerOptions>
{
    /// <summary>Bytes of a committed group that was nearly full before the longest transaction came, and of what is carried along.</summary>
    public const int RoomBesideTransaction = 8 << 20;

    public ValidateOptionsResult Validate(string? name, PeerOptions options)
    {
        var failures = new List<string>();
        Check($"{nameof(ServerOptions.MaxFrameLength)} (jute.maxbuffer)", server.Value.MaxFrameLength);
        Check(nameof(ServerOptions.MaxTransactionBytes), server.Value.MaxTransactionBytes);
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);

        void Check(string shown, int bytes)
        {
            if (bytes > options.PeerMaxMessageLength - RoomBesideTransaction)
            {
                failures.Add(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{nameof(options.PeerMaxMessageLength)} is {options.PeerMaxMessageLength}; it must be at least {RoomBesideTransaction} bytes more than "
                    + $"{shown}, which is {bytes}"));
            }
        }
    }
}
