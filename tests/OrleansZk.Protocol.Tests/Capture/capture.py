#!/usr/bin/python3
"""Records the frames between real ZooKeeper clients and a real server. See README.md."""
import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
CLIENTS = os.path.join(HERE, "clients")
GOLDEN = os.path.join(HERE, "..", "Golden")
JARS = ["zookeeper", "zookeeper-jute", "slf4j-api", "slf4j-simple", "netty-all", "commons-cli", "commons-io", "metrics-core", "snappy-java"]
CLASS_PATH = ":".join(f"/usr/share/java/{jar}.jar" for jar in JARS)


class Recorder:
    """A TCP proxy that writes down every frame that passes, in the order in which they are complete."""

    def __init__(self, server):
        self.server = server
        self.lines = []
        self.connections = 0
        self.open = []
        self.lock = threading.Lock()
        self.listener = self._listen(self._serve)
        self.control = self._listen(self._cut)

    @property
    def port(self):
        return self.listener.getsockname()[1]

    @property
    def control_port(self):
        return self.control.getsockname()[1]

    def _listen(self, handle):
        listener = socket.create_server(("127.0.0.1", 0))

        def accept():
            while True:
                try:
                    handle(listener.accept()[0])
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        return listener

    def _cut(self, asker):
        asker.close()
        with self.lock:
            victims, self.open = self.open, []
        for victim in victims:
            for end in victim:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def _serve(self, client):
        server = socket.create_connection(self.server)
        with self.lock:
            self.connections += 1
            number = self.connections
            self.open.append((client, server))
        with self.lock:
            self.lines.append((number, f"connection {number}"))
        threading.Thread(target=self._pass, args=(number, ">", client, server), daemon=True).start()
        threading.Thread(target=self._pass, args=(number, "<", server, client), daemon=True).start()

    def _pass(self, number, mark, source, target):
        pending = b""
        try:
            while chunk := source.recv(1 << 16):
                pending += chunk
                while len(pending) >= 4 and len(pending) >= 4 + int.from_bytes(pending[:4], "big"):
                    length = 4 + int.from_bytes(pending[:4], "big")
                    with self.lock:
                        self.lines.append((number, f"{mark} {pending[:length].hex()}"))
                    pending = pending[length:]
                target.sendall(chunk)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def write(self, path, title):
        with self.lock:
            lines = list(self.lines)
        with open(path, "w", encoding="ascii") as file:
            file.write(f"# {title}\n")
            for number in sorted({n for n, _ in lines}):
                file.writelines(line + "\n" for n, line in lines if n == number)


class ApacheServer:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="golden-zookeeper-")
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        config = os.path.join(self.folder, "zoo.cfg")
        with open(config, "w", encoding="ascii") as file:
            file.write(f"tickTime=500\ndataDir={self.folder}/data\nclientPort={self.port}\nclientPortAddress=127.0.0.1\n"
                       "admin.enableServer=false\nextendedTypesEnabled=true\n4lw.commands.whitelist=*\nmaxClientCnxns=0\n")
        self.process = subprocess.Popen(
            ["java", "-Xmx256m", "-Dzookeeper.forceSync=no", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", CLASS_PATH,
             "org.apache.zookeeper.server.ZooKeeperServerMain", config], cwd=self.folder)

    def wait(self):
        for _ in range(300):
            try:
                with socket.create_connection(("127.0.0.1", self.port), 2) as asker:
                    asker.sendall(b"srvr")
                    answer = asker.recv(4096).decode()
                    if answer.startswith("Zookeeper version"):
                        return answer.splitlines()[0].split(": ", 1)[1].split("-")[0]
            except OSError:
                pass
            time.sleep(0.1)
        raise SystemExit("Apache ZooKeeper does not answer")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        shutil.rmtree(self.folder)


def commands(host, control):
    return {
        "kazoo": ["/usr/bin/python3", os.path.join(CLIENTS, "kazoo_client.py"), host, control],
        "java": ["java", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp", CLASS_PATH, os.path.join(CLIENTS, "JavaClient.java"), host, control],
        "c": ["/usr/bin/python3", os.path.join(CLIENTS, "c_client.py"), host, control],
        "node": ["node", os.path.join(CLIENTS, "node_client.js"), host, control],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clients", nargs="*")
    parser.add_argument("--server", help="host:port of a server that runs already")
    parser.add_argument("--out", default=GOLDEN, help="folder for the recordings")
    arguments = parser.parse_args()
    apache = None
    if arguments.server:
        host, port = arguments.server.rsplit(":", 1)
        address, name = (host, int(port)), arguments.server
    else:
        apache = ApacheServer()
        name = "Apache ZooKeeper " + apache.wait()
        address = ("127.0.0.1", apache.port)
    failed = False
    try:
        for client in arguments.clients or commands("", ""):
            recorder = Recorder(address)
            command = commands(f"127.0.0.1:{recorder.port}", str(recorder.control_port))[client]
            done = subprocess.run(command, timeout=180, capture_output=True, text=True)
            time.sleep(0.3)
            if done.returncode != 0:
                failed = True
                print(f"{client}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}", file=sys.stderr)
                continue
            version = (done.stdout.strip().splitlines() or ["?"])[-1]
            path = os.path.join(arguments.out, client + ".txt")
            recorder.write(path, f"client: {version}; server: {name}")
            print(f"{client}: {len(recorder.lines)} lines -> {os.path.relpath(path)}")
    finally:
        if apache:
            apache.stop()
    sys.exit(failed)


if __name__ == "__main__":
    main()
