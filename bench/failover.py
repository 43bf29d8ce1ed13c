"""Takes the leader away from an ensemble under writes, and measures for how long nothing is written.

Clients write all the time, one write at a time each, spread over all servers; a lost connection is made again at once, to the
next server, for the same session. They run in a process of their own, so that nothing else delays what they note.
"""

import array
import gc
import multiprocessing
import os
import select
import signal
import socket
import statistics
import struct
import time

import wire
from servers import TITLES, say

SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}

SESSION_TIMEOUT = 10_000
READ_TIMEOUT = SESSION_TIMEOUT / 1000 * 2 / 3  # As ZooKeeper's own client has it, and a ping after half of it.
CONNECT_TIMEOUT = SESSION_TIMEOUT / 1000 / 3
RETRY_PAUSE = 0.01
BEFORE = 2.0
AFTER = 1.0
RECOVERY_TIMEOUT = 60.0
PING_XID = -2

# States of a client.
DOWN, CONNECTING, HANDSHAKE, READY = range(4)


class Client:
    """One session that writes a number, one more each time, to a node of its own."""

    def __init__(self, number, path, ports, epoll):
        self.path = path
        self.ports = ports
        self.epoll = epoll
        self.server = number % len(ports)
        self.state = DOWN
        self.socket = None
        self.retry_at = 0.0
        self.heard = 0.0
        self.pinged = 0.0
        self.received = b""
        self.session = 0
        self.password = bytes(16)
        self.zxid = 0
        self.xid = 0
        self.counter = 0  # The last one sent.
        self.stopping = False
        # The record: times and versions of the acknowledged writes, the last counter among them, and what went wrong.
        self.times = array.array("d")
        self.versions = array.array("q")
        self.acknowledged = 0
        self.unknown = 0
        self.waiting = False
        self.faults = []  # (time, kind, server)

    def connect(self, now):
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.state = CONNECTING
        self.heard = self.pinged = now
        self.received = b""
        self.socket.connect_ex(("127.0.0.1", self.ports[self.server]))
        self.epoll.register(self.socket.fileno(), select.EPOLLOUT)

    def lose(self, now, kind):
        self.faults.append((now, kind, self.server))
        self.epoll.unregister(self.socket.fileno())
        self.socket.close()
        if self.waiting:
            self.waiting = False
            self.unknown += 1
        self.state = DOWN
        self.server = (self.server + 1) % len(self.ports)
        self.retry_at = now if kind == "lost" else now + RETRY_PAUSE

    def handle(self, now):
        """The socket is ready."""
        if self.state == CONNECTING:
            if self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                self.lose(now, "refused")
                return
            self.state = HANDSHAKE
            self.epoll.modify(self.socket.fileno(), select.EPOLLIN)
            self.send(wire.session_request(SESSION_TIMEOUT, self.session, self.password, self.zxid), now)
            return
        try:
            part = self.socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            part = b""
        if not part:
            self.lose(now, "lost" if self.state == READY else "refused")
            return
        self.heard = now
        self.received += part
        while len(self.received) >= 4:
            end = int.from_bytes(self.received[:4], "big") + 4
            if len(self.received) < end:
                return
            frame, self.received = self.received[4:end], self.received[end:]
            self.frame(frame, now)
            if self.state == DOWN:
                return

    def frame(self, frame, now):
        if self.state == HANDSHAKE:
            timeout, session, length = struct.unpack_from(">iqi", frame, 4)
            if timeout <= 0:
                self.session = 0
                self.password = bytes(16)
                self.lose(now, "expired")
                return
            self.session = session
            self.password = frame[20 : 20 + length]
            self.state = READY
            self.write(now)
            return
        xid, zxid, error = struct.unpack_from(">iqi", frame)
        if xid == PING_XID:
            return
        if xid != self.xid:
            self.lose(now, "out of order")
            return
        self.zxid = max(self.zxid, zxid)
        self.waiting = False
        if error:
            self.faults.append((now, f"error {error}", self.server))
            self.unknown += 1
        else:
            # The version is the fourth part of the Stat, after czxid, mzxid, ctime and mtime.
            self.times.append(now)
            self.versions.append(struct.unpack_from(">i", frame, 16 + 32)[0])
            self.acknowledged = self.counter
            self.lost_so_far(self.versions[-1], now)
        self.write(now)

    def lost_so_far(self, version, now):
        """Every acknowledged write counts one version up; those with an unknown end may, too."""
        if version < len(self.times):
            self.faults.append((now, "write lost", self.server))

    def write(self, now):
        if self.stopping:
            return
        self.counter += 1
        self.xid += 1
        data = str(self.counter).encode().ljust(100, b".")
        self.waiting = True
        self.send(wire.request(self.xid, wire.SET_DATA, wire.text(self.path) + struct.pack(">i", len(data)) + data + struct.pack(">i", -1)), now)

    def send(self, data, now):
        # Short frames into a socket that is empty, or has a ping: they always fit.
        try:
            self.socket.send(data)
        except OSError:
            self.lose(now, "lost" if self.state == READY else "refused")

    def tick(self, now):
        if self.state == DOWN:
            if now >= self.retry_at and not self.stopping:
                self.connect(now)
        elif now - self.heard > (READ_TIMEOUT if self.state == READY else CONNECT_TIMEOUT):
            self.lose(now, "lost" if self.state == READY else "refused")
        elif self.state == READY and now - max(self.heard, self.pinged) > READ_TIMEOUT / 2:
            self.pinged = now
            self.send(wire.request(PING_XID, wire.PING), now)

    def record(self):
        return {
            "path": self.path,
            "times": self.times,
            "versions": self.versions,
            "last": self.acknowledged,
            "sent": self.counter,
            "unknown": self.unknown,
            "faults": self.faults,
        }


