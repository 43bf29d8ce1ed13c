using OrleansZk.Client;

namespace OrleansZk.Unit.Client;

/// <summary>Which watchers an event reaches, and which watches it uses up, as in ZooKeeper's client.</summary>
public sealed class WatchRegistryTests
{
    private readonly WatchRegistry _registry = new();

    [Theory]
    [InlineData(WatchKind.Data, EventType.NodeDataChanged, true)]
    [InlineData(WatchKind.Data, EventType.NodeDeleted, true)]
    [InlineData(WatchKind.Data, EventType.NodeChildrenChanged, false)]
    [InlineData(WatchKind.Exist, EventType.NodeCreated, true)]
    [InlineData(WatchKind.Children, EventType.NodeChildrenChanged, true)]
    [InlineData(WatchKind.Children, EventType.NodeDeleted, true)]
    [InlineData(WatchKind.Children, EventType.NodeDataChanged, false)]
    public void A_watch_that_fires_is_used_up(WatchKind kind, EventType type, bool fires)
    {
        Action<WatchedEvent> watcher = _ => { };
        _registry.Add(kind, "/a", watcher);
        _registry.Take(type, "/b").ShouldBeEmpty();
        _registry.Take(type, "/a").Contains(watcher).ShouldBe(fires);
        _registry.Take(type, "/a").ShouldBeEmpty();
        _registry.List(0).Count.ShouldBe(fires ? 0 : 1);
    }

    [Theory]
    [InlineData(WatchKind.Persistent, "/a", EventType.NodeChildrenChanged, true)]
    [InlineData(WatchKind.Persistent, "/a/b", EventType.NodeCreated, false)]
    [InlineData(WatchKind.PersistentRecursive, "/a/b/c", EventType.NodeCreated, true)]
    [InlineData(WatchKind.PersistentRecursive, "/ab", EventType.NodeCreated, false)]
    [InlineData(WatchKind.PersistentRecursive, "/a", EventType.NodeChildrenChanged, false)]
    public void A_lasting_watch_stays(WatchKind kind, string path, EventType type, bool fires)
    {
        Action<WatchedEvent> watcher = _ => { };
        _registry.Add(kind, "/a", watcher);
        _registry.Take(type, path).Contains(watcher).ShouldBe(fires);
        _registry.Take(type, path).Contains(watcher).ShouldBe(fires);
        _registry.List(0).Count.ShouldBe(1);
    }

    [Fact]
    public void The_root_is_watched_with_all_below_it()
    {
        Action<WatchedEvent> watcher = _ => { };
        _registry.Add(WatchKind.PersistentRecursive, "/", watcher);
        _registry.Take(EventType.NodeDeleted, "/x/y").ShouldBe([watcher]);
        _registry.Take(EventType.NodeDataChanged, "/").ShouldBe([watcher]);
    }

    [Fact]
    public void A_watcher_is_told_once_however_many_watches_it_has()
    {
        Action<WatchedEvent> watcher = _ => { };
        foreach (WatchKind kind in Enum.GetValues<WatchKind>())
        {
            _registry.Add(kind, "/a", watcher);
            _registry.Add(kind, "/a", watcher);
        }

        _registry.Take(EventType.NodeDeleted, "/a").ShouldBe([watcher]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(10_000)]
    public void A_long_list_is_split_and_loses_nothing(int most)
    {
        string[] paths = [.. Enumerable.Range(0, 50).Select(i => $"/node-{i}")];
        var whole = new WatchList(7, paths, paths, paths, paths, paths);
        WatchList[] parts = [.. whole.Split(most)];
        parts.Sum(part => part.Count).ShouldBe(whole.Count);
        parts.SelectMany(part => part.Children).ShouldBe(paths);
        parts.ShouldAllBe(part => part.LastZxid == 7
            && (part.Count == 1 || part.Data.Concat(part.Exist).Concat(part.Children).Concat(part.Persistent).Concat(part.PersistentRecursive).Sum(path => path.Length) <= most));
    }

    [Fact]
    public void What_is_to_be_armed_again_is_listed_by_kind()
    {
        foreach (WatchKind kind in Enum.GetValues<WatchKind>())
        {
            _registry.Add(kind, $"/{kind}", _ => { });
        }

        WatchList list = _registry.List(42);
        list.LastZxid.ShouldBe(42);
        list.Data.ShouldBe(["/Data"]);
        list.Exist.ShouldBe(["/Exist"]);
        list.Children.ShouldBe(["/Children"]);
        list.Persistent.ShouldBe(["/Persistent"]);
        list.PersistentRecursive.ShouldBe(["/PersistentRecursive"]);
        foreach ((WatcherType type, int left) in new[] { (WatcherType.Persistent, 4), (WatcherType.PersistentRecursive, 3), (WatcherType.Children, 2), (WatcherType.Data, 0) })
        {
            foreach (WatchKind kind in Enum.GetValues<WatchKind>())
            {
                _registry.Remove($"/{kind}", type);
            }

            _registry.List(0).Count.ShouldBe(left);
        }
    }
}
