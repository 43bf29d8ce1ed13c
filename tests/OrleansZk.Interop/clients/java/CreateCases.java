import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

/** Kinds of nodes: what their creation answers, what they show, and when they go by themselves. */
final class CreateCases {
    private CreateCases() {
    }

    static void create2AnswersWithTheStat(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        for (CreateMode mode : Arrays.asList(CreateMode.PERSISTENT, CreateMode.EPHEMERAL, CreateMode.PERSISTENT_SEQUENTIAL,
            CreateMode.EPHEMERAL_SEQUENTIAL, CreateMode.CONTAINER)) {
            Stat stat = new Stat();
            String path = zk.create(env.path(mode.name()), Env.bytes("abc"), Ids.OPEN_ACL_UNSAFE, mode, stat);
            Env.equal(stat, zk.exists(path, false), "stat of " + mode);
            Env.equal(stat.getDataLength(), 3, "length");
            Env.equal(stat.getEphemeralOwner(), mode.isEphemeral() ? zk.getSessionId() : 0L, "owner shown of " + mode);
        }
    }

    static void ttlNodesAnswerWithTheStat(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        Stat stat = new Stat();
        String path = zk.create(env.path("ttl"), Env.bytes("x"), Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_WITH_TTL, stat, 3_600_000);
        Env.equal(stat, zk.exists(path, false), "stat");
        Env.equal(stat.getEphemeralOwner(), 0L, "the time to live is not shown as an owner");
        String sequential = zk.create(env.path("s-"), null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_SEQUENTIAL_WITH_TTL, stat, 3_600_000);
        Env.equal(sequential, env.path("s-0000000001"), "sequential");
        Env.equal(zk.getData(sequential, false, null), null, "null data stays null");
        zk.create(path + "/child", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
    }

    static void childlessTtlNodeGoes(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        Events events = new Events();
        zk.addWatch(env.path("short"), events, AddWatchMode.PERSISTENT);
        zk.create(env.path("short"), null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_WITH_TTL, new Stat(), 300);
        zk.create(env.path("parent"), null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_WITH_TTL, new Stat(), 300);
        zk.create(env.path("parent", "child"), null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        zk.create(env.path("long"), null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_WITH_TTL, new Stat(), 3_600_000);
        Env.eventually(() -> zk.exists(env.path("short"), false) == null, "the node outlived its time");
        events.expect("NodeCreated " + env.path("short"), "NodeDeleted " + env.path("short"));
        Env.check(zk.exists(env.path("parent"), false) != null, "a node with children stays");
        Env.check(zk.exists(env.path("long"), false) != null, "a node whose time is not up stays");
        zk.delete(env.path("parent", "child"), -1);
        Env.eventually(() -> zk.exists(env.path("parent"), false) == null, "it goes once it has no children");
    }

    static void emptiedContainerGoes(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        Events events = new Events();
        zk.create(env.path("c"), null, Ids.OPEN_ACL_UNSAFE, CreateMode.CONTAINER);
        zk.create(env.path("never-used"), null, Ids.OPEN_ACL_UNSAFE, CreateMode.CONTAINER);
        zk.create(env.path("c", "child"), null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        zk.getChildren(env.root, events);
        zk.delete(env.path("c", "child"), -1);
        Env.eventually(() -> zk.exists(env.path("c"), false) == null, "the container goes with its last child");
        events.expect("NodeChildrenChanged " + env.root);
        Env.check(zk.exists(env.path("never-used"), false) != null, "a container that never had a child stays");
    }

    static void containerWithChildrenStays(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        zk.create(env.path("c"), null, Ids.OPEN_ACL_UNSAFE, CreateMode.CONTAINER);
        zk.create(env.path("c", "e"), null, Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
        zk.create(env.path("other"), null, Ids.OPEN_ACL_UNSAFE, CreateMode.CONTAINER);
        zk.create(env.path("other", "x"), null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        zk.delete(env.path("other", "x"), -1);
        Env.eventually(() -> zk.exists(env.path("other"), false) == null, "the other container goes");
        Env.check(zk.exists(env.path("c"), false) != null, "this one has a child");
    }

    static void containersCanBeDeletedByHand(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        zk.create(env.path("c"), null, Ids.OPEN_ACL_UNSAFE, CreateMode.CONTAINER);
        zk.create(env.path("c", "child"), null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        Env.refused(Code.NOTEMPTY, () -> {
            zk.delete(env.path("c"), -1);
            return null;
        }, "delete of a container in use");
        zk.delete(env.path("c", "child"), -1);
    }

    static void refusalsOfCreate(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        env.create("a");
        zk.create(env.path("e"), null, Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
        for (CreateMode mode : Arrays.asList(CreateMode.PERSISTENT, CreateMode.EPHEMERAL, CreateMode.CONTAINER)) {
            Stat stat = new Stat();
            Env.refused(Code.NODEEXISTS, () -> zk.create(env.path("a"), null, Ids.OPEN_ACL_UNSAFE, mode, stat), "exists, " + mode);
            Env.refused(Code.NONODE, () -> zk.create(env.path("x", "y"), null, Ids.OPEN_ACL_UNSAFE, mode, stat), "no parent, " + mode);
            Env.refused(Code.NOCHILDRENFOREPHEMERALS, () -> zk.create(env.path("e", "y"), null, Ids.OPEN_ACL_UNSAFE, mode, stat), "ephemeral parent, " + mode);
            Env.refused(Code.INVALIDACL, () -> zk.create(env.path("z"), null, Ids.CREATOR_ALL_ACL, mode, stat), "nobody to stand for, " + mode);
            Env.equal(stat, new Stat(), "the stat of a refused create is left alone");
        }
        Env.refused(Code.NODEEXISTS,
            () -> zk.create(env.path("a"), null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_WITH_TTL, new Stat(), 1000), "exists, TTL");
    }

    static void sequentialUnderAnEmptyName(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        Env.equal(zk.create(env.root + "/", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_SEQUENTIAL), env.path("0000000000"), "path");
        Env.equal(zk.create(env.root + "/", null, Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL_SEQUENTIAL), env.path("0000000001"), "path");
    }

    static void nullDataIsNotEmptyData(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        zk.create(env.path("null"), null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        zk.create(env.path("empty"), new byte[0], Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        Env.equal(zk.getData(env.path("null"), false, null), null, "null");
        Env.equal(zk.getData(env.path("empty"), false, null), new byte[0], "empty");
        zk.setData(env.path("empty"), null, -1);
        zk.setData(env.path("null"), new byte[0], -1);
        Stat stat = new Stat();
        Env.equal(zk.getData(env.path("empty"), false, stat), null, "null after set");
        Env.equal(stat.getDataLength(), 0, "length of null");
        Env.equal(zk.getData(env.path("null"), false, null), new byte[0], "empty after set");
    }

    static void sequentialNamesOfManyClients(Env env) throws Exception {
        env.zk();
        List<Thread> threads = new ArrayList<>();
        List<String> names = Collections.synchronizedList(new ArrayList<>());
        for (int i = 0; i < 4; i++) {
            ZooKeeper zk = env.client();
            Thread thread = new Thread(() -> {
                try {
                    String last = "";
                    for (int n = 0; n < 50; n++) {
                        String path = zk.create(env.path("s"), null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_SEQUENTIAL);
                        Env.check(path.compareTo(last) > 0, "names of one client do not rise");
                        last = path;
                        names.add(path);
                    }
                } catch (Exception e) {
                    names.add(e.toString());
                }
            });
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads) {
            thread.join();
        }
        Collections.sort(names);
        List<String> expected = new ArrayList<>();
        for (int n = 0; n < 200; n++) {
            expected.add(String.format("%s%010d", env.path("s"), n));
        }
        Env.equal(names, expected, "names");
    }
}
