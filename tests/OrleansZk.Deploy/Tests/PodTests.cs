using System.Globalization;
using System.Net;
using OrleansZk.Deploy.Manifests;
using OrleansZk.TestKit.Processes;
using YamlDotNet.RepresentationModel;

namespace OrleansZk.Deploy.Tests;

/// <summary>A silo's pod: its settings are the server's, its probes are answered, it stops in time, and it may do no more than it must.</summary>
public sealed class PodTests
{
    private static readonly YamlNode Pod = DeployFolder.StatefulSet.Pod.At("spec")!;

    private static readonly YamlNode Silo = Pod.ItemsAt("containers").Single();

    private static readonly Dictionary<string, YamlNode> Environment = Silo.ItemsAt("env").ToDictionary(variable => variable.TextAt("name")!, StringComparer.Ordinal);

    private static readonly string[] ProbeNames = ["startupProbe", "readinessProbe", "livenessProbe"];

    [Fact]
    public void Every_setting_is_known() => Environment.Keys.Where(Settings.IsMeant).ShouldAllBe(name => Settings.IsKnown(name));

    [Fact]
    public void A_silo_is_known_by_its_ordinal_and_its_address()
    {
        Environment["OrleansZk__ServerId"].TextAt("valueFrom", "fieldRef", "fieldPath").ShouldBe("metadata.labels['apps.kubernetes.io/pod-index']");
        Environment["OrleansZk__AdvertisedHost"].TextAt("valueFrom", "fieldRef", "fieldPath").ShouldBe("status.podIP");
        DeployFolder.StatefulSet.Root.NumberAt("spec", "replicas")!.Value.ShouldBeInRange(1, 256);
    }

    [Fact]
    public void PostgreSQL_comes_by_a_secret_that_the_documentation_makes()
    {
        YamlNode reference = Environment["OrleansZk__Ensemble"].At("valueFrom", "secretKeyRef")!;
        reference.TextAt("optional").ShouldBeNull();
        DeployFolder.Read("deploy/README.md").ShouldContain(
            $"create secret generic {SecretName()} --from-file={reference.TextAt("key")}=");
        DeployFolder.Objects.ShouldNotContain(manifest => manifest.Kind == "Secret");
        foreach (YamlNode generator in DeployFolder.Kustomization(DeployFolder.Example).Root.ItemsAt("secretGenerator"))
        {
            generator.TextAt("name").ShouldBe(SecretName());
            string[] literal = generator.TextsAt("literals").Single().Split('=', 2);
            literal[0].ShouldBe(reference.TextAt("key"));

            // A key that Npgsql does not know would be an exception.
            var connection = new Npgsql.NpgsqlConnectionStringBuilder(literal[1]);
            connection.Password.ShouldBe("change-me");
            connection.GssEncryptionMode.ShouldBe(Npgsql.GssEncryptionMode.Disable);
        }

        string SecretName() => reference.TextAt("name")!;
    }

    [Fact]
    public void Every_probe_asks_what_the_admin_port_answers()
    {
        string[] endpoints = [.. Directory.GetFiles(Path.Combine(RepositoryFolder.Path, "src", "OrleansZk.Server", "Admin"), "*.cs").Select(File.ReadAllText)];
        foreach (YamlNode probe in Probes())
        {
            probe.TextAt("httpGet", "port").ShouldBe("admin");
            endpoints.ShouldContain(text => text.Contains($"MapHealthChecks(\"{probe.TextAt("httpGet", "path")}\"", StringComparison.Ordinal));
        }

        // What waits for a leader, or for PostgreSQL, must not be killed for it.
        Silo.TextAt("startupProbe", "httpGet", "path").ShouldBe("/health/live");
        Silo.TextAt("livenessProbe", "httpGet", "path").ShouldBe("/health/live");
        Silo.TextAt("readinessProbe", "httpGet", "path").ShouldBe("/health/ready");
    }

