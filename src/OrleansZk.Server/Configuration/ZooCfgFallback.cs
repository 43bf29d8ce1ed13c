using System.Globalization;

namespace OrleansZk.Server.Configuration;

/// <summary>What becomes of a value with which ZooKeeper starts, but which is no value of the setting.</summary>
/// <remarks>None of these may open what the value was meant to close.</remarks>
internal sealed class ZooCfgFallback
{
    private readonly Func<string, Setting, ZooCfgValue, string, ZooCfgVerdict?> _judge;

    private ZooCfgFallback(Func<string, Setting, ZooCfgValue, string, ZooCfgVerdict?> judge) => _judge = judge;

    /// <summary>ZooKeeper reads a system property: what is no number, or too small, leaves the default; what is too large becomes the largest.</summary>
    public static ZooCfgFallback Property { get; } = new((text, setting, value, allowed) => (ZooCfgVerdict?)Largest(text, setting, value) ?? Default(text, setting, allowed));

    /// <summary>ZooKeeper refuses what is no number, and takes any that is one: too large becomes the largest.</summary>
    public static ZooCfgFallback Range { get; } = new((text, setting, value, _) => Largest(text, setting, value));

    /// <summary>The default.</summary>
    public static ZooCfgFallback Unset { get; } = new((text, setting, _, allowed) => Default(text, setting, allowed));

    /// <summary>As <see cref="Range"/>, and any negative number means no limit.</summary>
    public static ZooCfgFallback NegativeIs(string text) => new((given, setting, value, _) =>
        long.TryParse(given, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) && number is < 0 and >= int.MinValue
            ? new ZooCfgVerdict.Set(setting, text, $"is taken for {text}, as ZooKeeper does")
            : Largest(given, setting, value));

    /// <summary>What ZooKeeper takes any other value for.</summary>
    public static ZooCfgFallback Is(string text) => new((_, setting, _, allowed) =>
        new ZooCfgVerdict.Set(setting, text, $"is taken for {(text.Length == 0 ? "none" : text)}, as ZooKeeper does, because it is not {allowed}"));

    /// <summary>ZooKeeper starts without its admin server.</summary>
    public static ZooCfgFallback NoAdminPort { get; } = new((_, _, _, allowed) => new ZooCfgVerdict.Set(
        SettingTable.Get(nameof(ServerOptions.AdminPort)), "-1", $"leaves the server without an admin port, as ZooKeeper, because it is not {allowed}"));

    /// <returns>Null when the server must not start with the value.</returns>
    public ZooCfgVerdict? Judge(string text, Setting setting, ZooCfgValue value, string allowed) => _judge(text, setting, value, allowed);

    private static ZooCfgVerdict.Ignore Default(string text, Setting setting, string allowed) => new ZooCfgVerdict.Ignore(
        $"'{text}' is not {allowed}; ZooKeeper goes on with its default there, and this server with its own "
        + $"({Convert.ToString(setting.Get(new ServerOptions()), CultureInfo.InvariantCulture)?.ToLowerInvariant()})");

    private static ZooCfgVerdict.Set? Largest(string text, Setting setting, ZooCfgValue value) =>
        setting.Largest is { } largest && value.Convert(text) is { } converted
        && long.TryParse(converted, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) && number > largest
            ? new ZooCfgVerdict.Set(setting, largest.ToString(CultureInfo.InvariantCulture), $"is more than {largest}, which is used instead")
            : null;
}
