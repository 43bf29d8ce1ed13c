using static OrleansZk.TestKit.Wire.WireRequests;

namespace OrleansZk.Unit.Watches;

/// <summary>The table of what fires what, through whole requests, with the order of events and answers.</summary>
public sealed class WatchRuleTests : EngineTest
{
    private readonly TestSession _watcher;

    public WatchRuleTests()
    {
        _watcher = Engine.Connect();
        Session.Ask(Create("/a"));
        Session.Ask(Create("/a/b"));
    }

    public static TheoryData<string, string, string> Table => new()
    {
        // watch, change, what the watcher hears
        { "exists /n", "create /n", "NodeCreated /n" },
        { "exists /a", "setData /a", "NodeDataChanged /a" },
        { "exists /a/b", "delete /a/b", "NodeDeleted /a/b" },
        { "exists /a", "create /a/x", "" },
        { "exists /a", "setACL /a", "" },
        { "getData /a", "setData /a", "NodeDataChanged /a" },
        { "getData /a/b", "delete /a/b", "NodeDeleted /a/b" },
        { "getData /a", "create /a/x", "" },
        { "getData /n", "create /n", "" },
        { "getChildren /a", "create /a/x", "NodeChildrenChanged /a" },
        { "getChildren /a", "delete /a/b", "NodeChildrenChanged /a" },
        { "getChildren /a", "setData /a", "" },
        { "getChildren /a", "setData /a/b", "" },
        { "getChildren /a", "setACL /a", "" },
        { "getChildren /a", "create /a/b/x", "" },
        { "getChildren /a/b", "delete /a/b", "NodeDeleted /a/b" },
        { "getChildren2 /a/b", "delete /a/b", "NodeDeleted /a/b" },
        { "getData /a/b + getChildren /a/b", "delete /a/b", "NodeDeleted /a/b" },
        { "getData /a/b + getChildren /a", "delete /a/b", "NodeDeleted /a/b, NodeChildrenChanged /a" },
        { "persistent /n", "create /n", "NodeCreated /n" },
        { "persistent /a", "setData /a", "NodeDataChanged /a" },
        { "persistent /a", "create /a/x", "NodeChildrenChanged /a" },
        { "persistent /a", "delete /a/b", "NodeChildrenChanged /a" },
        { "persistent /a/b", "delete /a/b", "NodeDeleted /a/b" },
        { "persistent /a", "create /a/b/x", "" },
        { "persistent /a", "setACL /a", "" },
        { "recursive /n", "create /n", "NodeCreated /n" },
        { "recursive /a", "setData /a", "NodeDataChanged /a" },
        { "recursive /a", "create /a/x", "NodeCreated /a/x" },
        { "recursive /a", "create /a/b/x", "NodeCreated /a/b/x" },
        { "recursive /a", "delete /a/b", "NodeDeleted /a/b" },
        { "recursive /a", "setData /a/b", "NodeDataChanged /a/b" },
        { "recursive /a", "setACL /a/b", "" },
        { "recursive /", "create /n", "NodeCreated /n" },
        { "recursive / + recursive /a", "create /a/x", "NodeCreated /a/x" },
        { "recursive /a + getChildren /a", "create /a/x", "NodeCreated /a/x, NodeChildrenChanged /a" },
        { "persistent /a + recursive /a + getData /a", "setData /a", "NodeDataChanged /a" },
        { "persistent /a + recursive /a + getChildren /a", "create /a/x", "NodeCreated /a/x, NodeChildrenChanged /a" },
        { "persistent /a/b + recursive /a", "delete /a/b", "NodeDeleted /a/b" },
    };

    [Theory]
    [MemberData(nameof(Table))]
    [OperationCase(CaseKind.Conformance, OpCode.AddWatch)]
    public void What_fires_what(string watches, string change, string expected)
    {
        foreach (string watch in watches.Split(" + "))
        {
            _watcher.Call(Watch(watch));
        }

        Answer answer = Session.Call(Change(change));

        answer.Result.Error.ShouldBe(ErrorCode.Ok);
        List<Event> events = _watcher.TakeEvents();
        string.Join(", ", events.Select(happened => $"{happened.Type} {happened.Path}")).ShouldBe(expected);
        events.ShouldAllBe(happened => happened.Zxid == answer.Zxid);
    }

    [Theory]
    [InlineData("exists", 1)]
    [InlineData("getData", 1)]
    [InlineData("persistent", 3)]
    [InlineData("recursive", 3)]
    public void Standard_watches_fire_once_the_others_for_ever(string kind, int expected)
    {
        _watcher.Call(Watch($"{kind} /a"));
        for (int i = 0; i < 3; i++)
        {
            Session.Ask(SetData("/a", "x"));
        }

        _watcher.TakeEvents().Count.ShouldBe(expected);
    }

    [Fact]
    public void Events_come_before_the_answer_of_the_change_that_caused_them()
    {
        Session.Ask(GetChildren("/", watch: true));
        Session.Try(Exists("/n", watch: true));
        Session.Send(Create("/n"));

        List<Received> received = Session.TakeAll();

        received.Select(item => item.GetType()).ShouldBe([typeof(Event), typeof(Event), typeof(Answer)]);
    }