def write_until_told(control, paths, ports):
    """The clients' process: sends the time of the last acknowledged write of every client when asked, and all it noted at the end."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    gc.disable()
    epoll = select.epoll()
    clients = [Client(i, path, ports, epoll) for i, path in enumerate(paths)]
    epoll.register(control.fileno(), select.EPOLLIN)
    by_socket = {}
    stop_at = None
    next_tick = 0.0
    while True:
        now = time.monotonic()
        if now >= next_tick:
            next_tick = now + 0.002
            for client in clients:
                before = client.state
                client.tick(now)
                if before == DOWN and client.state != DOWN:
                    by_socket[client.socket.fileno()] = client
        if stop_at and (now > stop_at or not any(client.waiting for client in clients)):
            break
        for descriptor, _ in epoll.poll(0.002):
            if descriptor == control.fileno():
                if control.recv() == "stop":
                    stop_at = time.monotonic() + 5
                    for client in clients:
                        client.stopping = True
                else:
                    control.send([(client.times[-1] if client.times else 0.0, client.server) for client in clients])
                continue
            client = by_socket.get(descriptor)
            if client and client.state != DOWN and client.socket.fileno() == descriptor:
                client.handle(time.monotonic())
    for client in clients:
        client.unknown += client.waiting
        if client.state == READY and not client.waiting:
            client.send(wire.request(client.xid + 1, wire.CLOSE), now)
    control.send([client.record() for client in clients])
    control.close()


class Writers:
    """The clients' process, from outside."""

    def __init__(self, paths, ports):
        context = multiprocessing.get_context("fork")
        self.control, theirs = context.Pipe()
        self.process = context.Process(target=write_until_told, args=(theirs, paths, ports), daemon=True)
        self.process.start()
        theirs.close()

    def now(self):
        """For every client, the time of its last acknowledged write and its server."""
        self.control.send("now")
        return self.control.recv()

    def stop(self):
        self.control.send("stop")
        records = self.control.recv()
        self.process.join(10)
        return records

    def end(self):
        if self.process.is_alive():
            self.process.terminate()
            self.process.join()


def make_nodes(port, root, paths):
    with wire.handshake(port) as connection:
        wire.receive_frame(connection)
        acl = struct.pack(">ii", 1, 31) + wire.text("world") + wire.text("anyone")
        for xid, path in enumerate([root, *paths], 1):
            error = wire.ask(connection, xid, wire.CREATE, wire.text(path) + struct.pack(">i", 0) + acl + struct.pack(">i", 0))
            if error:
                raise RuntimeError(f"creating {path} gives error {error}")
        wire.ask(connection, len(paths) + 2, wire.CLOSE)


def read_back(port, paths):
    """Counter and version of every node, as of now."""
    with wire.handshake(port) as connection:
        wire.receive_frame(connection)
        found = []
        wire.ask(connection, 1, wire.SYNC, wire.text("/"))
        for xid, path in enumerate(paths, 2):
            error, body = wire.exchange(connection, xid, wire.GET_DATA, wire.text(path) + b"\0")
            if error:
                raise RuntimeError(f"reading {path} back gives error {error}")
            (length,) = struct.unpack_from(">i", body)
            (version,) = struct.unpack_from(">i", body, 4 + length + 32)
            found.append((int(body[4 : 4 + length].rstrip(b".") or b"0"), version))
        wire.ask(connection, len(paths) + 2, wire.CLOSE)
        return found


def largest_gap(times, after, until=None):
    """The longest time between two of these, one of them after the given time: length and end."""
    longest = (0.0, after)
    for a, b in zip(times, times[1:]):
        if b > after and (until is None or a < until):
            longest = max(longest, (b - a, b))
    return longest


