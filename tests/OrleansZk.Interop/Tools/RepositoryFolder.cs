namespace OrleansZk.Interop.Tools;

/// <summary>The root of the repository, found upwards from the test assembly.</summary>
public static class RepositoryFolder
{
    public static string Path { get; } = Find();

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Directory.Packages.props")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No Directory.Packages.props above '{AppContext.BaseDirectory}'.");
    }
}
