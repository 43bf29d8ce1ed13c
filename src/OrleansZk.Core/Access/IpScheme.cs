namespace OrleansZk.Core.Access;

/// <summary><c>ip</c>: an address, or an address and the number of its leading bits that count.</summary>
public sealed class IpScheme() : AuthScheme(AclScheme.Ip)
{
    public override bool IsAuthenticated => false;

    public override bool IsValid(string id) => TryParse(id, out _, out _);

    public override bool Matches(string connectionId, string aclId) =>
        TryParse(aclId, out InternetAddress network, out int bits)
        && TryParseConnection(connectionId, out InternetAddress address)
        && address.Masked(Math.Min(bits, address.Bits)) == network;

    /// <summary>An auth packet cannot prove an address: connections have theirs from the start.</summary>
    public override IReadOnlyList<AclId>? Authenticate(ReadOnlySpan<byte> credentials) => [];

    public override AclMatcher Compile(IReadOnlyList<Acl> entries) => new Matcher(entries);

    /// <param name="network">The address, with only the bits that count.</param>
    private static bool TryParse(ReadOnlySpan<char> id, out InternetAddress network, out int bits)
    {
        int slash = id.IndexOf('/');
        if (!InternetAddress.TryParse(slash < 0 ? id : id[..slash], out network))
        {
            bits = 0;
            return false;
        }

        bits = network.Bits;
        if (slash >= 0 && !InternetAddress.TryParseNumber(id[(slash + 1)..], network.Bits, out bits))
        {
            return false;
        }

        network = network.Masked(bits);
        return true;
    }

    /// <summary>Reads a connection's address. One of a link has a zone, which says where the link is to this machine, and to no list.</summary>
    private static bool TryParseConnection(ReadOnlySpan<char> id, out InternetAddress address)
    {
        int zone = id.IndexOf('%');
        return InternetAddress.TryParse(zone < 0 ? id : id[..zone], out address);
    }

    /// <summary>The networks of a list by the number of their bits: to ask costs a look for each number that occurs.</summary>
    private sealed class Matcher : AclMatcher
    {
        private readonly List<(bool IsV6, int Bits, Dictionary<UInt128, Permissions> Networks)> _groups = [];

        public Matcher(IReadOnlyList<Acl> entries)
        {
            foreach (Acl entry in entries)
            {
                // What an older version took and this one does not read means nobody.
                if (TryParse(entry.Id.Id, out InternetAddress network, out int bits))
                {
                    Dictionary<UInt128, Permissions> group = Group(network.IsV6, bits);
                    group[network.Value] = group.GetValueOrDefault(network.Value) | entry.Permissions;
                }
            }
        }

        public override Permissions Of(string connectionId)
        {
            Permissions permissions = Permissions.None;
            if (TryParseConnection(connectionId, out InternetAddress address))
            {
                foreach ((bool isV6, int bits, Dictionary<UInt128, Permissions> networks) in _groups)
                {
                    if (isV6 == address.IsV6 && networks.TryGetValue(address.Masked(bits).Value, out Permissions found))
                    {
                        permissions |= found;
                    }
                }
            }

            return permissions;
        }

        private Dictionary<UInt128, Permissions> Group(bool isV6, int bits)
        {
            foreach ((bool groupIsV6, int groupBits, Dictionary<UInt128, Permissions> networks) in _groups)
            {
                if (groupIsV6 == isV6 && groupBits == bits)
                {
                    return networks;
                }
            }

            var added = new Dictionary<UInt128, Permissions>();
            _groups.Add((isV6, bits, added));
            return added;
        }
    }
}
