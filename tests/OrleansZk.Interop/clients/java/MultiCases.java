import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;

import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

/** Transactions with the operations that kazoo does not know. */
final class MultiCases {
    private MultiCases() {
    }

    private static Op create(String path, CreateMode mode) {
        return Op.create(path, null, Ids.OPEN_ACL_UNSAFE, mode);
    }

    private static List<Integer> codes(List<OpResult> results) {
        return results.stream().map(r -> ((OpResult.ErrorResult) r).getErr()).collect(Collectors.toList());
    }

    static void everyKindOfCreate(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        List<OpResult> results = zk.multi(Arrays.asList(
            create(env.path("p"), CreateMode.PERSISTENT),
            create(env.path("e"), CreateMode.EPHEMERAL),
            create(env.path("s-"), CreateMode.PERSISTENT_SEQUENTIAL),
            create(env.path("c"), CreateMode.CONTAINER),
            Op.create(env.path("t"), null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_WITH_TTL, 3_600_000),
            create(env.path("c", "x"), CreateMode.PERSISTENT)));
        List<String> paths = results.stream().map(r -> ((OpResult.CreateResult) r).getPath()).collect(Collectors.toList());
        Env.equal(paths, Arrays.asList(env.path("p"), env.path("e"), env.path("s-0000000002"), env.path("c"), env.path("t"), env.path("c", "x")), "paths");
        long zxid = zk.exists(env.path("p"), false).getCzxid();
        for (int i = 0; i < paths.size(); i++) {
            Stat stat = zk.exists(paths.get(i), false);
            Env.equal(stat.getCzxid(), zxid, "one zxid for all: " + paths.get(i));
        }
        Stat returned = ((OpResult.CreateResult) results.get(4)).getStat();
        Env.equal(returned, zk.exists(env.path("t"), false), "the TTL node's stat is returned");
        Env.equal(((OpResult.CreateResult) results.get(0)).getStat(), null, "a plain create returns none");
    }

    static void resultsOfTheOtherOperations(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        env.create("a");
        env.create("d");
        List<OpResult> results = zk.multi(Arrays.asList(
            Op.setData(env.path("a"), Env.bytes("x"), 0), Op.check(env.path("a"), 1), Op.delete(env.path("d"), 0)));
        Env.equal(((OpResult.SetDataResult) results.get(0)).getStat(), zk.exists(env.path("a"), false), "set");
        Env.check(results.get(1) instanceof OpResult.CheckResult, "check");
        Env.check(results.get(2) instanceof OpResult.DeleteResult, "delete");
    }

    static void failureAtEachPlace(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        env.create("kept");
        Stat before = zk.exists(env.root, false);
        for (int bad = 0; bad < 5; bad++) {
            List<Op> ops = new ArrayList<>();
            List<Integer> expected = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                ops.add(i == bad ? Op.check(env.path("kept"), 42) : create(env.path("n" + i), CreateMode.PERSISTENT));
                expected.add(i < bad ? 0 : i == bad ? Code.BADVERSION.intValue() : Code.RUNTIMEINCONSISTENCY.intValue());
            }
            try {
                zk.multi(ops);
                throw new AssertionError("the transaction should have failed");
            } catch (KeeperException e) {
                Env.equal(e.code(), Code.BADVERSION, "code of the transaction");
                Env.equal(codes(e.getResults()), expected, "results, failing at " + bad);
            }
        }
        Env.equal(zk.getChildren(env.root, false), Arrays.asList("kept"), "nothing was created");
        Env.equal(zk.exists(env.root, false), before, "the parent is untouched");
    }

    static void conflictsWithinOneTransaction(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        Env.refused(Code.NODEEXISTS, () -> zk.multi(Arrays.asList(
            create(env.path("a"), CreateMode.PERSISTENT), create(env.path("a"), CreateMode.PERSISTENT))), "twice the same");
        Env.refused(Code.NOTEMPTY, () -> zk.multi(Arrays.asList(
            create(env.path("a"), CreateMode.PERSISTENT), create(env.path("a", "b"), CreateMode.PERSISTENT), Op.delete(env.path("a"), -1))), "not empty");
        Env.refused(Code.NOCHILDRENFOREPHEMERALS, () -> zk.multi(Arrays.asList(
            create(env.path("e"), CreateMode.EPHEMERAL), create(env.path("e", "b"), CreateMode.PERSISTENT))), "below an ephemeral");
        Env.refused(Code.NONODE, () -> zk.multi(Arrays.asList(
            create(env.path("a"), CreateMode.PERSISTENT), Op.delete(env.path("a"), -1), Op.setData(env.path("a"), null, -1))), "after its delete");
        Env.equal(zk.getChildren(env.root, false), Collections.emptyList(), "nothing is left of any");
    }

    static void ephemeralsOfAFailedTransactionAreForgotten(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        Env.refused(Code.NONODE, () -> zk.multi(Arrays.asList(
            create(env.path("e"), CreateMode.EPHEMERAL), Op.delete(env.path("none"), -1))), "transaction");
        Env.equal(zk.getEphemerals(), Collections.emptyList(), "ephemerals");
    }

    static void versionsCountWithinATransaction(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        env.create("a");
        zk.multi(Arrays.asList(
            Op.setData(env.path("a"), Env.bytes("1"), 0), Op.setData(env.path("a"), Env.bytes("2"), 1), Op.setData(env.path("a"), Env.bytes("3"), 2)));
        Stat stat = new Stat();
        Env.equal(zk.getData(env.path("a"), false, stat), Env.bytes("3"), "data");
        Env.equal(stat.getVersion(), 3, "version");
    }

    static void parentsStatAfterATransaction(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        env.create("d");
        zk.multi(Arrays.asList(
            create(env.path("d", "a"), CreateMode.PERSISTENT), create(env.path("d", "b"), CreateMode.PERSISTENT),
            Op.delete(env.path("d", "a"), -1), create(env.path("d", "c"), CreateMode.PERSISTENT)));
        Stat stat = zk.exists(env.path("d"), false);
        Env.equal(stat.getNumChildren(), 2, "children");
        Env.equal(stat.getCversion(), 4, "creates plus deletes");
        Env.equal(stat.getPzxid(), zk.exists(env.path("d", "c"), false).getCzxid(), "pzxid");
    }

    static void emptyTransaction(Env env) throws Exception {
        Env.equal(env.zk().multi(Collections.emptyList()), Collections.emptyList(), "results");
    }

    static void writesAndReadsDoNotMix(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        try {
            zk.multi(Arrays.asList(Op.getData(env.root), create(env.path("a"), CreateMode.PERSISTENT)));
            throw new AssertionError("the client library should have refused");
        } catch (IllegalArgumentException e) {
            Env.equal(zk.exists(env.path("a"), false), null, "nothing created");
        }
    }
}
