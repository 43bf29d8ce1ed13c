namespace OrleansZk.Core.Access;

/// <summary>Decides who may do what (ZooKeeper: <c>checkACL</c> and <c>fixupACL</c>).</summary>
/// <param name="skip">True turns every check off (<c>zookeeper.skipACL</c>).</param>
public sealed class AccessControl(IEnumerable<AuthScheme> schemes, bool skip = false)
{
    /// <summary>Entries of a list that is gone through at every check; a longer one is compiled, which takes memory for each of very many different lists.</summary>
    private const int MaxScanned = 4;

    private readonly Dictionary<string, AuthScheme> _schemes = schemes.ToDictionary(scheme => scheme.Name, StringComparer.Ordinal);

    /// <summary>Slows down who tries passwords; null for nobody.</summary>
    public AuthBrake? Brake { get; init; }

    /// <summary>Counts who tries to be the super user; null for nobody.</summary>
    public SuperAttempts? SuperAttempts { get; init; }

    public AuthScheme? Scheme(string name) => _schemes.GetValueOrDefault(name);

    /// <summary>True when one of <paramref name="identities"/> has any of the <paramref name="wanted"/> permissions.</summary>
    public bool Allows(AclList acl, Permissions wanted, IReadOnlyList<AclId> identities)
    {
        if (skip || acl.Count == 0 || (acl.OfAnyone & wanted) != 0)
        {
            return true;
        }

        for (int i = 0; i < identities.Count; i++)
        {
            if (identities[i].Scheme == AclScheme.Super)
            {
                return true;
            }
        }

        return acl.Count <= MaxScanned ? AllowsBySight(acl, wanted, identities) : acl.CompiledBy(this).Allows(wanted, identities);
    }

    /// <summary>Makes of a client's ACL one that can be stored: without duplicates, with <c>auth</c> expanded.</summary>
    /// <param name="maxEntries">Most entries, before and after that.</param>
    /// <param name="maxBytes">Most bytes on the wire, after that.</param>
    /// <returns>Null when the list is empty, too long, or has an entry that is not valid: InvalidACL.</returns>
    public AclList? Resolve(
        IReadOnlyList<Acl>? requested, IReadOnlyList<AclId> identities, int maxEntries = int.MaxValue, int maxBytes = int.MaxValue)
    {
        if (requested is null || requested.Count == 0 || requested.Count > maxEntries)
        {
            return null;
        }

        if (requested.Count == 1 && requested[0] == AclList.Open[0])
        {
            return AclList.Open;
        }

        var resolved = new List<Acl>(requested.Count);
        long left = maxBytes;
        foreach (Acl entry in requested.Distinct())
        {
            int before = resolved.Count;
            if (!TryResolve(entry, identities, resolved) || resolved.Count > maxEntries)
            {
                return null;
            }

            for (int i = before; i < resolved.Count; i++)
            {
                left -= AclList.LengthOf(resolved[i]);
            }

            if (left < 0)
            {
                return null;
            }
        }

        return new AclList(resolved);
    }

    private bool TryResolve(Acl entry, IReadOnlyList<AclId> identities, List<Acl> resolved)
    {
        if (entry.Id.Scheme == AclScheme.Auth)
        {
            int before = resolved.Count;
            resolved.AddRange(identities
                .Where(identity => Scheme(identity.Scheme) is { IsAuthenticated: true })
                .Select(identity => new Acl(entry.Permissions, identity)));
            return resolved.Count > before;
        }

        resolved.Add(entry);
        return entry.Id == AclId.Anyone || Scheme(entry.Id.Scheme)?.IsValid(entry.Id.Id) == true;
    }

    private bool AllowsBySight(AclList acl, Permissions wanted, IReadOnlyList<AclId> identities)
    {
        foreach (ref readonly Acl entry in acl.AsSpan())
        {
            if ((entry.Permissions & wanted) != 0 && _schemes.TryGetValue(entry.Id.Scheme, out AuthScheme? scheme))
            {
                for (int i = 0; i < identities.Count; i++)
                {
                    if (identities[i].Scheme == scheme.Name && scheme.Matches(identities[i].Id, entry.Id.Id))
                    {
                        return true;
                    }
                }
            }
        }

        return false;
    }
}
