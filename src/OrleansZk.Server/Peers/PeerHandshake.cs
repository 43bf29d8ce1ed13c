using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;

namespace OrleansZk.Server.Peers;

/// <summary>Both sides of a new connection agree on a version and prove to each other that they know the ensemble's secret.</summary>
/// <remarks>
/// Dialer: hello. Listener: hello. Dialer: proof. Listener: proof. After the hellos, each side may send a refusal in place of its proof.
/// A proof is HMAC-SHA256 under the secret over the prover's role and both hellos, which hold the versions and the nonces. The dialer goes
/// first, so that a listener computes nothing under the secret for strangers to see.
/// On the wire, both are a kind (one byte), a length (two bytes, big-endian) and as many bytes.
/// </remarks>
internal sealed class PeerHandshake(PeerSecret secret)
{
    /// <summary>The highest version of the protocol that this server speaks.</summary>
    public const int Version = 1;

    /// <summary>The lowest version of the protocol that this server speaks.</summary>
    public const int LowestVersion = 1;

    private const byte Proof = 1;
    private const byte Refusal = 2;
    private const int HeaderLength = 3;
    private const int MaxRefusalLength = 512;

    private static ReadOnlySpan<byte> DialerRole => "OrleansZk peers, the dialer"u8;

    private static ReadOnlySpan<byte> ListenerRole => "OrleansZk peers, the listener"u8;

    /// <summary>The side that has connected.</summary>
    /// <returns>The version agreed on.</returns>
    /// <exception cref="PeerHandshakeException">The other side does not belong to the ensemble, or says that we do not.</exception>
    /// <exception cref="IOException">The connection is lost.</exception>
    public async Task<int> DialAsync(IDuplexPipe pipe, CancellationToken cancellationToken)
    {
        byte[] key = secret.Value ?? throw new PeerHandshakeException("the ensemble's secret is not known here yet");
        PeerHello mine = PeerHello.Create(Version, LowestVersion);
        await pipe.Output.WriteAsync(mine.Bytes, cancellationToken).ConfigureAwait(false);
        PeerHello theirs = await ReadHelloAsync(pipe.Input, cancellationToken).ConfigureAwait(false);
        if (mine.Agree(theirs) is not { } version)
        {
            throw await RefuseAsync(pipe.Output, DescribeVersions(mine, theirs), cancellationToken).ConfigureAwait(false);
        }

        await SendAsync(pipe.Output, Proof, Prove(key, DialerRole, mine, theirs), cancellationToken).ConfigureAwait(false);
        byte[] proof = await ReadProofAsync(pipe.Input, cancellationToken).ConfigureAwait(false);
        if (!CryptographicOperations.FixedTimeEquals(proof, Prove(key, ListenerRole, mine, theirs)))
        {
            throw new PeerHandshakeException("it does not know the ensemble's secret");
        }

        return version;
    }

    /// <summary>The side that was connected to.</summary>
    /// <returns>The version agreed on.</returns>
    /// <exception cref="PeerHandshakeException">The other side does not belong to the ensemble, or says that we do not.</exception>
    /// <exception cref="IOException">The connection is lost.</exception>
    public async Task<int> AcceptAsync(IDuplexPipe pipe, CancellationToken cancellationToken)
    {
        PeerHello theirs = await ReadHelloAsync(pipe.Input, cancellationToken).ConfigureAwait(false);
        PeerHello mine = PeerHello.Create(Version, LowestVersion);
        await pipe.Output.WriteAsync(mine.Bytes, cancellationToken).ConfigureAwait(false);
        if (mine.Agree(theirs) is not { } version)
        {
            throw await RefuseAsync(pipe.Output, DescribeVersions(mine, theirs), cancellationToken).ConfigureAwait(false);
        }

        if (secret.Value is not { } key)
        {
            const string Reason = "the secret is not known here yet: the server is starting";
            throw await RefuseAsync(pipe.Output, Reason, cancellationToken).ConfigureAwait(false);
        }

        byte[] proof = await ReadProofAsync(pipe.Input, cancellationToken).ConfigureAwait(false);
        if (!CryptographicOperations.FixedTimeEquals(proof, Prove(key, DialerRole, theirs, mine)))
        {
            const string Reason = "the two have different secrets: they are not of one ensemble";
            throw await RefuseAsync(pipe.Output, Reason, cancellationToken).ConfigureAwait(false);
        }

        await SendAsync(pipe.Output, Proof, Prove(key, ListenerRole, theirs, mine), cancellationToken).ConfigureAwait(false);
        return version;
    }

    private static byte[] Prove(byte[] key, ReadOnlySpan<byte> role, PeerHello dialer, PeerHello listener)
    {
        byte[] said = [.. role, .. dialer.Bytes, .. listener.Bytes];
        return HMACSHA256.HashData(key, said);
    }

    private static string DescribeVersions(PeerHello mine, PeerHello theirs) =>
        $"no version of the protocol is common: one side speaks {mine.Lowest} to {mine.Highest}, "
        + $"the other {theirs.Lowest} to {theirs.Highest}";

    private static async Task<PeerHandshakeException> RefuseAsync(PipeWriter output, string reason, CancellationToken cancellationToken)
    {
        await SendAsync(output, Refusal, Encoding.UTF8.GetBytes(reason), cancellationToken).ConfigureAwait(false);
        return new PeerHandshakeException(reason);
    }

    private static async Task SendAsync(PipeWriter output, byte kind, byte[] body, CancellationToken cancellationToken)
    {
        byte[] message = [kind, (byte)(body.Length >> 8), (byte)body.Length, .. body];
        await output.WriteAsync(message, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<PeerHello> ReadHelloAsync(PipeReader input, CancellationToken cancellationToken) =>
        PeerHello.Parse(await ReadAsync(input, PeerHello.Length, cancellationToken).ConfigureAwait(false));

    private static async Task<byte[]> ReadProofAsync(PipeReader input, CancellationToken cancellationToken)
    {
        byte[] header = await ReadAsync(input, HeaderLength, cancellationToken).ConfigureAwait(false);
        int length = BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(1));
        switch (header[0])
        {
            case Proof when length == HMACSHA256.HashSizeInBytes:
                return await ReadAsync(input, length, cancellationToken).ConfigureAwait(false);
            case Refusal when length <= MaxRefusalLength:
                string reason = Encoding.UTF8.GetString(await ReadAsync(input, length, cancellationToken).ConfigureAwait(false));
                throw new PeerHandshakeException($"it refused: {Printable(reason)}");
            default:
                throw new PeerHandshakeException("it does not keep to the protocol of servers");
        }
    }

    /// <summary>Who sent it has not proved anything, and it goes into the log.</summary>
    private static string Printable(string text) => string.Create(text.Length, text, static (to, from) =>
    {
        for (int i = 0; i < to.Length; i++)
        {
            to[i] = char.IsControl(from[i]) ? '?' : from[i];
        }
    });

    private static async Task<byte[]> ReadAsync(PipeReader input, int length, CancellationToken cancellationToken)
    {
        ReadResult result = await input.ReadAtLeastAsync(length, cancellationToken).ConfigureAwait(false);
        ReadOnlySequence<byte> buffer = result.Buffer;
        if (buffer.Length < length)
        {
            input.AdvanceTo(buffer.End);
            throw new PeerHandshakeException("it closed the connection during the handshake");
        }

        // What follows may be the first messages already: they are left for whoever reads next.
        buffer = buffer.Slice(0, length);
        byte[] bytes = buffer.ToArray();
        input.AdvanceTo(buffer.End);
        return bytes;
    }
}