def once(ensemble, how, root, client_count):
    """One leader taken away and given back; returns what it cost and what is wrong."""
    leader = ensemble.leader()
    ports = [member.port for member in ensemble.members]
    gone = ensemble.members.index(leader)
    paths = [f"{root}/c{i:03}" for i in range(client_count)]
    make_nodes(ports[0], root, paths)
    writers = Writers(paths, ports)
    problems = []
    try:
        time.sleep(BEFORE)
        placed = [server for _, server in writers.now()]
        at = time.monotonic()
        os.kill(leader.process.pid, SIGNALS[how])
        recovered = False
        while not recovered and time.monotonic() < at + RECOVERY_TIMEOUT:
            time.sleep(0.1)
            state = writers.now()
            # Answers that were on their way at the kill are not those of the time after it.
            recovered = all(when > at + 0.1 and server != gone for when, server in state)
        if not recovered:
            problems.append(f"not all clients write again {RECOVERY_TIMEOUT:g} s after the leader was gone: {state}")
        time.sleep(AFTER)
        back_from = time.monotonic()
        if how == "stop":
            os.kill(leader.process.pid, signal.SIGCONT)
            time.sleep(AFTER)
        else:
            leader.process.wait()
        if not leader.running():
            leader.start()
        ensemble.leader()
        back = time.monotonic()
        time.sleep(AFTER)
        records = writers.stop()
    finally:
        writers.end()
        if leader.running():
            os.kill(leader.process.pid, signal.SIGCONT)

    everywhere = sorted(when for record in records for when in record["times"])
    silence, silence_end = largest_gap(everywhere, at, back_from)
    on_survivors = [record for record, server in zip(records, placed) if server != gone]
    on_gone = [record for record, server in zip(records, placed) if server == gone]
    faults = [fault for record in records for fault in record["faults"] if at <= fault[0] < back_from]
    later = [fault for record in records for fault in record["faults"] if fault[0] >= back_from]
    lost = 0
    for member in ensemble.members:
        for record, (counter, version) in zip(records, read_back(member.port, paths)):
            missing = max(record["last"] - counter, len(record["times"]) - version, 0)
            if missing:
                problems.append(f"{record['path']} on {member.name}: {counter} of {record['last']}, version {version} of {len(record['times'])}")
            elif counter > record["sent"] or version > len(record["times"]) + record["unknown"]:
                problems.append(f"{record['path']} on {member.name}: {counter}, version {version}, more than was written")
            lost = max(lost, missing)
    lost += sum(kind == "write lost" for record in records for _, kind, _ in record["faults"])
    early = [fault for record in records for fault in record["faults"] if fault[0] < at]
    if early:
        problems.append(f"before the leader was gone: {early[:5]}")
    return {
        "leader": leader.name,
        "pause_ms": (silence_end - at) * 1000,
        "silence_ms": silence * 1000,
        "survivors_gap_ms": max(largest_gap(record["times"], at, back_from)[0] for record in on_survivors) * 1000,
        "gone_gap_ms": max((largest_gap(record["times"], at, back_from)[0] for record in on_gone), default=0) * 1000,
        "lost_connections_survivors": sum(kind == "lost" and server != gone for _, kind, server in faults),
        "lost_connections_gone": sum(kind == "lost" and server == gone for _, kind, server in faults),
        "refused": sum(kind == "refused" and server != gone for _, kind, server in faults),
        "expired": sum(kind == "expired" for _, kind, _ in faults),
        "errors": sum(kind.startswith("error") or kind == "out of order" for _, kind, _ in faults),
        "back_s": back - back_from,
        "back_gap_ms": largest_gap(everywhere, back_from)[0] * 1000,
        "back_faults": len(later),
        "writes": len(everywhere),
        "lost_writes": lost,
    }, problems


def run(comparison, names, results):
    """Fills results: ensemble, then a list of single failovers."""
    options = comparison.options
    ensembles = {name: comparison.make(name) for name in names}
    for ensemble in ensembles.values():
        say(f"{ensemble.name} serves after {ensemble.start():.1f} s")
    for turn in range(options.failover + 1):
        for name, ensemble in ensembles.items():
            # The first one is warm-up.
            result, problems = once(ensemble, options.failover_how, f"/failover-{turn}", options.failover_clients)
            for problem in problems:
                comparison.problem(f"failover {turn or 'warm-up'} of {ensemble.name}: {problem}")
            if result["lost_writes"]:
                comparison.problem(f"failover {turn or 'warm-up'} of {ensemble.name}: {result['lost_writes']} acknowledged writes lost")
            say(f"failover {turn or 'warm-up'} {ensemble.name}: " + ", ".join(f"{key} {value:.0f}" for key, value in result.items() if key != "leader"))
            if turn:
                results.setdefault(name, []).append(result)
    for ensemble in ensembles.values():
        ensemble.end()


def print_results(results, table):
    fields = {
        "pause_ms": "pause ms",
        "survivors_gap_ms": "longest gap ms, clients of survivors",
        "gone_gap_ms": "clients of the lost leader",
        "lost_connections_survivors": "connections lost to survivors",
        "lost_connections_gone": "to the leader",
        "refused": "refused by survivors",
        "expired": "sessions expired",
        "errors": "error replies",
        "writes": "writes acknowledged",
        "lost_writes": "of these lost",
        "back_s": "back after s",
        "back_gap_ms": "gap meanwhile ms",
        "back_faults": "faults meanwhile",
    }
    for name, runs in results.items():
        lines = []
        for i, single in enumerate(runs, 1):
            lines.append([str(i), *(cell(single[field]) for field in fields)])
        for title, of_all in (("median", statistics.median), ("largest", max)):
            lines.append([title, *(cell(of_all([single[field] for single in runs])) for field in fields)])
        table([TITLES[name], *fields.values()], lines)


def cell(value):
    return f"{value:,.2f}" if value != int(value) and value < 100 else f"{value:,.0f}"
