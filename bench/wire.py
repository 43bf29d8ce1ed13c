"""A ZooKeeper client just good enough to tell when a server serves, what it is in its ensemble, and what it holds."""

import select
import socket
import struct
import time

START_TIMEOUT = 300

CREATE = 1
GET_DATA = 4
SET_DATA = 5
SYNC = 9
PING = 11
CLOSE = -11


def receive(connection, length):
    data = b""
    while len(data) < length:
        part = connection.recv(length - len(data))
        if not part:
            raise ConnectionError("closed")
        data += part
    return data


def receive_frame(connection):
    (length,) = struct.unpack(">i", receive(connection, 4))
    return receive(connection, length)


def ask(connection, xid, operation, body=b""):
    """Sends a request and returns the reply's error code."""
    return exchange(connection, xid, operation, body)[0]


def exchange(connection, xid, operation, body=b""):
    """Sends a request and returns the reply's error code and body."""
    connection.sendall(request(xid, operation, body))
    reply = receive_frame(connection)
    return struct.unpack_from(">i", reply, 12)[0], reply[16:]


def request(xid, operation, body=b""):
    return struct.pack(">iii", len(body) + 8, xid, operation) + body


def text(value):
    encoded = value.encode()
    return struct.pack(">i", len(encoded)) + encoded


def session_request(timeout, session=0, password=bytes(16), last_zxid=0):
    body = struct.pack(">iqiqi", 0, last_zxid, timeout, session, len(password)) + password + b"\0"
    return struct.pack(">i", len(body)) + body


def handshake(port, timeout=10_000):
    """A connection on which the session is asked for, with its timeout in ms."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(session_request(timeout))
    return connection


def opened(connection):
    """The timeout of the session that was asked for, in ms; 0 if the server does not give one."""
    (timeout,) = struct.unpack_from(">i", receive_frame(connection), 4)
    return max(timeout, 0)


def served(connection, paths):
    """When the session was given, or the first of paths was read; None if the server does not give a session."""
    if opened(connection) == 0:
        return None
    when = time.monotonic()
    for xid, path in enumerate(paths, 1):
        error = ask(connection, xid, GET_DATA, text(path) + b"\0")
        if error != 0:
            raise RuntimeError(f"reading {path} after the start gives error {error}")
        if xid == 1:
            when = time.monotonic()
    ask(connection, len(paths) + 1, CLOSE)
    return when


def wait_until_served(port, paths, running):
    """
    Asks for a session every 10 ms until one is given. A server that is starting may take a connection and never answer
    on it, so that later ones are made without waiting for the earlier ones.
    """
    deadline = time.monotonic() + START_TIMEOUT
    waiting = []
    try:
        while time.monotonic() < deadline and running():
            try:
                waiting.append(handshake(port))
            except OSError:
                pass
            for connection in select.select(waiting, [], [], 0)[0]:
                waiting.remove(connection)
                with connection:
                    try:
                        when = served(connection, paths)
                        if when:
                            return when
                    except OSError:
                        pass
            if len(waiting) > 100:
                waiting.pop(0).close()
            time.sleep(0.01)
        return None
    finally:
        for connection in waiting:
            connection.close()


def mode(port):
    """What `srvr` says of the server: leader, follower, standalone; None when it says nothing of the kind."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.settimeout(2)
            connection.sendall(b"srvr")
            answer = b""
            while part := connection.recv(4096):
                answer += part
    except OSError:
        return None
    for line in answer.decode(errors="replace").splitlines():
        if line.startswith("Mode: "):
            return line[6:].strip()
    return None
