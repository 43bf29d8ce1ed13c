using OrleansZk.Core.Watches;

namespace OrleansZk.Unit.Watches;

public sealed class WatchTableTests
{
    private readonly WatchTable<string> _table = new();

    [Fact]
    public void A_standard_watch_goes_when_it_fires()
    {
        _table.Add("/a", "w", WatchModes.Standard);

        Fire("/a").ShouldBe(["w"]);
        Fire("/a").ShouldBe([]);
        _table.Count.ShouldBe(0);
    }

    [Fact]
    public void Lasting_watches_stay()
    {
        _table.Add("/a", "p", WatchModes.Persistent);
        _table.Add("/a", "r", WatchModes.PersistentRecursive);

        Fire("/a").ShouldBe(["p", "r"]);
        Fire("/a").ShouldBe(["p", "r"]);
    }

    [Fact]
    public void Recursive_watches_hear_of_descendants_and_only_of_those()
    {
        _table.Add("/a", "r", WatchModes.PersistentRecursive);
        _table.Add("/a", "p", WatchModes.Persistent);
        _table.Add("/a", "s", WatchModes.Standard);

        Fire("/a/b").ShouldBe(["r"]);
        Fire("/a/b/c/d").ShouldBe(["r"]);
        Fire("/ab").ShouldBe([]);
        Fire("/").ShouldBe([]);
        Fire("/a").ShouldBe(["p", "r", "s"]);
    }

    [Fact]
    public void A_recursive_watch_on_the_root_hears_of_everything()
    {
        _table.Add("/", "r", WatchModes.PersistentRecursive);

        Fire("/").ShouldBe(["r"]);
        Fire("/a").ShouldBe(["r"]);
        Fire("/a/b").ShouldBe(["r"]);
    }

    [Fact]
    public void A_watcher_is_told_once_whatever_watches_it_has()
    {
        foreach (WatchModes mode in new[] { WatchModes.Standard, WatchModes.Persistent, WatchModes.PersistentRecursive })
        {
            _table.Add("/a/b", "w", mode);
        }

        _table.Add("/a", "w", WatchModes.PersistentRecursive);
        _table.Add("/", "w", WatchModes.PersistentRecursive);
        var fired = new HashSet<string>();

        _table.Fire("/a/b", fired);

        fired.ShouldBe(["w"]);
        _table.Count.ShouldBe(3, "pairs of watcher and path");
    }

    [Fact]
    public void Modes_coexist_and_are_removed_one_by_one()
    {
        _table.Add("/a", "w", WatchModes.Standard);
        _table.Add("/a", "w", WatchModes.Persistent);
        _table.Add("/a", "w", WatchModes.PersistentRecursive);

        _table.Remove("/a", "w", WatchModes.Persistent).ShouldBeTrue();
        _table.Remove("/a", "w", WatchModes.Persistent).ShouldBeFalse();
        _table.Contains("/a", "w", WatchModes.Standard).ShouldBeTrue();
        _table.Contains("/a", "w", WatchModes.Persistent).ShouldBeFalse();
        _table.Contains("/a", "w", WatchModes.PersistentRecursive | WatchModes.Persistent).ShouldBeTrue();

        Fire("/a").ShouldBe(["w"]);
        _table.Contains("/a", "w", WatchModes.Standard).ShouldBeFalse();
        _table.Contains("/a", "w", WatchModes.PersistentRecursive).ShouldBeTrue();
        _table.Remove("/a", "w", WatchModes.PersistentRecursive).ShouldBeTrue();
        _table.Count.ShouldBe(0);
        Fire("/a/b").ShouldBe([]);
    }

    [Fact]
    public void Removing_what_is_not_there()
    {
        _table.Add("/a", "w", WatchModes.Standard);

        _table.Remove("/b", "w", WatchModes.Standard).ShouldBeFalse();
        _table.Remove("/a", "v", WatchModes.Standard).ShouldBeFalse();
        _table.Remove("/a", "w", WatchModes.None).ShouldBeFalse();
        _table.RemoveAll("v");
        _table.Count.ShouldBe(1);
    }

    [Fact]
    public void Recursive_watches_are_counted_right_through_every_way_of_going()
    {
        // The count decides whether ancestors are looked at; wrong by one, and events are lost or time is.
        _table.Add("/a", "1", WatchModes.PersistentRecursive);
        _table.Add("/a", "1", WatchModes.PersistentRecursive);
        _table.Add("/a", "2", WatchModes.PersistentRecursive);
        _table.Add("/b", "1", WatchModes.PersistentRecursive);
        _table.Add("/b", "1", WatchModes.Standard);
        _table.Remove("/a", "1", WatchModes.PersistentRecursive);
        Fire("/a/x").ShouldBe(["2"]);
        Fire("/b/x").ShouldBe(["1"]);

        _table.RemoveAll("2");
        Fire("/a/x").ShouldBe([]);
        Fire("/b/x").ShouldBe(["1"]);

        _table.RemoveAll("1");
        Fire("/b/x").ShouldBe([]);
        _table.Add("/c", "3", WatchModes.PersistentRecursive);
        Fire("/c/x").ShouldBe(["3"]);
    }

    [Fact]
    public void A_watcher_that_goes_leaves_nothing()
    {
        for (int i = 0; i < 100; i++)
        {
            _table.Add($"/{i}", "w", i % 2 == 0 ? WatchModes.Standard : WatchModes.PersistentRecursive);
            _table.Add($"/{i}", "other", WatchModes.Standard);
        }

        _table.RemoveAll("w");

        _table.Count.ShouldBe(100);
        _table.ByWatcher().ToDictionary().Keys.ShouldBe(["other"]);
        _table.ByPath().ToDictionary().Values.ShouldAllBe(watchers => watchers.SequenceEqual(new[] { "other" }));
    }

    [Fact]
    public void What_the_table_shows()
    {
        _table.Add("/a", "1", WatchModes.Standard);
        _table.Add("/a", "2", WatchModes.Persistent);
        _table.Add("/b", "1", WatchModes.Standard);

        _table.Count.ShouldBe(3);
        _table.Summary.ShouldBe((2, 2, 3));
        _table.ByPath().ToDictionary()["/a"].ShouldBe(["1", "2"], ignoreOrder: true);
        _table.ByWatcher().ToDictionary()["1"].ShouldBe(["/a", "/b"], ignoreOrder: true);
    }

    [Fact]
    public void The_table_can_change_while_it_is_shown()
    {
        for (int i = 0; i < 100; i++)
        {
            _table.Add($"/{i}", $"w{i}", WatchModes.Standard);
        }

        var paths = new List<string>();
        foreach ((string path, string[] watchers) in _table.ByPath())
        {
            watchers.ShouldHaveSingleItem();
            paths.Add(path);
            _table.RemoveAll("w99");
            _table.Add("/new", "w0", WatchModes.Standard);
        }

        paths.ShouldBe(Enumerable.Range(0, 99).Select(i => $"/{i}"), ignoreOrder: true);
        var shown = new List<string>();
        foreach ((string watcher, string[] watched) in _table.ByWatcher())
        {
            shown.Add(watcher);
            watched.ShouldNotBeEmpty();
            _table.RemoveAll("w98");
            _table.Add("/another", "w1", WatchModes.Standard);
        }

        shown.ShouldBe(Enumerable.Range(0, 98).Select(i => $"w{i}"), ignoreOrder: true);
    }

    private string[] Fire(string path)
    {
        var fired = new HashSet<string>();
        _table.Fire(path, fired);
        return [.. fired.Order(StringComparer.Ordinal)];
    }
}
