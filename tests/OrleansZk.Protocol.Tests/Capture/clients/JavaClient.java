import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.admin.ZooKeeperAdmin;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.data.Stat;

/** Does with the Java client what that can do; prints its version last. */
public class JavaClient {
    interface Call {
        void run() throws Exception;
    }

    static void refused(Call call) throws Exception {
        try {
            call.run();
        } catch (KeeperException e) {
            return;
        }
        throw new IllegalStateException("should have been refused");
    }

    public static void main(String[] args) throws Exception {
        CountDownLatch connected = new CountDownLatch(1);
        CountDownLatch[] again = {new CountDownLatch(1)};
        Watcher session = event -> {
            if (event.getState() == Watcher.Event.KeeperState.SyncConnected && event.getType() == Watcher.Event.EventType.None) {
                if (connected.getCount() > 0) {
                    connected.countDown();
                } else {
                    again[0].countDown();
                }
            }
        };
        ZooKeeper zk = new ZooKeeper(args[0], 10000, session);
        connected.await(30, TimeUnit.SECONDS);
        Watcher ignore = event -> { };
        Stat stat = new Stat();
        zk.create("/java", "root".getBytes(), Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        zk.create("/java/data", "some data".getBytes(), Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT, stat);
        zk.create("/java/null", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        zk.create("/java/empty", new byte[0], Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        zk.create("/java/\u00fcml\u00e4ut-\u4e2d\u6587", "h\u00e9llo".getBytes("UTF-8"), Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        zk.create("/java/ephemeral", "e".getBytes(), Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
        zk.create("/java/seq-", "s".getBytes(), Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_SEQUENTIAL);
        zk.create("/java/eseq-", "es".getBytes(), Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL_SEQUENTIAL, stat);
        zk.create("/java/container", null, Ids.OPEN_ACL_UNSAFE, CreateMode.CONTAINER);
        zk.create("/java/container2", null, Ids.OPEN_ACL_UNSAFE, CreateMode.CONTAINER, stat);
        zk.create("/java/ttl", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_WITH_TTL, stat, 600000);
        zk.create("/java/ttlseq-", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_SEQUENTIAL_WITH_TTL, stat, 600000);
        List<ACL> two = Arrays.asList(new ACL(Perms.ALL, Ids.ANYONE_ID_UNSAFE), new ACL(Perms.READ | Perms.WRITE, new Id("digest", "bob:abc=")));
        zk.create("/java/acl", null, two, CreateMode.PERSISTENT);
        refused(() -> zk.create("/java/data", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT));
        refused(() -> zk.create("/java/no/parent", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT));
        refused(() -> zk.create("/java/badacl", null, Collections.emptyList(), CreateMode.PERSISTENT));
        zk.exists("/java/missing", ignore);
        zk.exists("/java/data", ignore);
        zk.getData("/java/data", ignore, stat);
        zk.getData("/java/null", false, stat);
        refused(() -> zk.getData("/java/missing", false, null));
        zk.getChildren("/java", ignore);
        zk.getChildren("/java", false, stat);
        zk.getACL("/java/acl", stat);
        zk.setACL("/java/acl", Ids.OPEN_ACL_UNSAFE, 0);
        refused(() -> zk.setACL("/java/acl", Ids.OPEN_ACL_UNSAFE, 0));
        zk.setData("/java/data", "other data".getBytes(), 0);
        refused(() -> zk.setData("/java/data", null, 77));
        zk.setData("/java/null", null, -1);
        zk.create("/java/missing", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        zk.delete("/java/missing", 0);
        refused(() -> zk.delete("/java/missing", -1));
        refused(() -> zk.delete("/java", -1));
        CountDownLatch synced = new CountDownLatch(1);
        zk.sync("/java", (rc, path, ctx) -> synced.countDown(), null);
        synced.await(30, TimeUnit.SECONDS);
        zk.getEphemerals();
        zk.getEphemerals("/java");
        zk.getAllChildrenNumber("/java");
        zk.addAuthInfo("digest", "bob:secret".getBytes());
        zk.whoAmI();
        zk.addWatch("/java", ignore, AddWatchMode.PERSISTENT_RECURSIVE);
        zk.addWatch("/java/data", ignore, AddWatchMode.PERSISTENT);
        zk.setData("/java/data", "watched".getBytes(), -1);
        zk.removeWatches("/java/data", ignore, Watcher.WatcherType.Any, false);
        refused(() -> zk.removeWatches("/java/empty", ignore, Watcher.WatcherType.Data, false));
        zk.addWatch("/java/null", ignore, AddWatchMode.PERSISTENT);
        zk.removeAllWatches("/java/null", Watcher.WatcherType.Any, false);
        zk.multi(Arrays.asList(
            Op.create("/java/m1", "1".getBytes(), Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT.toFlag()),
            Op.create("/java/m2", "2".getBytes(), Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL_SEQUENTIAL),
            Op.create("/java/m3", null, Ids.OPEN_ACL_UNSAFE, CreateMode.CONTAINER),
            Op.create("/java/m4", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_WITH_TTL, 600000),
            Op.check("/java/data", 2),
            Op.setData("/java/data", "in multi".getBytes(), 2),
            Op.delete("/java/m1", -1)));
        refused(() -> zk.multi(Arrays.asList(
            Op.create("/java/m5", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT),
            Op.check("/java/data", 99),
            Op.delete("/java/data", -1))));
        zk.multi(new ArrayList<>());
        zk.multi(Arrays.asList(Op.getData("/java/data"), Op.getChildren("/java"), Op.getData("/java/missing"), Op.getChildren("/java/missing")));
        zk.getConfig(ignore, stat);
        zk.getData("/java/data", ignore, stat);
        zk.exists("/java/later", ignore);
        zk.getChildren("/java", ignore);
        zk.addWatch("/java/empty", ignore, AddWatchMode.PERSISTENT);

        new Socket("127.0.0.1", Integer.parseInt(args[1])).close();
        again[0].await(30, TimeUnit.SECONDS);
        zk.setData("/java/data", "after".getBytes(), -1);
        zk.create("/java/later", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        Thread.sleep(4500); // A ping or two.
        zk.close();

        CountDownLatch admitted = new CountDownLatch(1);
        ZooKeeperAdmin admin = new ZooKeeperAdmin(args[0], 10000, event -> admitted.countDown());
        admitted.await(30, TimeUnit.SECONDS);
        refused(() -> admin.reconfigure("server.2=localhost:1:2;3", null, null, -1, null));
        admin.close();
        System.out.println("Java client " + org.apache.zookeeper.Version.getVersion());
    }
}
