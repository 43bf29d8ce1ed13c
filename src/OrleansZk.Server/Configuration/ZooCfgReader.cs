using System.Globalization;
using System.Text;

namespace OrleansZk.Server.Configuration;

/// <summary>What a <c>zoo.cfg</c> comes to.</summary>
/// <param name="Values">Configuration keys and their values.</param>
/// <param name="Warnings">One for each key that has no effect.</param>
internal sealed record ZooCfgContent(IReadOnlyDictionary<string, string> Values, IReadOnlyList<string> Warnings);

/// <summary>What else is configured, as far as it decides what a <c>zoo.cfg</c> may ask for.</summary>
/// <param name="IsEnsemble">The server is one of an ensemble (<c>--ensemble</c>).</param>
/// <param name="HasPeerCertificate">Connections between servers are encrypted.</param>
internal readonly record struct ZooCfgContext(bool IsEnsemble, bool HasPeerCertificate);

/// <summary>Turns a <c>zoo.cfg</c> into settings, by <see cref="ZooCfgTable"/>.</summary>
internal sealed class ZooCfgReader
{
    private const string Prefix = "zookeeper.";

    private readonly string _path;
    private readonly ZooCfgContext _context;
    private readonly List<Entry> _entries = [];
    private readonly Dictionary<string, string> _values = [];
    private readonly List<string> _warnings = [];
    private readonly List<string> _problems = [];

    private ZooCfgReader(string path, ZooCfgContext context) => (_path, _context) = (path, context);

    /// <exception cref="ConfigurationException">The file cannot be read, a value is not allowed, or a key is refused.</exception>
    public static ZooCfgContent Read(string path, ZooCfgContext context = default)
    {
        var reader = new ZooCfgReader(path, context);
        reader.ReadEntries();
        reader.Judge();
        if (reader._problems.Count > 0)
        {
            throw new ConfigurationException(reader._problems);
        }

        return new ZooCfgContent(reader._values, reader._warnings);
    }

