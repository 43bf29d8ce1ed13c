using OrleansZk.Deploy.Manifests;
using OrleansZk.Deploy.Schema;

namespace OrleansZk.Deploy.Tests;

/// <summary>Every object, as it is written and as kubectl renders it, has what its kind wants and nothing else.</summary>
public sealed class ObjectTests
{
    public static TheoryData<string> Folders => [DeployFolder.Base, DeployFolder.Example];

    [Theory]
    [MemberData(nameof(Folders))]
    public void Every_written_object_is_as_its_kind_wants_it(string folder)
    {
        Problems(DeployFolder.Written(folder)).ShouldBeEmpty();
        Kinds.Check(DeployFolder.Kustomization(folder)).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Every_rendered_object_is_as_its_kind_wants_it(string folder)
    {
        SkipWithoutKubectl(folder);
        IReadOnlyList<Manifest> rendered = DeployFolder.Render(folder);
        Problems(rendered).ShouldBeEmpty();
        rendered.Select(manifest => manifest.ToString()).ShouldBeUnique();
    }

    [Fact]
    public void The_base_is_what_its_files_hold()
    {
        SkipWithoutKubectl(DeployFolder.Base);
        Names(DeployFolder.Render(DeployFolder.Base)).ShouldBe(Names(DeployFolder.Written(DeployFolder.Base)));
    }

    [Fact]
    public void Every_file_of_the_base_is_among_its_resources()
    {
        string folder = Path.Combine(TestKit.Processes.RepositoryFolder.Path, DeployFolder.Base);
        DeployFolder.Kustomization(DeployFolder.Base).Root.TextsAt("resources").Append("kustomization.yaml")
            .ShouldBe(Directory.GetFiles(folder).Select(Path.GetFileName).Cast<string>(), ignoreOrder: true);
    }

    [Fact]
    public void The_base_holds_what_silos_need_and_no_more() => Names(DeployFolder.Objects).ShouldBe(
    [
        "NetworkPolicy/orleanszk",
        "PodDisruptionBudget/orleanszk",
        "Service/orleanszk",
        "Service/orleanszk-admin",
        "Service/orleanszk-silos",
        "ServiceAccount/orleanszk",
        "StatefulSet/orleanszk",
    ]);

    [Fact]
    public void The_example_brings_the_base_a_namespace_and_the_secret_that_the_pods_ask_for()
    {
        SkipWithoutKubectl(DeployFolder.Example);
        IReadOnlyList<Manifest> rendered = DeployFolder.Render(DeployFolder.Example);
        Manifest space = rendered.Single(manifest => manifest.Kind == "Namespace");
        rendered.Where(manifest => manifest != space).ShouldAllBe(manifest => manifest.Root.TextAt("metadata", "namespace") == space.Name);
        rendered.Count.ShouldBe(DeployFolder.Objects.Count + 2);

        Manifest secret = rendered.Single(manifest => manifest.Kind == "Secret");
        Manifest workload = rendered.Single(manifest => manifest.Kind == "StatefulSet");
        YamlDotNet.RepresentationModel.YamlNode reference = workload.Pod.ItemsAt("spec", "containers").Single().ItemsAt("env")
            .Single(variable => variable.TextAt("name") == "OrleansZk__Ensemble").At("valueFrom", "secretKeyRef")!;
        reference.TextAt("name").ShouldBe(secret.Name);
        secret.Root.MapAt("data").Keys.ShouldBe([reference.TextAt("key")!]);
    }

    private static void SkipWithoutKubectl(string folder) =>
        Assert.SkipUnless(DeployFolder.CannotRender(folder) is null, DeployFolder.CannotRender(folder) ?? "");

    private static IEnumerable<string> Problems(IEnumerable<Manifest> manifests) =>
        manifests.SelectMany(manifest => Kinds.Check(manifest).Select(problem => $"{manifest}: {problem}"));

    private static IEnumerable<string> Names(IEnumerable<Manifest> manifests) =>
        manifests.Select(manifest => manifest.ToString()).Order(StringComparer.Ordinal);
}
