using System.Globalization;
using OrleansZk.Core.Access;

namespace OrleansZk.Server.Configuration;

/// <summary>One setting of <see cref="ServerOptions"/>: which texts are values of it.</summary>
/// <param name="Allowed">What it must be, for messages: "an integer from 0 to 65535".</param>
/// <param name="Get">Its value in force.</param>
internal sealed record Setting(string Name, string Allowed, Func<string, bool> Accepts, Func<ServerOptions, object> Get)
{
    /// <summary>True when messages must not show the value.</summary>
    public bool IsSecret { get; init; }

    /// <summary>The largest number that is a value; null for what is no number.</summary>
    public long? Largest { get; init; }

    /// <summary>The setting's key in the configuration.</summary>
    public string Key => $"{ServerOptions.Section}:{Name}";

    public static Setting Integer(string name, Func<ServerOptions, object> get, long least, long most) => new(
        name,
        most is int.MaxValue or long.MaxValue ? $"an integer, {least} or more" : $"an integer from {least} to {most}",
        text => long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out long value)
            && value >= least && value <= most,
        get)
    {
        Largest = most,
    };

    public static Setting Boolean(string name, Func<ServerOptions, object> get) =>
        new(name, "true or false", text => bool.TryParse(text, out _), get);

    public static Setting Address(string name, Func<ServerOptions, object> get) =>
        new(name, "an IP address, or empty for all", text => text.Length == 0 || InternetAddress.TryParse(text, out _), get);

    public static Setting Host(string name, Func<ServerOptions, object> get) =>
        new(name, "an IP address, the name of a host, or empty", text => text.Length == 0 || InternetAddress.IsAddressOrName(text), get);

    public static Setting Text(string name, Func<ServerOptions, object> get) => new(name, "text", _ => true, get);

    /// <summary>What is wrong with a value, for a message that begins with where it comes from.</summary>
    public string Complaint(string text) => (IsSecret, text.Length) switch
    {
        (_, 0) => $"is empty, but must be {Allowed}",
        (true, _) => $"must be {Allowed}",
        _ => $"is '{text}', but must be {Allowed}",
    };
}
