"""Who may do what: digest, ip, auth and world entries, and the super user."""
from kazoo import exceptions as e
from kazoo.security import ACL, CREATOR_ALL_ACL, Id, OPEN_ACL_UNSAFE, READ_ACL_UNSAFE, make_acl, make_digest_acl

from interop import SUPER, Env, check, cut_connection, equal, eventually, exists_checks_access, fails_with, in_thread, main

ALICE = ("digest", "alice:wonder")
BOB = ("digest", "bob:builder")


def digest(who, **perms):
    user, password = who[1].split(":")
    return make_digest_acl(user, password, **perms)


def case_digest_owner_only(env: Env):
    alice, bob = env.client(auth_data=[ALICE]), env.client(auth_data=[BOB])
    path = env.path("a")
    alice.create(path, b"mine", acl=[digest(ALICE, all=True)])
    env.catch_up()
    equal(alice.get(path)[0], b"mine", "the owner reads")
    for zk in (env.zk, bob):
        fails_with(e.NoAuthError, zk.get, path)
        fails_with(e.NoAuthError, zk.set, path, b"x")
        fails_with(e.NoAuthError, zk.get_children, path)
        fails_with(e.NoAuthError, zk.get_acls, path)
        fails_with(e.NoAuthError, zk.set_acls, path, OPEN_ACL_UNSAFE)
        fails_with(e.NoAuthError, zk.create, path + "/child")
        if exists_checks_access(env):
            fails_with(e.NoAuthError, zk.exists, path)


def case_each_permission_by_itself(env: Env):
    """One node per permission; each operation works on the node that grants it, and on no other."""
    alice = env.client(auth_data=[ALICE])
    letters = {"read": 1, "write": 2, "create": 4, "delete": 8, "admin": 16}
    for name in letters:
        alice.create(env.path(name), b"", acl=[digest(ALICE, all=True)])
        alice.create(env.path(name, "child"), b"", acl=OPEN_ACL_UNSAFE)
        alice.set_acls(env.path(name), [digest(ALICE, all=True), digest(BOB, **{name: True})])
    bob = env.client(auth_data=[BOB])
    operations = {
        "read": [lambda p: bob.get(p), lambda p: bob.get_children(p)] + ([lambda p: bob.exists(p)] if exists_checks_access(env) else []),
        "write": [lambda p: bob.set(p, b"x")],
        "create": [lambda p: bob.create(p + "/new")],
        "delete": [lambda p: bob.delete(p + "/child")],
        "admin": [lambda p: bob.set_acls(p, [digest(ALICE, all=True), digest(BOB, admin=True)])],
    }
    for needed, calls in operations.items():
        for granted in letters:
            for call in calls:
                if granted == needed:
                    call(env.path(granted))
                else:
                    fails_with(e.NoAuthError, call, env.path(granted))


def case_permissions_are_not_inherited(env: Env):
    alice = env.client(auth_data=[ALICE])
    alice.create(env.path("a"), b"", acl=[digest(ALICE, all=True)])
    alice.create(env.path("a", "b"), b"open", acl=OPEN_ACL_UNSAFE)
    env.catch_up()
    equal(env.zk.get(env.path("a", "b"))[0], b"open", "a child of a closed node may be open")


def case_auth_stands_for_whoever_writes(env: Env):
    both = env.client(auth_data=[ALICE, BOB])
    both.create(env.path("a"), b"", acl=CREATOR_ALL_ACL)
    acls = both.get_acls(env.path("a"))[0]
    equal(sorted(a.id.id.split(":")[0] for a in acls), ["alice", "bob"], "one entry for each identity")
    check(all(a.perms == 31 and a.id.scheme == "digest" for a in acls), "entries: %r" % (acls,))
    env.client(auth_data=[BOB]).set(env.path("a"), b"x")
    env.catch_up()
    fails_with(e.NoAuthError, env.zk.get, env.path("a"))


def case_duplicates_are_dropped(env: Env):
    acl = [digest(ALICE, read=True), digest(ALICE, read=True), digest(ALICE, all=True)]
    alice = env.client(auth_data=[ALICE])
    alice.create(env.path("a"), b"", acl=acl)
    equal(alice.get_acls(env.path("a"))[0], [acl[0], acl[2]], "stored ACL")


def case_ids_add_up_over_a_connection(env: Env):
    env.zk.create(env.path("a"), b"", acl=[digest(ALICE, all=True)])
    env.zk.create(env.path("b"), b"", acl=[digest(BOB, all=True)])
    zk = env.client()
    fails_with(e.NoAuthError, zk.get, env.path("a"))
    zk.add_auth(*ALICE)
    zk.get(env.path("a"))
    fails_with(e.NoAuthError, zk.get, env.path("b"))
    zk.add_auth(*BOB)
    zk.get(env.path("a"))
    zk.get(env.path("b"))


