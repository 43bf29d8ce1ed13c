using static OrleansZk.TestKit.Wire.WireRequests;

namespace OrleansZk.Unit.Watches;

/// <summary>addWatch, checkWatches, removeWatches, setWatches, setWatches2.</summary>
public sealed class WatchRequestTests : EngineTest
{
    private static readonly WatcherType[] Types =
        [WatcherType.Children, WatcherType.Data, WatcherType.Any, WatcherType.Persistent, WatcherType.PersistentRecursive];

    [Fact]
    public void Adding_a_watch_asks_for_a_mode_and_a_path_that_can_be()
    {
        Session.Ask(AddWatch("/not/there/yet")).ShouldBe(new WireResult { Number = 0 });
        foreach (int mode in new[] { -1, 2, int.MaxValue })
        {
            Session.Try(AddWatch("/a", (AddWatchMode)mode)).ShouldBe(ErrorCode.MarshallingError);
        }

        Session.Try(AddWatch("a")).ShouldBe(ErrorCode.BadArguments);
        Session.Try(AddWatch("/a/")).ShouldBe(ErrorCode.BadArguments);
    }

    [Theory]
    [InlineData("exists", new[] { WatcherType.Data, WatcherType.Any })]
    [InlineData("getChildren", new[] { WatcherType.Children, WatcherType.Any })]
    [InlineData("persistent", new[] { WatcherType.Persistent, WatcherType.Any })]
    [InlineData("recursive", new[] { WatcherType.PersistentRecursive, WatcherType.Any })]
    [OperationCase(CaseKind.Conformance, OpCode.CheckWatches, OpCode.RemoveWatches)]
    public void Each_type_finds_and_removes_its_own(string kind, WatcherType[] found)
    {
        foreach (WatcherType type in Types)
        {
            Arm(kind);
            ErrorCode expected = found.Contains(type) ? ErrorCode.Ok : ErrorCode.NoWatcher;

            Session.Try(CheckWatches("/", type)).ShouldBe(expected, type.ToString());
            Session.Try(CheckWatches("/zookeeper", type)).ShouldBe(ErrorCode.NoWatcher);
            Engine.Connect().Try(CheckWatches("/", type)).ShouldBe(ErrorCode.NoWatcher, "watches are the connection's own");
            Session.Try(RemoveWatches("/", type)).ShouldBe(expected, type.ToString());
            Session.Try(RemoveWatches("/", type)).ShouldBe(ErrorCode.NoWatcher);
            Session.Try(RemoveWatches("/", WatcherType.Any)).ShouldBe(expected == ErrorCode.Ok ? ErrorCode.NoWatcher : ErrorCode.Ok);
        }
    }

