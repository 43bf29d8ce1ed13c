import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooKeeper;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Watches that stay: persistent ones and persistent recursive ones. */
final class AddWatchCases {
    private AddWatchCases() {
    }

    private static void make(ZooKeeper zk, String path) throws Exception {
        zk.create(path, null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
    }

    static void persistentWatchStays(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        ZooKeeper other = env.client();
        Events events = new Events();
        String a = env.path("a");
        zk.addWatch(a, events, AddWatchMode.PERSISTENT);
        make(other, a);
        events.expect("NodeCreated " + a);
        for (int i = 0; i < 3; i++) {
            other.setData(a, Env.bytes("x"), -1);
            events.expect("NodeDataChanged " + a);
        }
        make(other, a + "/b");
        events.expect("NodeChildrenChanged " + a);
        other.setData(a + "/b", Env.bytes("x"), -1);
        make(other, a + "/b/c");
        other.delete(a + "/b/c", -1);
        other.delete(a + "/b", -1);
        events.expect("NodeChildrenChanged " + a);
        other.delete(a, -1);
        events.expect("NodeDeleted " + a);
        make(other, a);
        events.expectExactly(zk, a, "NodeCreated " + a);
    }

    static void recursiveWatchNamesTheChangedNode(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        ZooKeeper other = env.client();
        Events events = new Events();
        String a = env.path("a");
        zk.addWatch(a, events, AddWatchMode.PERSISTENT_RECURSIVE);
        make(other, a);
        make(other, a + "/b");
        make(other, a + "/b/c");
        other.setData(a + "/b/c", Env.bytes("x"), -1);
        other.setData(a, Env.bytes("x"), -1);
        make(other, env.path("ab"));
        make(other, env.path("z"));
        other.delete(a + "/b/c", -1);
        other.delete(a + "/b", -1);
        other.delete(a, -1);
        make(other, a);
        events.expectExactly(zk, a,
            "NodeCreated " + a, "NodeCreated " + a + "/b", "NodeCreated " + a + "/b/c",
            "NodeDataChanged " + a + "/b/c", "NodeDataChanged " + a,
            "NodeDeleted " + a + "/b/c", "NodeDeleted " + a + "/b", "NodeDeleted " + a, "NodeCreated " + a);
    }

    static void recursiveWatchOfTheRoot(Env env) throws Exception {
        env.zk();
        ZooKeeper jailed = env.client(env.hosts + env.root, Env.SESSION_MS, null);
        Events events = new Events();
        jailed.addWatch("/", events, AddWatchMode.PERSISTENT_RECURSIVE);
        env.create("x");
        make(env.zk(), env.path("x", "y"));
        env.zk().setData(env.root, Env.bytes("r"), -1);
        events.expectExactly(jailed, "/", "NodeCreated /x", "NodeCreated /x/y", "NodeDataChanged /");
    }

    static void oneEventForManyAncestors(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        ZooKeeper other = env.client();
        Events top = new Events();
        Events middle = new Events();
        Events leaf = new Events();
        env.create("a");
        make(zk, env.path("a", "b"));
        zk.addWatch(env.root, top, AddWatchMode.PERSISTENT_RECURSIVE);
        zk.addWatch(env.path("a"), middle, AddWatchMode.PERSISTENT_RECURSIVE);
        zk.addWatch(env.path("a", "b"), leaf, AddWatchMode.PERSISTENT);
        other.setData(env.path("a", "b"), Env.bytes("x"), -1);
        String line = "NodeDataChanged " + env.path("a", "b");
        top.expectExactly(zk, env.root, line);
        middle.expect(line);
        leaf.expect(line);
    }

    static void ephemeralsOfAnEndedSessionAreReported(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        ZooKeeper other = env.client();
        Events recursive = new Events();
        Events persistent = new Events();
        other.create(env.path("e1"), null, Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
        other.create(env.path("e2"), null, Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
        env.catchUp();
        zk.addWatch(env.root, recursive, AddWatchMode.PERSISTENT_RECURSIVE);
        ZooKeeper third = env.client();
        third.addWatch(env.root, persistent, AddWatchMode.PERSISTENT);
        other.close();
        Env.eventually(() -> recursive.seen().size() == 2, "both deletions");
        List<String> seen = new ArrayList<>(recursive.seen());
        seen.sort(null);
        Env.equal(seen, Arrays.asList("NodeDeleted " + env.path("e1"), "NodeDeleted " + env.path("e2")), "recursive");
        persistent.expect("NodeChildrenChanged " + env.root, "NodeChildrenChanged " + env.root);
    }

    static void transactionsAreReportedOperationByOperation(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        Events events = new Events();
        zk.addWatch(env.root, events, AddWatchMode.PERSISTENT_RECURSIVE);
        env.client().multi(Arrays.asList(
            Op.create(env.path("a"), null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT),
            Op.create(env.path("a", "b"), null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT),
            Op.setData(env.path("a"), Env.bytes("x"), 0),
            Op.check(env.path("a"), 1),
            Op.delete(env.path("a", "b"), -1)));
        events.expectExactly(zk, env.root, "NodeCreated " + env.path("a"), "NodeCreated " + env.path("a", "b"),
            "NodeDataChanged " + env.path("a"), "NodeDeleted " + env.path("a", "b"));
    }

    static void persistentAndStandardWatchesOnDifferentPaths(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        ZooKeeper other = env.client();
        Events standard = new Events();
        Events recursive = new Events();
        env.create("a");
        zk.addWatch(env.root, recursive, AddWatchMode.PERSISTENT_RECURSIVE);
        zk.getData(env.path("a"), standard, null);
        other.setData(env.path("a"), Env.bytes("1"), -1);
        other.setData(env.path("a"), Env.bytes("2"), -1);
        String line = "NodeDataChanged " + env.path("a");
        recursive.expectExactly(zk, env.root, line, line);
        standard.expect(line);
    }

    static void modesOnTheSamePathCoexist(Env env) throws Exception {
        env.since39("watch modes side by side on one path (ZOOKEEPER-4466)");
        ZooKeeper zk = env.zk();
        ZooKeeper other = env.client();
        Events persistent = new Events();
        Events standard = new Events();
        env.create("a");
        zk.addWatch(env.path("a"), persistent, AddWatchMode.PERSISTENT);
        zk.getData(env.path("a"), standard, null);
        String line = "NodeDataChanged " + env.path("a");
        other.setData(env.path("a"), Env.bytes("1"), -1);
        other.setData(env.path("a"), Env.bytes("2"), -1);
        persistent.expectExactly(zk, env.path("a"), line, line);
        standard.expect(line);
    }

    static void replyOfAddWatchIsUnderstood(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        CompletableFuture<Integer> code = new CompletableFuture<>();
        zk.addWatch(env.root, new Events(), AddWatchMode.PERSISTENT, (rc, path, ctx) -> code.complete(rc), null);
        Env.equal(code.get(Env.PATIENCE_MS, TimeUnit.MILLISECONDS), 0, "result code");
        // A reply of the wrong shape would leave the stream out of step.
        Env.check(zk.exists(env.root, false) != null, "the next reply is read rightly");
    }

    static void thousandsOfEventsComeInOrder(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        Events events = new Events();
        zk.addWatch(env.root, events, AddWatchMode.PERSISTENT_RECURSIVE);
        ZooKeeper other = env.client();
        List<String> expected = new ArrayList<>();
        CompletableFuture<Integer> last = new CompletableFuture<>();
        int count = 1500;
        for (int i = 0; i < count; i++) {
            String path = env.path("n" + i);
            boolean end = i == count - 1;
            other.create(path, null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT, (rc, p, ctx, name) -> { }, null);
            other.delete(path, -1, (rc, p, ctx) -> {
                if (end) {
                    last.complete(rc);
                }
            }, null);
            expected.add("NodeCreated " + path);
            expected.add("NodeDeleted " + path);
        }
        Env.equal(last.get(60, TimeUnit.SECONDS), 0, "last delete");
        events.expectExactly(zk, env.root, expected.toArray(new String[0]));
    }
}
