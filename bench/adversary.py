"""The client that attacks: connections that pipeline without mercy, in a process of their own."""

import collections
import multiprocessing
import os
import select
import signal
import socket
import struct
import time

import records
import wire

NOTIFICATION_XID = -1
BUFFER = 1 << 18
ANSWER_TIMEOUT = 600
NICE = 5
BEHIND = "/behind"  # The node of the writes behind which reads wait.
SESSION_TIMEOUT = 40_000  # Those that were prepared and wait do not ping.


class Connection:
    """A session. Requests are queued, and sent by exchange; of the answers only errors are kept."""

    def __init__(self, port, timeout=SESSION_TIMEOUT):
        self.socket = wire.handshake(port, timeout)
        self.timeout = wire.opened(self.socket)
        if self.timeout <= 0:
            raise ConnectionError("no session")
        self.socket.setblocking(False)
        self.xid = 0
        self.outgoing = collections.deque()
        self.waiting = collections.deque()
        self.head = b""
        self.skip = 0
        self.answers = 0
        self.events = 0
        self.errors = collections.Counter()
        self.zxid = 0

    def queue(self, operation, body=b""):
        self.xid += 1
        self.outgoing.append(memoryview(wire.request(self.xid, operation, body)))
        self.waiting.append(operation)

    def send(self):
        """Sends what the socket takes."""
        while self.outgoing:
            try:
                sent = self.socket.send(self.outgoing[0])
            except BlockingIOError:
                return
            if sent == len(self.outgoing[0]):
                self.outgoing.popleft()
            else:
                self.outgoing[0] = self.outgoing[0][sent:]

    def receive(self, length=BUFFER):
        """Takes what has come, up to length."""
        try:
            part = self.socket.recv(length)
        except BlockingIOError:
            return
        if not part:
            raise ConnectionError("closed")
        position = 0
        while position < len(part):
            if self.skip:
                step = min(self.skip, len(part) - position)
                self.skip -= step
                position += step
                continue
            taken = part[position : position + self.wanted() - len(self.head)]
            self.head += taken
            position += len(taken)
            if len(self.head) > 4 and len(self.head) == self.wanted():
                self.frame()

    def wanted(self):
        """The bytes of a frame that are looked at: its length, the header, and the type of a multi's first part."""
        return 4 if len(self.head) < 4 else min(24, 4 + struct.unpack_from(">I", self.head)[0])

    def frame(self):
        length, xid, zxid, error = struct.unpack_from(">Iiqi", self.head)
        self.skip = length + 4 - len(self.head)
        if xid == NOTIFICATION_XID:
            self.events += 1
        else:
            self.zxid = max(self.zxid, zxid)
            self.answers += 1
            operation = self.waiting.popleft()
            if error:
                self.errors[str(error)] += 1
            elif operation == records.MULTI and self.head[20:24] == b"\xff\xff\xff\xff":
                self.errors["multi"] += 1
        self.head = b""

    def ask(self, operation, body=b""):
        """Sends a request and waits for its answer; returns the answer's error, 'multi' for a multi that failed, None for none."""
        self.queue(operation, body)
        before = self.errors.copy()
        exchange([self])
        return next(iter(self.errors - before), None)

    def close(self):
        self.socket.close()


def exchange(connections, until=None):
    """Sends what is queued and receives until all answers are there, or until the time given."""
    if until is None:
        until = time.monotonic() + ANSWER_TIMEOUT
    poll = select.poll()
    by_descriptor = {connection.socket.fileno(): connection for connection in connections}
    for descriptor in by_descriptor:
        poll.register(descriptor, select.POLLIN | select.POLLOUT)
    pending = {descriptor for descriptor, connection in by_descriptor.items() if connection.waiting or connection.outgoing}
    while pending:
        remaining = until - time.monotonic()
        if remaining <= 0:
            return
        for descriptor, what in poll.poll(remaining * 1000):
            connection = by_descriptor[descriptor]
            if what & ~select.POLLOUT:
                connection.receive()
            if what & select.POLLOUT:
                connection.send()
                if not connection.outgoing:
                    poll.modify(descriptor, select.POLLIN)
            if not connection.waiting and not connection.outgoing:
                pending.discard(descriptor)


