namespace OrleansZk.Core.Paths;

/// <summary>Nodes that exist from the start and cannot be deleted.</summary>
public static class SystemPaths
{
    public const string ZooKeeper = "/zookeeper";
    public const string Quota = "/zookeeper/quota";
    public const string Config = "/zookeeper/config";

    public static bool IsSystem(string path) => path is ZPath.Root or ZooKeeper or Quota or Config;
}
