import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;

import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.admin.ZooKeeperAdmin;
import org.apache.zookeeper.data.ClientInfo;
import org.apache.zookeeper.data.Stat;

/** Reads that kazoo does not know. */
final class ReadCases {
    private ReadCases() {
    }

    private static void make(ZooKeeper zk, String path, CreateMode mode) throws Exception {
        zk.create(path, null, Ids.OPEN_ACL_UNSAFE, mode);
    }

    static void getEphemeralsOfTheOwnSession(Env env) throws Exception {
        env.zk();
        ZooKeeper zk = env.client();
        ZooKeeper other = env.client();
        Env.equal(zk.getEphemerals(), Collections.emptyList(), "none yet");
        make(zk, env.path("a"), CreateMode.PERSISTENT);
        List<String> mine = Arrays.asList(env.path("a", "1"), env.path("a", "2"), env.path("ab"), env.path("b"));
        for (String path : mine) {
            make(zk, path, CreateMode.EPHEMERAL);
        }
        make(other, env.path("theirs"), CreateMode.EPHEMERAL);
        Env.equal(new TreeSet<>(zk.getEphemerals()), new TreeSet<>(mine), "all");
        Env.equal(new TreeSet<>(zk.getEphemerals("/")), new TreeSet<>(mine), "below the root");
        Env.equal(new TreeSet<>(zk.getEphemerals(env.path("a"))), new TreeSet<>(mine.subList(0, 3)), "by prefix of the text, not of the path");
        Env.equal(new TreeSet<>(zk.getEphemerals(env.path("a") + "/1")), new TreeSet<>(mine.subList(0, 1)), "one");
        Env.equal(zk.getEphemerals(env.path("x")), Collections.emptyList(), "no such prefix");
        zk.delete(env.path("b"), -1);
        Env.equal(new TreeSet<>(zk.getEphemerals()), new TreeSet<>(mine.subList(0, 3)), "after a delete");
    }

    static void getAllChildrenNumberCountsDescendants(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        Env.equal(zk.getAllChildrenNumber(env.root), 0, "none");
        make(zk, env.path("a"), CreateMode.PERSISTENT);
        make(zk, env.path("a", "b"), CreateMode.PERSISTENT);
        make(zk, env.path("a", "b", "c"), CreateMode.EPHEMERAL);
        make(zk, env.path("ab"), CreateMode.PERSISTENT);
        Env.equal(zk.getAllChildrenNumber(env.root), 4, "all descendants");
        Env.equal(zk.getAllChildrenNumber(env.path("a")), 2, "of a subtree: names with the same beginning do not count");
        Env.equal(zk.getAllChildrenNumber(env.path("ab")), 0, "of a leaf");
        Env.refused(Code.NONODE, () -> zk.getAllChildrenNumber(env.path("x")), "missing");
        Env.check(zk.getAllChildrenNumber("/") >= 7, "the root counts everything, /zookeeper's own included");
    }

    private static List<String> identities(ZooKeeper zk) throws Exception {
        return zk.whoAmI().stream().map((ClientInfo i) -> i.getAuthScheme() + ":" + i.getUser()).sorted().collect(Collectors.toList());
    }

    static void whoAmIListsIdentities(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        Env.equal(identities(zk), Arrays.asList("ip:127.0.0.1"), "the address always");
        zk.addAuthInfo("digest", Env.bytes("alice:wonder"));
        Env.equal(identities(zk), Arrays.asList("digest:alice", "ip:127.0.0.1"), "the name, not the hash");
        zk.addAuthInfo("digest", Env.bytes("bob:builder"));
        Env.equal(identities(zk), Arrays.asList("digest:alice", "digest:bob", "ip:127.0.0.1"), "added");
    }

    static void whoAmIOfTheSuperUser(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        zk.addAuthInfo("digest", Env.bytes(env.superUser));
        List<String> who = identities(zk);
        Env.check(who.stream().anyMatch(w -> w.startsWith("super:")), "super is among " + who);
        Env.check(who.contains("digest:super"), "so is the digest identity: " + who);
    }

    static void readsInOneRequest(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        zk.create(env.path("a"), Env.bytes("data"), Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        make(zk, env.path("a", "x"), CreateMode.PERSISTENT);
        make(zk, env.path("a", "y"), CreateMode.PERSISTENT);
        env.as("alice:wonder").create(env.path("private"), null, Ids.CREATOR_ALL_ACL, CreateMode.PERSISTENT);
        env.catchUp();
        List<OpResult> results = zk.multi(Arrays.asList(
            Op.getChildren(env.path("a")), Op.getData(env.path("a")), Op.getData(env.path("none")), Op.getChildren(env.path("none")),
            Op.getData(env.path("private")), Op.getChildren(env.path("a", "x"))));
        Env.equal(new TreeSet<>(((OpResult.GetChildrenResult) results.get(0)).getChildren()), new TreeSet<>(Arrays.asList("x", "y")), "children");
        OpResult.GetDataResult data = (OpResult.GetDataResult) results.get(1);
        Env.equal(data.getData(), Env.bytes("data"), "data");
        Env.equal(data.getStat(), zk.exists(env.path("a"), false), "stat");
        Env.equal(((OpResult.ErrorResult) results.get(2)).getErr(), Code.NONODE.intValue(), "data of nothing");
        Env.equal(((OpResult.ErrorResult) results.get(3)).getErr(), Code.NONODE.intValue(), "children of nothing");
        Env.equal(((OpResult.ErrorResult) results.get(4)).getErr(), Code.NOAUTH.intValue(), "forbidden");
        Env.equal(((OpResult.GetChildrenResult) results.get(5)).getChildren(), Collections.emptyList(), "no children");
    }

    static void configNodeIsThere(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        Stat stat = new Stat();
        zk.getConfig(false, stat);
        List<String> system = new ArrayList<>(zk.getChildren("/zookeeper", false));
        Collections.sort(system);
        Env.equal(system, Arrays.asList("config", "quota"), "children of /zookeeper");
        Env.equal(stat.getCzxid(), 0L, "made before any transaction");
    }

    static void reconfigIsDisabled(Env env) throws Exception {
        ZooKeeperAdmin admin = new ZooKeeperAdmin(env.hosts, Env.SESSION_MS, event -> { });
        env.remember(admin);
        Env.refused(Code.RECONFIGDISABLED, () -> admin.reconfigure("server.9=127.0.0.1:1:2;3", null, null, -1, new Stat()), "joining");
        Env.refused(Code.RECONFIGDISABLED, () -> admin.reconfigure(null, "1", null, -1, new Stat()), "leaving");
        Env.refused(Code.RECONFIGDISABLED, () -> admin.reconfigure(null, null, "server.1=127.0.0.1:1:2;3", -1, new Stat()), "whole list");
    }

    static void syncSeesTheWritesOfOthers(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        ZooKeeper writer = env.client();
        env.create("a");
        for (int i = 0; i < 50; i++) {
            writer.setData(env.path("a"), Env.bytes("" + i), i);
            Env.sync(zk, env.path("a"));
            Env.equal(zk.getData(env.path("a"), false, null), Env.bytes("" + i), "read after sync");
        }
    }

    static void childrenOfAPathAndItsStat(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        make(zk, env.path("a"), CreateMode.PERSISTENT);
        Stat stat = new Stat();
        Env.equal(zk.getChildren(env.root, false, stat), Arrays.asList("a"), "children");
        Env.equal(stat, zk.exists(env.root, false), "stat");
        Env.refused(Code.NONODE, () -> zk.getChildren(env.path("x"), false), "missing");
    }
}
