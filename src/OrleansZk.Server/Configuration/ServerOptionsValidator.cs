using System.Globalization;
using Microsoft.Extensions.Options;

namespace OrleansZk.Server.Configuration;

/// <summary>Refuses settings that cannot work: each message names the key, the value and what is allowed.</summary>
internal sealed class ServerOptionsValidator : IValidateOptions<ServerOptions>
{
    public ValidateOptionsResult Validate(string? name, ServerOptions options)
    {
        var failures = new List<string>();
        foreach (Setting setting in SettingTable.All)
        {
            string text = Convert.ToString(setting.Get(options), CultureInfo.InvariantCulture) ?? "";
            if (!setting.Accepts(text))
            {
                failures.Add($"{setting.Key} {setting.Complaint(text)}");
            }
        }

        if (options.EffectiveMinSessionTimeout > options.EffectiveMaxSessionTimeout)
        {
            failures.Add($"{Key(nameof(options.MinSessionTimeout))} is {options.EffectiveMinSessionTimeout} ms, "
                + $"but must not be more than {Key(nameof(options.MaxSessionTimeout))}, which is {options.EffectiveMaxSessionTimeout} ms");
        }

        if (options.MaxTransactionBytes >= 0 && options.MaxTransactionBytes < options.MaxFrameLength)
        {
            failures.Add($"{Key(nameof(options.MaxTransactionBytes))} is {options.MaxTransactionBytes} bytes, but must not be less than "
                + $"{Key(nameof(options.MaxFrameLength))} (jute.maxbuffer), which is {options.MaxFrameLength}: requests that fit would be refused");
        }

        if (!options.CreateDataDirectory && !Directory.Exists(options.DataDirectory))
        {
            failures.Add($"{Key(nameof(options.DataDirectory))} is '{options.DataDirectory}', which is no folder, "
                + $"and {Key(nameof(options.CreateDataDirectory))} is false");
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static string Key(string name) => SettingTable.Get(name).Key;
}
