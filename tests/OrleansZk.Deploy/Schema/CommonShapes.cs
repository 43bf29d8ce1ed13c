using System.Text.RegularExpressions;
using static OrleansZk.Deploy.Schema.Shape;

namespace OrleansZk.Deploy.Schema;

/// <summary>What the kinds have in common: names, labels, selectors, ports.</summary>
internal static partial class CommonShapes
{
    /// <summary>The name of most objects: a DNS subdomain.</summary>
    public static Shape ObjectName { get; } = Like("a DNS subdomain", Subdomain());

    /// <summary>The name of a service or a namespace, and of a container or a volume.</summary>
    public static Shape Label { get; } = Like("a DNS label", DnsLabel());

    public static Shape Key { get; } = Like("a qualified name", QualifiedName());

    public static Shape LabelValue { get; } = Like("a label's value", LabelText());

    public static Shape Labels { get; } = MapOf(Key, LabelValue);

    public static Shape PortName { get; } = Like("a port's name", NameOfPort());

    public static Shape PortNumber { get; } = Whole(1, 65535);

    public static Shape Port { get; } = Either(PortNumber, PortName);

    public static Shape Transport { get; } = OneOf("TCP", "UDP", "SCTP");

    public static Shape Quantity { get; } = Either(Whole(0), Like("a quantity", Amount()));

    public static Shape NumberOrPercent { get; } = Either(Whole(0), Like("a percentage", Percent()));

    public static Shape AbsolutePath { get; } = Like("an absolute path", Absolute());

    public static Shape Selector { get; } = new Fields()
        .May("matchLabels", Labels)
        .May("matchExpressions", ListOf(new Fields()
            .Needs("key", Key)
            .Needs("operator", OneOf("In", "NotIn", "Exists", "DoesNotExist"))
            .May("values", ListOf(LabelValue))));

    /// <summary>The metadata of an object. What the API server fills in is not for files.</summary>
    public static Shape Metadata(Shape name) => new Fields()
        .Needs("name", name)
        .May("namespace", Label)
        .May("labels", Labels)
        .May("annotations", MapOf(Key, Text))
        .May("finalizers", ListOf(Text));

    /// <summary>The metadata of a template, from which objects with names of their own are made.</summary>
    public static Shape TemplateMetadata { get; } = new Fields()
        .May("labels", Labels)
        .May("annotations", MapOf(Key, Text));

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")]
    private static partial Regex Subdomain();

    [GeneratedRegex("^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$")]
    private static partial Regex DnsLabel();

    [GeneratedRegex(@"^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$")]
    private static partial Regex QualifiedName();

    [GeneratedRegex("^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$")]
    private static partial Regex LabelText();

    [GeneratedRegex("^(?=.{1,15}$)(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
    private static partial Regex NameOfPort();

    [GeneratedRegex(@"^[0-9]+(\.[0-9]+)?([numkMGTPE]|[KMGTPE]i)?$")]
    private static partial Regex Amount();

    [GeneratedRegex("^[0-9]+%$")]
    private static partial Regex Percent();

    [GeneratedRegex("^/[^:]*$")]
    private static partial Regex Absolute();
}
