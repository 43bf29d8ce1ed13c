"""A kazoo client that knows all servers: it says where it is, and goes on when that server is gone."""

import sys
import threading

from kazoo.client import KazooClient, KazooState

hosts = sys.argv[1]
states = []
connected_again = threading.Event()
seen = threading.Event()


def on_state(state):
    states.append(state)
    if state == KazooState.CONNECTED and KazooState.SUSPENDED in states:
        connected_again.set()


client = KazooClient(hosts=hosts, timeout=10, randomize_hosts=False)
client.add_listener(on_state)
client.start(timeout=30)
session = client.client_id[0]
client.ensure_path("/kazoo")
client.create("/kazoo/mine", b"", ephemeral=True)


@client.DataWatch("/kazoo")
def on_data(data, stat):
    if data == b"changed":
        seen.set()


print("ready", flush=True)
sys.stdin.readline()

# The test has killed the first server, and changed the data.
assert connected_again.wait(40), states
assert KazooState.LOST not in states, states
assert client.client_id[0] == session, "another session"
assert client.get("/kazoo/mine")[1].ephemeralOwner == session, "not its ephemeral"
assert seen.wait(40), "the event was not told"
counter = client.Counter("/kazoo/counter")
for _ in range(20):
    client.retry(counter.__add__, 1)
assert counter.value == 20, counter.value
client.stop()
print("done", flush=True)
