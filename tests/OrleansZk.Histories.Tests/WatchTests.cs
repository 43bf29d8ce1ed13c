namespace OrleansZk.Histories.Tests;

public sealed class WatchTests
{
    private readonly Story _story = new();
    private readonly Speaker _writer;
    private readonly Speaker _watcher;

    public WatchTests()
    {
        _writer = _story.Open();
        _watcher = _story.Open();
    }

    [Fact]
    public void A_watch_that_fires_once_before_the_change_is_seen_is_fine()
    {
        long created = _writer.Create("/x", "1");
        _watcher.Get("/x", "1", created, created, watch: true);
        long set = _writer.Set("/x", "2", 1);
        _watcher.Connection.Fired(EventType.NodeDataChanged, "/x", set);
        _writer.Set("/x", "3", 2);
        _watcher.Get("/x", "2", created, set, mzxid: set, version: 1);
        _story.ShouldBeFine();
    }

    [Fact]
    public void A_change_that_is_seen_before_its_event()
    {
        long created = _writer.Create("/x", "1");
        _watcher.Get("/x", "1", created, created, watch: true);
        long set = _writer.Set("/x", "2", 1);
        _watcher.Get("/x", "2", created, set, mzxid: set, version: 1);
        _watcher.Connection.Fired(EventType.NodeDataChanged, "/x", set);
        _story.ShouldBreak("missed-event", "was not told NodeDataChanged /x");
    }

    [Fact]
    public void A_change_that_is_never_told()
    {
        long created = _writer.Create("/x", "1");
        _watcher.Get("/x", "1", created, created, watch: true);
        _writer.Set("/x", "2", 1);
        _story.ShouldBreak("missed-event", "at the end of the run");
    }

    [Fact]
    public void A_lost_connection_excuses_what_was_not_told()
    {
        long created = _writer.Create("/x", "1");
        _watcher.Get("/x", "1", created, created, watch: true);
        _writer.Set("/x", "2", 1);
        _watcher.Connection.Lost("");
        _story.ShouldBeFine();
    }

    [Fact]
    public void A_one_shot_watch_that_fires_twice()
    {
        long created = _writer.Create("/x", "1");
        _watcher.Get("/x", "1", created, created, watch: true);
        _watcher.Connection.Fired(EventType.NodeDataChanged, "/x", _writer.Set("/x", "2", 1));
        _watcher.Connection.Fired(EventType.NodeDataChanged, "/x", _writer.Set("/x", "3", 2));
        _story.ShouldBreak("unexplained-event", "no watch and no change");
    }

    [Fact]
    public void An_event_without_a_change()
    {
        long created = _writer.Create("/x", "1");
        _watcher.Get("/x", "1", created, created, watch: true);
        _watcher.Connection.Fired(EventType.NodeDeleted, "/x", _writer.Create("/y"));
        _story.ShouldBreak("unexplained-event", "NodeDeleted /x");
    }

    [Fact]
    public void Watches_of_what_is_not_there_and_of_children()
    {
        _watcher.GetNothing("/x", _story.Zxid, watch: true);
        _watcher.Read(new Request(OpCode.GetChildren, "/") { Watch = true }, new Answer(ErrorCode.Ok, _story.Zxid) { Names = ["zookeeper"] });
        long created = _writer.Create("/x");
        _watcher.Connection.Fired(EventType.NodeCreated, "/x", created);
        _watcher.Connection.Fired(EventType.NodeChildrenChanged, "/", created);
        _story.ShouldBeFine();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Lasting_watches_see_every_change_in_order(bool skipsOne)
    {
        long created = _writer.Create("/x");
        _watcher.Read(new Request(OpCode.AddWatch, "/x") { WatchMode = AddWatchMode.Persistent }, new Answer(ErrorCode.Ok, created));
        long first = _writer.Set("/x", "1", 1);
        long second = _writer.Create("/x/y");
        long third = _writer.Set("/x", "2", 2);
        _watcher.Connection.Fired(EventType.NodeDataChanged, "/x", first);
        if (!skipsOne)
        {
            _watcher.Connection.Fired(EventType.NodeChildrenChanged, "/x", second);
        }

        _watcher.Connection.Fired(EventType.NodeDataChanged, "/x", third);
        if (skipsOne)
        {
            _story.ShouldBreak("missed-event", "and never NodeChildrenChanged /x");
        }
        else
        {
            _story.ShouldBeFine();
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Recursive_watches_see_every_descendant(bool skipsOne)
    {
        _writer.Create("/x");
        _watcher.Read(new Request(OpCode.AddWatch, "/x") { WatchMode = AddWatchMode.PersistentRecursive }, new Answer(ErrorCode.Ok, _story.Zxid));
        long child = _writer.Create("/x/y");
        long grandchild = _writer.Create("/x/y/z");
        _writer.Create("/other");
        if (!skipsOne)
        {
            _watcher.Connection.Fired(EventType.NodeCreated, "/x/y", child);
        }

        _watcher.Connection.Fired(EventType.NodeCreated, "/x/y/z", grandchild);
        if (skipsOne)
        {
            _story.ShouldBreak("missed-event", "never NodeCreated /x/y");
        }
        else
        {
            _story.ShouldBeFine();
        }
    }

    [Fact]
    public void A_removed_watch_does_not_fire()
    {
        _writer.Create("/x");
        _watcher.Read(new Request(OpCode.AddWatch, "/x") { WatchMode = AddWatchMode.Persistent }, new Answer(ErrorCode.Ok, _story.Zxid));
        _watcher.Read(new Request(OpCode.RemoveWatches, "/x"), new Answer(ErrorCode.Ok, _story.Zxid));
        long set = _writer.Set("/x", "1", 1);
        _story.ShouldBeFine();
        _watcher.Connection.Fired(EventType.NodeDataChanged, "/x", set);
        _story.ShouldBreak("unexplained-event", "NodeDataChanged /x");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Who_comes_back_is_told_what_changed_meanwhile(bool isTold)
    {
        long created = _writer.Create("/x", "1");
        _watcher.Get("/x", "1", created, created, watch: true);
        _writer.Set("/x", "2", 1);
        _watcher.Reconnect();
        Operation rearm = _watcher.Ask(new Request(OpCode.SetWatches2) { Rearmed = new RearmedWatches(created, ["/x"], [], [], [], []) });
        if (isTold)
        {
            _watcher.Connection.Fired(EventType.NodeDataChanged, "/x", -1);
        }

        _watcher.Hear(rearm, new Answer(ErrorCode.Ok, _story.Zxid));
        if (isTold)
        {
            _story.ShouldBeFine();
        }
        else
        {
            _story.ShouldBreak("missed-events", "(NodeDataChanged, /x)");
        }
    }

    [Fact]
    public void An_event_behind_what_the_session_has_seen()
    {
        long created = _writer.Create("/x", "1");
        _watcher.Get("/x", "1", created, created, watch: true);
        long set = _writer.Set("/x", "2", 1);
        _watcher.GetNothing("/y", _writer.Create("/z"));
        _watcher.Connection.Fired(EventType.NodeDataChanged, "/x", set);
        _story.ShouldBreak("late-event", "had seen");
    }
}