    [Fact]
    public void An_event_comes_before_any_read_of_the_change()
    {
        _watcher.Ask(GetData("/a", watch: true));
        Engine.Hold();
        Session.Send(SetData("/a", "new"));
        _watcher.Ask(GetData("/a")).Text.ShouldBe("");

        Engine.ReleaseAll();
        _watcher.Send(GetData("/a"));

        List<Received> received = _watcher.TakeAll();
        received[0].ShouldBeOfType<Event>();
        received[1].ShouldBeOfType<Answer>().Result.Text.ShouldBe("new");
    }

    [Fact]
    public void A_multi_fires_for_each_part_in_order_with_one_zxid()
    {
        _watcher.Ask(AddWatch("/", AddWatchMode.PersistentRecursive));
        _watcher.Ask(GetChildren("/a", watch: true));

        Answer answer = Session.Call(Multi(Create("/a/x"), SetData("/a/x", "1"), Create("/a/y"), Delete("/a/x"), Check("/a")));

        List<Event> events = _watcher.TakeEvents();
        string.Join(", ", events.Select(happened => $"{happened.Type} {happened.Path}")).ShouldBe(
            "NodeCreated /a/x, NodeChildrenChanged /a, NodeDataChanged /a/x, NodeCreated /a/y, NodeDeleted /a/x");
        events.ShouldAllBe(happened => happened.Zxid == answer.Zxid);
    }

    [Fact]
    public void A_multi_that_fails_fires_nothing()
    {
        _watcher.Ask(AddWatch("/", AddWatchMode.PersistentRecursive));

        Session.Ask(Multi(Create("/a/x"), Check("/none")));

        _watcher.TakeEvents().ShouldBeEmpty();
    }

    [Fact]
    public void Those_who_may_not_read_do_not_hear_and_their_watch_is_used_up()
    {
        Session.Ask(SetAcl("/a/b", [World(Permissions.Write | Permissions.Admin)]));
        _watcher.Ask(GetChildren("/a", watch: true));
        _watcher.Ask(AddWatch("/a/b"));
        Session.Ask(SetData("/a/b", "x"));
        _watcher.TakeEvents().ShouldBeEmpty();

        // The list of the node counts for its deletion, the parent's for the parent's children.
        Session.Ask(Delete("/a/b"));
        _watcher.TakeEvents().Select(happened => happened.Type).ShouldBe([EventType.NodeChildrenChanged]);

        _watcher.Ask(GetChildren("/a", watch: true));
        Session.Ask(SetAcl("/a", [World(Permissions.All & ~Permissions.Read)]));
        Session.Ask(Create("/a/c"));
        Session.Ask(SetAcl("/a", Acl.OpenUnsafe));
        Session.Ask(Create("/a/d"));
        _watcher.TakeEvents().ShouldBeEmpty();
    }

    [Fact]
    public void A_watch_outlives_the_deletion_of_its_node_when_it_lasts()
    {
        _watcher.Ask(AddWatch("/a/b"));
        Session.Ask(Delete("/a/b"));
        Session.Ask(Create("/a/b"));

        _watcher.TakeEvents().Select(happened => happened.Type).ShouldBe([EventType.NodeDeleted, EventType.NodeCreated]);
    }

    [Fact]
    public void Watches_go_with_their_connection()
    {
        _watcher.Ask(AddWatch("/", AddWatchMode.PersistentRecursive));
        _watcher.Ask(GetData("/a", watch: true));
        _watcher.Ask(GetChildren("/a", watch: true));

        _watcher.Disconnect();

        Engine.Replica.Watches.Data.Count.ShouldBe(0);
        Engine.Replica.Watches.Children.Count.ShouldBe(0);
        _watcher.Reconnect().ShouldBeTrue();
        Session.Ask(SetData("/a", "x"));
        _watcher.TakeEvents().ShouldBeEmpty();
    }

    [Fact]
    public void Setting_a_watch_twice_is_one_watch()
    {
        _watcher.Ask(GetData("/a", watch: true));
        _watcher.Ask(Exists("/a", watch: true));
        Session.Ask(SetData("/a", "x"));

        _watcher.TakeEvents().Count.ShouldBe(1);
    }

    private static WireRequest Watch(string watch)
    {
        string[] words = watch.Split(' ');
        return words[0] switch
        {
            "exists" => Exists(words[1], watch: true),
            "getData" => GetData(words[1], watch: true),
            "getChildren" => GetChildren(words[1], watch: true),
            "getChildren2" => GetChildren2(words[1], watch: true),
            "persistent" => AddWatch(words[1]),
            _ => AddWatch(words[1], AddWatchMode.PersistentRecursive),
        };
    }

    private static WireRequest Change(string change)
    {
        string[] words = change.Split(' ');
        return words[0] switch
        {
            "create" => Create(words[1]),
            "delete" => Delete(words[1]),
            "setData" => SetData(words[1], "x"),
            _ => SetAcl(words[1], Acl.OpenUnsafe),
        };
    }
}
