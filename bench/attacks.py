"""The attacks, by the numbers and names that --only takes. Each is one client, or a few, that may do all of this.

prepare makes what an attack needs and is not measured; a way calls begin (or repeat, which does) when the attack begins. Where the
server refuses to make so much, the attack goes on with what it could make, and says so.
"""

import dataclasses
import socket
import time
import typing

import records
import wire
from adversary import BEHIND, Adversary, exchange

NODES = 200_000
FRAME = 1_000_000
READ_SLOWLY = 4096
LIMITS = b"count=100000000,bytes=100000000000=;byteHardLimit=100000000000;countHardLimit=100000000"
OWN = (records.ALL, "ip", "127.0.0.1")


@dataclasses.dataclass(frozen=True)
class Attack:
    key: str
    prepare: typing.Callable[[Adversary], None]
    ways: dict[str, typing.Callable[[Adversary], None]]


def pipeline(operation, body, count, behind=False):
    """A way: so many requests at once, over and over; behind a write."""

    def attack(connection):
        if behind:
            connection.queue(wire.SET_DATA, records.set_data(BEHIND, b"x"))
        for _ in range(count):
            connection.queue(operation, body)

    return lambda adversary: adversary.repeat(attack)


# ---------------------------------------------------------------------------------------------------------------------
# 3, 4: answers that are much larger than their requests.


def prepare_large_node(adversary):
    # Large enough for the answers, but never above what one frame carries.
    adversary.connect().ask(wire.CREATE, records.create("/big", bytes(adversary.size(1_040_000))))


def prepare_many_answers(adversary):
    adversary.tree("/data", adversary.size(1000), data=bytes(100_000))
    adversary.tree("/names", adversary.size(50_000), "{:0100}")


def create_and_reads(adversary):
    paths = [f"/data/{i:07}" for i in range(adversary.size(1000))]

    def attack(connection):
        connection.queue(wire.CREATE, records.create("/data/made-", b"", 3))
        for path in paths:
            connection.queue(wire.GET_DATA, records.read(path))

    adversary.repeat(attack)


# ---------------------------------------------------------------------------------------------------------------------
# 6: lists of access that are long.


