using System.Globalization;
using OrleansZk.Deploy.Manifests;
using YamlDotNet.RepresentationModel;

namespace OrleansZk.Deploy.Tests;

/// <summary>Selectors find the pods, services find their ports, and only those come in who should.</summary>
public sealed class NetworkTests
{
    private static readonly YamlNode Silo = DeployFolder.StatefulSet.Pod.ItemsAt("spec", "containers").Single();

    private static readonly Dictionary<string, string> PodLabels = DeployFolder.StatefulSet.Pod.MapAt("metadata", "labels");

    private static readonly Dictionary<string, int> Ports = Silo.ItemsAt("ports")
        .ToDictionary(port => port.TextAt("name")!, port => port.NumberAt("containerPort")!.Value, StringComparer.Ordinal);

    private static readonly Manifest Policy = DeployFolder.Objects.Single(manifest => manifest.Kind == "NetworkPolicy");

    private static IEnumerable<Manifest> Services => DeployFolder.Objects.Where(manifest => manifest.Kind == "Service");

    [Fact]
    public void Every_selector_finds_the_pods()
    {
        List<Dictionary<string, string>> selectors =
        [
            DeployFolder.StatefulSet.Root.MapAt("spec", "selector", "matchLabels"),
            .. Services.Select(service => service.Root.MapAt("spec", "selector")),
            .. DeployFolder.Objects.Where(manifest => manifest.Kind == "PodDisruptionBudget").Select(budget => budget.Root.MapAt("spec", "selector", "matchLabels")),
            Policy.Root.MapAt("spec", "podSelector", "matchLabels"),
            .. DeployFolder.StatefulSet.Pod.ItemsAt("spec", "topologySpreadConstraints").Select(spread => spread.MapAt("labelSelector", "matchLabels")),
        ];
        selectors.Count.ShouldBe(8);
        selectors.ShouldAllBe(selector => Selects(selector, PodLabels));
    }

    [Fact]
    public void Every_object_carries_the_labels_of_the_pods() =>
        DeployFolder.Objects.ShouldAllBe(manifest => Selects(PodLabels, manifest.Root.MapAt("metadata", "labels")));

    [Theory]
    [InlineData("client", "ClientPort")]
    [InlineData("admin", "AdminPort")]
    [InlineData("silo", "SiloPort")]
    [InlineData("gateway", "GatewayPort")]
    public void Ports_are_the_defaults(string port, string setting)
    {
        Ports.Count.ShouldBe(4);
        Ports[port].ToString(CultureInfo.InvariantCulture).ShouldBe(Settings.Default(setting));
    }

    [Fact]
    public void Services_find_the_ports_of_the_pods()
    {
        foreach (Manifest service in Services)
        {
            foreach (YamlNode port in service.Root.ItemsAt("spec", "ports"))
            {
                port.NumberAt("port").ShouldBe(Ports[port.TextAt("targetPort")!], $"{service}");
            }
        }

        Services.SelectMany(service => service.Root.ItemsAt("spec", "ports")).Select(port => port.TextAt("targetPort")!).Distinct().ShouldBe(Ports.Keys, ignoreOrder: true);
    }

    [Fact]
    public void The_service_of_the_clients_shows_nothing_else() =>
        Services.Single(service => service.Name == "orleanszk").Root.ItemsAt("spec", "ports").Single().TextAt("targetPort").ShouldBe("client");

    [Fact]
    public void Each_silo_has_a_name_before_it_is_ready()
    {
        Manifest silos = Services.Single(service => service.Name == DeployFolder.StatefulSet.Root.TextAt("spec", "serviceName"));
        silos.Root.TextAt("spec", "clusterIP").ShouldBe("None");
        silos.Root.TextAt("spec", "publishNotReadyAddresses").ShouldBe("true");
    }

    [Theory]
    [InlineData("client", "anybody")]
    [InlineData("silo", "silos")]
    [InlineData("gateway", "silos, orleanszk-gateway=allow")]
    [InlineData("admin", "orleanszk-admin=allow")]
    public void A_port_is_open_to_those_only_who_need_it(string port, string peers)
    {
        Policy.Root.TextsAt("spec", "policyTypes").ShouldBe(["Ingress"]);
        IReadOnlyList<YamlNode> rules = Policy.Root.ItemsAt("spec", "ingress");
        rules.ShouldAllBe(rule => rule.ItemsAt("ports").Count > 0);
        rules.SelectMany(rule => rule.ItemsAt("ports")).ShouldAllBe(open => Ports.ContainsKey(open.TextAt("port")!));
        string.Join(", ", rules.Where(rule => rule.ItemsAt("ports").Any(open => open.TextAt("port") == port)).SelectMany(Peers)).ShouldBe(peers);
    }

    private static IEnumerable<string> Peers(YamlNode rule) => rule.At("from") is null ? ["anybody"] : rule.ItemsAt("from").Select(peer =>
    {
        peer.At("namespaceSelector").ShouldBeNull();
        Dictionary<string, string> labels = peer.MapAt("podSelector", "matchLabels");
        labels.ShouldNotBeEmpty();
        return Selects(labels, PodLabels) ? "silos" : string.Join('&', labels.Select(label => $"{label.Key}={label.Value}"));
    });

    private static bool Selects(Dictionary<string, string> selector, Dictionary<string, string> labels) =>
        selector.Count > 0 && selector.All(wanted => labels.TryGetValue(wanted.Key, out string? value) && value == wanted.Value);
}
