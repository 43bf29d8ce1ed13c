"""Every operation that kazoo knows, answered as it should be when all is well."""
import time

from kazoo.exceptions import ConnectionLoss, NoNodeError
from kazoo.security import OPEN_ACL_UNSAFE

from interop import HOSTS, Env, check, equal, eventually, fails_with, main


def case_create_get_exists_delete(env: Env):
    path = env.path("a")
    equal(env.zk.create(path, b"one"), path, "created path")
    data, stat = env.zk.get(path)
    equal(data, b"one", "data")
    equal((stat.version, stat.cversion, stat.aversion), (0, 0, 0), "versions")
    equal(stat.czxid, stat.mzxid, "mzxid of a new node")
    equal(stat.czxid, stat.pzxid, "pzxid of a new node")
    equal(stat.ctime, stat.mtime, "mtime of a new node")
    equal((stat.dataLength, stat.numChildren, stat.ephemeralOwner), (3, 0, 0), "length, children, owner")
    equal(env.zk.exists(path), stat, "exists and get give the same stat")
    check(env.zk.delete(path), "delete")
    equal(env.zk.exists(path), None, "exists after delete")


def case_create2_returns_the_stat(env: Env):
    path, stat = env.zk.create(env.path("a"), b"xyz", include_data=True)
    equal(path, env.path("a"), "path")
    equal(stat, env.zk.exists(path), "stat of create2")
    path, stat = env.zk.create(env.path("s-"), b"", sequence=True, ephemeral=True, include_data=True)
    equal(stat.ephemeralOwner, env.zk.client_id[0], "owner in the stat of create2")
    equal(stat, env.zk.exists(path), "stat of create2, ephemeral and sequential")


def case_every_create_mode(env: Env):
    zk = env.zk
    equal(zk.create(env.path("p")), env.path("p"), "persistent")
    equal(zk.create(env.path("e"), ephemeral=True), env.path("e"), "ephemeral")
    equal(zk.create(env.path("ps-"), sequence=True), env.path("ps-0000000002"), "persistent sequential counts every create in the parent")
    equal(zk.create(env.path("es-"), sequence=True, ephemeral=True), env.path("es-0000000003"), "ephemeral sequential")
    session = zk.client_id[0]
    owners = {c: zk.exists(env.path(c)).ephemeralOwner for c in zk.get_children(env.root)}
    equal(owners, {"p": 0, "e": session, "ps-0000000002": 0, "es-0000000003": session}, "owners")


def case_sequence_is_the_parents_create_count(env: Env):
    zk = env.zk
    equal(zk.create(env.path("x"), sequence=True), env.path("x0000000000"), "first")
    zk.delete(env.path("x0000000000"))
    equal(zk.create(env.path("x"), sequence=True), env.path("x0000000001"), "a delete gives no number back")
    zk.create(env.path("plain"))
    equal(zk.create(env.path("x"), sequence=True), env.path("x0000000003"), "a plain create takes a number")
    fails_with(NoNodeError, zk.create, env.path("none", "x"), sequence=True)
    equal(zk.create(env.path("x"), sequence=True), env.path("x0000000004"), "a failed create takes none")


def case_set_raises_version_and_mzxid(env: Env):
    path = env.path("a")
    env.zk.create(path, b"1")
    before = env.zk.exists(path)
    stat = env.zk.set(path, b"four")
    equal(stat, env.zk.exists(path), "stat of set")
    equal((stat.version, stat.czxid, stat.ctime, stat.pzxid), (1, before.czxid, before.ctime, before.pzxid), "set changes version only")
    check(stat.mzxid > before.mzxid, "mzxid grows")
    equal(stat.dataLength, 4, "length")
    equal(env.zk.set(path, b"", version=1).version, 2, "conditional set")
    equal(env.zk.get(path)[0], b"", "empty data")


