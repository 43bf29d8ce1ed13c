namespace OrleansZk.Server.Configuration;

/// <summary>A <c>zoo.cfg</c> as a source of configuration. It is read once.</summary>
/// <exception cref="ConfigurationException">On creation: the file cannot be used.</exception>
internal sealed class ZooCfgConfigurationSource(string path, ZooCfgContext context) : IConfigurationSource
{
    private readonly ZooCfgContent _content = ZooCfgReader.Read(path, context);

    /// <summary>What the operator should know about the file.</summary>
    public IReadOnlyList<string> Warnings => _content.Warnings;

    public IConfigurationProvider Build(IConfigurationBuilder builder) => new ZooCfgConfigurationProvider(_content);
}

internal sealed class ZooCfgConfigurationProvider(ZooCfgContent content) : ConfigurationProvider
{
    public override void Load()
    {
        foreach ((string key, string value) in content.Values)
        {
            Data[key] = value;
        }
    }
}