    /// <summary>All of 127.0.0.0/8 is this machine, on Linux: who listens on 127.0.0.1 alone does not answer at 127.0.0.2.</summary>
    [Fact]
    public async Task The_server_takes_the_settings_and_answers_the_probes_from_elsewhere()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs Linux' loopback addresses");
        Assert.SkipUnless(ServerBinary.Missing is null, ServerBinary.Missing ?? "");
        var settings = Environment
            .Where(variable => variable.Value.At("value") is not null)
            .ToDictionary(
                variable => variable.Key.StartsWith(Settings.Prefix, StringComparison.Ordinal) ? variable.Key[Settings.Prefix.Length..] : variable.Key,
                variable => variable.Value.TextAt("value")!);
        settings.Keys.ShouldContain("AdminAddress");
        await using ServerProcess server = await ServerProcess.StartNewAsync(settings);
        using var http = new HttpClient();
        foreach (YamlNode probe in Probes())
        {
            using HttpResponseMessage answer = await http.GetAsync(
                new Uri($"http://127.0.0.2:{server.AdminPort}{probe.TextAt("httpGet", "path")}"), TestContext.Current.CancellationToken);
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        (await server.TerminateAsync()).ShouldBe(0);
        server.Log.Lines.ShouldNotContain(line => line.Contains(" WARN ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_stop_is_over_before_the_kubelet_kills()
    {
        int seconds = Silo.NumberAt("lifecycle", "preStop", "sleep", "seconds")!.Value;
        int milliseconds = int.Parse(Environment["OrleansZk__ShutdownTimeout"].TextAt("value")!, CultureInfo.InvariantCulture);
        int left = (Pod.NumberAt("terminationGracePeriodSeconds")!.Value - seconds) * 1000 - milliseconds;
        left.ShouldBeGreaterThanOrEqualTo(5000);
    }

    [Fact]
    public void One_silo_at_a_time_is_disturbed()
    {
        Manifest budget = DeployFolder.Objects.Single(manifest => manifest.Kind == "PodDisruptionBudget");
        budget.Root.NumberAt("spec", "maxUnavailable").ShouldBe(1);
        DeployFolder.StatefulSet.Root.NumberAt("spec", "replicas")!.Value.ShouldBeGreaterThan(1);
        DeployFolder.StatefulSet.Root.TextAt("spec", "updateStrategy", "type").ShouldBe("RollingUpdate");
        DeployFolder.StatefulSet.Root.TextAt("spec", "updateStrategy", "rollingUpdate", "maxUnavailable").ShouldBeNull();
        DeployFolder.StatefulSet.Root.NumberAt("spec", "minReadySeconds")!.Value.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void A_pod_is_allowed_what_the_strictest_standard_allows()
    {
        Pod.TextAt("securityContext", "runAsNonRoot").ShouldBe("true");
        Pod.TextAt("securityContext", "seccompProfile", "type").ShouldBe("RuntimeDefault");
        Silo.TextAt("securityContext", "allowPrivilegeEscalation").ShouldBe("false");
        Silo.TextAt("securityContext", "readOnlyRootFilesystem").ShouldBe("true");
        Silo.TextsAt("securityContext", "capabilities", "drop").ShouldBe(["ALL"]);
        Silo.At("securityContext", "capabilities", "add").ShouldBeNull();
        foreach (string name in (string[])["hostNetwork", "hostPID", "hostIPC"])
        {
            Pod.At(name).ShouldBeNull();
        }
    }

    [Fact]
    public void A_pod_has_no_access_to_Kubernetes()
    {
        Pod.TextAt("automountServiceAccountToken").ShouldBe("false");
        Manifest account = DeployFolder.Objects.Single(manifest => manifest.Kind == "ServiceAccount");
        account.Name.ShouldBe(Pod.TextAt("serviceAccountName"));
        account.Root.TextAt("automountServiceAccountToken").ShouldBe("false");
    }

    [Fact]
    public void What_is_written_to_is_a_volume()
    {
        Dictionary<string, string> mounts = Silo.ItemsAt("volumeMounts").ToDictionary(mount => mount.TextAt("mountPath")!, mount => mount.TextAt("name")!);
        mounts.Keys.ShouldBe([Environment["OrleansZk__DataDirectory"].TextAt("value")!, "/tmp"], ignoreOrder: true);
        mounts.Values.ShouldBe(Pod.ItemsAt("volumes").Select(volume => volume.TextAt("name")!), ignoreOrder: true);
    }

    [Fact]
    public void Memory_is_bounded_and_the_processor_is_not()
    {
        Silo.MapAt("resources", "limits").Keys.ShouldBe(["memory"]);
        Silo.TextAt("resources", "requests", "memory").ShouldBe(Silo.TextAt("resources", "limits", "memory"));
        Silo.TextAt("resources", "requests", "cpu").ShouldNotBeNull();
    }

    private static IEnumerable<YamlNode> Probes() => ProbeNames.Select(name => Silo.At(name)!);
}