    [Fact]
    public void Removing_one_mode_leaves_the_others()
    {
        foreach (string kind in new[] { "exists", "getChildren", "persistent", "recursive" })
        {
            Arm(kind);
        }

        Session.Try(RemoveWatches("/", WatcherType.Persistent)).ShouldBe(ErrorCode.Ok);

        Session.Try(CheckWatches("/", WatcherType.Data)).ShouldBe(ErrorCode.Ok);
        Session.Try(CheckWatches("/", WatcherType.Children)).ShouldBe(ErrorCode.Ok);
        Session.Try(CheckWatches("/", WatcherType.PersistentRecursive)).ShouldBe(ErrorCode.Ok);
        Session.Try(CheckWatches("/", WatcherType.Persistent)).ShouldBe(ErrorCode.NoWatcher);
        Session.Try(RemoveWatches("/", WatcherType.Any)).ShouldBe(ErrorCode.Ok);
        Engine.Replica.Watches.Data.Count.ShouldBe(0);
        Engine.Replica.Watches.Children.Count.ShouldBe(0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    [InlineData(-1)]
    public void Types_that_do_not_exist(int type)
    {
        Session.Try(CheckWatches("/", (WatcherType)type)).ShouldBe(ErrorCode.MarshallingError);
        Session.Try(RemoveWatches("/", (WatcherType)type)).ShouldBe(ErrorCode.MarshallingError);
    }

    [Fact]
    public void What_fires_when_watches_are_set_again()
    {
        foreach (string path in new[] { "/same", "/changed", "/children", "/children/x", "/deleted", "/again" })
        {
            Session.Ask(Create(path));
        }

        long seen = Session.LastZxid;
        TestSession other = Engine.Connect();
        other.Ask(SetData("/changed", "x"));
        other.Ask(Delete("/children/x"));
        other.Ask(Delete("/deleted"));
        other.Ask(Delete("/again"));
        other.Ask(Create("/again"));
        string[] all = ["/same", "/changed", "/children", "/deleted", "/again", "/never"];

        (Missed(SetWatches(seen, data: all))).ShouldBe(
            "NodeDataChanged /changed, NodeDeleted /deleted, NodeDataChanged /again, NodeDeleted /never");
        (Missed(SetWatches(seen, exist: all))).ShouldBe(
            "NodeCreated /same, NodeCreated /changed, NodeCreated /children, NodeCreated /again");
        (Missed(SetWatches(seen, child: all))).ShouldBe(
            "NodeChildrenChanged /children, NodeDeleted /deleted, NodeChildrenChanged /again, NodeDeleted /never");
        (Missed(SetWatches2(seen, persistent: all, recursive: all))).ShouldBe("");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [OperationCase(CaseKind.Conformance, OpCode.SetWatches, OpCode.SetWatches2)]
    public void What_did_not_fire_is_armed(bool second)
    {
        Session.Ask(Create("/a"));
        long seen = Session.LastZxid;
        string[] a = ["/a"];
        Answer answer = Session.Call(second
            ? SetWatches2(seen, data: a, exist: ["/n"], child: a, persistent: ["/p"], recursive: ["/r"])
            : SetWatches(seen, data: a, exist: ["/n"], child: a));
        answer.Xid.ShouldBe(-8);
        answer.Result.ShouldBe(new WireResult());

        Session.Try(CheckWatches("/a", WatcherType.Data)).ShouldBe(ErrorCode.Ok);
        Session.Try(CheckWatches("/a", WatcherType.Children)).ShouldBe(ErrorCode.Ok);
        Session.Try(CheckWatches("/n", WatcherType.Data)).ShouldBe(ErrorCode.Ok);
        Session.Try(CheckWatches("/p", WatcherType.Persistent)).ShouldBe(second ? ErrorCode.Ok : ErrorCode.NoWatcher);
        Session.Try(CheckWatches("/r", WatcherType.PersistentRecursive)).ShouldBe(second ? ErrorCode.Ok : ErrorCode.NoWatcher);
        TestSession other = Engine.Connect();
        other.Ask(Multi(SetData("/a", "x"), Create("/a/b"), Create("/n"), Create("/p"), Create("/p/c"), Create("/r"), Create("/r/c")));
        Session.TakeEvents().Count.ShouldBe(second ? 7 : 3);
    }

    [Fact]
    public void Missed_events_come_before_the_answer_and_have_no_zxid()
    {
        Session.Send(SetWatches(0, data: ["/none"], exist: ["/"]));

        List<Received> received = Session.TakeAll();

        received.Count.ShouldBe(3);
        received[0].ShouldBe(new Event(EventType.NodeDeleted, "/none", -1));
        received[1].ShouldBe(new Event(EventType.NodeCreated, "/", -1));
        received[2].ShouldBeOfType<Answer>();
    }

    [Fact]
    public void Missed_events_of_unreadable_nodes_are_not_told()
    {
        Session.Ask(Create("/secret", acl: [World(Permissions.Write)]));

        Missed(SetWatches(0, data: ["/secret"], exist: ["/secret"], child: ["/secret"])).ShouldBe("");
    }

    [Fact]
    public void Missed_events_behind_a_write_see_that_write()
    {
        Session.Ask(Create("/a"));
        long seen = Session.LastZxid;
        Engine.Hold();
        Session.Send(Delete("/a"), SetWatches(seen, data: ["/a"]), Create("/a"));

        Engine.ReleaseAll();

        List<Received> received = Session.TakeAll();
        received.Select(item => item is Event happened ? happened.Type.ToString() : ((Answer)item).Type.ToString())
            .ShouldBe(["Delete", "NodeDeleted", "SetWatches", "Create"]);
    }

    private string Missed(WireRequest request)
    {
        Session.Send(request);
        return string.Join(", ", Session.TakeEvents().Select(happened => $"{happened.Type} {happened.Path}"));
    }

    private void Arm(string kind) => Session.Try(kind switch
    {
        "exists" => Exists("/", watch: true),
        "getChildren" => GetChildren("/", watch: true),
        "persistent" => AddWatch("/"),
        _ => AddWatch("/", AddWatchMode.PersistentRecursive),
    }).ShouldBe(ErrorCode.Ok);
}
