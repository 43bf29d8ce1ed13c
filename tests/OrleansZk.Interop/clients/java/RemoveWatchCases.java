import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Watcher.WatcherType;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooKeeper;

/** Taking watches back: removeWatches and checkWatches, of each type. */
final class RemoveWatchCases {
    private RemoveWatchCases() {
    }

    private static void change(Env env, String path) throws Exception {
        env.zk().setData(path, Env.bytes("x"), -1);
        env.zk().create(path + "/child", null, Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
        env.zk().delete(path + "/child", -1);
    }

    /** Sets a data and a child watch, removes one type of all watchers, and looks which of the two still fires. */
    private static void removeAll(Env env, WatcherType type, boolean dataLeft, boolean childLeft) throws Exception {
        ZooKeeper zk = env.client();
        String path = env.create("a");
        Events data = new Events();
        Events child = new Events();
        zk.getData(path, data, null);
        zk.getChildren(path, child);
        zk.removeAllWatches(path, type, false);
        if (!dataLeft) {
            data.expect("DataWatchRemoved " + path);
        }
        if (!childLeft) {
            child.expect("ChildWatchRemoved " + path);
        }
        change(env, path);
        data.expectExactly(zk, path, dataLeft ? new String[] {"NodeDataChanged " + path} : new String[0]);
        child.expect(childLeft ? new String[] {"NodeChildrenChanged " + path} : new String[0]);
    }

    static void removeAllData(Env env) throws Exception {
        removeAll(env, WatcherType.Data, false, true);
    }

    static void removeAllChildren(Env env) throws Exception {
        removeAll(env, WatcherType.Children, true, false);
    }

    static void removeAllOfAnyType(Env env) throws Exception {
        removeAll(env, WatcherType.Any, false, false);
    }

    static void removeOneOfTwoWatchers(Env env) throws Exception {
        ZooKeeper zk = env.client();
        String path = env.create("a");
        Events first = new Events();
        Events second = new Events();
        zk.getData(path, first, null);
        zk.getData(path, second, null);
        zk.removeWatches(path, first, WatcherType.Data, false);
        first.expect("DataWatchRemoved " + path);
        change(env, path);
        second.expectExactly(zk, path, "NodeDataChanged " + path);
        first.expect();
    }

    static void removeExistsWatchOfAMissingNode(Env env) throws Exception {
        env.zk();
        ZooKeeper zk = env.client();
        String path = env.path("missing");
        Events events = new Events();
        zk.exists(path, events);
        zk.removeWatches(path, events, WatcherType.Data, false);
        events.expect("DataWatchRemoved " + path);
        env.create("missing");
        events.expectExactly(zk, path);
    }

    private static void removePersistent(Env env, AddWatchMode mode) throws Exception {
        ZooKeeper zk = env.client();
        String path = env.create("a");
        Events events = new Events();
        zk.addWatch(path, events, mode);
        change(env, path);
        Env.eventually(() -> events.seen().size() == 3, "events before the removal");
        events.forget();
        zk.removeWatches(path, events, WatcherType.Any, false);
        events.expect("PersistentWatchRemoved " + path);
        change(env, path);
        events.expectExactly(zk, path);
    }

    static void removePersistentWatch(Env env) throws Exception {
        removePersistent(env, AddWatchMode.PERSISTENT);
    }

    static void removeRecursiveWatch(Env env) throws Exception {
        removePersistent(env, AddWatchMode.PERSISTENT_RECURSIVE);
    }

    static void removeAllPersistentWatches(Env env) throws Exception {
        ZooKeeper zk = env.client();
        String path = env.create("a");
        Events events = new Events();
        zk.addWatch(path, events, AddWatchMode.PERSISTENT_RECURSIVE);
        zk.removeAllWatches(path, WatcherType.Any, false);
        events.expect("PersistentWatchRemoved " + path);
        change(env, path);
        events.expectExactly(zk, path);
    }

    static void watchThatIsNotThereCannotBeRemoved(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        String path = env.create("a");
        Env.refused(Code.NOWATCHER, () -> {
            zk.removeAllWatches(path, WatcherType.Any, false);
            return null;
        }, "no watch at all");
        Events child = new Events();
        zk.getChildren(path, child);
        Env.refused(Code.NOWATCHER, () -> {
            zk.removeAllWatches(path, WatcherType.Data, false);
            return null;
        }, "a watch of the other type");
        Env.refused(Code.NOWATCHER, () -> {
            zk.removeWatches(path, new Events(), WatcherType.Children, false);
            return null;
        }, "another watcher");
        env.client().create(path + "/b", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        child.expect("NodeChildrenChanged " + path);
        Env.refused(Code.NOWATCHER, () -> {
            zk.removeAllWatches(path, WatcherType.Children, false);
            return null;
        }, "a watch that has fired");
    }

    static void watchOfAnotherClientIsLeftAlone(Env env) throws Exception {
        ZooKeeper one = env.client();
        ZooKeeper two = env.client();
        String path = env.create("a");
        Events first = new Events();
        Events second = new Events();
        one.getData(path, first, null);
        two.getData(path, second, null);
        one.removeAllWatches(path, WatcherType.Any, false);
        first.expect("DataWatchRemoved " + path);
        change(env, path);
        second.expectExactly(two, path, "NodeDataChanged " + path);
        first.expectExactly(one, path);
    }

    static void watchesOfADeletedNodeAreGone(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        String path = env.create("a");
        Events events = new Events();
        zk.getData(path, events, null);
        zk.getChildren(path, events);
        zk.delete(path, -1);
        // Both registrations are of one watcher: the client library tells it once.
        events.expectExactly(zk, env.root, "NodeDeleted " + path);
        Env.refused(Code.NOWATCHER, () -> {
            zk.removeAllWatches(path, WatcherType.Any, false);
            return null;
        }, "watches that have fired");
    }
}
