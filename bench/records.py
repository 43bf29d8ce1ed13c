"""Bodies of ZooKeeper requests, as the adversary sends them."""

import struct

import wire
from wire import text

DELETE = 2
EXISTS = 3
SET_ACL = 7
GET_CHILDREN = 8
CHECK = 13
MULTI = 14
MULTI_READ = 22
SET_WATCHES = 101
GET_EPHEMERALS = 103
GET_ALL_CHILDREN_NUMBER = 104
ADD_WATCH = 106

PERSISTENT_RECURSIVE = 1
EPHEMERAL = 1
ALL = 31
ANYONE = (ALL, "world", "anyone")


def buffer(data):
    return struct.pack(">i", len(data)) + data


def strings(values):
    return struct.pack(">i", len(values)) + b"".join(map(text, values))


def acl(entries):
    return struct.pack(">i", len(entries)) + b"".join(struct.pack(">i", perms) + text(scheme) + text(name) for perms, scheme, name in entries)


OPEN = acl([ANYONE])


def create(path, data=b"", flags=0, access=OPEN):
    return text(path) + buffer(data) + access + struct.pack(">i", flags)


def set_data(path, data):
    return text(path) + buffer(data) + struct.pack(">i", -1)


def delete(path):
    return text(path) + struct.pack(">i", -1)


def read(path, watch=False):
    """exists, getData, getChildren."""
    return text(path) + (b"\1" if watch else b"\0")


def add_watch(path, mode=PERSISTENT_RECURSIVE):
    return text(path) + struct.pack(">i", mode)


def set_watches(seen, data=(), exist=(), child=()):
    return struct.pack(">q", seen) + strings(data) + strings(exist) + strings(child)


def parts(operation, bodies):
    """A multi or a multiRead of one kind of part."""
    head = struct.pack(">ibi", operation, 0, -1)
    return b"".join(head + body for body in bodies) + struct.pack(">ibi", -1, 1, -1)


def creates(paths, data=b"", flags=0):
    return parts(wire.CREATE, (create(path, data, flags) for path in paths))


def sets(paths, data=b""):
    return parts(wire.SET_DATA, (set_data(path, data) for path in paths))


def deletes(paths):
    return parts(DELETE, map(delete, paths))


def reads(path, count):
    return parts(wire.GET_DATA, [read(path)] * count)
