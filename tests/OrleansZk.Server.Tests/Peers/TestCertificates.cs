using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OrleansZk.Server.Peers;

namespace OrleansZk.Server.Tests.Peers;

/// <summary>An authority and the certificates that it issues, in a folder of their own.</summary>
internal sealed class TestCertificates : IDisposable
{
    public const string Password = "not a secret";

    private readonly string _folder = Directory.CreateTempSubdirectory("orleanszk-certificates-").FullName;
    private readonly X509Certificate2 _authority = CreateAuthority();

    public TestCertificates() => File.WriteAllText(AuthorityPath, _authority.ExportCertificatePem());

    public string AuthorityPath => Path.Combine(_folder, "authority.pem");

    /// <summary>Lets a server use a certificate of this authority.</summary>
    public Action<PeerOptions> Configure(string name) => options =>
    {
        options.PeerCertificatePath = IssuePem(name);
        options.PeerCertificateAuthorityPath = AuthorityPath;
    };

    /// <returns>The path of a file with the certificate and its key.</returns>
    public string IssuePem(string name, string host = "127.0.0.1")
    {
        using X509Certificate2 certificate = Issue(name, host);
        return Write(name + ".pem", certificate.ExportCertificatePem() + "\n" + Key(certificate).ExportPkcs8PrivateKeyPem());
    }

    /// <returns>The path of a file with a certificate that the authority has not issued itself, the one between them, and the key.</returns>
    public string IssueChain(string name)
    {
        using X509Certificate2 between = CreateAuthority(_authority);
        using X509Certificate2 certificate = Issue(name, "127.0.0.1", between);
        return Write(
            name + ".pem",
            certificate.ExportCertificatePem() + "\n" + between.ExportCertificatePem() + "\n" + Key(certificate).ExportPkcs8PrivateKeyPem());
    }

    /// <returns>The paths of the certificate and of its key, which is encrypted with <see cref="Password"/>.</returns>
    public (string Certificate, string Key) IssueEncryptedPem(string name)
    {
        using X509Certificate2 certificate = Issue(name, "127.0.0.1");
        string key = Key(certificate).ExportEncryptedPkcs8PrivateKeyPem(
            Password, new PbeParameters(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, iterationCount: 1000));
        return (Write(name + ".crt", certificate.ExportCertificatePem()), Write(name + ".key", key));
    }

    /// <returns>The path of a PFX file, encrypted with <see cref="Password"/>.</returns>
    public string IssuePfx(string name)
    {
        using X509Certificate2 certificate = Issue(name, "127.0.0.1");
        string path = Path.Combine(_folder, name + ".pfx");
        File.WriteAllBytes(path, certificate.Export(X509ContentType.Pkcs12, Password));
        return path;
    }

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static X509Certificate2 CreateAuthority(X509Certificate2? issuer = null)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN=authority {Guid.NewGuid()}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        if (issuer is null)
        {
            return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(3));
        }

        using X509Certificate2 certificate = request.Create(
            issuer, DateTimeOffset.UtcNow.AddHours(-2), DateTimeOffset.UtcNow.AddDays(2), RandomNumberGenerator.GetBytes(8));
        return certificate.CopyWithPrivateKey(key);
    }

    private static ECDsa Key(X509Certificate2 certificate) => certificate.GetECDsaPrivateKey()!;

    private X509Certificate2 Issue(string name, string host, X509Certificate2? issuer = null)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(host, out IPAddress? address))
        {
            names.AddIpAddress(address);
        }
        else
        {
            names.AddDnsName(host);
        }

        request.CertificateExtensions.Add(names.Build());
        byte[] serial = RandomNumberGenerator.GetBytes(8);
        using X509Certificate2 certificate = request.Create(
            issuer ?? _authority, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1), serial);
        return certificate.CopyWithPrivateKey(key);
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
