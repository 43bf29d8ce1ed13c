"""Does with kazoo what kazoo can do; prints its version last."""
import socket
import sys
import threading
import time

import kazoo
from kazoo.client import KazooClient, KazooState
from kazoo.exceptions import KazooException
from kazoo.security import make_acl, make_digest_acl

host, control = sys.argv[1], int(sys.argv[2])
client = KazooClient(hosts=host, timeout=10.0)
client.start()


def refused(call, *arguments, **named):
    try:
        call(*arguments, **named)
    except KazooException:
        return
    raise SystemExit(f"{call} should have been refused")


client.create("/kazoo", b"")
client.create("/kazoo/data", b"some data")
client.create("/kazoo/empty")
client.create("/kazoo/bytes", bytes(range(256)) * 8)
client.create("/kazoo/\u00fcml\u00e4ut-\u4e2d\u6587", "h\u00e9llo".encode())
client.create("/kazoo/ephemeral", b"e", ephemeral=True)
client.create("/kazoo/seq-", b"s", sequence=True)
client.create("/kazoo/eseq-", b"es", sequence=True, ephemeral=True)
client.create("/kazoo/stat", b"s", include_data=True)
client.create("/kazoo/deep/er/est", b"x", makepath=True)
client.create("/kazoo/acl", b"", acl=[make_acl("world", "anyone", all=True), make_digest_acl("bob", "secret", read=True)])
refused(client.create, "/kazoo/data", b"again")
refused(client.create, "/kazoo/no/parent", b"")
refused(client.create, "/kazoo/ephemeral/child", b"")
events = []
client.exists("/kazoo/missing", watch=events.append)
client.exists("/kazoo/data", watch=events.append)
client.get("/kazoo/data", watch=events.append)
client.get("/kazoo/empty")
refused(client.get, "/kazoo/missing")
client.get_children("/kazoo", watch=events.append)
client.get_children("/kazoo", include_data=True)
client.get_acls("/kazoo/acl")
client.set_acls("/kazoo/acl", [make_acl("world", "anyone", all=True)])
client.set("/kazoo/data", b"other data")
client.set("/kazoo/data", b"", version=1)
refused(client.set, "/kazoo/data", b"never", version=77)
client.create("/kazoo/missing", b"no longer")
client.delete("/kazoo/missing")
refused(client.delete, "/kazoo/deep")
refused(client.delete, "/kazoo/missing")
client.delete("/kazoo/stat", version=0)
client.sync("/kazoo")
client.add_auth("digest", "bob:secret")
transaction = client.transaction()
transaction.create("/kazoo/t1", b"1")
transaction.create("/kazoo/t2-", b"2", ephemeral=True, sequence=True)
transaction.check("/kazoo/data", 2)
transaction.set_data("/kazoo/data", b"in transaction")
transaction.delete("/kazoo/t1")
transaction.commit()
transaction = client.transaction()
transaction.create("/kazoo/t3", b"")
transaction.check("/kazoo/data", 99)
transaction.delete("/kazoo/data")
transaction.commit()
pipelined = [client.set_async("/kazoo/data", b"%d" % i) for i in range(20)] + [client.get_async("/kazoo/data") for _ in range(5)]
for answer in pipelined:
    answer.get(timeout=30)

lost, back = threading.Event(), threading.Event()
client.add_listener(lambda state: (back if state == KazooState.CONNECTED else lost).set())
session = client.client_id[0]
socket.create_connection(("127.0.0.1", control)).close()
assert lost.wait(30) and back.wait(30)
client.get("/kazoo/data")
assert client.client_id[0] == session
client.delete("/kazoo", recursive=True)
time.sleep(4)  # A ping or two.
client.stop()
client.close()
print("kazoo", kazoo.__version__)
