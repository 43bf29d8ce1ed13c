using System.Security.Cryptography;

using OrleansZk.Interop.Servers;
using OrleansZk.Interop.Tools;

namespace OrleansZk.Interop.Cases;

/// <summary>The cases of <c>clients/node/cases.js</c>: its exported functions.</summary>
public sealed class NodeCasesAttribute() : ClientCasesAttribute("node", "cases.js", @"^exports\.(\w+) = async");

/// <summary>Runs cases with node-zookeeper-client, of the version that <c>package-lock.json</c> pins.</summary>
public sealed class NodeSuite(SharedServer server, SharedEnsemble ensemble) : ClientSuite(server, ensemble)
{
    private static readonly Lazy<Task<string>> Modules = new(InstallAsync);

    [Theory, NodeCases]
    public async Task Node(Deployment deployment, string script, string name)
    {
        Assert.SkipWhen(Executables.Find("node") is null, "node is missing: install Debian's package 'nodejs'.");
        Assert.SkipWhen(Executables.Find("npm") is null, "npm is missing: install Debian's package 'npm'.");
        var environment = new Dictionary<string, string>(await EnvironmentAsync(deployment, name))
        {
            ["NODE_PATH"] = await Modules.Value,
        };
        string[] arguments = [Path.Combine(ClientScripts.Folder("node"), script), name];
        ClientScripts.Judge(await Subprocess.RunAsync("node", arguments, TimeSpan.FromSeconds(100), environment));
    }

    private static async Task<string> InstallAsync()
    {
        var source = ClientScripts.Folder("node");
        var lockFile = await File.ReadAllBytesAsync(Path.Combine(source, "package-lock.json"));
        var target = ToolCache.FolderFor("node", Convert.ToHexStringLower(SHA256.HashData(lockFile))[..16]);
        var modules = Path.Combine(target, "node_modules");
        if (Directory.Exists(Path.Combine(modules, "node-zookeeper-client")))
        {
            return modules;
        }

        foreach (var file in new[] { "package.json", "package-lock.json" })
        {
            File.Copy(Path.Combine(source, file), Path.Combine(target, file), overwrite: true);
        }

        var result = await Subprocess.RunAsync("npm", ["ci", "--no-audit", "--no-fund"], TimeSpan.FromSeconds(180), workingFolder: target);
        Assert.SkipWhen(result.ExitCode != 0, $"node-zookeeper-client could not be installed from the npm registry: {result.Output}");
        return modules;
    }
}
