using Microsoft.Extensions.Configuration.CommandLine;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Configuration.Json;
using OrleansZk.Server.Peers;

namespace OrleansZk.Server.Configuration;

/// <summary>Completes the configuration of a host: brings in a <c>zoo.cfg</c>, and checks the section <see cref="ServerOptions.Section"/>.</summary>
internal static class ServerConfiguration
{
    private static readonly HashSet<string> PeerSettings =
        typeof(PeerOptions).GetProperties().Where(property => property.CanWrite).Select(property => property.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Puts the <c>zoo.cfg</c> that the configuration names, if any, below the environment and above the files.</summary>
    /// <returns>What the operator should know: keys that have no effect.</returns>
    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    public static IReadOnlyList<string> Complete(ConfigurationManager configuration)
    {
        var warnings = new List<string>();
        if (configuration[SettingTable.Get(nameof(ServerOptions.ZooCfg)).Key] is { Length: > 0 } path)
        {
            var context = new ZooCfgContext(
                IsEnsemble: !string.IsNullOrEmpty(configuration[SettingTable.Get(nameof(ServerOptions.Ensemble)).Key]),
                HasPeerCertificate: !string.IsNullOrEmpty(configuration[$"{ServerOptions.Section}:{nameof(PeerOptions.PeerCertificatePath)}"]));
            var source = new ZooCfgConfigurationSource(path, context);
            warnings.AddRange(source.Warnings);
            InsertAboveFiles(((IConfigurationBuilder)configuration).Sources, source);
        }

        Check(configuration, warnings);
        if (EnsembleConnection.Resolve(configuration, provider => provider is CommandLineConfigurationProvider) is { } warning)
        {
            warnings.Add(warning);
        }

        return warnings;
    }

    /// <summary>The host has the files first, then the environment, then the command line.</summary>
    private static void InsertAboveFiles(IList<IConfigurationSource> sources, IConfigurationSource source)
    {
        int at = sources.Count;
        while (at > 0 && sources[at - 1] is not FileConfigurationSource)
        {
            at--;
        }

        sources.Insert(at, source);
    }

    private static void Check(ConfigurationManager configuration, List<string> warnings)
    {
        var problems = new List<string>();
        foreach (IConfigurationSection child in configuration.GetSection(ServerOptions.Section).GetChildren())
        {
            if (PeerSettings.Contains(child.Key))
            {
                // Checked with the files that they name.
                continue;
            }

            if (!SettingTable.TryGet(child.Key, out Setting? setting))
            {
                string suggestion = NameSuggestion.For(child.Key, SettingTable.All.Select(known => known.Name));
                warnings.Add($"{child.Path}{Origin(configuration, child)} is ignored, because there is no such setting{suggestion}");
            }
            else if (!setting.Accepts(child.Value ?? ""))
            {
                problems.Add($"{setting.Key}{Origin(configuration, child)} {setting.Complaint(child.Value ?? "")}");
            }
        }

        if (problems.Count > 0)
        {
            throw new ConfigurationException(problems);
        }
    }

    /// <summary>Where a value comes from, in brackets.</summary>
    private static string Origin(ConfigurationManager configuration, IConfigurationSection section)
    {
        IConfigurationProvider? provider = ((IConfigurationRoot)configuration).Providers.LastOrDefault(provider =>
            provider.TryGet(section.Path, out _) || provider.GetChildKeys([], section.Path).Any());
        return provider switch
        {
            CommandLineConfigurationProvider => " (command line)",
            EnvironmentVariablesConfigurationProvider => " (environment)",
            JsonConfigurationProvider json => $" ({json.Source.Path})",
            _ => "",
        };
    }
}
