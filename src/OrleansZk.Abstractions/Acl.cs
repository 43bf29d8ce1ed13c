namespace OrleansZk;

/// <summary>What an ACL entry allows (ZooKeeper: <c>ZooDefs.Perms</c>).</summary>
[Flags]
public enum Permissions
{
    None = 0,
    Read = 1,
    Write = 2,
    Create = 4,
    Delete = 8,
    Admin = 16,
    All = Read | Write | Create | Delete | Admin,
}

/// <summary>An identity: a scheme such as <c>digest</c> and a name in that scheme's own form.</summary>
public readonly record struct AclId(string Scheme, string Id)
{
    /// <summary>Everybody.</summary>
    public static AclId Anyone { get; } = new(AclScheme.World, "anyone");
}

/// <summary>One entry of a znode's access control list.</summary>
public readonly record struct Acl(Permissions Permissions, AclId Id)
{
    /// <summary>Everybody may do everything.</summary>
    public static IReadOnlyList<Acl> OpenUnsafe { get; } = [new(Permissions.All, AclId.Anyone)];

    /// <summary>Everybody may read.</summary>
    public static IReadOnlyList<Acl> ReadUnsafe { get; } = [new(Permissions.Read, AclId.Anyone)];

    /// <summary>Whoever created the node, by each identity of the connection, may do everything.</summary>
    public static IReadOnlyList<Acl> CreatorAll { get; } = [new(Permissions.All, new AclId(AclScheme.Auth, ""))];
}

/// <summary>Names of the built-in schemes.</summary>
public static class AclScheme
{
    public const string World = "world";
    public const string Auth = "auth";
    public const string Digest = "digest";
    public const string Ip = "ip";
    public const string Super = "super";
    public const string X509 = "x509";
    public const string Sasl = "sasl";
}
