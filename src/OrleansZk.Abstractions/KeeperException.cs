namespace OrleansZk;

/// <summary>A request was refused with one of the protocol's own errors.</summary>
public sealed class KeeperException : Exception
{
    public KeeperException(ErrorCode code, string? path = null)
        : base(path is null ? $"{code} ({(int)code})" : $"{code} ({(int)code}) for {path}")
    {
        Code = code;
        Path = path;
    }

    public ErrorCode Code { get; }

    /// <summary>The path that the request named, if any.</summary>
    public string? Path { get; }
}
