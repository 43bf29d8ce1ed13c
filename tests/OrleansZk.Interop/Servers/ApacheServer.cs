using System.Diagnostics;
using System.Globalization;

using OrleansZk.Interop.Tools;

namespace OrleansZk.Interop.Servers;

/// <summary>Apache ZooKeeper from the jars of Debian's packages.</summary>
public sealed class ApacheServer(ServerSettings settings, EnsembleMember? member) : ServerProcess(ServerKind.Apache, settings, member)
{
    protected override ProcessStartInfo Describe()
    {
        var config = Path.Combine(Folder, "zoo.cfg");
        File.WriteAllText(config, Settings.ToZooCfg(Port, DataFolder) + Member?.ToZooCfg());
        if (Member is { } own)
        {
            File.WriteAllText(Path.Combine(DataFolder, "myid"), own.Id.ToString(CultureInfo.InvariantCulture));
        }

        var start = new ProcessStartInfo(JavaTools.Java);
        foreach (var option in JavaTools.QuickStartOptions)
        {
            start.ArgumentList.Add(option);
        }

        // A JVM property proper: zoo.cfg would prefix it with "zookeeper.".
        start.ArgumentList.Add("-Dznode.container.checkIntervalMs=" + Settings.ReaperIntervalMs.ToString(CultureInfo.InvariantCulture));
        start.ArgumentList.Add("-Dzookeeper.forceSync=no");
        start.ArgumentList.Add("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn");
        start.ArgumentList.Add("-cp");
        start.ArgumentList.Add(JavaTools.ServerClassPath);
        start.ArgumentList.Add(Member is null ? "org.apache.zookeeper.server.ZooKeeperServerMain" : "org.apache.zookeeper.server.quorum.QuorumPeerMain");
        start.ArgumentList.Add(config);
        return start;
    }
}