def case_wrong_password_is_another_identity(env: Env):
    env.zk.create(env.path("a"), b"", acl=[digest(ALICE, all=True)])
    stranger = env.client(auth_data=[("digest", "alice:guess")])
    fails_with(e.NoAuthError, stranger.get, env.path("a"))


def case_unknown_scheme_fails_and_closes(env: Env):
    zk = env.client()
    fails_with(e.AuthFailedError, zk.add_auth, "nosuch", "x")
    eventually(lambda: not zk.connected, "the server hung up")


def case_ip_entries(env: Env):
    for i, (entry, allowed) in enumerate((("127.0.0.1", True), ("127.0.0.0/8", True), ("127.0.0.1/32", True),
                                          ("10.1.2.3", False), ("10.0.0.0/8", False))):
        path = env.path("n%d" % i)
        env.zk.create(path, b"x", acl=[make_acl("ip", entry, all=True)])
        if allowed:
            equal(env.zk.get(path)[0], b"x", entry)
            equal(env.zk.get_acls(path)[0], [make_acl("ip", entry, all=True)], "stored as written")
        else:
            fails_with(e.NoAuthError, env.zk.get, path)


def case_world_read_only(env: Env):
    path = env.path("a")
    env.zk.create(path, b"x", acl=READ_ACL_UNSAFE)
    env.zk.get(path)
    fails_with(e.NoAuthError, env.zk.set, path, b"y")
    fails_with(e.NoAuthError, env.zk.set_acls, path, OPEN_ACL_UNSAFE)
    env.zk.delete(path)  # the parent's ACL decides


def case_super_passes_everything(env: Env):
    env.zk.create(env.path("a"), b"x", acl=[digest(ALICE, all=True)])
    boss = env.client(auth_data=[("digest", SUPER)])
    equal(boss.get(env.path("a"))[0], b"x", "read")
    boss.set(env.path("a"), b"y")
    boss.create(env.path("a", "child"))
    boss.delete(env.path("a", "child"))
    boss.set_acls(env.path("a"), OPEN_ACL_UNSAFE)
    env.catch_up()
    equal(env.zk.get(env.path("a"))[0], b"y", "opened by super")


def case_acl_hides_digests_from_who_may_not_change_it(env: Env):
    env.zk.create(env.path("a"), b"", acl=[digest(ALICE, all=True), make_acl("world", "anyone", read=True)])
    seen = env.zk.get_acls(env.path("a"))[0]
    equal(seen, [ACL(31, Id("digest", "alice:x")), ACL(1, Id("world", "anyone"))], "as a reader sees it")
    alice = env.client(auth_data=[ALICE])
    equal(alice.get_acls(env.path("a"))[0][0], digest(ALICE, all=True), "as its owner sees it")


def case_config_is_read_only_to_the_world(env: Env):
    acls = env.zk.get_acls("/zookeeper/config")[0]
    equal(acls, READ_ACL_UNSAFE, "ACL of /zookeeper/config")
    fails_with(e.NoAuthError, env.zk.set, "/zookeeper/config", b"x")


def case_conditional_access_is_checked_before_the_version(env: Env):
    env.zk.create(env.path("a"), b"", acl=READ_ACL_UNSAFE)
    fails_with(e.NoAuthError, env.zk.set, env.path("a"), b"", version=99)
    alice = env.client(auth_data=[ALICE])
    alice.create(env.path("b"), b"", acl=[digest(ALICE, all=True)])
    fails_with(e.NoAuthError, env.zk.delete, env.path("b", "none"), version=99)
    fails_with(e.NoAuthError, env.zk.create, env.path("b", "x"), b"", ephemeral=True)


def case_identity_survives_a_reconnect_of_the_client(env: Env):
    alice = env.client(auth_data=[ALICE])
    alice.create(env.path("a"), b"x", acl=CREATOR_ALL_ACL)
    cut_connection(alice)
    equal(alice.retry(alice.get, env.path("a"))[0], b"x", "the client authenticates again")


def case_many_clients_authenticate_at_once(env: Env):
    alice = env.client(auth_data=[ALICE])
    alice.create(env.path("a"), b"", acl=CREATOR_ALL_ACL)
    joins = [in_thread(lambda: env.client(auth_data=[ALICE]).get(env.path("a"))) for _ in range(6)]
    for join in joins:
        join()


if __name__ == "__main__":
    main(globals())
