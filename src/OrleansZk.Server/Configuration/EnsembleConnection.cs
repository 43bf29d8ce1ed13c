using Npgsql;

namespace OrleansZk.Server.Configuration;

/// <summary>Where the connection string of an ensemble comes from: a setting, or a file that only the server needs to be able to read.</summary>
internal static class EnsembleConnection
{
    private static readonly string Key = SettingTable.Get(nameof(ServerOptions.Ensemble)).Key;
    private static readonly string FileKey = SettingTable.Get(nameof(ServerOptions.EnsembleFile)).Key;

    /// <summary>Puts what the file holds, if one is named, in the setting's place.</summary>
    /// <param name="isCommandLine">True for what everybody on the machine can see.</param>
    /// <returns>A warning; null for none.</returns>
    /// <exception cref="ConfigurationException">The file cannot be read or is empty, or there is a connection string besides.</exception>
    public static string? Resolve(ConfigurationManager configuration, Func<IConfigurationProvider, bool> isCommandLine)
    {
        string setting = configuration[Key] ?? "";
        if (configuration[FileKey] is not { Length: > 0 } path)
        {
            bool isVisible = ((IConfigurationRoot)configuration).Providers.Any(provider =>
                isCommandLine(provider) && provider.TryGet(Key, out string? text) && HasPassword(text));
            return isVisible
                ? $"{Key} has a password on the command line, where every user of this machine can read it in the list of processes; "
                    + $"give it in the environment (OrleansZk__Ensemble) or in a file (--ensemble-file)"
                : null;
        }

        if (setting.Length > 0)
        {
            throw new ConfigurationException([$"{Key} and {FileKey} are both given; only one of them can be"]);
        }

        string content;
        try
        {
            content = File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException([$"{FileKey} is '{path}', which cannot be read: {e.Message}"]);
        }

        if (content.Length == 0)
        {
            throw new ConfigurationException([$"{FileKey} is '{path}', which is empty, but must hold a connection string"]);
        }

        configuration.AddInMemoryCollection([new(Key, content)]);
        return null;
    }

    private static bool HasPassword(string? connectionString)
    {
        try
        {
            return !string.IsNullOrEmpty(new NpgsqlConnectionStringBuilder(connectionString).Password);
        }
        catch (ArgumentException)
        {
            // It is refused elsewhere, by what is wrong with it.
            return false;
        }
    }
}
