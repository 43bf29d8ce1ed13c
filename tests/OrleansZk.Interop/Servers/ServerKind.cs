namespace OrleansZk.Interop.Servers;

/// <summary>Whose server the clients talk to.</summary>
public enum ServerKind
{
    /// <summary>The server of this repository, started by its <c>start.sh</c>.</summary>
    OrleansZk,

    /// <summary>Apache ZooKeeper, as Debian packages it.</summary>
    Apache,
}

/// <summary>The choice made for this run of the suite.</summary>
public static class ServerUnderTest
{
    /// <summary>Set to <c>apache</c>, the whole suite runs against Apache ZooKeeper: that is how the suite itself is tested.</summary>
    public const string Variable = "INTEROP_SERVER";

    public static ServerKind Kind { get; } =
        (Environment.GetEnvironmentVariable(Variable) ?? "").Trim().ToUpperInvariant() switch
        {
            "" or "ORLEANSZK" => ServerKind.OrleansZk,
            "APACHE" => ServerKind.Apache,
            var other => throw new InvalidOperationException($"{Variable}={other}: expected 'orleanszk' or 'apache'."),
        };

    public static bool IsApache => Kind == ServerKind.Apache;

    /// <summary>Skips the case on Apache, where we differ from it on purpose.</summary>
    public static void SkipOnApache(string reason) => Assert.SkipWhen(IsApache, $"Differs from Apache ZooKeeper on purpose: {reason}");
}
