using Npgsql;

namespace OrleansZk.Silo.Clustering;

/// <summary>How Orleans' ADO.NET providers reach the tables of <see cref="OrleansSchema"/>.</summary>
internal static class OrleansConnectionString
{
    /// <summary>What the providers call Npgsql.</summary>
    public const string Invariant = "Npgsql";

    /// <summary>The connection string for the providers: the schema as the only search path, and a small pool.</summary>
    /// <param name="connectionString">
    /// The ensemble's. What it leaves open becomes: <c>Maximum Pool Size</c> 10, <c>Timeout</c> 5 s (for a connection of the pool too),
    /// <c>Command Timeout</c> 10 s, <c>TCP Keepalive</c> on after 5 s of silence; with several hosts, the one that takes writes.
    /// Its <c>Search Path</c> does not count.
    /// </param>
    /// <param name="schema">As <see cref="OrleansSchema.ApplyAsync(string, string, CancellationToken)"/> was given it.</param>
    /// <remarks>Providers that are given the same string share the pool.</remarks>
    /// <exception cref="ArgumentException">The connection string cannot be read.</exception>
    public static string Create(string connectionString, string schema)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(schema);
        NpgsqlConnectionStringBuilder settings = Settings(connectionString);

        // A list of names: without the quotes, PostgreSQL would look for the schema in lower case.
        settings.SearchPath = Quote(schema);
        return settings.ConnectionString;
    }

    /// <summary>The connection string with the defaults for what it leaves open.</summary>
    internal static NpgsqlConnectionStringBuilder Settings(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);

        // Npgsql would open 100, which is all that PostgreSQL takes by default, for every silo.
        Default("Maximum Pool Size", Math.Max(10, settings.MinPoolSize));
        Default("Timeout", 5);
        Default("Command Timeout", 10);
        Default("TCP Keepalive", true);
        Default("TCP Keepalive Time", 5);
        Default("TCP Keepalive Interval", 1);
        Default("Application Name", "orleanszk-silo");

        // No query changes the settings of a session.
        Default("No Reset On Close", true);

        // After a time-out no answer is taken any more: a commit that is stopped while it waits for a synchronous standby reports success.
        Default("Cancellation Timeout", -1);
        if (settings.Host?.Contains(',', StringComparison.Ordinal) is true)
        {
            Default("Target Session Attributes", "primary");
        }

        return settings;

        void Default(string key, object value)
        {
            if (!settings.ShouldSerialize(key))
            {
                settings[key] = value;
            }
        }
    }

    /// <summary>A name as it stands in a statement.</summary>
    internal static string Quote(string name) => new NpgsqlCommandBuilder().QuoteIdentifier(name);
}
