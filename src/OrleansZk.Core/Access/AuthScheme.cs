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

    /// <summary>Makes the entries that a list has of this scheme ready to be asked: what a check costs must not follow their number.</summary>
    /// <remarks>Here for ids that mean what is equal to them. A scheme that matches otherwise overrides this too; both must say the same.</remarks>
    public virtual AclMatcher Compile(IReadOnlyList<Acl> entries) => new ExactAclMatcher(entries);

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
