using System.Text.RegularExpressions;
using System.Xml.Linq;
using OrleansZk.Deploy.Manifests;
using OrleansZk.TestKit.Processes;
using YamlDotNet.RepresentationModel;

namespace OrleansZk.Deploy.Tests;

/// <summary>The Containerfile finds what it copies, and its image is the one that the pods run.</summary>
public sealed partial class ContainerfileTests
{
    private static readonly YamlNode Pod = DeployFolder.StatefulSet.Pod.At("spec")!;

    private static readonly YamlNode Silo = Pod.ItemsAt("containers").Single();

    private static readonly string Project = ProjectFile().Match(DeployFolder.Read("deploy/Containerfile")).Value;

    [Fact]
    public void Everything_that_is_copied_is_there_and_is_let_in()
    {
        Copied().ShouldContain("src/");
        foreach (string path in Copied())
        {
            Path.Exists(Path.Combine(RepositoryFolder.Path, path)).ShouldBeTrue(path);
            IgnoreLines().ShouldContain("!" + path.TrimEnd('/'));
        }
    }

    [Fact]
    public void Nothing_is_let_in_that_is_not_copied()
    {
        string[] lines = [.. IgnoreLines()];
        lines[0].ShouldBe("*");
        lines.Where(line => !line.StartsWith('!')).Skip(1).ShouldBe(["**/bin", "**/obj"]);
        lines.Where(line => line.StartsWith('!')).Select(line => line[1..]).Except(Copied().Select(path => path.TrimEnd('/'))).ShouldBeEmpty();
    }

    [Fact]
    public void Stages_copy_from_stages_before_them()
    {
        var stages = new List<string>();
        foreach (Instruction instruction in Containerfile.All)
        {
            if (instruction is { Name: "FROM", Words: [_, "AS", string name] })
            {
                stages.Add(name);
            }
            else if (instruction.Option("from") is { } stage)
            {
                stages.ShouldContain(stage);
            }
        }

        stages.ShouldBe(["projects", "build"]);
    }

    [Fact]
    public void Base_images_are_public_ones_of_the_framework_and_can_be_replaced()
    {
        var arguments = Containerfile.All.TakeWhile(instruction => instruction.Name == "ARG")
            .Select(instruction => instruction.Text.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        Containerfile.All.Where(instruction => instruction.Name == "FROM").Select(instruction => instruction.Words[0]).Distinct()
            .ShouldBe(arguments.Keys.Select(name => $"${{{name}}}"));
        string framework = XDocument.Parse(DeployFolder.Read("Directory.Build.props")).Descendants("TargetFramework").Single().Value["net".Length..];
        arguments["SDK_IMAGE"].ShouldBe($"mcr.microsoft.com/dotnet/sdk:{framework}");
        arguments["RUNTIME_IMAGE"].ShouldStartWith($"mcr.microsoft.com/dotnet/aspnet:{framework}");
    }

    [Fact]
    public void Projects_are_restored_before_the_sources_come()
    {
        Instruction[] build = [.. Containerfile.All.SkipWhile(instruction => instruction is not { Name: "FROM", Words: [_, "AS", "build"] })];
        int restore = Array.FindIndex(build, instruction => instruction.Text.StartsWith("dotnet restore ", StringComparison.Ordinal));
        int sources = Array.FindIndex(build, instruction => instruction is { Name: "COPY", Text: "src/ src/" });
        int publish = Array.FindIndex(build, instruction => instruction.Text.StartsWith("dotnet publish ", StringComparison.Ordinal));
        restore.ShouldBeInRange(1, sources - 1);
        sources.ShouldBeLessThan(publish);
        build[publish].Text.ShouldContain("--no-restore");
    }

    [Fact]
    public void The_program_is_the_silos()
    {
        Assert.SkipUnless(File.Exists(Path.Combine(RepositoryFolder.Path, Project)), $"there is no {Project} yet");
        string assembly = XDocument.Parse(DeployFolder.Read(Project)).Descendants("AssemblyName").Single().Value;
        Containerfile.The("ENTRYPOINT").Command().ShouldBe([$"/app/{assembly}"]);
        Containerfile.The("WORKDIR").Text.ShouldBe("/app");
    }

    [Fact]
    public void The_user_is_a_number_not_root_and_the_pods()
    {
        string user = Containerfile.The("USER").Text;
        user.ShouldMatch("^[1-9][0-9]*:[1-9][0-9]*$");
        user.ShouldBe($"{Pod.TextAt("securityContext", "runAsUser")}:{Pod.TextAt("securityContext", "runAsGroup")}");
        Pod.TextAt("securityContext", "fsGroup").ShouldBe(Pod.TextAt("securityContext", "runAsGroup"));
        Containerfile.Image.Single(instruction => instruction.Option("chown") == user).Words[^1].ShouldBe(Containerfile.The("VOLUME").Text + "/");
    }

    [Fact]
    public void Ports_and_the_volume_are_the_pods()
    {
        Containerfile.The("EXPOSE").Words.ShouldBe(Silo.ItemsAt("ports").Select(port => port.TextAt("containerPort")!), ignoreOrder: true);
        string data = Containerfile.The("VOLUME").Text;
        Silo.ItemsAt("volumeMounts").ShouldContain(mount => mount.TextAt("mountPath") == data);
        Containerfile.The("ENV").Words.ShouldContain($"{Settings.Prefix}DataDirectory={data}");
        Containerfile.The("ENV").Words.Select(word => word.Split('=')[0]).Where(Settings.IsMeant).ShouldAllBe(name => Settings.IsKnown(name));
    }

    [Fact]
    public void The_stop_signal_is_the_one_that_the_silo_hears() => Containerfile.The("STOPSIGNAL").Text.ShouldBe("SIGTERM");

    [Fact]
    public void The_tag_is_the_version()
    {
        string version = XDocument.Parse(DeployFolder.Read("Directory.Build.props")).Descendants("Version").Single().Value;
        foreach (string folder in (string[])[DeployFolder.Base, DeployFolder.Example])
        {
            YamlNode image = DeployFolder.Kustomization(folder).Root.ItemsAt("images").Single();
            image.TextAt("name").ShouldBe("orleanszk-silo");
            image.TextAt("newTag").ShouldBe(version);
        }

        foreach (string file in (string[])["deploy/README.md", "deploy/Containerfile"])
        {
            Tag().Matches(DeployFolder.Read(file)).Select(match => match.Groups["tag"].Value).Distinct().ShouldBe([version], file);
        }
    }

    /// <summary>What comes from the repository.</summary>
    private static IEnumerable<string> Copied() => Containerfile.All
        .Where(instruction => instruction.Name is "COPY" or "ADD" && instruction.Option("from") is null)
        .SelectMany(instruction => instruction.Words.SkipLast(1));

    private static IEnumerable<string> IgnoreLines() => DeployFolder.Read("deploy/Containerfile.dockerignore")
        .Split('\n').Where(line => line.Length > 0 && !line.StartsWith('#'));

    [GeneratedRegex(@"src/[\w.]+/[\w.]+\.csproj")]
    private static partial Regex ProjectFile();

    [GeneratedRegex(@"orleanszk-silo:(?<tag>[\w.-]+)")]
    private static partial Regex Tag();
}
