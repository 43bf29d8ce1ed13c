"""Does with the C client's shell what that can do; prints its version last."""
import socket
import subprocess
import sys
import time

host, control = sys.argv[1], int(sys.argv[2])
shell = subprocess.Popen(["/usr/lib/zookeeper/bin/cli_mt", host], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def say(command):
    shell.stdin.write(command + "\n")
    shell.stdin.flush()
    time.sleep(0.15)


time.sleep(1.5)
for command in [
    "create /c", "create /c/data", "create +e /c/ephemeral", "create +s /c/seq-", "create +es /c/eseq-", "create +c /c/container",
    "create2 /c/two", "create2 +t=60000 /c/ttl", "create2 +st=60000 /c/ttlseq-", "create /c/data", "create /c/no/parent",
    "set /c/data hello", "set /c/missing x", "get /c/data", "get /c/missing", "exists /c/data", "wexists /c/missing", "wexists /c/data",
    "ls /c", "ls2 /c", "ls /c/missing", "sync /c", "addauth digest user:password", "create /c/missing", "delete /c/two", "delete /c",
    "aget /c/data", "als /c", "aset /c/data there", "aexists /c/data", "config",
]:
    say(command)
socket.create_connection(("127.0.0.1", control)).close()
time.sleep(6)  # It reconnects, sends setWatches, and pings.
for command in ["get /c/data", "delete /c/missing", "delete /c/data", "quit"]:
    say(command)
shell.stdin.close()
shell.wait(30)
print("C client 3.8.0 (cli_mt)")
