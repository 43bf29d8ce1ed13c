import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooKeeper;

/** One case's root path and clients, and checks that say what was wrong. */
final class Env {
    /** Far more than anything here should take; only a case that hangs meets it. */
    static final int PATIENCE_MS = 30_000;
    static final int SESSION_MS = 20_000;

    final String hosts = System.getenv("INTEROP_HOSTS");
    final String root = System.getenv("INTEROP_ROOT");
    final boolean apache = "apache".equals(System.getenv("INTEROP_SERVER"));
    final String superUser = System.getenv("INTEROP_SUPER");

    private final List<ZooKeeper> clients = new ArrayList<>();
    private ZooKeeper main;

    /** The case's first client; asking for it also creates the root path. */
    ZooKeeper zk() throws Exception {
        if (main == null) {
            main = client();
            main.create(root, null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        }
        return main;
    }

    ZooKeeper client() throws Exception {
        return client(hosts, SESSION_MS, null);
    }

    ZooKeeper client(String to, int timeoutMs, Watcher watcher) throws Exception {
        Gate gate = new Gate(watcher);
        return connected(new ZooKeeper(to, timeoutMs, gate), gate);
    }

    ZooKeeper resumed(String to, long session, byte[] password, Watcher watcher) throws Exception {
        Gate gate = new Gate(watcher);
        return connected(new ZooKeeper(to, SESSION_MS, gate, session, password), gate);
    }

    ZooKeeper as(String user) throws Exception {
        ZooKeeper zk = client();
        zk.addAuthInfo("digest", user.getBytes(StandardCharsets.UTF_8));
        return zk;
    }

    void remember(ZooKeeper zk) {
        clients.add(zk);
    }

    String path(String... parts) {
        return root + "/" + String.join("/", parts);
    }

    /** Makes a node below the root path that all clients see. */
    String create(String name) throws Exception {
        String path = zk().create(path(name), new byte[0], Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        catchUp();
        return path;
    }

    /**
     * Lets every client of the case see what any of them has written. Nobody sees another's writes without it, unless told by a watch,
     * having written since, or having come since: the server of one client may be behind that of another.
     */
    void catchUp() throws Exception {
        for (ZooKeeper zk : clients) {
            if (zk.getState().isConnected()) {
                sync(zk, "/");
            }
        }
    }

    /** As {@link #catchUp}, for clients that are yet to come to any of the servers. */
    void catchUpServers() throws Exception {
        for (String host : hosts.split(",")) {
            sync(client(host, SESSION_MS, null), "/");
        }
    }

    void closeAll() {
        for (ZooKeeper zk : clients) {
            try {
                zk.close(2_000);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private ZooKeeper connected(ZooKeeper zk, Gate gate) throws Exception {
        clients.add(zk);
        check(gate.open.await(PATIENCE_MS, TimeUnit.MILLISECONDS), "no connection to " + hosts);
        return zk;
    }

    /** Leaves out what Debian's 3.8.0 does not do yet. */
    void since39(String what) {
        if (apache) {
            throw new Interop.Skip("Apache ZooKeeper 3.8 does not do this yet: " + what);
        }
    }

    /** Leaves out what ZooKeeper's ensembles do not do. */
    void notByApachesEnsembles(String what) {
        if (apache && hosts.contains(",")) {
            throw new Interop.Skip("Apache ZooKeeper's ensembles do not do this: " + what);
        }
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static void check(boolean condition, String message) {
        if (!condition) {
            throw new AssertionError(message);
        }
    }

    static void equal(Object actual, Object expected, String what) {
        boolean same = actual instanceof byte[] && expected instanceof byte[]
            ? Arrays.equals((byte[]) actual, (byte[]) expected)
            : Objects.equals(actual, expected);
        check(same, what + ": expected " + text(expected) + ", got " + text(actual));
    }

    private static String text(Object value) {
        return value instanceof byte[] ? Arrays.toString((byte[]) value) : String.valueOf(value);
    }

    /** The call must be refused with exactly this code. */
    static void refused(Code code, Callable<?> call, String what) throws Exception {
        Object result;
        try {
            result = call.call();
        } catch (KeeperException e) {
            equal(e.code(), code, what);
            return;
        }
        throw new AssertionError(what + ": expected " + code + ", but the call returned " + result);
    }

    static <T> T eventually(Callable<T> condition, String what) throws Exception {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MS);
        while (System.nanoTime() < end) {
            T value = condition.call();
            if (value != null && !Boolean.FALSE.equals(value)) {
                return value;
            }
            Thread.sleep(20);
        }
        throw new AssertionError("never happened: " + what);
    }

    static void sync(ZooKeeper zk, String path) throws Exception {
        CountDownLatch done = new CountDownLatch(1);
        zk.sync(path, (rc, p, ctx) -> done.countDown(), null);
        check(done.await(PATIENCE_MS, TimeUnit.MILLISECONDS), "sync was never answered");
    }

    /** Lets the constructor's caller wait for the connection, and passes events on. */
    private static final class Gate implements Watcher {
        final CountDownLatch open = new CountDownLatch(1);
        private final Watcher next;

        Gate(Watcher next) {
            this.next = next;
        }

        @Override
        public void process(org.apache.zookeeper.WatchedEvent event) {
            if (event.getState() == Event.KeeperState.SyncConnected) {
                open.countDown();
            }
            if (next != null) {
                next.process(event);
            }
        }
    }
}
