using System.Text.RegularExpressions;
using static OrleansZk.Deploy.Schema.CommonShapes;
using static OrleansZk.Deploy.Schema.Shape;

namespace OrleansZk.Deploy.Schema;

/// <summary>A pod and its parts. Parts of Kubernetes' pods that nothing here uses (affinity, init containers, other volumes) are left out: who needs one adds it.</summary>
internal static partial class PodShapes
{
    private static readonly Shape SeccompProfile = new Fields()
        .Needs("type", OneOf("RuntimeDefault", "Localhost", "Unconfined"))
        .May("localhostProfile", Text);

    private static readonly Shape UserId = Whole(0);

    private static readonly Shape PodSecurity = new Fields()
        .May(UserId, "fsGroup", "runAsGroup", "runAsUser")
        .May("runAsNonRoot", Flag)
        .May("fsGroupChangePolicy", OneOf("OnRootMismatch", "Always"))
        .May("supplementalGroups", ListOf(UserId))
        .May("seccompProfile", SeccompProfile);

    private static readonly Shape ContainerSecurity = new Fields()
        .May(Flag, "allowPrivilegeEscalation", "privileged", "readOnlyRootFilesystem", "runAsNonRoot")
        .May(UserId, "runAsGroup", "runAsUser")
        .May("seccompProfile", SeccompProfile)
        .May("capabilities", new Fields().May(ListOf(Text), "add", "drop"));

    private static readonly Shape ValueSource = new Fields()
        .May("fieldRef", new Fields().May("apiVersion", Text).Needs("fieldPath", Like("a field that the downward API has", DownwardField())))
        .May("secretKeyRef", new Fields().Needs("key", Text).Needs("name", ObjectName).May("optional", Flag))
        .May("configMapKeyRef", new Fields().Needs("key", Text).Needs("name", ObjectName).May("optional", Flag))
        .May("resourceFieldRef", new Fields().May("containerName", Label).Needs("resource", Text).May("divisor", Quantity))
        .ExactlyOneOf("fieldRef", "secretKeyRef", "configMapKeyRef", "resourceFieldRef");

    private static readonly Shape Variable = new Fields()
        .Needs("name", Like("the name of a variable", VariableName()))
        .May("value", Text)
        .May("valueFrom", ValueSource)
        .AtMostOneOf("value", "valueFrom");

    private static readonly Shape HttpGet = new Fields()
        .Needs("port", Port)
        .May("path", AbsolutePath)
        .May("host", Text)
        .May("scheme", OneOf("HTTP", "HTTPS"))
        .May("httpHeaders", ListOf(new Fields().Needs("name", Text).Needs("value", Text)));

    private static readonly Shape Exec = new Fields().Needs("command", ListOf(Text, least: 1));

    private static readonly Shape Tcp = new Fields().Needs("port", Port).May("host", Text);

    private static readonly Shape Handler = new Fields()
        .May("exec", Exec)
        .May("httpGet", HttpGet)
        .May("tcpSocket", Tcp)
        .May("sleep", new Fields().Needs("seconds", Whole(0)))
        .ExactlyOneOf("exec", "httpGet", "tcpSocket", "sleep");

    private static readonly Shape Container = new Fields()
        .Needs("name", Label)
        .Needs("image", Text)
        .May("imagePullPolicy", OneOf("Always", "IfNotPresent", "Never"))
        .May(ListOf(Text), "command", "args")
        .May("workingDir", AbsolutePath)
        .May("ports", ListOf(new Fields()
            .Needs("containerPort", PortNumber)
            .May("name", PortName)
            .May("protocol", Transport)
            .May("hostPort", PortNumber)
            .May("hostIP", Text)))
        .May("env", ListOf(Variable))
        .May("resources", new Fields().May(MapOf(Key, Quantity), "limits", "requests"))
        .May("volumeMounts", ListOf(new Fields()
            .Needs("name", Label)
            .Needs("mountPath", AbsolutePath)
            .May("readOnly", Flag)
            .May(Text, "subPath", "subPathExpr")))
        .May("startupProbe", Probe(mayNeedSuccesses: false))
        .May("readinessProbe", Probe(mayNeedSuccesses: true))
        .May("livenessProbe", Probe(mayNeedSuccesses: false))
        .May("lifecycle", new Fields().May(Handler, "postStart", "preStop").May("stopSignal", Text))
        .May("securityContext", ContainerSecurity)
        .May("terminationMessagePath", AbsolutePath)
        .May("terminationMessagePolicy", OneOf("File", "FallbackToLogsOnError"))
        .May(Flag, "stdin", "stdinOnce", "tty");

