using OrleansZk.Deploy.Manifests;
using OrleansZk.Deploy.Schema;
using YamlDotNet.Core;

namespace OrleansZk.Deploy.Tests;

/// <summary>The check of the fields sees what the API server would refuse, and what it would drop in silence.</summary>
public sealed class SchemaTests
{
    [Theory]
    [InlineData("statefulset.yaml", "livenessProbe:", "livenesProbe:", "StatefulSet.spec.template.spec.containers[0].livenesProbe is no known field")]
    [InlineData("statefulset.yaml", "failureThreshold: 150", "failureTreshold: 150", "StatefulSet.spec.template.spec.containers[0].startupProbe.failureTreshold is no known field")]
    [InlineData("statefulset.yaml", "podManagementPolicy: Parallel", "podManagementPolicy: parallel", "StatefulSet.spec.podManagementPolicy is the text 'parallel', but must be one of OrderedReady, Parallel")]
    [InlineData("statefulset.yaml", "replicas: 3", "replicas: \"3\"", "StatefulSet.spec.replicas is the text '3', but must be an integer from 0 to 2147483647")]
    [InlineData("statefulset.yaml", "value: \"20000\"", "value: 20000", "StatefulSet.spec.template.spec.containers[0].env[5].value is '20000', but must be text")]
    [InlineData("statefulset.yaml", "value: \"0\"", "value: yes", "StatefulSet.spec.template.spec.containers[0].env[6].value is 'yes', but must be text")]
    [InlineData("statefulset.yaml", "runAsNonRoot: true", "runAsNonRoot: \"true\"", "StatefulSet.spec.template.spec.securityContext.runAsNonRoot is the text 'true', but must be true or false")]
    [InlineData("statefulset.yaml", "serviceName: orleanszk-silos", "minReadySeconds2: 1", "StatefulSet.spec.serviceName is missing")]
    [InlineData("statefulset.yaml", "mountPath: /data", "mountPath: data", "StatefulSet.spec.template.spec.containers[0].volumeMounts[0].mountPath is the text 'data', but must be an absolute path")]
    [InlineData("statefulset.yaml", "memory: 1Gi", "memory: 1GB", "is the text '1GB', but must be a quantity")]
    [InlineData("statefulset.yaml", "fieldPath: status.podIP", "fieldPath: status.podIp", "is the text 'status.podIp', but must be a field that the downward API has")]
    [InlineData("statefulset.yaml", "sleep:", "slep:", "preStop has 0 of exec, httpGet, tcpSocket, sleep, but must have exactly one")]
    [InlineData("statefulset.yaml", "kind: StatefulSet", "kind: StatefullSet", "apps/v1 StatefullSet is no known kind")]
    [InlineData("services.yaml", "targetPort: client", "targetPort: 70000", "Service.spec.ports[0].targetPort is '70000', but must be an integer from 1 to 65535 or ")]
    [InlineData("services.yaml", "publishNotReadyAddresses: true", "publishNotReadyAdresses: true", "Service.spec.publishNotReadyAdresses is no known field")]
    [InlineData("disruption-budget.yaml", "maxUnavailable: 1", "maxUnavailable: 1\n  minAvailable: 1", "PodDisruptionBudget.spec has 2 of maxUnavailable, minAvailable, but must have exactly one")]
    [InlineData("disruption-budget.yaml", "name: orleanszk\n", "name: Orleans_Zk\n", "PodDisruptionBudget.metadata.name is the text 'Orleans_Zk', but must be a DNS subdomain")]
    [InlineData("network-policy.yaml", "    - from:\n", "    - form:\n", "NetworkPolicy.spec.ingress[1].form is no known field")]
    [InlineData("network-policy.yaml", "orleanszk-gateway: allow", "orleanszk-gateway: true", "is 'true', but must be a label's value")]
    [InlineData("service-account.yaml", "automountServiceAccountToken: false", "automountServiceAccountTokens: false", "ServiceAccount.automountServiceAccountTokens is no known field")]
    [InlineData("kustomization.yaml", "newTag:", "newTags:", "Kustomization.images[0].newTags is no known field")]
    public void A_mistake_is_seen(string file, string right, string wrong, string problem)
    {
        string text = DeployFolder.Read(Path.Combine(DeployFolder.Base, file));
        text.ShouldContain(right);
        Yaml.Parse(text.Replace(right, wrong, StringComparison.Ordinal)).SelectMany(Kinds.Check)
            .ShouldContain(found => found.Contains(problem, StringComparison.Ordinal));
    }

    [Fact]
    public void A_field_that_stands_twice_is_seen() =>
        Should.Throw<YamlException>(() => Yaml.Parse("kind: Service\nspec:\n  type: ClusterIP\n  type: NodePort\n"));
}
