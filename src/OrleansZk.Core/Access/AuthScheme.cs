using System.Net;
using System.Security.Cryptography;
using System.Text;
using OrleansZk.Protocol;

namespace OrleansZk.Core.Access;

/// <summary>What ids of one scheme mean in an ACL, and how a connection comes by one (ZooKeeper: <c>AuthenticationProvider</c>).</summary>
public abstract class AuthScheme(string name)
{
    public string Name => name;

    /// <summary>True when having an id proves something, so that the <c>auth</c> scheme expands to it.</summary>
    public abstract bool IsAuthenticated { get; }

    /// <summary>True when <paramref name="id"/> may stand in an ACL.</summary>
    public abstract bool IsValid(string id);

    /// <summary>True when a connection with <paramref name="connectionId"/> is meant by an ACL's <paramref name="aclId"/>.</summary>
    public abstract bool Matches(string connectionId, string aclId);

    /// <summary>Takes an auth packet.</summary>
    /// <returns>The ids that it proves; null when it proves none.</returns>
    public abstract IReadOnlyList<AclId>? Authenticate(ReadOnlySpan<byte> credentials);
}

/// <summary><c>digest</c>: <c>user:base64(hash(user:password))</c>.</summary>
/// <param name="algorithm">How passwords are hashed; ZooKeeper's default is SHA-1.</param>
/// <param name="superDigest">The digest id that may do everything, or null.</param>
public sealed class DigestScheme(HashAlgorithmName algorithm, string? superDigest) : AuthScheme(AclScheme.Digest)
{
    private readonly byte[]? _superDigest = string.IsNullOrEmpty(superDigest) ? null : Encoding.UTF8.GetBytes(superDigest);

    public override bool IsAuthenticated => true;

    /// <summary>The id of who knows a password, as it stands in ACLs.</summary>
    /// <param name="userAndPassword">
    /// <c>user:password</c>; without a colon all of it is the user. ZooKeeper makes text of it first, so bytes that are not UTF-8 count as U+FFFD.
    /// </param>
    public string Generate(ReadOnlySpan<byte> userAndPassword)
    {
        string text = JavaText.Decode(userAndPassword);
        byte[] hash = CryptographicOperations.HashData(algorithm, Encoding.UTF8.GetBytes(text));
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string user = colon < 0 ? text : text[..colon];
        return $"{user}:{Convert.ToBase64String(hash)}";
    }

    // ZooKeeper splits at colons and forgets empty parts at the end.
    public override bool IsValid(string id) => id.TrimEnd(':').Count(c => c == ':') == 1;

    public override bool Matches(string connectionId, string aclId) => connectionId == aclId;

    public override IReadOnlyList<AclId> Authenticate(ReadOnlySpan<byte> credentials)
    {
        string id = Generate(credentials);

        // By time nobody shall learn how much of it is right.
        return _superDigest is { } super && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(id), super)
            ? [new AclId(AclScheme.Super, ""), new AclId(AclScheme.Digest, id)]
            : [new AclId(AclScheme.Digest, id)];
    }
}

/// <summary><c>ip</c>: an address, or an address and the number of its leading bits that count.</summary>
public sealed class IpScheme() : AuthScheme(AclScheme.Ip)
{
    public override bool IsAuthenticated => false;

    public override bool IsValid(string id) => TryParse(id, out _, out _);

    public override bool Matches(string connectionId, string aclId)
    {
        if (!TryParse(aclId, out IPAddress? wanted, out int bits) || !IPAddress.TryParse(connectionId, out IPAddress? address))
        {
            return false;
        }

        Span<byte> left = stackalloc byte[16];
        Span<byte> right = stackalloc byte[16];
        wanted.TryWriteBytes(left, out int length);
        address.TryWriteBytes(right, out int otherLength);
        if (length != otherLength)
        {
            return false;
        }

        for (int i = 0; i < length && bits > 0; i++, bits -= 8)
        {
            int ignored = Math.Max(0, 8 - bits);
            if (left[i] >> ignored != right[i] >> ignored)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>An auth packet cannot prove an address: connections have theirs from the start.</summary>
    public override IReadOnlyList<AclId>? Authenticate(ReadOnlySpan<byte> credentials) => [];

    private static bool TryParse(string id, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out IPAddress? address, out int bits)
    {
        bits = 0;
        int slash = id.IndexOf('/', StringComparison.Ordinal);
        ReadOnlySpan<char> text = slash < 0 ? id : id.AsSpan(0, slash);

        // IPAddress also reads "1" and "1.2" as addresses; ZooKeeper wants all four parts.
        if (!IPAddress.TryParse(text, out address) || (text.IndexOf(':') < 0 && text.Count('.') != 3))
        {
            return false;
        }

        int most = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? 32 : 128;
        if (slash < 0)
        {
            bits = most;
            return true;
        }

        return int.TryParse(
            id.AsSpan(slash + 1), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out bits)
            && bits <= most;
    }
}
