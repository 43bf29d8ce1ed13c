"""What the kazoo cases share: connections that close themselves, waiting for conditions, checks that say what was wrong."""
import faulthandler
import logging
import os
import socket
import sys
import threading
import time
import traceback

from kazoo.client import KazooClient, KazooState
from kazoo.retry import KazooRetry

HOSTS = os.environ["INTEROP_HOSTS"]
ROOT = os.environ["INTEROP_ROOT"]
APACHE = os.environ["INTEROP_SERVER"] == "apache"
SUPER = os.environ["INTEROP_SUPER"]

#: Far more than anything here should take; only a case that hangs meets it.
PATIENCE = 30.0
CASE_LIMIT = 90


class Env(object):
    """One case's own root path and clients."""

    def __init__(self):
        self.root = ROOT
        self._clients = []
        self.zk = self.client()
        self.zk.ensure_path(self.root)

    def path(self, *parts):
        return "/".join((self.root,) + parts)

    def client(self, **options):
        options.setdefault("hosts", HOSTS)
        options.setdefault("timeout", 20.0)
        options.setdefault("connection_retry", KazooRetry(max_tries=200, delay=0.05, max_delay=0.5, backoff=1))
        client = KazooClient(**options)
        self._clients.append(client)
        client.start(timeout=PATIENCE)
        return client

    def catch_up(self):
        """
        Lets every client of the case see what any of them has written. Nobody sees another's writes without it, unless told by a
        watch, having written since, or having come since: the server of one client may be behind that of another.
        """
        for client in self._clients:
            if client.connected:
                client.sync("/")

    def close(self):
        for client in self._clients:
            client.stop()
            client.close()


def exists_checks_access(env):
    """ZooKeeper's exists() asks for READ since 3.8.4 and 3.9.2 (ZOOKEEPER-2590)."""
    return not APACHE or env.zk.server_version() >= (3, 8, 4)


def check(condition, message):
    if not condition:
        raise AssertionError(message)


def equal(actual, expected, what):
    if actual != expected:
        raise AssertionError("%s: expected %s, got %s" % (what, brief(expected), brief(actual)))


def brief(value):
    text = repr(value)
    return text if len(text) <= 800 else text[:800] + "..."


def fails_with(error, call, *args, **kwargs):
    """The call must raise exactly this error, not one derived from it or another."""
    try:
        result = call(*args, **kwargs)
    except Exception as e:  # noqa: the very type is what is looked at
        if type(e) is not error:
            raise AssertionError("expected %s, got %s: %s" % (error.__name__, type(e).__name__, e))
        return e
    raise AssertionError("expected %s, but the call returned %r" % (error.__name__, result))


def eventually(condition, what):
    """Waits for the condition, and returns its first true value."""
    end = time.monotonic() + PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError("never happened: " + what)
        time.sleep(0.02)


class Events(object):
    """A watcher that keeps what it is told."""

    def __init__(self):
        self._seen = []
        self._changed = threading.Condition()

    def __call__(self, event):
        with self._changed:
            self._seen.append(event)
            self._changed.notify_all()

    @property
    def seen(self):
        with self._changed:
            return [(e.type, e.path) for e in self._seen]

    def wait(self, count):
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._seen) >= count, PATIENCE):
                raise AssertionError("expected %d events, got %r" % (count, self._seen))
        return self.seen


def in_thread(function, *args):
    """Starts the function in a thread; the returned call joins it and passes on what it returned or raised."""
    box = {}

    def body():
        try:
            box["value"] = function(*args)
        except BaseException as e:  # noqa: passed on
            box["error"] = e

    thread = threading.Thread(target=body, daemon=True)
    thread.start()

    def join():
        thread.join(PATIENCE)
        if thread.is_alive():
            raise AssertionError("thread %r never ended" % function)
        if "error" in box:
            raise box["error"]
        return box.get("value")

    join.running = thread.is_alive
    return join


def cut_connection(client):
    """Breaks the TCP connection under a client, which then has to come back by itself."""
    lost = threading.Event()
    back = threading.Event()

    def listen(state):
        if state != KazooState.CONNECTED:
            lost.set()
        elif lost.is_set():
            back.set()

    client.add_listener(listen)
    client._connection._socket.shutdown(socket.SHUT_RDWR)
    check(lost.wait(PATIENCE), "the client never noticed that its connection was cut")
    check(back.wait(PATIENCE), "the client never came back after its connection was cut")
    client.remove_listener(listen)


def main(cases):
    """Runs the case named on the command line; exit code 0 passed, 1 failed."""
    logging.basicConfig(level=logging.ERROR)
    faulthandler.dump_traceback_later(CASE_LIMIT, exit=True)
    name = sys.argv[1]
    code = 0
    try:
        env = Env()
        try:
            cases["case_" + name](env)
        finally:
            env.close()
    except BaseException:  # noqa: whatever it is, the case failed
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads of a client that could not be closed must not keep the process.
    os._exit(code)
