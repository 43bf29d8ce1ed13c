using System.Net;

namespace OrleansZk.Model.State;

/// <summary>Access control as the specification describes it (§9).</summary>
internal static class ModelAccess
{
    public static bool Allows(IReadOnlyList<Acl> list, Permissions wanted, IReadOnlyList<AclId> who) =>
        list.Count == 0
        || who.Any(id => id.Scheme == "super")
        || list.Any(entry => (entry.Permissions & wanted) != 0 && (entry.Id == AclId.Anyone || who.Any(id => Matches(id, entry.Id))));

    /// <returns>Null for InvalidACL.</returns>
    public static IReadOnlyList<Acl>? Resolve(IReadOnlyList<Acl>? list, IReadOnlyList<AclId> who)
    {
        var stored = new List<Acl>();
        foreach (Acl entry in (list ?? []).Distinct())
        {
            if (entry.Id.Scheme == "auth")
            {
                List<AclId> proven = [.. who.Where(id => id.Scheme == "digest")];
                if (proven.Count == 0)
                {
                    return null;
                }

                stored.AddRange(proven.Select(id => entry with { Id = id }));
            }
            else if (IsValid(entry.Id))
            {
                stored.Add(entry);
            }
            else
            {
                return null;
            }
        }

        return stored.Count == 0 ? null : stored;
    }

    /// <summary>The list as somebody without ADMIN sees it.</summary>
    public static IReadOnlyList<Acl> WithoutHashes(IReadOnlyList<Acl> list) =>
        [.. list.Select(entry => entry.Id.Scheme == "digest" ? entry with { Id = new AclId("digest", entry.Id.Id.Split(':')[0] + ":x") } : entry)];

    private static bool IsValid(AclId id) => id.Scheme switch
    {
        "world" => id.Id == "anyone",
        "digest" => id.Id.Split(':').Length == 2,
        "ip" => IPAddress.TryParse(id.Id, out _),
        _ => false,
    };

    // Histories name whole addresses only; masks are the unit tests' subject.
    private static bool Matches(AclId mine, AclId listed) => mine.Scheme == listed.Scheme && mine.Id == listed.Id;
}
