using System.Text;
using OrleansZk.Crash.Histories;

namespace OrleansZk.Crash.Crashes;

/// <summary>Reads everything there is.</summary>
internal static class Observer
{
    public static async Task<Snapshot> ReadAllAsync(WireClient client)
    {
        (await client.SyncAsync()).Error.ShouldBe(ErrorCode.Ok);
        var nodes = new Dictionary<string, Found>();
        List<string> level = [Layout.Root];
        while (level.Count > 0)
        {
            var replies = level.Select(path => (Path: path, Data: client.GetDataAsync(path), Children: client.GetChildrenAsync(path))).ToList();
            level = [];
            foreach ((string path, Task<WireReply> data, Task<WireReply> children) in replies)
            {
                WireReply dataReply = await data;
                WireReply childrenReply = await children;
                if (!dataReply.IsOk || !childrenReply.IsOk)
                {
                    // Expired between the list and the node: only ephemerals can.
                    path.ShouldStartWith(Layout.Ephemerals);
                    continue;
                }

                (byte[]? bytes, Stat stat) = dataReply.ReadDataAndStat();
                nodes.Add(path, new Found(Encoding.UTF8.GetString(bytes ?? []), stat));
                level.AddRange(childrenReply.ReadChildrenAndStat().Names.Select(name => $"{path}/{name}"));
            }
        }

        // A session that expired meanwhile took all its ephemerals at once: one list shows all of it or nothing.
        HashSet<string> ephemerals = [.. (await client.GetChildrenAsync(Layout.Ephemerals)).ReadChildrenAndStat().Names.Select(name => $"{Layout.Ephemerals}/{name}")];
        foreach (string path in nodes.Keys.Where(path => path.StartsWith(Layout.Ephemerals + "/", StringComparison.Ordinal) && !ephemerals.Contains(path)))
        {
            nodes.Remove(path);
        }

        return new Snapshot(client.LastZxid, nodes);
    }
}
