using System.Globalization;
using System.Text;
using Microsoft.Extensions.Options;
using Npgsql;

namespace OrleansZk.Storage.Postgres;

/// <summary>Says at the start, by key, value and range, what is wrong with the options.</summary>
internal sealed class PostgresValidation : IValidateOptions<PostgresOptions>
{
    public ValidateOptionsResult Validate(string? name, PostgresOptions options)
    {
        var faults = new List<string>();
        CheckConnectionString(faults, options.ConnectionString);
        if (string.IsNullOrWhiteSpace(options.Schema) || options.Schema.Contains('\0', StringComparison.Ordinal)
            || Encoding.UTF8.GetByteCount(options.Schema) > PostgresOptions.MaxSchemaLength)
        {
            faults.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"{Key(nameof(options.Schema))} is '{options.Schema}'; it must be a name of 1 to {PostgresOptions.MaxSchemaLength} bytes"));
        }

        if (string.IsNullOrWhiteSpace(options.EnsembleName) || options.EnsembleName.Contains('\0', StringComparison.Ordinal))
        {
            faults.Add($"{Key(nameof(options.EnsembleName))} is empty; it must be a name");
        }

        CheckRange(faults, nameof(options.CheckpointTimeoutSeconds), options.CheckpointTimeoutSeconds, 1, 86_400, "seconds");
        CheckRange(faults, nameof(options.JoinPatienceMilliseconds), options.JoinPatienceMilliseconds, 0, 60_000, "milliseconds");
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static void CheckConnectionString(List<string> faults, string text)
    {
        try
        {
            if (string.IsNullOrWhiteSpace(new NpgsqlConnectionStringBuilder(text).Host))
            {
                faults.Add($"{Key(nameof(PostgresOptions.ConnectionString))} names no host; it must say at least Host=... and Database=...");
            }
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or KeyNotFoundException)
        {
            // Not the string itself: it may hold a password.
            faults.Add($"{Key(nameof(PostgresOptions.ConnectionString))} cannot be read: {exception.Message}");
        }
    }

    private static void CheckRange(List<string> faults, string property, int value, int least, int most, string unit)
    {
        if (value < least || value > most)
        {
            faults.Add(string.Create(
                CultureInfo.InvariantCulture, $"{Key(property)} is {value}; it must be from {least} to {most} {unit}"));
        }
    }

    private static string Key(string property) => PostgresOptions.Section + ":" + property;
}
