"""kazoo's recipes that exclude: locks, semaphores, elections, leases."""
import datetime
import threading

from kazoo.exceptions import LockTimeout

from interop import Env, check, cut_connection, equal, eventually, fails_with, in_thread, main


def case_lock_excludes(env: Env):
    """Four clients raise an unprotected counter under a lock."""
    state = {"value": 0, "inside": 0, "worst": 0}

    def work(zk):
        lock = zk.Lock(env.path("lock"), "someone")
        for _ in range(15):
            with lock:
                state["inside"] += 1
                state["worst"] = max(state["worst"], state["inside"])
                value = state["value"]
                zk.exists(env.root)
                state["value"] = value + 1
                state["inside"] -= 1

    joins = [in_thread(work, env.client()) for _ in range(4)]
    for join in joins:
        join()
    equal((state["value"], state["worst"]), (60, 1), "count, most holders at once")


def case_lock_is_handed_on_in_order(env: Env):
    order = []
    first = env.zk.Lock(env.path("lock"), "0")
    first.acquire()
    joins = []
    for i in range(1, 5):
        zk = env.client()
        lock = zk.Lock(env.path("lock"), str(i))

        def wait(lock=lock, i=i):
            with lock:
                order.append(i)

        joins.append(in_thread(wait))
        eventually(lambda: len(first.contenders()) == i + 1, "contender %d waits" % i)
    equal(first.contenders(), ["0", "1", "2", "3", "4"], "contenders")
    first.release()
    for join in joins:
        join()
    equal(order, [1, 2, 3, 4], "order of the holders")


def case_lock_times_out_and_can_be_tried(env: Env):
    held = env.zk.Lock(env.path("lock"))
    check(held.acquire(), "first")
    other = env.client()
    fails_with(LockTimeout, other.Lock(env.path("lock")).acquire, timeout=0.3)
    equal(other.Lock(env.path("lock")).acquire(blocking=False), False, "try")
    eventually(lambda: len(env.zk.get_children(env.path("lock"))) == 1, "those who gave up left nothing")
    held.release()
    check(other.Lock(env.path("lock")).acquire(blocking=False), "try when it is free")


def case_lock_of_a_dead_holder_is_released(env: Env):
    holder = env.client()
    holder.Lock(env.path("lock")).acquire()
    env.catch_up()
    waiting = in_thread(lambda: env.zk.Lock(env.path("lock")).acquire())
    eventually(lambda: len(env.zk.get_children(env.path("lock"))) == 2, "one holds, one waits")
    holder.stop()
    check(waiting(), "acquired")


def case_lock_survives_a_lost_connection(env: Env):
    lock = env.zk.Lock(env.path("lock"), "me")
    lock.acquire()
    cut_connection(env.zk)
    equal(env.zk.retry(lock.contenders), ["me"], "still the holder")


def case_read_and_write_locks(env: Env):
    a, b, c = env.client(), env.client(), env.client()
    r1, r2, w = a.ReadLock(env.path("rw")), b.ReadLock(env.path("rw")), c.WriteLock(env.path("rw"))
    check(r1.acquire() and r2.acquire(timeout=30), "two readers at once")
    equal(w.acquire(blocking=False), False, "no writer beside readers")
    env.catch_up()
    writer = in_thread(lambda: w.acquire())
    eventually(lambda: len(env.zk.get_children(env.path("rw"))) == 3, "the writer waits")
    r1.release()
    r2.release()
    check(writer(), "the writer gets in")
    equal(a.ReadLock(env.path("rw")).acquire(blocking=False), False, "no reader beside a writer")
    w.release()


def case_semaphore_lets_so_many_in(env: Env):
    state = {"inside": 0, "worst": 0}
    guard = threading.Lock()

    def work(zk):
        semaphore = zk.Semaphore(env.path("sem"), max_leases=2)
        for _ in range(5):
            with semaphore:
                with guard:
                    state["inside"] += 1
                    state["worst"] = max(state["worst"], state["inside"])
                zk.exists(env.root)
                with guard:
                    state["inside"] -= 1

    joins = [in_thread(work, env.client()) for _ in range(4)]
    for join in joins:
        join()
    check(1 <= state["worst"] <= 2, "most holders at once: %d" % state["worst"])


def case_semaphore_holders(env: Env):
    one = env.zk.Semaphore(env.path("sem"), "one", max_leases=1)
    check(one.acquire(), "first")
    two = env.client().Semaphore(env.path("sem"), "two", max_leases=1)
    equal(two.acquire(blocking=False), False, "second")
    equal(one.lease_holders(), ["one"], "holders")
    one.release()
    check(two.acquire(timeout=30), "second after release")
    fails_with(ValueError, env.client().Semaphore(env.path("sem"), max_leases=3).acquire)


def case_election(env: Env):
    leaders = []
    go_on = [threading.Event() for _ in range(3)]
    joins = []
    contender = env.zk.Election(env.path("election"))
    for i in range(3):
        def lead(i=i):
            leaders.append(i)
            go_on[i].wait(30)

        election = env.client().Election(env.path("election"), str(i))
        joins.append(in_thread(election.run, lead))
        eventually(lambda: len(contender.contenders()) == i + 1, "contender %d" % i)
    equal(contender.contenders(), ["0", "1", "2"], "contenders")
    for i in range(3):
        eventually(lambda: len(leaders) == i + 1, "leader %d" % i)
        go_on[i].set()
    for join in joins:
        join()
    equal(leaders, [0, 1, 2], "leaders")


def case_lease(env: Env):
    now = [datetime.datetime(2030, 1, 1)]
    hour = datetime.timedelta(hours=1)
    other = env.client()
    check(env.zk.NonBlockingLease(env.path("lease"), hour, "a", utcnow=lambda: now[0]), "first")
    env.catch_up()
    check(not other.NonBlockingLease(env.path("lease"), hour, "b", utcnow=lambda: now[0]), "taken")
    check(env.zk.NonBlockingLease(env.path("lease"), hour, "a", utcnow=lambda: now[0]), "renewed")
    now[0] += datetime.timedelta(hours=2)
    env.catch_up()
    check(other.NonBlockingLease(env.path("lease"), hour, "b", utcnow=lambda: now[0]), "free again")


def case_multi_lease(env: Env):
    now = datetime.datetime(2030, 1, 1)
    hour = datetime.timedelta(hours=1)
    taken = [bool(env.zk.MultiNonBlockingLease(2, env.path("leases"), hour, str(i), utcnow=lambda: now)) for i in range(3)]
    equal(taken, [True, True, False], "leases")


if __name__ == "__main__":
    main(globals())
