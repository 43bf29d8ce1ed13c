using System.IO.Pipelines;
using Microsoft.Extensions.Options;

namespace OrleansZk.Server.Peers;

/// <summary>Makes connections of transports, whichever side has opened them.</summary>
internal sealed class PeerConnectionFactory(IOptions<PeerOptions> options, ILogger<PeerConnection> logger)
{
    /// <param name="abort">Ends the socket, and so all reading and writing. May come at any time, even after the end.</param>
    public PeerConnection Create(IDuplexPipe transport, string remoteAddress, Action abort) =>
        new(transport, remoteAddress, abort, options.Value, logger);
}
