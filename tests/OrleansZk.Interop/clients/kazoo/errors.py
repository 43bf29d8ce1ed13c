"""The error that each refused operation gets, and which check comes first when several would refuse."""
from kazoo import exceptions as e
from kazoo.protocol.serialization import Create
from kazoo.security import ACL, CREATOR_ALL_ACL, Id, OPEN_ACL_UNSAFE

from interop import Env, equal, fails_with, main


def raw_create(env, path, data=b"", acl=OPEN_ACL_UNSAFE, flags=0):
    """Past kazoo's own checks of its arguments."""
    result = env.zk.handler.async_result()
    env.zk._call(Create(path, data, acl, flags), result)
    return result.get(timeout=30)


def case_no_node(env: Env):
    none = env.path("none")
    fails_with(e.NoNodeError, env.zk.get, none)
    fails_with(e.NoNodeError, env.zk.set, none, b"")
    fails_with(e.NoNodeError, env.zk.delete, none)
    fails_with(e.NoNodeError, env.zk.get_children, none)
    fails_with(e.NoNodeError, env.zk.get_children, none, include_data=True)
    fails_with(e.NoNodeError, env.zk.get_acls, none)
    fails_with(e.NoNodeError, env.zk.set_acls, none, OPEN_ACL_UNSAFE)
    fails_with(e.NoNodeError, env.zk.create, env.path("none", "child"))
    fails_with(e.NoNodeError, env.zk.delete, env.path("none", "child"))


def case_node_exists(env: Env):
    env.zk.create(env.path("a"), b"kept")
    fails_with(e.NodeExistsError, env.zk.create, env.path("a"))
    fails_with(e.NodeExistsError, env.zk.create, env.path("a"), ephemeral=True)
    fails_with(e.NodeExistsError, env.zk.create, "/zookeeper")
    fails_with(e.NodeExistsError, env.zk.create, "/zookeeper/config")
    fails_with(e.NodeExistsError, env.zk.create, "/zookeeper/quota")
    equal(env.zk.get(env.path("a"))[0], b"kept", "data")


def case_bad_version(env: Env):
    path = env.path("a")
    env.zk.create(path)
    env.zk.set(path, b"1")
    fails_with(e.BadVersionError, env.zk.set, path, b"2", version=0)
    fails_with(e.BadVersionError, env.zk.set, path, b"2", version=2)
    fails_with(e.BadVersionError, env.zk.set, path, b"2", version=-2)
    fails_with(e.BadVersionError, env.zk.delete, path, version=0)
    fails_with(e.BadVersionError, env.zk.set_acls, path, OPEN_ACL_UNSAFE, version=1)
    equal(env.zk.get(path)[0], b"1", "data")
    env.zk.delete(path, version=1)


def case_not_empty(env: Env):
    env.zk.create(env.path("a", "b"), makepath=True)
    fails_with(e.NotEmptyError, env.zk.delete, env.path("a"))
    fails_with(e.BadVersionError, env.zk.delete, env.path("a"), version=7)
    env.zk.delete(env.path("a", "b"))
    env.zk.delete(env.path("a"))


def case_ephemerals_have_no_children(env: Env):
    env.zk.create(env.path("e"), ephemeral=True)
    fails_with(e.NoChildrenForEphemeralsError, env.zk.create, env.path("e", "c"))
    fails_with(e.NoChildrenForEphemeralsError, env.zk.create, env.path("e", "c"), ephemeral=True)
    fails_with(e.NoChildrenForEphemeralsError, env.zk.create, env.path("e", "c"), sequence=True)
    equal(env.zk.exists(env.path("e")).cversion, 0, "cversion after refused creates")


def case_what_cannot_be_deleted(env: Env):
    for path in ("/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"):
        fails_with(e.BadArgumentsError, env.zk.delete, path)


def case_malformed_paths(env: Env):
    for name in (".", "..", u"a\x01b", u"a\x9fb", u"a\ue000b", u"a\ufff0b", ""):
        fails_with(e.BadArgumentsError, raw_create, env, env.path(name))
    fails_with(e.BadArgumentsError, raw_create, env, "relative")
    # The parent is looked up first, by whatever name it is given.
    for parent in (env.path(""), env.path("."), env.path(".."), env.path("a")):
        fails_with(e.NoNodeError, raw_create, env, parent + "/child")
    fails_with(e.NoNodeError, raw_create, env, env.path("a") + "/")


def case_invalid_acls(env: Env):
    def refused(acls):
        fails_with(e.InvalidACLError, raw_create, env, env.path("a"), acl=acls)

    refused([])
    refused([ACL(31, Id("nosuch", "x"))])
    refused([ACL(31, Id("world", "someone"))])
    refused([ACL(31, Id("digest", "nocolon"))])
    refused([ACL(31, Id("ip", "not-an-address"))])
    refused([ACL(31, Id("auth", ""))])
    refused(CREATOR_ALL_ACL)
    env.zk.create(env.path("a"))
    fails_with(e.InvalidACLError, env.zk.set_acls, env.path("a"), CREATOR_ALL_ACL)
    fails_with(e.InvalidACLError, env.zk.set_acls, env.path("none"), CREATOR_ALL_ACL)


def case_bad_create_flags(env: Env):
    for flags in (5, 6, 7, 8, 100, -1):
        fails_with(e.BadArgumentsError, raw_create, env, env.path("a"), flags=flags)
    equal(env.zk.exists(env.path("a")), None, "nothing created")


if __name__ == "__main__":
    main(globals())
