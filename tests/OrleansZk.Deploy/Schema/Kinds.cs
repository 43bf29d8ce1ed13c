using System.Text.RegularExpressions;
using OrleansZk.Deploy.Manifests;
using static OrleansZk.Deploy.Schema.CommonShapes;
using static OrleansZk.Deploy.Schema.Shape;

namespace OrleansZk.Deploy.Schema;

/// <summary>The kinds that are deployed, with their fields as Kubernetes' API reference states them, and kustomize's own kind.</summary>
internal static partial class Kinds
{
    private static readonly Dictionary<(string ApiVersion, string Kind), Shape> All = new()
    {
        [("v1", "Namespace")] = Object(Label).May("spec", new Fields().May("finalizers", ListOf(Text))),
        [("v1", "ServiceAccount")] = Object(ObjectName)
            .May("automountServiceAccountToken", Flag)
            .May("imagePullSecrets", ListOf(new Fields().Needs("name", ObjectName))),
        [("v1", "Secret")] = Object(ObjectName)
            .May("type", Text)
            .May("immutable", Flag)
            .May("data", MapOf(Key, Like("base64", Base64())))
            .May("stringData", MapOf(Key, Text)),
        [("v1", "Service")] = Object(Label).Needs("spec", new Fields()
            .May("type", OneOf("ClusterIP", "NodePort", "LoadBalancer"))
            .May("selector", Labels)
            .Needs("ports", ListOf(
                new Fields()
                    .Needs("port", PortNumber)
                    .May("name", Label)
                    .May("targetPort", Port)
                    .May("protocol", Transport)
                    .May("nodePort", PortNumber)
                    .May("appProtocol", Text),
                least: 1))
            .May("clusterIP", Text)
            .May(ListOf(Text), "clusterIPs", "externalIPs", "loadBalancerSourceRanges")
            .May("ipFamilies", ListOf(OneOf("IPv4", "IPv6")))
            .May("ipFamilyPolicy", OneOf("SingleStack", "PreferDualStack", "RequireDualStack"))
            .May(OneOf("Cluster", "Local"), "internalTrafficPolicy", "externalTrafficPolicy")
            .May(Flag, "publishNotReadyAddresses", "allocateLoadBalancerNodePorts")
            .May("loadBalancerClass", Text)
            .May("trafficDistribution", Text)
            .May("sessionAffinity", OneOf("None", "ClientIP"))
            .May("sessionAffinityConfig", new Fields().May("clientIP", new Fields().May("timeoutSeconds", Whole(1, 86400))))),
        [("apps/v1", "StatefulSet")] = Object(Label).Needs("spec", new Fields()
            .Needs("selector", Selector)
            .Needs("serviceName", Label)
            .Needs("template", PodShapes.Template)
            .May(Whole(0), "replicas", "minReadySeconds", "revisionHistoryLimit")
            .May("podManagementPolicy", OneOf("OrderedReady", "Parallel"))
            .May("ordinals", new Fields().May("start", Whole(0)))
            .May("updateStrategy", new Fields()
                .May("type", OneOf("RollingUpdate", "OnDelete"))
                .May("rollingUpdate", new Fields().May("partition", Whole(0)).May("maxUnavailable", NumberOrPercent)))),
        [("policy/v1", "PodDisruptionBudget")] = Object(ObjectName).Needs("spec", new Fields()
            .May(NumberOrPercent, "maxUnavailable", "minAvailable")
            .ExactlyOneOf("maxUnavailable", "minAvailable")
            .Needs("selector", Selector)
            .May("unhealthyPodEvictionPolicy", OneOf("IfHealthyBudget", "AlwaysAllow"))),
        [("networking.k8s.io/v1", "NetworkPolicy")] = Object(ObjectName).Needs("spec", new Fields()
            .Needs("podSelector", Selector)
            .May("policyTypes", ListOf(OneOf("Ingress", "Egress")))
            .May("ingress", ListOf(Rule("from")))
            .May("egress", ListOf(Rule("to")))),
        [("kustomize.config.k8s.io/v1beta1", "Kustomization")] = new Fields()
            .Needs("apiVersion", Text)
            .Needs("kind", Text)
            .Needs("resources", ListOf(Text, least: 1))
            .May("namespace", Label)
            .May(Text, "namePrefix", "nameSuffix")
            .May("images", ListOf(new Fields().Needs("name", Text).May(Text, "newName", "newTag", "digest").AtMostOneOf("newTag", "digest")))
            .May("secretGenerator", ListOf(new Fields()
                .Needs("name", ObjectName)
                .May("type", Text)
                .May(ListOf(Text), "literals", "files", "envs"))),
    };

    /// <summary>Everything that is wrong with an object; empty when it is as its kind wants it.</summary>
    public static IReadOnlyList<string> Check(Manifest manifest)
    {
        if (!All.TryGetValue((manifest.ApiVersion, manifest.Kind), out Shape? shape))
        {
            return [$"{manifest.ApiVersion} {manifest.Kind} is no known kind"];
        }

        var problems = new List<string>();
        shape.Check(manifest.Root, manifest.Kind, problems);
        return problems;
    }

    private static Fields Object(Shape name) => new Fields()
        .Needs("apiVersion", Text)
        .Needs("kind", Text)
        .Needs("metadata", Metadata(name));

    private static Fields Rule(string peers) => new Fields()
        .May("ports", ListOf(new Fields().May("port", Port).May("endPort", PortNumber).May("protocol", Transport)))
        .May(peers, ListOf(
            new Fields()
                .May(Selector, "podSelector", "namespaceSelector")
                .May("ipBlock", new Fields().Needs("cidr", Text).May("except", ListOf(Text)))
                .AtMostOneOf("podSelector", "ipBlock")
                .AtMostOneOf("namespaceSelector", "ipBlock"),
            least: 1));

    [GeneratedRegex(@"^([A-Za-z0-9+/\s]{2,}={0,2}\s*)?$")]
    private static partial Regex Base64();
}
