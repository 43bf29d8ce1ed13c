"""Every kind of watch that kazoo knows: one-shot ones, and the watchers that it builds from them."""
import threading

from kazoo.exceptions import NoNodeError

from interop import Env, Events, check, cut_connection, equal, eventually, fails_with, main


def case_exists_watch_sees_create_set_and_delete(env: Env):
    other = env.client()
    path = env.path("a")
    created, changed, deleted = Events(), Events(), Events()
    equal(env.zk.exists(path, watch=created), None, "exists of a missing node")
    other.create(path)
    equal(created.wait(1), [("CREATED", path)], "event of the create")
    env.zk.exists(path, watch=changed)
    other.set(path, b"x")
    equal(changed.wait(1), [("CHANGED", path)], "event of the set")
    env.zk.exists(path, watch=deleted)
    other.delete(path)
    equal(deleted.wait(1), [("DELETED", path)], "event of the delete")


def case_data_watch_fires_once(env: Env):
    other = env.client()
    path = env.path("a")
    other.create(path)
    env.catch_up()
    events = Events()
    env.zk.get(path, watch=events)
    for i in range(5):
        other.set(path, b"%d" % i)
    env.zk.sync(path)
    equal(events.wait(1), [("CHANGED", path)], "a watch fires once")
    equal(env.zk.get(path)[0], b"4", "the last value")
    equal(len(events.seen), 1, "no second event")


def case_data_watch_on_a_missing_node_is_not_set(env: Env):
    events = Events()
    fails_with(NoNodeError, env.zk.get, env.path("a"), watch=events)
    env.zk.create(env.path("a"))
    env.zk.set(env.path("a"), b"x")
    env.zk.sync(env.root)
    equal(events.seen, [], "no watch without a node")


def case_children_watch_sees_creates_and_deletes_of_children(env: Env):
    other = env.client()
    added, removed, gone = Events(), Events(), Events()
    other.create(env.path("d"))
    env.catch_up()
    env.zk.get_children(env.path("d"), watch=added)
    other.set(env.path("d"), b"data does not matter")
    other.create(env.path("d", "a"))
    equal(added.wait(1), [("CHILD", env.path("d"))], "event of a child's create")
    env.zk.get_children(env.path("d"), watch=removed)
    other.set(env.path("d", "a"), b"nor does a child's data")
    other.create(env.path("d", "a", "grandchild"))
    other.delete(env.path("d", "a", "grandchild"))
    other.delete(env.path("d", "a"))
    equal(removed.wait(1), [("CHILD", env.path("d"))], "event of a child's delete")
    env.zk.get_children(env.path("d"), watch=gone)
    other.delete(env.path("d"))
    equal(gone.wait(1), [("DELETED", env.path("d"))], "event of the node's own delete")


def case_delete_tells_data_and_child_watchers(env: Env):
    other = env.client()
    path = env.path("a")
    other.create(path)
    env.catch_up()
    data, children, exists = Events(), Events(), Events()
    env.zk.get(path, watch=data)
    env.zk.exists(path, watch=exists)
    env.zk.get_children(path, watch=children)
    other.delete(path)
    for events in (data, children, exists):
        equal(events.wait(1), [("DELETED", path)], "event of the delete")


def case_event_comes_before_the_reply_that_shows_the_change(env: Env):
    """The watcher has been called by the time a read answers with what it was told of."""
    other = env.client()
    path = env.path("a")
    other.create(path, b"0")
    env.catch_up()
    for i in range(1, 101):
        events = Events()
        env.zk.get(path, watch=events)
        written = other.set_async(path, b"%d" % i)
        while True:
            if env.zk.get(path)[0] == b"%d" % i:
                break
        written.get(timeout=30)
        # Events and completions are queued by one thread in the order they came off the wire.
        equal(events.wait(1), [("CHANGED", path)], "event %d" % i)


def case_own_writes_fire_own_watches(env: Env):
    events = Events()
    env.zk.exists(env.path("a"), watch=events)
    env.zk.create(env.path("a"))
    equal(events.wait(1), [("CREATED", env.path("a"))], "own event")


def case_many_watchers_of_one_node(env: Env):
    other = env.client()
    path = env.path("a")
    other.create(path)
    clients = [env.client() for _ in range(4)]
    events = []
    for client in clients:
        for _ in range(3):
            e = Events()
            client.get(path, watch=e)
            events.append(e)
    other.set(path, b"x")
    for e in events:
        equal(e.wait(1), [("CHANGED", path)], "event")


