"""Sessions: what they own, how they end, and how they go on over a new connection."""
import os
import signal
import threading

from kazoo import exceptions as e
from kazoo.client import KazooState
from kazoo.handlers.threading import KazooTimeoutError

from interop import Env, Events, check, cut_connection, equal, eventually, fails_with, main


def case_ephemerals_go_with_their_session(env: Env):
    zk = env.client()
    zk.create(env.path("e"), ephemeral=True)
    zk.create(env.path("s-"), ephemeral=True, sequence=True)
    zk.create(env.path("p"))
    env.catch_up()
    before = env.zk.exists(env.root)
    gone = Events()
    env.zk.exists(env.path("e"), watch=gone)
    zk.stop()
    equal(gone.wait(1), [("DELETED", env.path("e"))], "event of the end of the session")
    equal(env.zk.get_children(env.root), ["p"], "what is left")
    after = env.zk.exists(env.root)
    equal(after.cversion, before.cversion + 2, "cversion counts both deletes")
    check(after.pzxid > before.pzxid, "pzxid")


class Apart(object):
    """A client in a process of its own, with an ephemeral e, that can be frozen or killed and so leaves its session behind."""

    def __init__(self, env, timeout):
        read, write = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            try:
                zk = env.client(timeout=timeout)
                zk.create(env.path("e"), ephemeral=True)
                os.write(write, b"%d" % zk.client_id[0] + b" " + zk.client_id[1])
                threading.Event().wait(120)
            finally:
                os._exit(0)
        os.close(write)
        session, password = os.read(read, 100).split(b" ", 1)
        os.close(read)
        self.client_id = (int(session), password)

    def freeze(self):
        os.kill(self._pid, signal.SIGSTOP)

    def kill(self):
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
            self._pid = None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.kill()


def case_expired_session_loses_its_ephemerals(env: Env):
    """A client stops pinging (its process is frozen); others see its nodes go."""
    with Apart(env, timeout=4.0) as client:
        env.catch_up()
        equal(env.zk.exists(env.path("e")).ephemeralOwner, client.client_id[0], "owner")
        gone = Events()
        env.zk.exists(env.path("e"), watch=gone)
        client.freeze()
        equal(gone.wait(1), [("DELETED", env.path("e"))], "event of the expiry")


def case_expired_client_is_told_and_starts_anew(env: Env):
    """A session that another client closed has expired for the first one."""
    zk = env.client()
    zk.create(env.path("e"), ephemeral=True)
    session = zk.client_id
    states = []
    zk.add_listener(states.append)

    def told():
        if KazooState.LOST in states:
            return True
        # The first client claims its session back, perhaps before this one knows that it had it, or has closed it.
        try:
            env.client(client_id=session).stop()
        except KazooTimeoutError:
            pass
        return False

    eventually(told, "the first client is told that its session is lost")
    eventually(lambda: zk.connected and zk.client_id[0] != session[0], "and gets a new one")
    equal(zk.retry(zk.exists, env.path("e")), None, "the old one's ephemeral is gone")


def case_session_goes_on_after_the_connection_is_cut(env: Env):
    zk = env.client()
    zk.create(env.path("e"), ephemeral=True)
    session = zk.client_id
    for _ in range(5):
        cut_connection(zk)
        equal(zk.client_id, session, "same session, same password")
        equal(zk.retry(zk.exists, env.path("e")).ephemeralOwner, session[0], "the ephemeral stays")
    env.catch_up()
    equal(env.zk.exists(env.path("e")).ephemeralOwner, session[0], "others see it too")


def case_session_resumes_by_id_and_password(env: Env):
    # One that went on would claim its session back.
    with Apart(env, timeout=20.0) as first:
        first.kill()
    session = first.client_id
    check(len(session[1]) == 16, "a password has 16 bytes: %r" % (session[1],))
    check(session[1] != b"\0" * 16, "a password is not all zero")
    second = env.client(client_id=session)
    equal(second.client_id, session, "the same session")
    env.catch_up()
    equal(second.exists(env.path("e")).ephemeralOwner, session[0], "its ephemeral")
    second.delete(env.path("e"))


def case_wrong_password_means_expired(env: Env):
    owner = env.client()
    owner.create(env.path("e"), ephemeral=True)
    session = owner.client_id
    thief = env.client(client_id=(session[0], b"\x01" * 16))
    # kazoo, told that its session has expired, opens a new one.
    eventually(lambda: thief.connected and thief.client_id[0] not in (None, session[0]), "the thief gets a session of its own")
    env.catch_up()
    equal(env.zk.exists(env.path("e")).ephemeralOwner, session[0], "the owner keeps its session")
    equal(owner.retry(owner.exists, env.path("e")).ephemeralOwner, session[0], "and can use it")
    equal(owner.client_id, session, "unchanged")


def case_timeout_is_negotiated(env: Env):
    for wanted, expected in ((0.2, 1000), (7.0, 7000), (5000.0, 120000)):
        zk = env.client(timeout=wanted)
        line = [x for x in zk.command(b"cons").splitlines() if "sid=0x%x," % zk.client_id[0] in x]
        equal(len(line), 1, "lines of cons for the session")
        check("to=%d," % expected in line[0], "wanted %r s, expected %d ms: %s" % (wanted, expected, line[0]))
        zk.stop()


def case_quiet_session_is_kept_by_pings(env: Env):
    """A session of three seconds lives through six of silence."""
    zk = env.client(timeout=3.0)
    zk.create(env.path("e"), ephemeral=True)
    session = zk.client_id
    threading.Event().wait(6)
    equal(zk.exists(env.path("e")).ephemeralOwner, session[0], "ephemeral after a while of pings only")
    equal(zk.client_id, session, "session")


def case_closed_session_cannot_be_resumed(env: Env):
    first = env.client()
    session = first.client_id
    first.stop()
    second = env.client(client_id=session)
    eventually(lambda: second.connected and second.client_id[0] not in (None, session[0]), "a new session instead")


def case_session_ids_differ(env: Env):
    clients = [env.client() for _ in range(10)]
    equal(len(set(c.client_id[0] for c in clients)), 10, "session ids")
    equal(len(set(c.client_id[1] for c in clients)), 10, "passwords")
    check(all(c.client_id[0] > 0 for c in clients), "ids are positive here")


def case_writes_in_flight_when_the_connection_is_cut(env: Env):
    """Whatever the client is told to have happened, did; and nothing happened twice."""
    zk = env.client()
    pending = [zk.create_async(env.path("n%04d" % i), b"") for i in range(300)]
    pending[20].get(timeout=30)
    cut_connection(zk)
    answered = set()
    for i, result in enumerate(pending):
        try:
            answered.add(os.path.basename(result.get(timeout=30)))
        except (e.ConnectionLoss, e.SessionExpiredError, e.NodeExistsError):
            pass
    env.zk.sync(env.root)
    there = set(env.zk.get_children(env.root))
    check(answered <= there, "answered, but not there: %r" % sorted(answered - there))
    equal(env.zk.exists(env.root).cversion, len(there), "each create counted once")
    fails_with(e.NodeExistsError, zk.retry, zk.create, env.path("n0000"))


if __name__ == "__main__":
    main(globals())