    /// <summary>ZooKeeper reads these files as Latin-1, so names of folders mean the same only if they are read alike.</summary>
    private static IReadOnlyList<JavaProperty> ReadFile(string path)
    {
        try
        {
            return JavaProperties.Parse(File.ReadAllText(path, Encoding.Latin1), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException([$"{path} cannot be read: {e.Message}"]);
        }
    }

    /// <summary>Java trims whatever is not above a space, and nothing else.</summary>
    private static string Trim(string text)
    {
        int start = 0;
        int end = text.Length;
        while (start < end && text[start] <= ' ')
        {
            start++;
        }

        while (end > start && text[end - 1] <= ' ')
        {
            end--;
        }

        return text[start..end];
    }

    private void ReadEntries()
    {
        Add(_path, _ => true);
        if (_entries.Find(entry => entry.Key == "dynamicConfigFile") is { } dynamic)
        {
            // ZooKeeper keeps the members of the ensemble in a file of their own.
            Add(dynamic.Value, key => key != "version");
        }
    }

    private void Add(string path, Func<string, bool> isWanted)
    {
        foreach (JavaProperty property in ReadFile(path))
        {
            string key = Trim(property.Key);
            key = key.StartsWith(Prefix, StringComparison.Ordinal) ? key[Prefix.Length..] : key;
            if (!isWanted(key))
            {
                continue;
            }

            var entry = new Entry(key, Trim(property.Value), $"{path}, line {property.Line}");
            if (_entries.Find(earlier => earlier.Key == key) is { } earlier)
            {
                _warnings.Add($"{earlier.Place}: {key} has no effect, because it is set again at {entry.Place}");
                _entries.Remove(earlier);
            }

            _entries.Add(entry);
        }
    }

    private void Judge()
    {
        // In the table's order, in which a later key wins.
        foreach ((Entry entry, ZooCfgKey? key) in _entries.Select(entry => (entry, ZooCfgTable.Find(entry.Key))).OrderBy(pair => Rank(pair.Item2)))
        {
            if (key is null)
            {
                string suggestion = NameSuggestion.For(entry.Key, ZooCfgTable.All.Select(known => known.Name));
                _warnings.Add($"{entry.Place}: {entry.Key} is ignored, because no such key is known{suggestion}");
                continue;
            }

            Judge(entry, key);
        }

        LookIntoDataFolder();
        JudgeServers();
    }

    private static int Rank(ZooCfgKey? key)
    {
        for (int i = 0; i < ZooCfgTable.All.Count; i++)
        {
            if (ReferenceEquals(ZooCfgTable.All[i], key))
            {
                return i;
            }
        }

        return int.MaxValue;
    }

    private void Judge(Entry entry, ZooCfgKey key)
    {
        switch (JudgeInContext(entry, key))
        {
            case ZooCfgVerdict.Set set:
                _values[set.Setting.Key] = set.Text;
                if (set.Warning is { } warning)
                {
                    _warnings.Add($"{entry.Place}: {(set.Setting.IsSecret ? entry.Key : $"{entry.Key}={entry.Value}")} {warning}");
                }

                break;
            case ZooCfgVerdict.Ignore ignore:
                _warnings.Add($"{entry.Place}: {entry.Key} is ignored, because {ignore.Reason}");
                break;
            case ZooCfgVerdict.Refuse refuse:
                _problems.Add($"{entry.Place}: {entry.Key} is refused: {refuse.Reason}; remove the line to go without");
                break;
            case ZooCfgVerdict.Invalid invalid:
                bool isSecret = entry.Key.EndsWith("superDigest", StringComparison.Ordinal);
                _problems.Add(isSecret
                    ? $"{entry.Place}: {entry.Key} must be {invalid.Allowed}"
                    : $"{entry.Place}: {entry.Key} is '{entry.Value}', but must be {invalid.Allowed}");
                break;
        }
    }

    private ZooCfgVerdict JudgeInContext(Entry entry, ZooCfgKey key)
    {
        ZooCfgVerdict verdict = key.Judge(entry.Value);
        if (!_context.IsEnsemble || verdict is not ZooCfgVerdict.Ignore { Reason: ZooCfgTable.Ensemble })
        {
            return verdict;
        }

        return entry.Key == "sslQuorum" && entry.Value.Equals("true", StringComparison.OrdinalIgnoreCase) && !_context.HasPeerCertificate
            ? new ZooCfgVerdict.Refuse($"servers would speak to each other without TLS; set {ServerOptions.Section}:{nameof(Peers.PeerOptions.PeerCertificatePath)}")
            : new ZooCfgVerdict.Ignore("servers of an ensemble find each other, and agree, through their store");
    }

    private void JudgeServers()
    {
        List<Entry> servers = _entries.FindAll(entry => entry.Key.StartsWith("server.", StringComparison.Ordinal)
            && entry.Key.AsSpan("server.".Length).IndexOfAnyExceptInRange('0', '9') < 0);
        if (_context.IsEnsemble && servers.Count > 0)
        {
            _warnings.Add($"{servers[0].Place}: {string.Join(", ", servers.Select(server => server.Key))} are ignored, "
                + "because servers of an ensemble find each other through their store (--ensemble)");
            if (_values.TryGetValue(SettingTable.Get(nameof(ServerOptions.ServerId)).Key, out string? id)
                && servers.Find(server => server.Key == "server." + id) is { } own)
            {
                TakeClientPort(own);
            }
        }
        else if (servers.Count > 1)
        {
            _problems.Add($"{servers[0].Place}: {string.Join(", ", servers.Select(server => server.Key))} are refused: "
                + "servers of an ensemble find each other through their store (--ensemble), "
                + "and servers that do not know each other would each keep data of their own; "
                + "leave the line of one server to run it alone");
        }
        else if (servers.Count == 1)
        {
            TakeClientPort(servers[0]);
        }
    }

    /// <summary>Takes the client's part of <c>host:port:port[:role];[[address:]port]</c>, where images of ZooKeeper have it.</summary>
    private void TakeClientPort(Entry server)
    {
        int semicolon = server.Value.IndexOf(';', StringComparison.Ordinal);
        string client = semicolon < 0 ? "" : server.Value[(semicolon + 1)..];
        if (client.Length == 0)
        {
            return;
        }

        int colon = client.LastIndexOf(':');
        Take("clientPort", client[(colon + 1)..]);
        if (colon > 0)
        {
            Take("clientPortAddress", client[..colon]);
        }

        void Take(string name, string text)
        {
            if (!_entries.Exists(entry => entry.Key == name))
            {
                Judge(new Entry(name, text, $"{server.Place}, {server.Key}"), ZooCfgTable.Find(name)!);
            }
        }
    }

    private void LookIntoDataFolder()
    {
        foreach (Entry folder in _entries.FindAll(entry => entry.Key is "dataDir" or "dataLogDir"))
        {
            if (Directory.Exists(Path.Combine(folder.Value, "version-2")))
            {
                _warnings.Add($"{folder.Place}: {Path.Combine(folder.Value, "version-2")} holds ZooKeeper's own data files, "
                    + "which are neither read nor changed: what ZooKeeper has stored there is not in this server's tree");
            }
        }

        if (_entries.Find(entry => entry.Key == "dataDir") is not { } data || !File.Exists(Path.Combine(data.Value, "myid")))
        {
            return;
        }

        string path = Path.Combine(data.Value, "myid");
        try
        {
            string text = (File.ReadLines(path).FirstOrDefault() ?? "").Trim();
            Setting id = Setting.Integer(nameof(ServerOptions.ServerId), options => options.ServerId, 0, 255);
            if (id.Accepts(text))
            {
                _values[id.Key] = text;
            }
            else if (!_context.IsEnsemble && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
            {
                _warnings.Add($"{path}, line 1: the server's number is '{text}', which is ignored, because it is not {id.Allowed}; a server that stands alone needs none");
            }
            else
            {
                _problems.Add($"{path}, line 1: the server's number {id.Complaint(text)}");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _problems.Add($"{path} cannot be read: {e.Message}");
        }
    }

    /// <param name="Place">The file and the line, for messages.</param>
    private sealed record Entry(string Key, string Value, string Place);
}