class Adversary:
    """What attacks have at hand."""

    def __init__(self, control, port, scale, seconds):
        self.control = control
        self.port = port
        self.scale = scale
        self.seconds = seconds
        self.connections = []
        self.lost = 0
        self.notes = []
        self.ends_at = 0.0

    def size(self, full, least=1):
        """A size of the attack: the full one by the scale."""
        return max(int(full * self.scale), least)

    def connect(self, timeout=SESSION_TIMEOUT):
        connection = Connection(self.port, timeout)
        self.connections.append(connection)
        return connection

    def drop(self, connection):
        connection.close()
        if connection in self.connections:
            self.connections.remove(connection)

    def note(self, text):
        if text not in self.notes:
            self.notes.append(text)

    def begin(self):
        """The attack begins now: what came before belongs to its preparation."""
        now = time.monotonic()
        self.ends_at = now + self.seconds
        self.control.send(("begun", now))

    def lasts(self):
        return time.monotonic() < self.ends_at

    def repeat(self, attack, connection=None):
        """Attacks over and over, on a new connection when the server has closed the one before. attack queues requests."""
        self.begin()
        answers, errors = 0, collections.Counter()
        given = connection
        while self.lasts():
            try:
                if connection is None:
                    connection = self.connect()
                before = connection.answers, connection.errors.copy()
                attack(connection)
                exchange([connection])
            except OSError:
                self.lost += 1
                if connection is None:
                    time.sleep(0.05)
                    continue
            answers += connection.answers - before[0]
            errors += connection.errors - before[1]
            if connection.waiting or connection.outgoing:
                self.drop(connection)
                connection = None
        if connection and connection is not given:
            self.drop(connection)
        self.note(f"{answers:,} answers")
        for error, count in errors.items():
            self.note(f"{count:,} refused ({error})")

    def tree(self, root, count, name="{:07}", data=b"", flags=0, connection=None):
        """Makes root and so many children, or as many as the server takes; returns their number."""
        own = connection or self.connect()
        own.ask(wire.CREATE, records.create(root))
        batch = max(1, min(1000, 400_000 // (len(root) + len(name.format(0)) + len(data) + 60)))
        made = 0
        while made < count:
            size = min(batch, count - made)
            error = own.ask(records.MULTI, records.creates([f"{root}/{name.format(i)}" for i in range(made, made + size)], data, flags))
            if error:
                self.note(f"{made:,} of {count:,} nodes (error {error})")
                break
            made += size
        if not connection:
            self.drop(own)
        return made


def serve(control, port, attack, scale, seconds):
    """The process: prepares the attack, and carries out the ways that it is told."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    os.nice(NICE)  # Where processors are few, it must not be the adversary's own work that delays the others.
    adversary = Adversary(control, port, scale, seconds)
    try:
        adversary.connect().ask(wire.CREATE, records.create(BEHIND))
        attack.prepare(adversary)
        control.send(("ready", None))
        while True:
            way = control.recv()
            adversary.lost = 0
            try:
                attack.ways[way](adversary)
            except OSError:
                adversary.lost += 1
            if adversary.lost:
                adversary.note(f"closed {adversary.lost:,} times")
            control.send(("done", (time.monotonic(), ", ".join(adversary.notes))))
            adversary.notes = []
    except (OSError, RuntimeError) as error:
        control.send(("failed", f"{type(error).__name__}: {error}"))


class AdversaryProcess:
    """The process, from outside."""

    def __init__(self, port, attack, scale, seconds):
        context = multiprocessing.get_context("fork")
        self.control, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs, port, attack, scale, seconds), daemon=True)
        self.process.start()
        theirs.close()

    def start(self, way):
        self.control.send(way)

    def told(self, seconds):
        """What the process says next, and about what; None when it says nothing for so long."""
        if not self.control.poll(seconds):
            return None, None
        try:
            return self.control.recv()
        except EOFError:
            return "failed", "the adversary's process ended"

    def end(self):
        if self.process.is_alive():
            self.process.kill()
        self.process.join()
        self.control.close()
