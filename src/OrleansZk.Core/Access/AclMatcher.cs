namespace OrleansZk.Core.Access;

/// <summary>The entries that one list has of one scheme, ready to be asked. Immutable.</summary>
public abstract class AclMatcher
{
    /// <summary>What the entries allow a connection that has this id; what that costs must not follow their number.</summary>
    public abstract Permissions Of(string connectionId);
}

/// <summary>For schemes whose ids mean what is equal to them, and nothing else.</summary>
internal sealed class ExactAclMatcher : AclMatcher
{
    private readonly Dictionary<string, Permissions> _byId = new(StringComparer.Ordinal);

    public ExactAclMatcher(IReadOnlyList<Acl> entries)
    {
        foreach (Acl entry in entries)
        {
            _byId[entry.Id.Id] = _byId.GetValueOrDefault(entry.Id.Id) | entry.Permissions;
        }
    }

    public override Permissions Of(string connectionId) => _byId.GetValueOrDefault(connectionId);
}

/// <summary>A whole list, ready to be asked by one <see cref="AccessControl"/>. Immutable.</summary>
internal sealed class CompiledAcl
{
    private readonly List<(string Scheme, AclMatcher Matcher)> _matchers = [];

    public CompiledAcl(AccessControl owner, AclList list)
    {
        Owner = owner;
        foreach (IGrouping<string, Acl> entries in list.GroupBy(entry => entry.Id.Scheme))
        {
            if (owner.Scheme(entries.Key) is { } scheme)
            {
                _matchers.Add((scheme.Name, scheme.Compile([.. entries])));
            }
        }
    }

    /// <summary>Whose schemes the list was compiled with.</summary>
    public AccessControl Owner { get; }

    public bool Allows(Permissions wanted, IReadOnlyList<AclId> identities)
    {
        foreach ((string scheme, AclMatcher matcher) in _matchers)
        {
            for (int i = 0; i < identities.Count; i++)
            {
                if (identities[i].Scheme == scheme && (matcher.Of(identities[i].Id) & wanted) != 0)
                {
                    return true;
                }
            }
        }

        return false;
    }
}