def prepare_acl(adversary):
    # The one that lets the adversary in is the last of all.
    def made(count):
        entries = [(records.ALL, "ip", f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}") for i in range(count)]
        try:
            connection = adversary.connect()
            return connection.ask(wire.CREATE, records.create("/acl", b"x", 0, records.acl([*entries, OWN]))) is None
        except OSError:
            return False

    most = adversary.size(38_000)
    low, high = 0, most + 1
    if made(most):
        low = most
    while high - low > 1 and low != most:
        middle = (low + high) // 2
        if made(middle):
            low = middle
            adversary.connect().ask(records.DELETE, records.delete("/acl"))
        else:
            high = middle
    if low != most:
        made(low)
    adversary.note(f"{low:,} entries")


# ---------------------------------------------------------------------------------------------------------------------
# 7, 8: what is known of a subtree.


def prepare_quota(adversary):
    adversary.tree("/tree", adversary.size(NODES))
    set_limits(adversary, "/tree")


def set_limits(adversary, path):
    connection = adversary.connect()
    where = ""
    for part in ("quota" + path).split("/"):
        where += "/" + part
        connection.ask(wire.CREATE, records.create("/zookeeper" + where))
    error = connection.ask(wire.CREATE, records.create(f"/zookeeper{where}/zookeeper_limits", LIMITS))
    if error:
        adversary.note(f"no quota (error {error})")


def writes_beneath_quota(stats):
    def way(adversary):
        paths = [f"/tree/{i:07}" for i in range(adversary.size(2000))]
        multi = records.sets(paths, b"y")

        def attack(connection):
            for _ in range(3):
                if stats:
                    connection.queue(wire.SET_DATA, records.set_data("/zookeeper/quota/tree/zookeeper_stats", stats))
                connection.queue(records.MULTI, multi)

        if stats:
            adversary.connect().ask(wire.CREATE, records.create("/zookeeper/quota/tree/zookeeper_stats", stats))
        adversary.repeat(attack)

    return way


def prepare_subtree(adversary):
    adversary.tree("/tree", adversary.size(NODES))


def ephemerals_of_owner(behind):
    body = wire.text("/mine")

    def way(adversary):
        def attack(connection):
            if behind:
                connection.queue(wire.SET_DATA, records.set_data(BEHIND, b"x"))
            for _ in range(300):
                connection.queue(records.GET_EPHEMERALS, body)

        # A session is told of its own alone.
        owner = adversary.connect()
        made = adversary.tree("/mine", adversary.size(50_000), f"{behind}{{:07}}", flags=records.EPHEMERAL, connection=owner)
        adversary.note(f"{made:,} ephemerals")
        adversary.repeat(attack, owner)

    return way


# ---------------------------------------------------------------------------------------------------------------------
# 9: paths of very many parts.


def prepare_deep(adversary):
    depth = adversary.size(8000)
    connection = adversary.connect()
    made = 0
    while made < depth:
        step = min(depth - made, 100, max(1, 400_000 // (2 * made + 300)))
        error = connection.ask(records.MULTI, records.creates(["/a" * (made + 1 + i) for i in range(step)]))
        if error:
            adversary.note(f"{made:,} of {depth:,} levels (error {error})")
            break
        made += step
    adversary.deepest = "/a" * max(made, 1)
    connection.ask(wire.CREATE, records.create("/w"))
    connection.ask(records.ADD_WATCH, records.add_watch("/w"))


def deep_sets(quota):
    def way(adversary):
        if quota:
            set_limits(adversary, "/a")
        pipeline(wire.SET_DATA, records.set_data(adversary.deepest, b"z"), 200)(adversary)

    return way


# ---------------------------------------------------------------------------------------------------------------------
# 10, close: ephemerals that go all at once.


def prepare_sessions(adversary):
    """Sessions with a few ephemerals each, kept alive until the attack begins."""
    adversary.tree("/sessions", 0)
    count = adversary.size(4000)
    sessions = []
    for i in range(count):
        session = adversary.connect(6_000)
        session.queue(records.MULTI, records.creates([f"/sessions/{i:05}-{j:02}" for j in range(20)], b"", records.EPHEMERAL))
        sessions.append(session)
        if i % 200 == 199 or i == count - 1:
            for other in sessions:
                other.queue(wire.PING)
            exchange(sessions)
    adversary.sessions = sessions


def expire(adversary):
    # None has spoken since the last ping of all but that one.
    for session in adversary.sessions:
        session.queue(wire.PING)
    exchange(adversary.sessions)
    timeout = adversary.sessions[0].timeout / 1000
    observer = adversary.connect()
    time.sleep(max(timeout - 1, 0))
    adversary.begin()
    until = time.monotonic() + 60
    gone = False
    while not gone and time.monotonic() < until:
        time.sleep(0.2)
        # The last of the sessions' nodes; those of one session go together.
        gone = all(observer.ask(records.EXISTS, records.read(f"/sessions/{i:05}-00")) for i in range(0, len(adversary.sessions), 97))
    adversary.note("all expired" if gone else "not expired")


def prepare_nothing(adversary):
    adversary.connect().ask(wire.CREATE, records.create("/owned"))


def close_owner(watched):
    def way(adversary):
        owner = adversary.connect()
        made = adversary.tree("/owned", adversary.size(60_000), "{:0400}", flags=records.EPHEMERAL, connection=owner)
        adversary.note(f"{made:,} ephemerals")
        watchers = []
        if watched:
            watchers = [adversary.connect()]
            watchers[0].ask(records.ADD_WATCH, records.add_watch("/owned"))
        adversary.begin()
        owner.queue(wire.CLOSE)
        exchange([owner])
        adversary.drop(owner)
        if watched:
            watchers[0].ask(records.EXISTS, records.read("/owned"))
            adversary.note(f"{watchers[0].events:,} events")

    return way


# ---------------------------------------------------------------------------------------------------------------------
# 11: transactions of many parts.


def multis(adversary):
    count = adversary.size(2000)
    adversary.connect().ask(wire.CREATE, records.create("/multi"))
    batches = [[f"/multi/{batch}-{i:07}" for i in range(count)] for batch in range(5)]
    requests = [make(paths) for make in (records.creates, records.sets, records.deletes) for paths in batches]

    def attack(connection):
        for request in requests:
            connection.queue(records.MULTI, request)

    adversary.repeat(attack)


# ---------------------------------------------------------------------------------------------------------------------
# 12, setwatches: many watches.


def prepare_watches(adversary):
    paths = [f"/watched/{i:07}" for i in range(adversary.size(NODES))]
    watcher = adversary.connect()
    for first in range(0, len(paths), 40_000):
        error = watcher.ask(records.SET_WATCHES, records.set_watches(2**62, exist=paths[first : first + 40_000]))
        if error:
            adversary.note(f"{first:,} watches (error {error})")
            break


def four_letter_words(word):
    def way(adversary):
        adversary.begin()
        answers, length = 0, 0
        while adversary.lasts():
            try:
                with socket.create_connection(("127.0.0.1", adversary.port), timeout=120) as connection:
                    connection.sendall(word)
                    while part := connection.recv(1 << 18):
                        length += len(part)
                answers += 1
            except OSError:
                adversary.lost += 1
                time.sleep(0.01)
        adversary.note(f"{answers:,} answers of {length // max(answers, 1):,} bytes")

    return way


def set_watches(missed):
    def way(adversary):
        paths = [f"/{i:x}" for i in range(adversary.size(FRAME // 10))]
        body = records.set_watches(0, data=paths) if missed else records.set_watches(0, exist=paths)
        pipeline(records.SET_WATCHES, body, 3)(adversary)

    return way


# ---------------------------------------------------------------------------------------------------------------------
# noread: clients that do not take their answers.


def clients_that_do_not_read(slowly):
    def way(adversary):
        connections = []
        adversary.begin()
        while adversary.lasts():
            while len(connections) < 8 and adversary.lasts():
                try:
                    connection = adversary.connect()
                except OSError:
                    adversary.lost += 1
                    time.sleep(0.05)
                    continue
                connections.append(connection)
                connection.queue(wire.SET_DATA, records.set_data("/big", bytes(adversary.size(1_040_000))))
                for _ in range(2000):
                    connection.queue(wire.GET_DATA, records.read("/big"))
            for connection in connections[:]:
                try:
                    connection.send()
                    if slowly:
                        connection.receive(READ_SLOWLY)
                except OSError:
                    adversary.lost += 1
                    connections.remove(connection)
                    adversary.drop(connection)
            time.sleep(0.01)
        adversary.note(f"{len(connections)} are still connected")
        for connection in connections:
            adversary.drop(connection)

    return way


LARGE_MULTI_READ = records.reads("/big", 2400)
ACL_MULTI_READ = records.reads("/acl", 15_500)

ATTACKS = [
    Attack("3", prepare_large_node, {
        "multiRead of 2.4 GB": pipeline(records.MULTI_READ, LARGE_MULTI_READ, 1),
        "multiRead of 2.4 GB behind a write": pipeline(records.MULTI_READ, LARGE_MULTI_READ, 1, behind=True),
    }),
    Attack("4", prepare_many_answers, {
        "create and 1,000 getData of 100 KB": create_and_reads,
        "30 getChildren of 5 MB behind a write": pipeline(records.GET_CHILDREN, records.read("/names"), 30, behind=True),
    }),
    Attack("6", prepare_acl, {
        "getData of a long ACL": pipeline(wire.GET_DATA, records.read("/acl"), 300),
        "setData of a long ACL": pipeline(wire.SET_DATA, records.set_data("/acl", b"y"), 300),
        "multiRead of 278 KB of a long ACL": pipeline(records.MULTI_READ, ACL_MULTI_READ, 1),
    }),
    Attack("7", prepare_quota, {
        "multi of 2,000 sets, quota without stats": writes_beneath_quota(None),
        "multi of 2,000 sets, stats overwritten": writes_beneath_quota(b"count=1,bytes=1"),
    }),
    Attack("8", prepare_subtree, {
        "300 getAllChildrenNumber": pipeline(records.GET_ALL_CHILDREN_NUMBER, wire.text("/tree"), 300),
        "300 getAllChildrenNumber behind a write": pipeline(records.GET_ALL_CHILDREN_NUMBER, wire.text("/tree"), 300, behind=True),
        "30 getChildren of 200,000": pipeline(records.GET_CHILDREN, records.read("/tree"), 30),
        "30 getChildren of 200,000 behind a write": pipeline(records.GET_CHILDREN, records.read("/tree"), 30, behind=True),
        "300 getEphemerals of 50,000": ephemerals_of_owner(False),
        "300 getEphemerals of 50,000 behind a write": ephemerals_of_owner(True),
    }),
    Attack("9", prepare_deep, {
        "200 sets 8,000 levels deep, a recursive watch": deep_sets(False),
        "200 sets 8,000 levels deep, also a quota": deep_sets(True),
    }),
    Attack("10", prepare_sessions, {"4,000 sessions with 20 ephemerals expire": expire}),
    Attack("11", prepare_nothing, {"multis of 2,000 creates, sets, deletes": multis}),
    Attack("12", prepare_watches, {"wchp of 200,000 watches": four_letter_words(b"wchp")}),
    Attack("close", prepare_nothing, {
        "a session with 60,000 ephemerals closes": close_owner(False),
        "the same with a recursive watch": close_owner(True),
    }),
    Attack("setwatches", prepare_nothing, {
        "setWatches of 100,000 watches": set_watches(False),
        "setWatches of 100,000 missed events": set_watches(True),
    }),
    Attack("noread", prepare_large_node, {
        "8 clients do not read their answers": clients_that_do_not_read(False),
        "8 clients read 400 KB/s": clients_that_do_not_read(True),
    }),
]
