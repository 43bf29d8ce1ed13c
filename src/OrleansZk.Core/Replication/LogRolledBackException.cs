using System.Globalization;

namespace OrleansZk.Core.Replication;

/// <summary>The store has less than it had: it failed over to a standby that lacked the newest commits, or an older copy was put back.</summary>
/// <remarks>Whoever goes on regardless acknowledges writes on top of a hole.</remarks>
public sealed class LogRolledBackException : Exception
{
    /// <param name="store">The store, for people.</param>
    /// <param name="found">The newest epoch that the store knows of, and the zxid after which it has lost transactions.</param>
    /// <param name="known">What it had, as far as the caller knows.</param>
    /// <param name="consequence">Completes the message: why that cannot be mended here; null where it is not known yet.</param>
    public LogRolledBackException(string store, LogPosition found, LogMark known, string? consequence = null)
        : base(Describe(store, found, known, consequence))
    {
        ArgumentNullException.ThrowIfNull(known);
        (Store, Found, Known) = (store, found, known);
    }

    /// <summary>The store, for people.</summary>
    public string Store { get; }

    /// <summary>The newest epoch that the store knows of, and the zxid after which it has lost transactions.</summary>
    public LogPosition Found { get; }

    /// <summary>What the store had, as far as the caller knows.</summary>
    public LogMark Known { get; }

    private static string Describe(string store, LogPosition found, LogMark known, string? consequence) => string.Create(
        CultureInfo.InvariantCulture,
        $"{store} has lost committed transactions: it has them up to zxid 0x{found.LastZxid:x} (epoch {found.Epoch}), "
        + $"and had them up to zxid 0x{known.LastZxid:x} at least (epoch {known.Epoch}): an older copy was put back, or it failed over to a standby that was behind. {consequence}").TrimEnd('.', ' ');
}
