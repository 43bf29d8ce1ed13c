import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.Quotas;
import org.apache.zookeeper.StatsTrack;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.cli.DelQuotaCommand;
import org.apache.zookeeper.cli.ListQuotaCommand;
import org.apache.zookeeper.cli.SetQuotaCommand;
import org.apache.zookeeper.data.Stat;

import java.util.Arrays;
import java.util.List;

/** Quotas, set by the classes of ZooKeeper's own command line. */
final class QuotaCases {
    private QuotaCases() {
    }

    private static StatsTrack limits(long count, long bytes, long hardCount, long hardBytes) {
        StatsTrack quota = new StatsTrack();
        quota.setCount((int) count);
        quota.setBytes(bytes);
        quota.setCountHardLimit((int) hardCount);
        quota.setByteHardLimit(hardBytes);
        return quota;
    }

    private static void make(ZooKeeper zk, String path, String data) throws Exception {
        zk.create(path, Env.bytes(data), Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
    }

    private static StatsTrack usage(ZooKeeper zk, String path) throws Exception {
        return new StatsTrack(zk.getData(Quotas.statPath(path), false, null));
    }

    static void usageIsKept(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        env.create("q");
        make(zk, env.path("q", "before"), "12345");
        SetQuotaCommand.createQuota(zk, env.path("q"), limits(100, 1000, -1, -1));
        Env.equal(usage(zk, env.path("q")).getCount(), 2L, "counts the node itself and what was there");
        Env.equal(usage(zk, env.path("q")).getBytes(), 5L, "bytes");
        make(zk, env.path("q", "a"), "abc");
        make(zk, env.path("q", "a", "b"), "de");
        Env.equal(usage(zk, env.path("q")).getCount(), 4L, "count after creates");
        Env.equal(usage(zk, env.path("q")).getBytes(), 10L, "bytes after creates");
        zk.setData(env.path("q", "a"), Env.bytes("a"), -1);
        Env.equal(usage(zk, env.path("q")).getBytes(), 8L, "bytes after a shorter set");
        zk.setData(env.path("q"), Env.bytes("own"), -1);
        Env.equal(usage(zk, env.path("q")).getBytes(), 11L, "its own data counts");
        zk.delete(env.path("q", "a", "b"), -1);
        Env.equal(usage(zk, env.path("q")).getCount(), 3L, "count after a delete");
        Env.equal(usage(zk, env.path("q")).getBytes(), 9L, "bytes after a delete");
        Stat stat = zk.exists(Quotas.statPath(env.path("q")), false);
        Env.equal(stat.getVersion(), 0, "usage is kept without transactions of its own");
    }

    static void hardCountLimit(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        env.create("q");
        SetQuotaCommand.createQuota(zk, env.path("q"), limits(-1, -1, 3, -1));
        make(zk, env.path("q", "a"), "");
        make(zk, env.path("q", "a", "b"), "");
        Env.refused(Code.QUOTAEXCEEDED, () -> zk.create(env.path("q", "c"), null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT), "one too many");
        Env.refused(Code.QUOTAEXCEEDED, () -> zk.create(env.path("q", "a", "b", "c"), null, Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL), "deep down");
        Env.refused(Code.QUOTAEXCEEDED, () -> zk.multi(Arrays.asList(
            Op.create(env.path("q", "c"), null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT))), "in a transaction");
        zk.delete(env.path("q", "a", "b"), -1);
        make(zk, env.path("q", "c"), "");
        make(zk, env.path("outside"), "");
    }

    static void hardByteLimit(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        env.create("q");
        SetQuotaCommand.createQuota(zk, env.path("q"), limits(-1, -1, -1, 10));
        make(zk, env.path("q", "a"), "12345");
        Env.refused(Code.QUOTAEXCEEDED, () -> zk.setData(env.path("q", "a"), Env.bytes("12345678901"), -1), "set over the limit");
        Env.refused(Code.QUOTAEXCEEDED, () -> zk.create(env.path("q", "b"), Env.bytes("123456"), Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT), "create over it");
        zk.setData(env.path("q", "a"), Env.bytes("1234567890"), -1);
        zk.setData(env.path("q", "a"), Env.bytes("1"), -1);
        make(zk, env.path("q", "b"), "123456789");
        Env.equal(usage(zk, env.path("q")).getBytes(), 10L, "bytes");
    }

    static void softLimitsOnlyWarn(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        env.create("q");
        SetQuotaCommand.createQuota(zk, env.path("q"), limits(1, 1, -1, -1));
        make(zk, env.path("q", "a"), "much more than one byte");
        make(zk, env.path("q", "b"), "");
        Env.equal(usage(zk, env.path("q")).getCount(), 3L, "count");
    }

    static void hardLimitWinsOverSoft(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        env.create("q");
        SetQuotaCommand.createQuota(zk, env.path("q"), limits(1, -1, 2, -1));
        make(zk, env.path("q", "a"), "");
        Env.refused(Code.QUOTAEXCEEDED, () -> zk.create(env.path("q", "b"), null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT), "hard limit");
    }

    static void limitsCanBeListedRaisedAndLifted(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        env.create("q");
        SetQuotaCommand.createQuota(zk, env.path("q"), limits(5, 50, 6, 60));
        List<StatsTrack> tracks = ListQuotaCommand.listQuota(zk, env.path("q"));
        StatsTrack limit = tracks.get(0);
        Env.equal(limit.getCount() + " " + limit.getBytes() + " " + limit.getCountHardLimit() + " " + limit.getByteHardLimit(), "5 50 6 60", "limits");
        Env.equal(tracks.get(1).getCount(), 1L, "usage");
        SetQuotaCommand.createQuota(zk, env.path("q"), limits(-1, -1, 1, -1));
        Env.refused(Code.QUOTAEXCEEDED, () -> zk.create(env.path("q", "a"), null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT), "lowered");
        DelQuotaCommand.delQuota(zk, env.path("q"), null);
        make(zk, env.path("q", "a"), "");
        Env.equal(zk.exists("/zookeeper/quota" + env.root, false), null, "nothing is left of the quota");
    }

    static void quotaOfADeletedNode(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        env.create("q");
        SetQuotaCommand.createQuota(zk, env.path("q"), limits(-1, -1, 2, -1));
        make(zk, env.path("q", "a"), "");
        zk.delete(env.path("q", "a"), -1);
        zk.delete(env.path("q"), -1);
        Env.equal(usage(zk, env.path("q")).getCount(), 0L, "count");
        make(zk, env.path("q"), "");
        make(zk, env.path("q", "a"), "");
        Env.refused(Code.QUOTAEXCEEDED, () -> zk.create(env.path("q", "b"), null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT), "still in force");
    }
}
