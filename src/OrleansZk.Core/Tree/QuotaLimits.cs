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

        ReadOnlySpan<byte> rest = data;
        while (!rest.IsEmpty)
        {
            int length = rest.IndexOfAny((byte)',', (byte)';');
            ReadOnlySpan<byte> pair = length < 0 ? rest : rest[..length];
            rest = length < 0 ? [] : rest[(length + 1)..];
            if (!pair.IsEmpty && !TryApply(pair, ref limits))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Reads a usage; text that does not have both figures is none.</summary>
    public static bool TryParseUsage(byte[]? data, out QuotaLimits usage) => TryParse(data, out usage) && usage is { Count: >= 0, Bytes: >= 0 };

    /// <summary>The text of a usage, which has no hard limits.</summary>
    public static byte[] FormatUsage(long count, long bytes) => Encoding.UTF8.GetBytes($"count={count},bytes={bytes}");

    private static bool TryApply(ReadOnlySpan<byte> pair, ref QuotaLimits limits)
    {
        int equals = pair.IndexOf((byte)'=');
        if (equals < 0)
        {
            return false;
        }

        // A stray "=" ends the old part of the text, so that old parsers stop there: "bytes=5=;byteHardLimit=9".
        ReadOnlySpan<byte> name = pair[..equals];
        ReadOnlySpan<byte> text = pair[(equals + 1)..];
        int stray = text.IndexOf((byte)'=');
        text = stray < 0 ? text : text[..stray];
        long value = -1;
        if (!text.IsEmpty && !long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value))
        {
            return false;
        }

        if (name.SequenceEqual("count"u8))
        {
            limits = limits with { Count = value };
        }
        else if (name.SequenceEqual("bytes"u8))
        {
            limits = limits with { Bytes = value };
        }
        else if (name.SequenceEqual("countHardLimit"u8))
        {
            limits = limits with { CountHardLimit = value };
        }
        else if (name.SequenceEqual("byteHardLimit"u8))
        {
            limits = limits with { ByteHardLimit = value };
        }

        return true;
    }
}