def case_children_and_their_count(env: Env):
    names = ["b", "a", "c"]
    before = env.zk.exists(env.root)
    for name in names:
        env.zk.create(env.path(name))
    equal(sorted(env.zk.get_children(env.root)), sorted(names), "children")
    children, stat = env.zk.get_children(env.root, include_data=True)
    equal(sorted(children), sorted(names), "children with stat")
    equal((stat.numChildren, stat.cversion), (3, 3), "children counted")
    equal((stat.mzxid, stat.version, stat.mtime), (before.mzxid, before.version, before.mtime), "children leave the parent's data alone")
    equal(stat.pzxid, env.zk.exists(env.path("c")).czxid, "pzxid is the last child's zxid")
    env.zk.delete(env.path("b"))
    stat = env.zk.exists(env.root)
    equal((stat.numChildren, stat.cversion), (2, 4), "a delete counts in cversion")
    check(stat.pzxid > env.zk.exists(env.path("c")).czxid, "a delete raises pzxid")


def case_get_and_set_acls_keep_the_data(env: Env):
    path = env.path("a")
    env.zk.create(path, b"x")
    acls, stat = env.zk.get_acls(path)
    equal(acls, OPEN_ACL_UNSAFE, "default ACL")
    after = env.zk.set_acls(path, OPEN_ACL_UNSAFE, version=0)
    equal((after.aversion, after.version, after.mzxid), (1, 0, stat.mzxid), "set_acls raises aversion only")
    equal(env.zk.get_acls(path)[1], after, "stat of set_acls")


def case_ensure_path_and_makepath(env: Env):
    check(env.zk.ensure_path(env.path("a", "b", "c")), "ensure_path")
    check(env.zk.ensure_path(env.path("a", "b", "c")), "ensure_path again")
    env.zk.create(env.path("x", "y", "z"), b"deep", makepath=True)
    equal(env.zk.get(env.path("x", "y", "z"))[0], b"deep", "makepath")
    env.zk.delete(env.path("x"), recursive=True)
    equal(env.zk.exists(env.path("x")), None, "recursive delete")


def case_sync_returns_its_path(env: Env):
    equal(env.zk.sync(env.root), env.root, "sync")
    other = env.client()
    other.create(env.path("a"), b"fresh")
    env.zk.sync(env.path("a"))
    equal(env.zk.get(env.path("a"))[0], b"fresh", "read after sync")


def case_replies_come_in_the_order_of_the_requests(env: Env):
    """Hundreds of requests of all kinds are in flight at once; each read sees exactly the writes before it."""
    zk = env.zk
    path = env.path("a")
    zk.create(path, b"0")
    order = []
    pending = []
    for i in range(1, 301):
        for call, args in ((zk.set_async, (path, b"%d" % i)), (zk.get_async, (path,)), (zk.exists_async, (path,)),
                           (zk.create_async, (env.path("n%d" % i), b"")), (zk.get_children_async, (env.root,))):
            result = call(*args)
            if call != zk.create_async:  # kazoo completes a create in two steps
                result.rawlink(lambda r, n=len(pending): order.append(n))
            pending.append((i, call.__name__, result))
    for i, name, result in pending:
        value = result.get(timeout=60)
        if name == "get_async":
            equal((value[0], value[1].version), (b"%d" % i, i), "read after write %d" % i)
        elif name == "exists_async":
            equal(value.version, i, "exists after write %d" % i)
        elif name == "get_children_async":
            equal(len(value), i + 1, "children after create %d" % i)
    expected = [n for n, (_, name, _) in enumerate(pending) if name != "create_async"]
    # get() returns while kazoo's completion thread may still be calling back.
    eventually(lambda: len(order) >= len(expected), "callbacks of all replies")
    equal(order, expected, "order of the replies")


def case_errors_take_their_place_in_the_order(env: Env):
    zk = env.zk
    zk.create(env.path("a"))
    pending = []
    for i in range(200):
        pending.append(("ok", zk.set_async(env.path("a"), b"%d" % i)))
        pending.append(("NoNodeError", zk.set_async(env.path("none"), b"")))
        pending.append(("NodeExistsError", zk.create_async(env.path("a"))))
        pending.append(("BadVersionError", zk.delete_async(env.path("a"), version=999999)))
    for expected, result in pending:
        try:
            result.get(timeout=60)
            got = "ok"
        except Exception as e:  # noqa: its name is looked at
            got = type(e).__name__
        equal(got, expected, "reply")


