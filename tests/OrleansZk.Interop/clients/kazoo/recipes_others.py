"""kazoo's other recipes: barriers, queues, counters, parties, partitioners."""
import threading

from interop import Env, check, equal, eventually, in_thread, main


def case_barrier(env: Env):
    barrier = env.zk.Barrier(env.path("barrier"))
    barrier.create()
    other = env.client()
    equal(other.Barrier(env.path("barrier")).wait(0.2), False, "still up")
    waiting = in_thread(lambda: other.Barrier(env.path("barrier")).wait(30))
    check(barrier.remove(), "removed")
    check(waiting(), "passed")
    equal(barrier.remove(), False, "nothing left to remove")


def case_double_barrier(env: Env):
    reached = []
    guard = threading.Lock()

    def work(i):
        zk = env.client()
        barrier = zk.DoubleBarrier(env.path("double"), 3, str(i))
        with guard:
            reached.append(i)
        barrier.enter()
        with guard:
            equal(len(reached), 3, "all are there once the first is through")
        barrier.leave()

    for join in [in_thread(work, i) for i in range(3)]:
        join()
    env.catch_up()
    eventually(lambda: not [c for c in env.zk.get_children(env.path("double")) if c != "ready"], "nobody is left inside")


def case_queue_is_first_in_first_out_within_a_priority(env: Env):
    queue = env.zk.Queue(env.path("queue"))
    for value, priority in ((b"c", 100), (b"d", 100), (b"a", 10), (b"e", 100), (b"b", 10)):
        queue.put(value, priority)
    equal(len(queue), 5, "length")
    equal([queue.get() for _ in range(6)], [b"a", b"b", b"c", b"d", b"e", None], "values")


def case_queue_gives_each_value_to_one_consumer(env: Env):
    taken = []
    guard = threading.Lock()
    producer = env.zk.Queue(env.path("queue"))
    for i in range(90):
        producer.put(b"%d" % i)

    def consume(zk):
        queue = zk.Queue(env.path("queue"))
        while True:
            value = queue.get()
            if value is None:
                return
            with guard:
                taken.append(int(value))

    for join in [in_thread(consume, env.client()) for _ in range(3)]:
        join()
    equal(sorted(taken), list(range(90)), "values taken")


def case_locking_queue(env: Env):
    queue = env.zk.LockingQueue(env.path("queue"))
    other = env.client().LockingQueue(env.path("queue"))
    queue.put_all([b"one", b"two"])
    equal(queue.get(30), b"one", "first")
    check(queue.holds_lock(), "holds it")
    equal(other.get(30), b"two", "the other gets the next")
    check(queue.release(), "given back")
    check(other.consume(), "used up")
    equal(other.get(30), b"one", "what was given back")
    check(other.consume(), "used up")
    env.catch_up()
    equal(queue.get(0.2), None, "empty")
    waiting = in_thread(lambda: queue.get(30))
    other.put(b"late")
    equal(waiting(), b"late", "a waiting consumer is woken")


def case_counter_counts_every_change(env: Env):
    clients = [env.client() for _ in range(3)]

    def work(zk):
        counter = zk.Counter(env.path("counter"))
        for _ in range(20):
            counter += 1

    for join in [in_thread(work, zk) for zk in clients]:
        join()
    env.catch_up()
    equal(env.zk.Counter(env.path("counter")).value, 60, "count")
    equal(env.zk.exists(env.path("counter")).version, 60, "version")


def case_party(env: Env):
    others = [env.client() for _ in range(3)]
    parties = [zk.Party(env.path("party"), "p%d" % i) for i, zk in enumerate(others)]
    for party in parties:
        party.join()
    env.catch_up()
    mine = env.zk.Party(env.path("party"))
    equal(sorted(mine), ["p0", "p1", "p2"], "members")
    parties[1].leave()
    env.catch_up()
    equal(len(mine), 2, "members after one left")
    others[2].stop()
    eventually(lambda: list(mine) == ["p0"], "a member whose session ended is out")


def case_shallow_party(env: Env):
    party = env.client().ShallowParty(env.path("party"), "someone")
    party.join()
    env.catch_up()
    equal(list(env.zk.ShallowParty(env.path("party"))), ["someone"], "members")


def case_set_partitioner(env: Env):
    items = tuple(range(6))
    a = env.client().SetPartitioner(env.path("parts"), set=items, time_boundary=0.3, identifier="a")
    a.wait_for_acquire(30)
    check(a.acquired, "alone: %r" % a.state)
    equal(sorted(a), list(items), "one member has all")
    b = env.client().SetPartitioner(env.path("parts"), set=items, time_boundary=0.3, identifier="b")
    eventually(lambda: a.release, "the first is asked to let go")
    a.release_set()
    for p in (a, b):
        p.wait_for_acquire(30)
    check(a.acquired and b.acquired, "states: %r, %r" % (a.state, b.state))
    equal(sorted(list(a) + list(b)), list(items), "each item once")
    equal((len(list(a)), len(list(b))), (3, 3), "half each")
    a.finish()
    b.finish()


if __name__ == "__main__":
    main(globals())