def case_DataWatch_follows_a_node(env: Env):
    other = env.client()
    path = env.path("a")
    values = []

    @env.zk.DataWatch(path)
    def follow(data, stat, event):
        values.append((data, stat.version if stat else None, event.type if event else None))

    other.create(path, b"one")
    eventually(lambda: (b"one", 0, "CREATED") in values, "DataWatch told of the create")
    other.set(path, b"two")
    eventually(lambda: (b"two", 1, "CHANGED") in values, "DataWatch told of the set")
    other.delete(path)
    eventually(lambda: values[-1] == (None, None, "DELETED"), "DataWatch told of the delete")
    equal(values[0], (None, None, None), "DataWatch starts with what there is")
    equal(len(values), 4, "calls of DataWatch")


def case_DataWatch_goes_on_after_a_lost_connection(env: Env):
    other = env.client()
    path = env.path("a")
    other.create(path, b"0")
    env.catch_up()
    values = []
    env.zk.DataWatch(path, lambda data, stat: values.append(data))
    eventually(lambda: values == [b"0"], "first value")
    cut_connection(env.zk)
    other.set(path, b"1")
    eventually(lambda: values and values[-1] == b"1", "value after the reconnect")


def case_ChildrenWatch_under_churn(env: Env):
    """Three clients create and delete; the watcher ends with the list that is there, and never ran backwards."""
    watched = env.path("d")
    env.zk.ensure_path(watched)
    lists = []
    env.zk.ChildrenWatch(watched, lambda children: lists.append(frozenset(children)))

    def churn(client, name):
        for i in range(60):
            client.create("%s/%s-%d" % (watched, name, i))
            if i % 2:
                client.delete("%s/%s-%d" % (watched, name, i - 1))

    threads = [threading.Thread(target=churn, args=(env.client(), name)) for name in ("x", "y", "z")]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    expected = frozenset("%s-%d" % (name, i) for name in ("x", "y", "z") for i in range(1, 60, 2))
    eventually(lambda: lists[-1] == expected, "the final list of children")
    for name in ("x", "y", "z"):
        newest = -1
        for names in lists:
            mine = max([int(n.split("-")[1]) for n in names if n.startswith(name)] or [-1])
            check(mine >= newest, "the list of children ran backwards: %d after %d" % (mine, newest))
            newest = mine


def case_ChildrenWatch_with_event_and_stop(env: Env):
    watched = env.path("d")
    env.zk.ensure_path(watched)
    calls = []

    def follow(children, event):
        calls.append((sorted(children), event.type if event else None))
        return "b" not in children

    env.zk.ChildrenWatch(watched, follow, send_event=True)
    env.zk.create(watched + "/a")
    eventually(lambda: len(calls) == 2, "first change")
    env.zk.create(watched + "/b")
    eventually(lambda: len(calls) == 3, "second change")
    env.zk.create(watched + "/c")
    env.zk.sync(watched)
    equal(calls, [([], None), (["a"], "CHILD"), (["a", "b"], "CHILD")], "calls until told to stop")


def case_PatientChildrenWatch(env: Env):
    from kazoo.recipe.watchers import PatientChildrenWatch
    env.zk.ensure_path(env.path("d"))
    env.zk.create(env.path("d", "a"))
    children, changed = PatientChildrenWatch(env.zk, env.path("d"), time_boundary=0.2).start().get(timeout=30)
    equal(children, ["a"], "children once all is quiet")
    env.zk.create(env.path("d", "b"))
    changed.get(timeout=30)


def case_TreeCache(env: Env):
    from kazoo.recipe.cache import TreeCache, TreeEvent
    env.zk.ensure_path(env.path("t", "a"))
    seen = []
    cache = TreeCache(env.zk, env.path("t"))
    cache.listen(lambda event: seen.append(event.event_type))
    cache.start()
    eventually(lambda: TreeEvent.INITIALIZED in seen, "cache initialised")
    other = env.client()
    other.create(env.path("t", "a", "b"), b"deep")
    eventually(lambda: cache.get_data(env.path("t", "a", "b")) is not None, "new node in the cache")
    other.set(env.path("t", "a", "b"), b"deeper")
    eventually(lambda: cache.get_data(env.path("t", "a", "b")).data == b"deeper", "new data in the cache")
    other.delete(env.path("t", "a"), recursive=True)
    eventually(lambda: cache.get_children(env.path("t")) == frozenset(), "nodes gone from the cache")
    cache.close()


if __name__ == "__main__":
    main(globals())
