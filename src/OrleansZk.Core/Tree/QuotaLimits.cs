using System.Globalization;
using System.Text;

namespace OrleansZk.Core.Tree;

/// <summary>The text in a quota's two nodes (ZooKeeper: <c>StatsTrack</c>); -1 says that a figure is not set.</summary>
/// <param name="Count">Nodes: the soft limit, or the usage.</param>
/// <param name="Bytes">Bytes of data: the soft limit, or the usage.</param>
public readonly record struct QuotaLimits(long Count, long Bytes, long CountHardLimit, long ByteHardLimit)
{
    public static QuotaLimits Unset { get; } = new(-1, -1, -1, -1);

    /// <returns>False when the text is not <c>name=number</c> pairs, separated by commas or semicolons.</returns>
    public static bool TryParse(byte[]? data, out QuotaLimits limits)
    {
        limits = Unset;
        if (data is null)
        {
            return false;
        }

        foreach (string pair in Encoding.UTF8.GetString(data).Split([',', ';'], StringSplitOptions.RemoveEmptyEntries))
        {
            // A stray "=" ends the old part of the text, so that old parsers stop there: "bytes=5=;byteHardLimit=9".
            string[] parts = pair.Split('=');
            if (parts.Length < 2)
            {
                return false;
            }

            long value = -1;
            if (parts[1].Length > 0 && !long.TryParse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value))
            {
                return false;
            }

            limits = parts[0] switch
            {
                "count" => limits with { Count = value },
                "bytes" => limits with { Bytes = value },
                "countHardLimit" => limits with { CountHardLimit = value },
                "byteHardLimit" => limits with { ByteHardLimit = value },
                _ => limits,
            };
        }

        return true;
    }

    /// <summary>Reads a usage; text that does not have both figures is none.</summary>
    public static bool TryParseUsage(byte[]? data, out QuotaLimits usage) => TryParse(data, out usage) && usage is { Count: >= 0, Bytes: >= 0 };

    /// <summary>The text of a usage, which has no hard limits.</summary>
    public static byte[] FormatUsage(long count, long bytes) => Encoding.UTF8.GetBytes($"count={count},bytes={bytes}");
}
