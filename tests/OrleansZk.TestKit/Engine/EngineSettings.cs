using System.Security.Cryptography;
using System.Text;
using OrleansZk.Core.Access;
using OrleansZk.Core.Reaping;
using OrleansZk.Core.Replication;

namespace OrleansZk.TestKit.Engine;

/// <summary>How an <see cref="EngineHarness"/> is set up; all of it survives restarts.</summary>
public sealed record EngineSettings
{
    public const string SuperPassword = "super:secret";

    public int ServerId { get; init; } = 1;

    public ReplicaLimits Limits { get; init; } = new();

    public LeaderOptions Leader { get; init; } = new();

    public ReaperOptions Reaper { get; init; } = new();

    public bool SkipAcl { get; init; }

    /// <summary>True slows down who tries passwords, as the product does.</summary>
    public bool BrakesAuth { get; init; }

    /// <summary>The counter to begin the first epoch after.</summary>
    public uint FirstCounter { get; init; }

    public DateTimeOffset Start { get; init; } = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public static DigestScheme Digest { get; } = new(HashAlgorithmName.SHA1, DigestId(SuperPassword));

    /// <summary>The digest id of a user and password, <c>user:password</c>.</summary>
    public static string DigestId(string userAndPassword) =>
        new DigestScheme(HashAlgorithmName.SHA1, null).Generate(Encoding.UTF8.GetBytes(userAndPassword));

    public static AccessControl Access(bool skip, AuthBrake? brake = null) => new([Digest, new IpScheme()], skip) { Brake = brake };
}
