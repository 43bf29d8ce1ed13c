namespace OrleansZk.Core.Access;

/// <summary>Decides who may do what (ZooKeeper: <c>checkACL</c> and <c>fixupACL</c>).</summary>
/// <param name="skip">True turns every check off (<c>zookeeper.skipACL</c>).</param>
public sealed class AccessControl(IEnumerable<AuthScheme> schemes, bool skip = false)
{
    private readonly Dictionary<string, AuthScheme> _schemes = schemes.ToDictionary(scheme => scheme.Name, StringComparer.Ordinal);

    /// <summary>Slows down who tries passwords; null for nobody.</summary>
    public AuthBrake? Brake { get; init; }

    /// <summary>Counts who tries to be the super user; null for nobody.</summary>
    public SuperAttempts? SuperAttempts { get; init; }

    public AuthScheme? Scheme(string name) => _schemes.GetValueOrDefault(name);

    /// <summary>True when one of <paramref name="identities"/> has any of the <paramref name="wanted"/> permissions.</summary>
    public bool Allows(AclList acl, Permissions wanted, IReadOnlyList<AclId> identities)
    {
        if (skip || acl.Count == 0)
        {
            return true;
        }

        if ((acl.OfAnyone & wanted) != 0)
        {
            return true;
        }

        foreach (AclId identity in identities)
        {
            if (identity.Scheme == AclScheme.Super)
            {
                return true;
            }
        }

        foreach (Acl entry in acl.AsSpan())
        {
            if ((entry.Permissions & wanted) != 0 && _schemes.TryGetValue(entry.Id.Scheme, out AuthScheme? scheme))
            {
                foreach (AclId identity in identities)
                {
                    if (identity.Scheme == entry.Id.Scheme && scheme.Matches(identity.Id, entry.Id.Id))
                    {
                        return true;
                    }
                }
            }
        }

        return false;
    }

    /// <summary>Makes of a client's ACL one that can be stored: without duplicates, with <c>auth</c> expanded.</summary>
    /// <returns>Null when the list is empty or has an entry that is not valid: InvalidACL.</returns>
    public AclList? Resolve(IReadOnlyList<Acl>? requested, IReadOnlyList<AclId> identities)
    {
        if (requested is null || requested.Count == 0)
        {
            return null;
        }

        if (requested.Count == 1 && requested[0] == AclList.Open[0])
        {
            return AclList.Open;
        }

        var resolved = new List<Acl>(requested.Count);
        foreach (Acl entry in requested.Distinct())
        {
            if (entry.Id == AclId.Anyone)
            {
                resolved.Add(entry);
            }
            else if (entry.Id.Scheme == AclScheme.Auth)
            {
                int before = resolved.Count;
                resolved.AddRange(identities
                    .Where(identity => Scheme(identity.Scheme) is { IsAuthenticated: true })
                    .Select(identity => new Acl(entry.Permissions, identity)));
                if (resolved.Count == before)
                {
                    return null;
                }
            }
            else if (Scheme(entry.Id.Scheme) is { } scheme && scheme.IsValid(entry.Id.Id))
            {
                resolved.Add(entry);
            }
            else
            {
                return null;
            }
        }

        return new AclList(resolved);
    }
}
