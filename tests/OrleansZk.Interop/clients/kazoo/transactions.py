"""Transactions: all or nothing, and a result for each operation either way."""
from kazoo.security import ACL, Id, make_digest_acl

from interop import Env, Events, check, equal, main


def kinds(results):
    return [type(r).__name__ if isinstance(r, Exception) else r for r in results]


def case_all_kinds_of_operation_succeed(env: Env):
    env.zk.create(env.path("old"), b"x")
    env.zk.create(env.path("doomed"))
    t = env.zk.transaction()
    t.check(env.path("old"), 0)
    t.create(env.path("new"), b"n")
    t.create(env.path("eph"), b"", ephemeral=True)
    t.create(env.path("seq-"), b"", sequence=True)
    t.set_data(env.path("old"), b"y", version=0)
    t.delete(env.path("doomed"), version=0)
    results = t.commit()
    stat = env.zk.exists(env.path("old"))
    equal(results, [True, env.path("new"), env.path("eph"), env.path("seq-0000000004"), stat, True], "results")
    equal(env.zk.exists(env.path("new")).czxid, stat.mzxid, "one zxid for all")
    equal(env.zk.exists(env.path("new")).ctime, stat.mtime, "one time for all")
    equal(env.zk.exists(env.root).pzxid, stat.mzxid, "the parent's too")
    equal(env.zk.exists(env.path("doomed")), None, "deleted")


def case_each_operation_sees_those_before_it(env: Env):
    t = env.zk.transaction()
    t.create(env.path("a"), b"1")
    t.create(env.path("a", "b"), b"2")
    t.set_data(env.path("a"), b"3", version=0)
    t.check(env.path("a"), 1)
    t.delete(env.path("a", "b"))
    t.delete(env.path("a"), version=1)
    t.create(env.path("a"), b"again")
    results = t.commit()
    check(not any(isinstance(r, Exception) for r in results), "results: %r" % (results,))
    data, stat = env.zk.get(env.path("a"))
    equal((data, stat.version), (b"again", 0), "what is left")


def failing(env, add, expected):
    """A transaction of five, the third of which fails."""
    before = env.zk.exists(env.root)
    t = env.zk.transaction()
    t.create(env.path("first"))
    t.set_data(env.path("kept"), b"changed")
    add(t)
    t.create(env.path("fourth"))
    t.check(env.path("kept"), 0)
    results = t.commit()
    equal(kinds(results), ["RolledBackError", "RolledBackError", expected, "RuntimeInconsistency", "RuntimeInconsistency"], "results")
    equal(env.zk.get_children(env.root), ["kept"], "nothing was created")
    equal(env.zk.get(env.path("kept"))[0], b"same", "nothing was changed")
    equal(env.zk.exists(env.root), before, "the parent's stat")


def case_failure_of_check(env: Env):
    env.zk.create(env.path("kept"), b"same")
    failing(env, lambda t: t.check(env.path("kept"), 5), "BadVersionError")
    failing(env, lambda t: t.check(env.path("none"), 0), "NoNodeError")
    failing(env, lambda t: t.check(env.path("none"), -1), "NoNodeError")


def case_failure_of_create(env: Env):
    env.zk.create(env.path("kept"), b"same")
    failing(env, lambda t: t.create(env.path("kept")), "NodeExistsError")
    failing(env, lambda t: t.create(env.path("first")), "NodeExistsError")
    failing(env, lambda t: t.create(env.path("none", "x")), "NoNodeError")
    failing(env, lambda t: t.create(env.path("first", "x", "y")), "NoNodeError")
    failing(env, lambda t: t.create(env.path("x"), acl=[ACL(31, Id("digest", "no colon"))]), "InvalidACLError")


def case_failure_of_set_and_delete(env: Env):
    env.zk.create(env.path("kept"), b"same")
    failing(env, lambda t: t.set_data(env.path("none"), b""), "NoNodeError")
    failing(env, lambda t: t.set_data(env.path("kept"), b"", version=0), "BadVersionError")
    failing(env, lambda t: t.delete(env.path("none")), "NoNodeError")
    failing(env, lambda t: t.delete(env.path("kept"), version=0), "BadVersionError")


