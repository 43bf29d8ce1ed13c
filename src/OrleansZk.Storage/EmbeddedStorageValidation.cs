using System.Globalization;
using Microsoft.Extensions.Options;

namespace OrleansZk.Storage;

/// <summary>Says at the start, by key, value and range, what is wrong with the options.</summary>
internal sealed class EmbeddedStorageValidation : IValidateOptions<EmbeddedStorageOptions>
{
    public ValidateOptionsResult Validate(string? name, EmbeddedStorageOptions options)
    {
        var faults = new List<string>();
        if (string.IsNullOrWhiteSpace(options.DataFolder))
        {
            faults.Add($"{Key(nameof(options.DataFolder))} is empty; it must name a folder");
        }
        else if (options.DataFolder.AsSpan().ContainsAny(Path.GetInvalidPathChars()))
        {
            faults.Add($"{Key(nameof(options.DataFolder))} is '{options.DataFolder}', which no folder can be called");
        }

        CheckRange(
            faults, nameof(options.SegmentBytes), options.SegmentBytes,
            EmbeddedStorageOptions.MinSegmentBytes, EmbeddedStorageOptions.MaxSegmentBytes, "bytes");
        CheckRange(
            faults, nameof(options.SpinMicroseconds), options.SpinMicroseconds, 0, EmbeddedStorageOptions.MaxSpinMicroseconds, "microseconds");
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static void CheckRange(List<string> faults, string property, long value, long least, long most, string unit)
    {
        if (value < least || value > most)
        {
            faults.Add(string.Create(
                CultureInfo.InvariantCulture, $"{Key(property)} is {value}; it must be from {least} to {most} {unit}"));
        }
    }

    private static string Key(string property) => EmbeddedStorageOptions.Section + ":" + property;
}
