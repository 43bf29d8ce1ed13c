using System.Globalization;
using Microsoft.Extensions.Options;
using OrleansZk.Server.Configuration;
using OrleansZk.Server.Peers;

namespace OrleansZk.Server.Hosting;

/// <summary>Refuses limits with which a client could make a write that the servers could not tell each other of.</summary>
internal sealed class PeerMessageLengthValidator(IOptions<ServerOptions> server) : IValidateOptions<PeerOptions>
{
    // A committed group that was nearly full before the write came.
    private const int RoomBesideFrame = 8 << 20;

    public ValidateOptionsResult Validate(string? name, PeerOptions options)
    {
        int frame = server.Value.MaxFrameLength;
        return frame <= options.PeerMaxMessageLength - RoomBesideFrame
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(string.Create(
                CultureInfo.InvariantCulture,
                $"{nameof(options.PeerMaxMessageLength)} is {options.PeerMaxMessageLength}; it must be at least {RoomBesideFrame} bytes more than "
                + $"{nameof(ServerOptions.MaxFrameLength)} (jute.maxbuffer), which is {frame}"));
    }
}