def case_failure_of_the_first_and_of_the_last(env: Env):
    t = env.zk.transaction()
    t.delete(env.path("none"))
    t.create(env.path("a"))
    equal(kinds(t.commit()), ["NoNodeError", "RuntimeInconsistency"], "first fails")
    t = env.zk.transaction()
    t.create(env.path("a"))
    t.delete(env.path("none"))
    equal(kinds(t.commit()), ["RolledBackError", "NoNodeError"], "last fails")
    equal(env.zk.get_children(env.root), [], "nothing created")


def case_failed_transaction_takes_no_sequence_number(env: Env):
    t = env.zk.transaction()
    t.create(env.path("s-"), sequence=True)
    t.create(env.path("s-"), sequence=True)
    t.delete(env.path("none"))
    equal(kinds(t.commit())[2], "NoNodeError", "transaction fails")
    equal(env.zk.create(env.path("s-"), sequence=True), env.path("s-0000000000"), "next number")


def case_failed_transaction_fires_no_watch(env: Env):
    env.zk.create(env.path("a"))
    created, changed, children = Events(), Events(), Events()
    env.zk.exists(env.path("b"), watch=created)
    env.zk.get(env.path("a"), watch=changed)
    env.zk.get_children(env.root, watch=children)
    t = env.zk.transaction()
    t.create(env.path("b"))
    t.set_data(env.path("a"), b"x")
    t.check(env.path("a"), 99)
    equal(kinds(t.commit())[2], "BadVersionError", "transaction fails")
    env.zk.sync(env.root)
    equal((created.seen, changed.seen, children.seen), ([], [], []), "events")
    env.zk.create(env.path("b"))
    equal(created.wait(1), [("CREATED", env.path("b"))], "the watch is still there")


def case_transaction_fires_each_watch_once(env: Env):
    children, data = Events(), Events()
    env.zk.create(env.path("d"))
    env.zk.get_children(env.path("d"), watch=children)
    env.zk.get(env.path("d"), watch=data)
    t = env.zk.transaction()
    for i in range(10):
        t.create(env.path("d", "c%d" % i))
        t.set_data(env.path("d"), b"%d" % i)
    t.commit()
    env.zk.sync(env.root)
    equal(children.wait(1), [("CHILD", env.path("d"))], "children")
    equal(data.wait(1), [("CHANGED", env.path("d"))], "data")


def case_empty_transaction(env: Env):
    equal(env.zk.transaction().commit(), [], "results of nothing")


def case_large_transaction(env: Env):
    t = env.zk.transaction()
    for i in range(1000):
        t.create(env.path("n%04d" % i), b"x" * 100)
    results = t.commit()
    equal(results, [env.path("n%04d" % i) for i in range(1000)], "results")
    equal(len(set(env.zk.exists(env.path("n%04d" % i)).czxid for i in range(0, 1000, 100))), 1, "one zxid")


def case_acl_is_checked_for_each_operation(env: Env):
    owner = env.client(auth_data=[("digest", "owner:secret")])
    owner.create(env.path("private"), b"", acl=[make_digest_acl("owner", "secret", all=True)])
    t = env.zk.transaction()
    t.create(env.path("a"))
    t.create(env.path("private", "b"))
    equal(kinds(t.commit()), ["RolledBackError", "NoAuthError"], "create")
    t = env.zk.transaction()
    t.set_data(env.path("private"), b"x")
    equal(kinds(t.commit()), ["NoAuthError"], "set")
    t = env.zk.transaction()
    t.check(env.path("private"), 0)
    equal(kinds(t.commit()), ["NoAuthError"], "check")
    equal(env.zk.exists(env.path("a")), None, "nothing created")


if __name__ == "__main__":
    main(globals())
