namespace OrleansZk.TestKit.Processes;

/// <summary>Where the server under test is.</summary>
public static class ServerBinary
{
    /// <summary>Names another server than the one that was built along with the tests.</summary>
    public const string Variable = "ORLEANSZK_SERVER";

    public static string Path { get; } = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named ? named : Built();

    /// <summary>True for a silo, which takes the same options but has other ports for its like.</summary>
    public static bool IsSilo => System.IO.Path.GetFileNameWithoutExtension(Path) == "orleanszk-silo";

    /// <summary>Null when the server is there; otherwise what to do about it.</summary>
    public static string? Missing =>
        File.Exists(Path) ? null : $"no server at '{Path}': run 'dotnet build src/OrleansZk.Server -c {Configuration}', or set {Variable}";

    /// <summary>Debug or Release: of the tests, by the folder that they run in.</summary>
    private static string Configuration => new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    private static string Built() => System.IO.Path.Combine(
        RepositoryFolder.Path, "src", "OrleansZk.Server", "bin", Configuration, "net10.0", OperatingSystem.IsWindows() ? "orleanszk-server.exe" : "orleanszk-server");
}

/// <summary>The root of the repository, found upwards from the test assembly.</summary>
public static class RepositoryFolder
{
    public static string Path { get; } = Find();

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Directory.Packages.props")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"no Directory.Packages.props above '{AppContext.BaseDirectory}'");
    }
}
