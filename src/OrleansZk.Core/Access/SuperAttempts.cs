using Microsoft.Extensions.Logging;
using OrleansZk.Core.Diagnostics;

namespace OrleansZk.Core.Access;

/// <summary>Counts and logs who authenticates as the super user, and who tries to.</summary>
/// <param name="superDigest"><c>user:base64hash</c>; empty or null when there is no such user, and nothing to count.</param>
/// <remarks>Thread-safe.</remarks>
public sealed partial class SuperAttempts(string? superDigest, TimeProvider clock, ILogger<SuperAttempts> logger)
{
    private readonly string? _prefix = string.IsNullOrEmpty(superDigest) ? null : superDigest[..(superDigest.IndexOf(':', StringComparison.Ordinal) + 1)];
    private readonly RepeatedEvent _failures = new(clock);
    private long _succeeded;
    private long _failed;

    /// <summary>Auth packets with the right password.</summary>
    public long Succeeded => Interlocked.Read(ref _succeeded);

    /// <summary>Auth packets that named the super user with another password.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>Notes what an auth packet has proved.</summary>
    /// <param name="client">Address and port.</param>
    /// <param name="proven">Null when it was refused.</param>
    public void Note(string client, IReadOnlyList<AclId>? proven)
    {
        if (_prefix is null || proven is null)
        {
            return;
        }

        bool isSuper = false;
        bool isSuperName = false;
        foreach (AclId id in proven)
        {
            isSuper |= id.Scheme == AclScheme.Super;
            isSuperName |= id.Scheme == AclScheme.Digest && id.Id.StartsWith(_prefix, StringComparison.Ordinal);
        }

        if (isSuper)
        {
            Interlocked.Increment(ref _succeeded);
            LogSucceeded(client);
        }
        else if (isSuperName)
        {
            Interlocked.Increment(ref _failed);
            if (_failures.IsDue(out long count))
            {
                LogFailed(client, count);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Client} has authenticated as the super user")]
    private partial void LogSucceeded(string client);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Client} has named the super user with a wrong password; {Count} such attempts since this was logged last")]
    private partial void LogFailed(string client, long count);
}
