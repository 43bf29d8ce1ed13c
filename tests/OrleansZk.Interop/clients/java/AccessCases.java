import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.data.Stat;
import org.apache.zookeeper.server.auth.DigestAuthenticationProvider;

/** What each permission opens, operation by operation, and what nobody needs any for. */
final class AccessCases {
    private static final String OWNER = "owner:own";
    private static final String GUEST = "guest:gst";

    private AccessCases() {
    }

    interface Call {
        Object on(ZooKeeper zk, String node) throws Exception;
    }

    static ACL digest(String user, int perms) throws Exception {
        return new ACL(perms, new Id("digest", DigestAuthenticationProvider.generateDigest(user)));
    }

    /** Each operation, with the permissions of which any one lets it through. */
    private static Map<String, Object[]> matrix(boolean withExists) {
        Map<String, Object[]> m = new LinkedHashMap<>();
        m.put("create", row(Perms.CREATE, (zk, n) -> zk.create(n + "/new", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT)));
        m.put("create2", row(Perms.CREATE, (zk, n) -> zk.create(n + "/new2", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT, new Stat())));
        m.put("create container", row(Perms.CREATE, (zk, n) -> zk.create(n + "/newc", null, Ids.OPEN_ACL_UNSAFE, CreateMode.CONTAINER)));
        m.put("create TTL", row(Perms.CREATE,
            (zk, n) -> zk.create(n + "/newt", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_WITH_TTL, new Stat(), 3_600_000)));
        m.put("delete", row(Perms.DELETE, (zk, n) -> {
            zk.delete(n + "/child", -1);
            return null;
        }));
        m.put("setData", row(Perms.WRITE, (zk, n) -> zk.setData(n, null, -1)));
        m.put("getData", row(Perms.READ, (zk, n) -> zk.getData(n, false, null)));
        m.put("getChildren", row(Perms.READ, (zk, n) -> zk.getChildren(n, false)));
        m.put("getChildren2", row(Perms.READ, (zk, n) -> zk.getChildren(n, false, new Stat())));
        m.put("getAllChildrenNumber", row(Perms.READ, (zk, n) -> zk.getAllChildrenNumber(n)));
        m.put("check", row(Perms.READ, (zk, n) -> zk.multi(Arrays.asList(Op.check(n, -1)))));
        if (withExists) {
            m.put("exists", row(Perms.READ, (zk, n) -> zk.exists(n, false)));
        }
        m.put("getACL", row(Perms.READ | Perms.ADMIN, (zk, n) -> zk.getACL(n, new Stat())));
        m.put("setACL", row(Perms.ADMIN, (zk, n) -> zk.setACL(n, zk.getACL(n, new Stat()), -1)));
        return m;
    }

    private static Object[] row(int perms, Call call) {
        return new Object[] {perms, call};
    }

