import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooKeeper;

/** The Java client sets its watches again when it reconnects: what it missed is told once, the rest goes on. */
final class ReconnectCases {
    private ReconnectCases() {
    }

    interface Change {
        void make(ZooKeeper other) throws Exception;
    }

    /** Cuts the client off, makes the change through another one, and lets it come back. */
    private static void whileAway(Env env, Relay relay, Events states, ZooKeeper zk, Change change) throws Exception {
        relay.cut();
        states.awaitState(KeeperState.Disconnected);
        change.make(env.zk());
        env.catchUpServers();
        relay.mend();
        Env.eventually(() -> zk.getState().isConnected(), "reconnected");
        Env.eventually(() -> {
            try {
                return zk.exists("/", false) != null;
            } catch (org.apache.zookeeper.KeeperException.ConnectionLossException e) {
                return false;
            }
        }, "serving again");
    }

    static void missedChangesAreToldExactlyOnce(Env env) throws Exception {
        ZooKeeper other = env.zk();
        for (String name : new String[] {"changed", "deleted", "recreated", "parent", "quiet"}) {
            env.create(name);
        }
        try (Relay relay = new Relay(env.hosts)) {
            Events states = new Events();
            ZooKeeper zk = env.client(relay.address(), Env.SESSION_MS, states);
            Events changed = new Events();
            Events deleted = new Events();
            Events recreated = new Events();
            Events children = new Events();
            Events created = new Events();
            Events quiet = new Events();
            Events quietChildren = new Events();
            Events quietExists = new Events();
            zk.getData(env.path("changed"), changed, null);
            zk.getData(env.path("deleted"), deleted, null);
            zk.getData(env.path("recreated"), recreated, null);
            zk.getChildren(env.path("parent"), children);
            zk.exists(env.path("created"), created);
            zk.getData(env.path("quiet"), quiet, null);
            zk.getChildren(env.path("quiet"), quietChildren);
            zk.exists(env.path("still-missing"), quietExists);
            whileAway(env, relay, states, zk, o -> {
                o.setData(env.path("changed"), Env.bytes("1"), -1);
                o.setData(env.path("changed"), Env.bytes("2"), -1);
                o.delete(env.path("deleted"), -1);
                o.delete(env.path("recreated"), -1);
                env.create("recreated");
                o.create(env.path("parent", "x"), null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
                o.create(env.path("parent", "y"), null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
                env.create("created");
            });
            changed.expectExactly(zk, env.root, "NodeDataChanged " + env.path("changed"));
            deleted.expect("NodeDeleted " + env.path("deleted"));
            recreated.expect("NodeDataChanged " + env.path("recreated"));
            children.expect("NodeChildrenChanged " + env.path("parent"));
            created.expect("NodeCreated " + env.path("created"));
            quiet.expect();
            quietChildren.expect();
            quietExists.expect();

            // Those that had nothing to tell are armed again.
            other.setData(env.path("quiet"), Env.bytes("x"), -1);
            other.create(env.path("quiet", "x"), null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
            env.create("still-missing");
            quiet.expectExactly(zk, env.root, "NodeDataChanged " + env.path("quiet"));
            quietChildren.expect("NodeChildrenChanged " + env.path("quiet"));
            quietExists.expect("NodeCreated " + env.path("still-missing"));

            // Those that told something are not.
            other.setData(env.path("changed"), Env.bytes("3"), -1);
            other.setData(env.path("created"), Env.bytes("3"), -1);
            changed.expectExactly(zk, env.root);
            created.expect();
        }
    }

    static void watchThatFiredBeforeTheCutDoesNotFireAgain(Env env) throws Exception {
        try (Relay relay = new Relay(env.hosts)) {
            env.create("a");
            Events states = new Events();
            ZooKeeper zk = env.client(relay.address(), Env.SESSION_MS, states);
            Events events = new Events();
            zk.getData(env.path("a"), events, null);
            env.zk().setData(env.path("a"), Env.bytes("1"), -1);
            events.expectExactly(zk, env.root, "NodeDataChanged " + env.path("a"));
            whileAway(env, relay, states, zk, o -> o.setData(env.path("a"), Env.bytes("2"), -1));
            events.expectExactly(zk, env.root);
        }
    }

    static void persistentWatchesGoOn(Env env) throws Exception {
        try (Relay relay = new Relay(env.hosts)) {
            env.create("p");
            env.create("r");
            Events states = new Events();
            ZooKeeper zk = env.client(relay.address(), Env.SESSION_MS, states);
            Events persistent = new Events();
            Events recursive = new Events();
            zk.addWatch(env.path("p"), persistent, AddWatchMode.PERSISTENT);
            zk.addWatch(env.path("r"), recursive, AddWatchMode.PERSISTENT_RECURSIVE);
            whileAway(env, relay, states, zk, o -> { });
            ZooKeeper other = env.zk();
            other.setData(env.path("p"), Env.bytes("1"), -1);
            other.create(env.path("p", "x"), null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
            other.create(env.path("r", "x"), null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
            other.setData(env.path("r", "x"), Env.bytes("1"), -1);
            persistent.expectExactly(zk, env.root, "NodeDataChanged " + env.path("p"), "NodeChildrenChanged " + env.path("p"));
            recursive.expect("NodeCreated " + env.path("r", "x"), "NodeDataChanged " + env.path("r", "x"));
        }
    }

    static void manyWatchesAreSetAgain(Env env) throws Exception {
        // Enough paths that the client has to split them over several setWatches requests.
        try (Relay relay = new Relay(env.hosts)) {
            env.zk();
            Events states = new Events();
            ZooKeeper zk = env.client(relay.address(), Env.SESSION_MS, states);
            Events events = new Events();
            String stem = "a-rather-long-name-so-that-the-paths-add-up-to-more-than-the-client-puts-into-one-request-";
            int count = 1_500;
            for (int i = 0; i < count; i++) {
                zk.exists(env.path(stem + i), events, (rc, p, ctx, s) -> { }, null);
            }
            Env.sync(zk, env.root);
            whileAway(env, relay, states, zk, o -> o.create(env.path(stem + 7), null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT));
            events.expectExactly(zk, env.root, "NodeCreated " + env.path(stem + 7));
            env.create(stem + (count - 1));
            env.create(stem + 0);
            events.expectExactly(zk, env.root, "NodeCreated " + env.path(stem + (count - 1)), "NodeCreated " + env.path(stem + 0));
        }
    }

    static void identitiesAreSentBeforeWatches(Env env) throws Exception {
        try (Relay relay = new Relay(env.hosts)) {
            ZooKeeper owner = env.as("alice:wonder");
            env.zk();
            owner.create(env.path("private"), null, Ids.CREATOR_ALL_ACL, CreateMode.PERSISTENT);
            Events states = new Events();
            ZooKeeper zk = env.client(relay.address(), Env.SESSION_MS, states);
            zk.addAuthInfo("digest", Env.bytes("alice:wonder"));
            Events events = new Events();
            zk.getData(env.path("private"), events, null);
            whileAway(env, relay, states, zk, o -> owner.setData(env.path("private"), Env.bytes("x"), -1));
            events.expectExactly(zk, env.root, "NodeDataChanged " + env.path("private"));
            Env.equal(zk.getData(env.path("private"), false, null), Env.bytes("x"), "readable after the reconnect");
        }
    }
}
