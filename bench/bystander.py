"""The ordinary clients: each reads or writes a small node every few milliseconds, whether or not it has its answers.

They have a process of their own, so that nothing which the adversary does delays what they note. A request is sent when it is due,
and not when the one before is answered: otherwise a pause of ten seconds would be one slow request among thousands.
"""

import array
import collections
import gc
import multiprocessing
import select
import signal
import socket
import struct
import time

import records
import wire

GET, SET = range(2)
KINDS = ("get", "set")
SESSION_TIMEOUT = 30_000
MAX_OUTSTANDING = 20_000


class Client:
    """One connection with requests of one kind."""

    def __init__(self, port, number, kind):
        self.kind = kind
        self.socket = wire.handshake(port)
        if wire.opened(self.socket) <= 0:
            raise ConnectionError("no session for an ordinary client")
        path = f"/bystander-{KINDS[kind]}-{number}"
        error = wire.ask(self.socket, 1, wire.CREATE, records.create(path, bytes(100), records.EPHEMERAL))
        if error:
            raise RuntimeError(f"creating {path} gives error {error}")
        self.operation, self.body = (wire.GET_DATA, records.read(path)) if kind == GET else (wire.SET_DATA, records.set_data(path, bytes(100)))
        self.socket.setblocking(False)
        self.xid = 1
        self.sent = collections.deque()
        self.unsent = b""
        self.received = b""
        self.fault = None

    def send(self, now):
        self.xid += 1
        self.sent.append(now)
        self.unsent += wire.request(self.xid, self.operation, self.body)
        self.flush()

    def flush(self):
        try:
            self.unsent = self.unsent[self.socket.send(self.unsent) :]
        except BlockingIOError:
            pass
        except OSError as error:
            self.fault = f"lost: {error}"

    def receive(self, now, samples):
        try:
            part = self.socket.recv(65536)
        except BlockingIOError:
            return
        except OSError as error:
            self.fault = f"lost: {error}"
            return
        if not part:
            self.fault = "closed by the server"
            return
        self.received += part
        position = 0
        while len(self.received) - position >= 20:
            length, _, _, error = struct.unpack_from(">iiqi", self.received, position)
            if len(self.received) - position < length + 4:
                break
            position += length + 4
            if error:
                self.fault = f"error {error}"
            samples.add(self.kind, self.sent.popleft(), now)
        self.received = self.received[position:]


class Samples:
    """When each request was sent and how long its answer took, by kind; and by how much the clients themselves were late."""

    def __init__(self):
        self.sent = (array.array("d"), array.array("d"))
        self.seconds = (array.array("d"), array.array("d"))
        self.late_at = array.array("d")
        self.late = array.array("d")

    def add(self, kind, sent, now):
        self.sent[kind].append(sent)
        self.seconds[kind].append(now - sent)


def serve(control, port, count, interval):
    """The process: answers 'now' with the number of requests that wait, 'samples' with all it noted."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    clients = [Client(port, i, kind) for i in range(count) for kind in (GET, SET)]
    gc.disable()
    epoll = select.epoll()
    by_descriptor = {client.socket.fileno(): client for client in clients}
    for descriptor in (*by_descriptor, control.fileno()):
        epoll.register(descriptor, select.EPOLLIN)
    samples = Samples()
    control.send("ready")
    # The clients take turns, so that requests come evenly.
    step = interval / len(clients)
    due = time.monotonic()
    turn = 0
    while True:
        now = time.monotonic()
        while due <= now:
            client = clients[turn % len(clients)]
            if client.fault is None and len(client.sent) < MAX_OUTSTANDING:
                samples.late_at.append(due)
                samples.late.append(now - due)
                client.send(now)
            turn += 1
            due += step
        for descriptor, _ in epoll.poll(max(due - time.monotonic(), 0)):
            client = by_descriptor.get(descriptor)
            if client:
                client.receive(time.monotonic(), samples)
                if client.unsent and not client.fault:
                    client.flush()
                if client.fault:
                    epoll.unregister(descriptor)
                continue
            question = control.recv()
            if question == "now":
                control.send((sum(len(client.sent) for client in clients if not client.fault), [client.fault for client in clients if client.fault]))
            elif question == "samples":
                waiting = [(client.kind, sent) for client in clients for sent in client.sent]
                control.send((time.monotonic(), samples, waiting, [client.fault for client in clients if client.fault]))
                samples = Samples()


class Bystanders:
    """The process, from outside."""

    def __init__(self, port, count, interval):
        context = multiprocessing.get_context("fork")
        self.control, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs, port, count, interval), daemon=True)
        self.process.start()
        theirs.close()
        self.told("the ordinary clients do not start")

    def told(self, otherwise="the ordinary clients do not answer"):
        if not self.control.poll(30):
            raise RuntimeError(otherwise)
        return self.control.recv()

    def waiting(self):
        """The number of requests without an answer, and what went wrong."""
        self.control.send("now")
        return self.told()

    def samples(self):
        """What was noted since the last call: the time, the samples, (kind, sent) of the requests without an answer, what went wrong."""
        self.control.send("samples")
        return self.told()

    def end(self):
        if self.process.is_alive():
            self.process.terminate()
        self.process.join()
        self.control.close()