    static void everyOperationAgainstEveryPermission(Env env) throws Exception {
        env.zk();
        ZooKeeper owner = env.as(OWNER);
        ZooKeeper guest = env.as(GUEST);
        int number = 0;
        for (int granted : new int[] {0, Perms.READ, Perms.WRITE, Perms.CREATE, Perms.DELETE, Perms.ADMIN}) {
            for (Map.Entry<String, Object[]> row : matrix(!env.apache).entrySet()) {
                int needed = (Integer) row.getValue()[0];
                Call call = (Call) row.getValue()[1];
                String node = env.path("n" + number++);
                List<ACL> acl = new ArrayList<>();
                acl.add(digest(OWNER, Perms.ALL));
                if (granted != 0) {
                    acl.add(digest(GUEST, granted));
                }
                owner.create(node, null, acl, CreateMode.PERSISTENT);
                owner.create(node + "/child", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
                Env.sync(guest, node);
                String what = row.getKey() + " with permission " + granted;
                if ((needed & granted) != 0) {
                    call.on(guest, node);
                } else {
                    Env.refused(Code.NOAUTH, () -> call.on(guest, node), what);
                }
            }
        }
    }

    static void superPassesEverything(Env env) throws Exception {
        env.zk();
        ZooKeeper owner = env.as(OWNER);
        ZooKeeper boss = env.as(env.superUser);
        owner.create(env.path("a"), null, Collections.singletonList(digest(OWNER, Perms.ALL)), CreateMode.PERSISTENT);
        owner.create(env.path("a", "child"), null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        env.catchUp();
        for (Map.Entry<String, Object[]> row : matrix(true).entrySet()) {
            try {
                ((Call) row.getValue()[1]).on(boss, env.path("a"));
            } catch (KeeperException e) {
                throw new AssertionError(row.getKey() + " as super: " + e.code(), e);
            }
        }
        Env.equal(boss.getACL(env.path("a"), new Stat()), Collections.singletonList(digest(OWNER, Perms.ALL)), "super sees hashes");
    }

    static void whatNeedsNoPermission(Env env) throws Exception {
        env.zk();
        ZooKeeper owner = env.as(OWNER);
        owner.create(env.path("a"), null, Collections.singletonList(digest(OWNER, Perms.ALL)), CreateMode.PERSISTENT);
        ZooKeeper guest = env.client();
        Env.sync(guest, env.path("a"));
        Events events = new Events();
        guest.addWatch(env.path("a"), events, AddWatchMode.PERSISTENT);
        guest.removeWatches(env.path("a"), events, org.apache.zookeeper.Watcher.WatcherType.Any, false);
        guest.getEphemerals(env.path("a"));
        Env.equal(guest.exists(env.path("missing"), false), null, "exists of a missing node");
    }

    static void deleteNeedsNothingOnTheNodeItself(Env env) throws Exception {
        env.zk();
        env.as(OWNER).create(env.path("a"), null, Collections.singletonList(digest(OWNER, Perms.ALL)), CreateMode.PERSISTENT);
        env.client().delete(env.path("a"), -1);
    }

    static void refusalComesBeforeVersionAndAfterExistence(Env env) throws Exception {
        env.zk();
        ZooKeeper owner = env.as(OWNER);
        owner.create(env.path("a"), null, Collections.singletonList(digest(OWNER, Perms.ALL)), CreateMode.PERSISTENT);
        owner.create(env.path("a", "b"), null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        ZooKeeper guest = env.client();
        Env.refused(Code.NOAUTH, () -> guest.setData(env.path("a"), null, 99), "set, wrong version");
        Env.refused(Code.NOAUTH, () -> guest.setACL(env.path("a"), Ids.OPEN_ACL_UNSAFE, 99), "setACL, wrong version");
        Env.refused(Code.NOAUTH, () -> guest.create(env.path("a", "b"), null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT), "create, exists");
        Env.refused(Code.NOAUTH, () -> {
            guest.delete(env.path("a", "none"), -1);
            return null;
        }, "delete, missing");
        Env.refused(Code.INVALIDACL, () -> guest.setACL(env.path("a"), Ids.CREATOR_ALL_ACL, -1), "setACL, invalid ACL");
        Env.refused(Code.INVALIDACL, () -> guest.create(env.path("a", "c"), null, Ids.CREATOR_ALL_ACL, CreateMode.PERSISTENT), "create, invalid ACL");
    }

    static void getAclHidesDigests(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        List<ACL> stored = Arrays.asList(digest(OWNER, Perms.ALL), digest(GUEST, Perms.READ), new ACL(Perms.READ, Ids.ANYONE_ID_UNSAFE));
        zk.create(env.path("a"), null, stored, CreateMode.PERSISTENT);
        List<ACL> hidden = Arrays.asList(new ACL(Perms.ALL, new Id("digest", "owner:x")), new ACL(Perms.READ, new Id("digest", "guest:x")), stored.get(2));
        Env.equal(zk.getACL(env.path("a"), new Stat()), hidden, "to a reader");
        Env.equal(env.as(GUEST).getACL(env.path("a"), new Stat()), hidden, "to another reader");
        Env.equal(env.as(OWNER).getACL(env.path("a"), new Stat()), stored, "to an administrator");
    }

    static void setAclTouchesAversionOnlyAndFiresNothing(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        env.create("a");
        Events events = new Events();
        zk.addWatch(env.path("a"), events, AddWatchMode.PERSISTENT);
        Stat before = zk.exists(env.path("a"), false);
        Stat after = zk.setACL(env.path("a"), Ids.OPEN_ACL_UNSAFE, 0);
        before.setAversion(1);
        Env.equal(after, before, "stat");
        Env.refused(Code.BADVERSION, () -> zk.setACL(env.path("a"), Ids.OPEN_ACL_UNSAFE, 0), "old version");
        events.expectExactly(zk, env.path("a"));
    }

    static void eventsAreFilteredByAccess(Env env) throws Exception {
        env.zk();
        ZooKeeper owner = env.as(OWNER);
        ZooKeeper guest = env.client();
        List<ACL> secret = Collections.singletonList(digest(OWNER, Perms.ALL));
        Events all = new Events();
        Events some = new Events();
        owner.addWatch(env.root, all, AddWatchMode.PERSISTENT_RECURSIVE);
        guest.addWatch(env.root, some, AddWatchMode.PERSISTENT_RECURSIVE);
        owner.create(env.path("open"), null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        owner.create(env.path("secret"), null, secret, CreateMode.PERSISTENT);
        owner.setData(env.path("secret"), Env.bytes("x"), -1);
        owner.create(env.path("secret", "open"), null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        owner.delete(env.path("secret", "open"), -1);
        owner.delete(env.path("secret"), -1);
        all.expectExactly(owner, env.root, "NodeCreated " + env.path("open"), "NodeCreated " + env.path("secret"),
            "NodeDataChanged " + env.path("secret"), "NodeCreated " + env.path("secret", "open"),
            "NodeDeleted " + env.path("secret", "open"), "NodeDeleted " + env.path("secret"));
        some.expectExactly(guest, env.root, "NodeCreated " + env.path("open"), "NodeCreated " + env.path("secret", "open"),
            "NodeDeleted " + env.path("secret", "open"));
    }

    static void filteredEventUsesTheWatchUp(Env env) throws Exception {
        ZooKeeper zk = env.zk();
        ZooKeeper owner = env.as(OWNER);
        Events events = new Events();
        zk.exists(env.path("a"), events);
        owner.create(env.path("a"), null, Collections.singletonList(digest(OWNER, Perms.ALL)), CreateMode.PERSISTENT);
        owner.setACL(env.path("a"), Ids.OPEN_ACL_UNSAFE, -1);
        owner.setData(env.path("a"), Env.bytes("x"), -1);
        events.expectExactly(zk, env.root);
    }
}
