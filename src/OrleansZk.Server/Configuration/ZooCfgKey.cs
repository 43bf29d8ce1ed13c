namespace OrleansZk.Server.Configuration;

/// <summary>What becomes of a key of <c>zoo.cfg</c>.</summary>
internal enum ZooCfgTreatment
{
    /// <summary>Its value becomes a setting, or asks for what is done anyway.</summary>
    Taken,

    /// <summary>It has no effect here, which a warning says.</summary>
    Ignored,

    /// <summary>Starting without what it asks for would not be safe, so the server does not start.</summary>
    Refused,
}

/// <summary>What becomes of one value.</summary>
internal abstract record ZooCfgVerdict
{
    private ZooCfgVerdict()
    {
    }

    /// <summary>The value is what is done anyway.</summary>
    public static ZooCfgVerdict Nothing { get; } = new None();

    public sealed record None : ZooCfgVerdict;

    /// <param name="Warning">Why another value is used than the one in the file, for a sentence that begins with it; null when it is that one.</param>
    public sealed record Set(Setting Setting, string Text, string? Warning = null) : ZooCfgVerdict;

    public sealed record Ignore(string Reason) : ZooCfgVerdict;

    public sealed record Refuse(string Reason) : ZooCfgVerdict;

    /// <param name="Allowed">What the value must be.</param>
    public sealed record Invalid(string Allowed) : ZooCfgVerdict;
}

/// <summary>One key of <c>zoo.cfg</c>, or, ending in <c>*</c>, all keys that begin alike.</summary>
/// <param name="Name">Without the prefix <c>zookeeper.</c>, which every key may carry.</param>
/// <param name="Note">The setting that it becomes and how, or the reason why it does not.</param>
internal sealed record ZooCfgKey(string Name, ZooCfgTreatment Treatment, string Note, Func<string, ZooCfgVerdict> Judge)
{
    /// <summary>A key that becomes a setting.</summary>
    /// <param name="note">What is to be said beside the setting's name.</param>
    /// <param name="otherwise">
    /// What becomes of a value that is not allowed, where ZooKeeper starts with it all the same; null where ZooKeeper does not start either.
    /// </param>
    public static ZooCfgKey Taken(string name, string setting, ZooCfgValue value, string note = "", ZooCfgFallback? otherwise = null)
    {
        Setting target = SettingTable.Get(setting);
        string allowed = value.Allowed ?? target.Allowed;
        return new ZooCfgKey(name, ZooCfgTreatment.Taken, note.Length == 0 ? $"`{setting}`" : $"`{setting}`; {note}", text =>
            value.Convert(text) is { } converted && target.Accepts(converted)
                ? new ZooCfgVerdict.Set(target, converted)
                : otherwise?.Judge(text, target, value, allowed) ?? new ZooCfgVerdict.Invalid(allowed));
    }

    public static ZooCfgKey Ignored(string name, string reason) =>
        new(name, ZooCfgTreatment.Ignored, reason, _ => new ZooCfgVerdict.Ignore(reason));

    public static ZooCfgKey Refused(string name, string reason) =>
        new(name, ZooCfgTreatment.Refused, reason, _ => new ZooCfgVerdict.Refuse(reason));

    /// <summary>A key that is refused only when its value asks for something that is not there.</summary>
    public static ZooCfgKey RefusedUnless(string name, string harmless, string reason) => new(
        name,
        ZooCfgTreatment.Refused,
        $"unless `{harmless}`: {reason}",
        text => string.Equals(text, harmless, StringComparison.OrdinalIgnoreCase) ? ZooCfgVerdict.Nothing : new ZooCfgVerdict.Refuse(reason));

    /// <summary>A key that is refused unless it says no, in whatever words: to ZooKeeper all but <c>true</c> is that, and nobody who writes these means yes.</summary>
    public static ZooCfgKey RefusedUnlessOff(string name, string reason) => new(
        name,
        ZooCfgTreatment.Refused,
        $"unless `false`: {reason}",
        text => text.ToUpperInvariant() switch
        {
            "FALSE" => ZooCfgVerdict.Nothing,
            "" or "NO" or "OFF" or "0" or "N" or "F" or "DISABLED" or "NONE" => new ZooCfgVerdict.Ignore($"'{text}' is taken for false"),
            _ => new ZooCfgVerdict.Refuse(reason),
        });
}
