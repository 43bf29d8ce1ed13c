import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import org.apache.zookeeper.AsyncCallback;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

/** Sessions: resumed, refused, expired, moved. */
final class SessionCases {
    private SessionCases() {
    }

    private static void ephemeral(ZooKeeper zk, String path) throws Exception {
        zk.create(path, null, Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
    }

    static void resumeByIdAndPassword(Env env) throws Exception {
        env.zk();
        long id;
        byte[] password;
        try (Relay relay = new Relay(env.hosts)) {
            ZooKeeper first = env.client(relay.address(), Env.SESSION_MS, null);
            ephemeral(first, env.path("e"));
            id = first.getSessionId();
            password = first.getSessionPasswd();
        }
        // The first client would claim its session back, but cannot.
        Env.equal(password.length, 16, "length of the password");
        ZooKeeper second = env.resumed(env.hosts, id, password, null);
        Env.equal(second.getSessionId(), id, "session id: resumed, not silently new");
        Env.equal(second.getSessionPasswd(), password, "password");
        env.catchUp();
        Env.equal(second.exists(env.path("e"), false).getEphemeralOwner(), id, "owner");
        second.close();
        env.catchUp();
        Env.equal(env.zk().exists(env.path("e"), false), null, "closing the resumed session ends the one session");
    }

    static void wrongPasswordIsExpired(Env env) throws Exception {
        env.zk();
        ZooKeeper owner = env.client();
        ephemeral(owner, env.path("e"));
        Events events = new Events();
        byte[] wrong = owner.getSessionPasswd().clone();
        wrong[3] ^= 1;
        env.remember(new ZooKeeper(env.hosts, Env.SESSION_MS, events, owner.getSessionId(), wrong));
        events.awaitState(KeeperState.Expired);
        // The attempt may cost the owner its connection (Apache closes it before it looks at the password), never its session.
        Env.eventually(() -> {
            try {
                return owner.exists(env.path("e"), false).getEphemeralOwner() == owner.getSessionId();
            } catch (KeeperException.ConnectionLossException e) {
                return false;
            }
        }, "the owner goes on");
    }

    static void unknownSessionIsExpired(Env env) throws Exception {
        Events events = new Events();
        env.remember(new ZooKeeper(env.hosts, Env.SESSION_MS, events, 0x1234567890L, new byte[16]));
        events.awaitState(KeeperState.Expired);
    }

    static void closedSessionIsExpired(Env env) throws Exception {
        ZooKeeper first = env.client();
        long id = first.getSessionId();
        byte[] password = first.getSessionPasswd();
        first.close();
        Events events = new Events();
        env.remember(new ZooKeeper(env.hosts, Env.SESSION_MS, events, id, password));
        events.awaitState(KeeperState.Expired);
    }

    static void expiredSessionTakesItsEphemeralsAlong(Env env) throws Exception {
        Events gone = new Events();
        env.zk();
        try (Relay relay = new Relay(env.hosts)) {
            Events states = new Events();
            ZooKeeper zk = env.client(relay.address(), 4_000, states);
            ephemeral(zk, env.path("e"));
            env.catchUp();
            env.zk().exists(env.path("e"), gone);
            relay.cut();
            gone.expect("NodeDeleted " + env.path("e"));
            relay.mend();
            states.awaitState(KeeperState.Expired);
            Env.refused(Code.SESSIONEXPIRED, () -> zk.exists(env.root, false), "a call on an expired session");
        }
    }

    static void sessionSurvivesAMove(Env env) throws Exception {
        env.zk();
        try (Relay one = new Relay(env.hosts); Relay two = new Relay(env.hosts)) {
            ZooKeeper zk = env.client(one.address() + "," + two.address(), Env.SESSION_MS, null);
            ephemeral(zk, env.path("e"));
            long id = zk.getSessionId();
            Relay[] relays = {one, two};
            for (int i = 0; i < 4; i++) {
                relays[i % 2].cut();
                relays[(i + 1) % 2].mend();
                int n = i;
                Env.eventually(() -> {
                    try {
                        return zk.setData(env.path("e"), Env.bytes("" + n), n).getVersion() == n + 1;
                    } catch (KeeperException.ConnectionLossException e) {
                        return zk.exists(env.path("e"), false).getVersion() == n + 1;
                    } catch (KeeperException.BadVersionException e) {
                        return true;
                    }
                }, "a write after move " + i);
                Env.equal(zk.getSessionId(), id, "session id");
            }
            env.catchUp();
            Env.equal(env.zk().exists(env.path("e"), false).getEphemeralOwner(), id, "the ephemeral lived through it all");
        }
    }

    static void usurperOfASessionClosesTheOldConnection(Env env) throws Exception {
        env.notByApachesEnsembles("a server hears of a session that moved to another with the next write through the old connection");
        try (Relay relay = new Relay(env.hosts)) {
            Events first = new Events();
            ZooKeeper zk = env.client(relay.address(), Env.SESSION_MS, first);
            relay.refuse(); // It must not claim its session back before the second client has closed it.
            ZooKeeper second = env.resumed(env.hosts, zk.getSessionId(), zk.getSessionPasswd(), null);
            first.awaitState(KeeperState.Disconnected);
            Env.equal(second.getSessionId(), zk.getSessionId(), "one session");
            second.close();
            relay.mend();
            first.awaitState(KeeperState.Expired);
        }
    }

    static void timeoutIsNegotiated(Env env) throws Exception {
        Env.equal(env.client(env.hosts, 100, null).getSessionTimeout(), 1_000, "raised to the least");
        Env.equal(env.client(env.hosts, 7_000, null).getSessionTimeout(), 7_000, "within the bounds");
        Env.equal(env.client(env.hosts, 10_000_000, null).getSessionTimeout(), 120_000, "lowered to the most");
    }

    static void requestsOfAllKindsAreAnsweredInOrder(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        String a = env.create("a");
        List<Integer> order = new ArrayList<>();
        CompletableFuture<Void> last = new CompletableFuture<>();
        int rounds = 200;
        AsyncCallback.VoidCallback note = (rc, path, ctx) -> order.add((Integer) ctx);
        for (int i = 0; i < rounds; i++) {
            int n = i * 10;
            zk.setData(a, Env.bytes("" + i), -1, (rc, p, ctx, s) -> order.add((Integer) ctx), n);
            zk.getData(a, false, (rc, p, ctx, d, s) -> order.add((Integer) ctx), n + 1);
            zk.delete(env.path("none"), -1, note, n + 2);
            zk.getChildren(env.root, false, (rc, p, ctx, c, s) -> order.add((Integer) ctx), n + 3);
            zk.sync(env.root, note, n + 4);
            zk.getACL(a, new Stat(), (rc, p, ctx, acl, s) -> order.add((Integer) ctx), n + 5);
            zk.getEphemerals((rc, ctx, e) -> order.add((Integer) ctx), n + 6);
            zk.exists(env.path("none"), false, (rc, p, ctx, s) -> order.add((Integer) ctx), n + 7);
            zk.multi(Arrays.asList(org.apache.zookeeper.Op.check(a, 77_777)), (rc, p, ctx, r) -> order.add((Integer) ctx), n + 8);
            zk.getAllChildrenNumber(env.root, (rc, p, ctx, number) -> {
                order.add((Integer) ctx);
                if (order.size() == rounds * 10) {
                    last.complete(null);
                }
            }, n + 9);
        }
        last.get(60, TimeUnit.SECONDS);
        for (int i = 0; i < order.size(); i++) {
            Env.equal(order.get(i), i, "reply number " + i);
        }
    }
}