    private static readonly Shape Volume = new Fields()
        .Needs("name", Label)
        .May("emptyDir", new Fields().May("medium", OneOf("", "Memory")).May("sizeLimit", Quantity))
        .May("secret", new Fields().Needs("secretName", ObjectName).May("defaultMode", Whole(0, 511)).May("optional", Flag))
        .May("configMap", new Fields().Needs("name", ObjectName).May("defaultMode", Whole(0, 511)).May("optional", Flag))
        .May("persistentVolumeClaim", new Fields().Needs("claimName", ObjectName).May("readOnly", Flag))
        .ExactlyOneOf("emptyDir", "secret", "configMap", "persistentVolumeClaim");

    private static readonly Shape Spread = new Fields()
        .Needs("maxSkew", Whole(1))
        .Needs("topologyKey", Key)
        .Needs("whenUnsatisfiable", OneOf("DoNotSchedule", "ScheduleAnyway"))
        .May("labelSelector", Selector)
        .May("matchLabelKeys", ListOf(Key))
        .May("minDomains", Whole(1))
        .May(OneOf("Honor", "Ignore"), "nodeAffinityPolicy", "nodeTaintsPolicy");

    /// <summary>A template of a pod that is to run for ever.</summary>
    public static Shape Template { get; } = new Fields()
        .Needs("metadata", TemplateMetadata)
        .Needs("spec", new Fields()
            .Needs("containers", ListOf(Container, least: 1))
            .May("volumes", ListOf(Volume))
            .May("securityContext", PodSecurity)
            .May("topologySpreadConstraints", ListOf(Spread))
            .May("serviceAccountName", ObjectName)
            .May("terminationGracePeriodSeconds", Whole(0))
            .May(Flag, "automountServiceAccountToken", "enableServiceLinks", "hostIPC", "hostNetwork", "hostPID", "hostUsers", "shareProcessNamespace", "setHostnameAsFQDN")
            .May("restartPolicy", OneOf("Always"))
            .May("dnsPolicy", OneOf("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"))
            .May("imagePullSecrets", ListOf(new Fields().Needs("name", ObjectName)))
            .May("nodeSelector", Labels)
            .May(Text, "priorityClassName", "runtimeClassName", "schedulerName")
            .May("tolerations", ListOf(new Fields()
                .May("key", Key)
                .May("operator", OneOf("Exists", "Equal"))
                .May("value", LabelValue)
                .May("effect", OneOf("NoSchedule", "PreferNoSchedule", "NoExecute"))
                .May("tolerationSeconds", Whole(0)))));

    private static Fields Probe(bool mayNeedSuccesses) => new Fields()
        .May("httpGet", HttpGet)
        .May("exec", Exec)
        .May("tcpSocket", Tcp)
        .May("grpc", new Fields().Needs("port", PortNumber).May("service", Text))
        .ExactlyOneOf("httpGet", "exec", "tcpSocket", "grpc")
        .May("initialDelaySeconds", Whole(0))
        .May(Whole(1), "periodSeconds", "timeoutSeconds", "failureThreshold", "terminationGracePeriodSeconds")
        .May("successThreshold", mayNeedSuccesses ? Whole(1) : Whole(1, 1));

    [GeneratedRegex("^[-._a-zA-Z][-._a-zA-Z0-9]*$")]
    private static partial Regex VariableName();

    [GeneratedRegex(@"^(metadata\.(name|namespace|uid|(labels|annotations)\['[^']+'\])|spec\.(nodeName|serviceAccountName)|status\.(hostIPs?|podIPs?))$")]
    private static partial Regex DownwardField();
}
