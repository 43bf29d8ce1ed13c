using System.Diagnostics;
using System.Text.Json;
using OrleansZk.TestKit.Processes;

namespace OrleansZk.Deploy.Manifests;

/// <summary>The folder <c>deploy/</c>, as it is written and as kubectl renders it.</summary>
internal static class DeployFolder
{
    public const string Base = "deploy/kubernetes";
    public const string Example = "deploy/example";

    // The first one in which a kustomization may name a folder among its resources.
    private const int FirstWithOverlays = 21;

    private static readonly Lazy<int?> Kubectl = new(FindKubectl);

    /// <summary>The base's objects, of which the cross-checks are: rendered where that can be done, otherwise as they are written.</summary>
    public static IReadOnlyList<Manifest> Objects { get; } = CannotRender(Base) is null ? Render(Base) : Written(Base);

    public static Manifest StatefulSet => Objects.Single(manifest => manifest.Kind == "StatefulSet");

    public static string Read(string path) => File.ReadAllText(Path.Combine(RepositoryFolder.Path, path));

    /// <summary>Null when kubectl can render a folder; otherwise what is missing.</summary>
    public static string? CannotRender(string folder) => Kubectl.Value switch
    {
        null => "there is no kubectl (Debian: kubernetes-client)",
        int minor when folder == Example && minor < FirstWithOverlays => $"kubectl 1.{minor} renders no overlays (1.{FirstWithOverlays} does)",
        _ => null,
    };

    public static IReadOnlyList<Manifest> Render(string folder)
    {
        (int exitCode, string output, string errors) = Run("kustomize", Path.Combine(RepositoryFolder.Path, folder));
        exitCode.ShouldBe(0, $"kubectl kustomize {folder}: {errors}");
        errors.ShouldNotContain("deprecated", Case.Insensitive);
        return Yaml.Parse(output);
    }

    /// <summary>The objects in the files that a kustomization names; folders are left to themselves.</summary>
    public static IReadOnlyList<Manifest> Written(string folder) =>
    [
        .. Kustomization(folder).Root.TextsAt("resources")
            .Where(resource => resource.EndsWith(".yaml", StringComparison.Ordinal))
            .SelectMany(resource => Yaml.Parse(Read(Path.Combine(folder, resource)))),
    ];

    public static Manifest Kustomization(string folder) => Yaml.Parse(Read(Path.Combine(folder, "kustomization.yaml"))).Single();

    /// <summary>The minor version of the kubectl on the path; null when there is none.</summary>
    private static int? FindKubectl()
    {
        try
        {
            (int exitCode, string output, string errors) = Run("version", "--client", "--output=json");
            exitCode.ShouldBe(0, $"kubectl version: {errors}");
            using var version = JsonDocument.Parse(output);
            string text = version.RootElement.GetProperty("clientVersion").GetProperty("minor").GetString()!;
            return int.Parse(string.Concat(text.TakeWhile(char.IsAsciiDigit)), System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private static (int ExitCode, string Output, string Errors) Run(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("kubectl", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.GetAwaiter().GetResult());
    }
}