def case_large_data_up_to_the_limit_and_beyond(env: Env):
    path = env.path("big")
    env.zk.create(path, b"")
    for size in (1, 64 * 1024, 512 * 1024, 1024 * 1024 - 1000):
        payload = bytes(bytearray(i & 0xff for i in range(256))) * (size // 256) + b"x" * (size % 256)
        equal(env.zk.set(path, payload).dataLength, size, "length")
        equal(env.zk.get(path)[0] == payload, True, "data of %d bytes comes back" % size)
    # A frame beyond jute.maxbuffer: the server hangs up, and the session goes on over the next connection.
    session = env.zk.client_id[0]
    fails_with(ConnectionLoss, env.zk.set, path, b"x" * (1024 * 1024 + 1))
    eventually(lambda: env.zk.connected, "reconnected")
    equal(env.zk.retry(env.zk.exists, path).dataLength, 1024 * 1024 - 1000, "the write that was too large left no trace")
    equal(env.zk.client_id[0], session, "session after a frame that was too large")


def case_many_children(env: Env):
    for start in range(0, 3000, 500):
        results = [env.zk.create_async(env.path("n%05d" % i)) for i in range(start, start + 500)]
        for r in results:
            r.get(timeout=60)
    equal(sorted(env.zk.get_children(env.root)), ["n%05d" % i for i in range(3000)], "children")


def case_chroot_is_the_clients_business(env: Env):
    env.zk.ensure_path(env.path("jail"))
    inside = env.client(hosts=HOSTS + env.path("jail"))
    equal(inside.create("/a", b"in"), "/a", "path inside the chroot")
    env.catch_up()
    equal(env.zk.get(env.path("jail", "a"))[0], b"in", "same node from outside")
    equal(inside.get_children("/"), ["a"], "root inside the chroot")
    inside.delete("/a")


def case_unicode_names_and_binary_data(env: Env):
    names = [u"gr\u00fc\u00df", u"\u65e5\u672c\u8a9e", u"\u0416\u044b", u"with space", u"per%cent", u"dot.", u"..three", u"\u00a0nbsp"]
    for name in names:
        path = env.root + u"/" + name
        equal(env.zk.create(path, name.encode("utf-8")), path, "created path")
        equal(env.zk.get(path)[0], name.encode("utf-8"), "data")
    equal(sorted(env.zk.get_children(env.root)), sorted(names), "children")
    every_byte = bytes(bytearray(range(256)))
    env.zk.create(env.path("bin"), every_byte)
    equal(env.zk.get(env.path("bin"))[0], every_byte, "every byte value")


def case_server_version(env: Env):
    version = env.zk.server_version()
    check(len(version) == 3 and version >= (3, 8, 0), "clients read features out of the version: %r" % (version,))


def case_four_letter_commands(env: Env):
    equal(env.zk.command(b"ruok"), "imok", "ruok")
    modes = ("leader", "follower") if "," in HOSTS else ("standalone",)
    srvr = env.zk.command(b"srvr")
    check(any("Mode: " + mode in srvr for mode in modes), "srvr tells the mode: %s" % srvr)
    check("zk_version\t" in env.zk.command(b"mntr"), "mntr")
    check("clientPort=" in env.zk.command(b"conf"), "conf")
    check("Environment:" in env.zk.command(b"envi"), "envi")
    check("0x%x" % env.zk.client_id[0] in env.zk.command(b"cons"), "cons lists this session")
    equal(env.zk.command(b"isro").strip(), "rw", "isro")
    env.zk.create(env.path("e"), ephemeral=True)
    check(env.path("e") in env.zk.command(b"dump"), "dump lists ephemerals")
    env.zk.exists(env.path("w"), watch=lambda e: None)
    check(env.path("w") in env.zk.command(b"wchp"), "wchp lists watched paths")
    check("0x%x" % env.zk.client_id[0] in env.zk.command(b"wchc"), "wchc lists sessions")
    check("Total watches:" in env.zk.command(b"wchs"), "wchs")


def case_times_are_the_servers_clock(env: Env):
    env.zk.create(env.path("a"))
    created = env.zk.exists(env.path("a")).ctime / 1000.0
    check(abs(created - time.time()) < 60, "ctime is milliseconds since 1970: %r" % created)


if __name__ == "__main__":
    main(globals())
