using OrleansZk.Server.Configuration;

namespace OrleansZk.Server.Tests.Configuration;

/// <summary>A zoo.cfg in a folder of its own.</summary>
internal sealed class ZooCfgFile : IDisposable
{
    public ZooCfgFile(params string[] lines)
    {
        Folder = Directory.CreateTempSubdirectory("orleanszk-zoocfg-").FullName;
        Path = System.IO.Path.Combine(Folder, "zoo.cfg");
        File.WriteAllLines(Path, lines);
    }

    public string Folder { get; }

    public string Path { get; }

    /// <summary>Reads it, and leaves out the file's own name of messages.</summary>
    public (IReadOnlyDictionary<string, string> Values, string[] Warnings) Read(ZooCfgContext context = default)
    {
        ZooCfgContent content = ZooCfgReader.Read(Path, context);
        return (
            content.Values.ToDictionary(pair => pair.Key["OrleansZk:".Length..], pair => pair.Value),
            [.. content.Warnings.Select(Shorten)]);
    }

    /// <summary>Reads it, and returns the reasons why it cannot be used.</summary>
    public string[] Fail(ZooCfgContext context = default) => [.. Should.Throw<ConfigurationException>(() => ZooCfgReader.Read(Path, context)).Problems.Select(Shorten)];

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private string Shorten(string message) => message.Replace(Folder + System.IO.Path.DirectorySeparatorChar, "", StringComparison.Ordinal);
}
