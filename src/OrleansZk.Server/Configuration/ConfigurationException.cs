namespace OrleansZk.Server.Configuration;

/// <summary>The configuration cannot be used.</summary>
/// <param name="problems">All that is wrong with it; each names the key, the value and what is allowed.</param>
internal sealed class ConfigurationException(IReadOnlyList<string> problems) : Exception(string.Join("; ", problems))
{
    public IReadOnlyList<string> Problems => problems;
}
