using System.Net.Security;
using System.Security.Authentication;
using Microsoft.Extensions.Options;

namespace OrleansZk.Server.Peers;

/// <summary>Encrypts connections between servers; both sides show a certificate of the ensemble's authorities.</summary>
internal sealed class PeerTls : IDisposable
{
    private readonly PeerCertificates? _certificates;
    private readonly bool _verifyHostName;

    public PeerTls(IOptions<PeerOptions> options)
    {
        _verifyHostName = options.Value.PeerVerifyHostName;
        _certificates = options.Value.UsesTls ? PeerCertificates.Load(options.Value) : null;
    }

    /// <summary>False leaves connections as they are.</summary>
    public bool IsOn => _certificates is not null;

    /// <exception cref="AuthenticationException">The other side's certificate does not do, or it says that ours does not.</exception>
    /// <exception cref="IOException">The connection is lost, or speaks no TLS.</exception>
    public Task<SslStream> AcceptAsync(Stream stream, CancellationToken cancellationToken)
    {
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = _certificates!.Context,
            ClientCertificateRequired = true,
            CertificateChainPolicy = _certificates.NewPolicy(),
            AllowTlsResume = false,
        };
        return AuthenticateAsync(stream, ssl => ssl.AuthenticateAsServerAsync(options, cancellationToken));
    }

    /// <param name="host">Whom the other side's certificate must be for.</param>
    /// <exception cref="AuthenticationException">The other side's certificate does not do.</exception>
    /// <exception cref="IOException">The connection is lost, or speaks no TLS.</exception>
    public Task<SslStream> DialAsync(Stream stream, string host, CancellationToken cancellationToken)
    {
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = host,
            ClientCertificateContext = _certificates!.Context,
            CertificateChainPolicy = _certificates.NewPolicy(),
            AllowTlsResume = false,
        };
        if (!_verifyHostName)
        {
            options.RemoteCertificateValidationCallback = static (_, _, _, errors) =>
                (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None;
        }

        return AuthenticateAsync(stream, ssl => ssl.AuthenticateAsClientAsync(options, cancellationToken));
    }

    public void Dispose() => _certificates?.Dispose();

    private static async Task<SslStream> AuthenticateAsync(Stream stream, Func<SslStream, Task> authenticate)
    {
        var ssl = new SslStream(stream, leaveInnerStreamOpen: false);
        try
        {
            await authenticate(ssl).ConfigureAwait(false);
            return ssl;
        }
        catch
        {
            await ssl.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
