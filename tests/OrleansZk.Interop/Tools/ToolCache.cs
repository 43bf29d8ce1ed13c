namespace OrleansZk.Interop.Tools;

/// <summary>What is built from the suite's sources and may be kept from run to run: compiled classes, installed modules.</summary>
public static class ToolCache
{
    public static string FolderFor(string tool, string fingerprint)
    {
        var folder = Path.Combine(Path.GetTempPath(), "orleanszk-interop-cache", $"{tool}-{fingerprint}");
        return Directory.CreateDirectory(folder).FullName;
    }
}
