using YamlDotNet.RepresentationModel;

namespace OrleansZk.Deploy.Manifests;

/// <summary>One object, as it is written or rendered.</summary>
internal sealed record Manifest(YamlMappingNode Root)
{
    public string ApiVersion => Root.TextAt("apiVersion") ?? "";

    public string Kind => Root.TextAt("kind") ?? "";

    public string Name => Root.TextAt("metadata", "name") ?? "";

    /// <summary>The pods' template of a workload.</summary>
    public YamlNode Pod => Root.At("spec", "template") ?? throw new InvalidOperationException($"{this} has no pods");

    public override string ToString() => $"{Kind}/{Name}";
}
