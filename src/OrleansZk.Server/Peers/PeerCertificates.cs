using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansZk.Server.Peers;

/// <summary>The certificate that this server shows to others, and the authorities by which it knows theirs.</summary>
internal sealed class PeerCertificates : IDisposable
{
    private const string PemStart = "-----BEGIN ";

    private readonly X509Certificate2 _certificate;
    private readonly X509Certificate2Collection _intermediates;
    private readonly X509Certificate2Collection _authorities;

    private PeerCertificates(X509Certificate2 certificate, X509Certificate2Collection intermediates, X509Certificate2Collection authorities)
    {
        _certificate = certificate;
        _intermediates = intermediates;
        _authorities = authorities;
        Context = SslStreamCertificateContext.Create(certificate, intermediates, offline: true);
    }

    /// <summary>The certificate with those between it and its authority.</summary>
    public SslStreamCertificateContext Context { get; }

    /// <exception cref="CryptographicException">A file holds no certificate, no key, or a key with another password.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read.</exception>
    public static PeerCertificates Load(PeerOptions options)
    {
        X509Certificate2Collection authorities = LoadAuthorities(options.PeerCertificateAuthorityPath);
        (X509Certificate2 certificate, X509Certificate2Collection others) = LoadOwn(options);
        return new PeerCertificates(certificate, others, authorities);
    }

    /// <summary>Trusts the authorities and nobody else. Each handshake needs one of its own, since it is changed by it.</summary>
    public X509ChainPolicy NewPolicy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(_authorities);
        policy.ExtraStore.AddRange(_authorities);
        return policy;
    }

    public void Dispose()
    {
        _certificate.Dispose();
        Dispose(_intermediates);
        Dispose(_authorities);
    }

    private static X509Certificate2Collection LoadAuthorities(string path)
    {
        var authorities = new X509Certificate2Collection();
        Explain(nameof(PeerOptions.PeerCertificateAuthorityPath), path, () =>
        {
            if (IsPem(path))
            {
                authorities.ImportFromPemFile(path);
            }
            else
            {
                authorities.Add(X509CertificateLoader.LoadCertificateFromFile(path));
            }
        });
        return authorities;
    }

    private static (X509Certificate2 Certificate, X509Certificate2Collection Others) LoadOwn(PeerOptions options)
    {
        string path = options.PeerCertificatePath;
        string? password = options.PeerCertificatePassword.Length == 0 ? null : options.PeerCertificatePassword;
        var others = new X509Certificate2Collection();
        X509Certificate2? certificate = null;
        Explain(nameof(PeerOptions.PeerCertificatePath), path, () =>
        {
            if (IsPem(path))
            {
                string? key = options.PeerCertificateKeyPath.Length == 0 ? null : options.PeerCertificateKeyPath;
                certificate = password is null
                    ? X509Certificate2.CreateFromPemFile(path, key)
                    : X509Certificate2.CreateFromEncryptedPemFile(path, password, key);
                certificate = ForTls(certificate);
                others.ImportFromPemFile(path);
            }
            else
            {
                others.AddRange(X509CertificateLoader.LoadPkcs12CollectionFromFile(path, password));
                certificate = others.FirstOrDefault(one => one.HasPrivateKey)
                    ?? throw new CryptographicException("it holds no private key");
                others.Remove(certificate);
            }
        });
        for (int i = others.Count - 1; i >= 0; i--)
        {
            if (others[i].RawDataMemory.Span.SequenceEqual(certificate!.RawDataMemory.Span))
            {
                others[i].Dispose();
                others.RemoveAt(i);
            }
        }

        return (certificate!, others);
    }

    /// <summary>Windows uses for TLS only keys that were imported.</summary>
    private static X509Certificate2 ForTls(X509Certificate2 certificate)
    {
        if (!OperatingSystem.IsWindows())
        {
            return certificate;
        }

        using (certificate)
        {
            return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
        }
    }

    private static bool IsPem(string path) => File.ReadAllText(path).Contains(PemStart, StringComparison.Ordinal);

    private static void Explain(string key, string path, Action load)
    {
        try
        {
            load();
        }
        catch (CryptographicException e)
        {
            throw new CryptographicException($"{key} is '{path}', which cannot be loaded: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{key} is '{path}', which cannot be read: {e.Message}", e);
        }
    }

    private static void Dispose(X509Certificate2Collection certificates)
    {
        foreach (X509Certificate2 certificate in certificates)
        {
            certificate.Dispose();
        }
    }
}
