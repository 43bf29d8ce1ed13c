"""OrleansZk and Apache ZooKeeper as processes: a server alone."""

import ctypes
import os
import pathlib
import random
import shlex
import signal
import socket
import subprocess
import sys
import time

import wire

BENCH = pathlib.Path(__file__).resolve().parent

OURS = "orleanszk"
THEIRS = "zookeeper"
TITLES = {OURS: "OrleansZk", THEIRS: "ZooKeeper"}

STOP_TIMEOUT = 60


def say(text):
    print(text, file=sys.stderr, flush=True)


def free_port():
    """A loopback port outside of the range from which connections take theirs."""
    while True:
        port = random.randint(15_000, 30_000)
        with socket.socket() as candidate:
            try:
                candidate.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def listening_inodes(port):
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = pathlib.Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for fields in map(str.split, lines):
            if fields[3] == "0A" and int(fields[1].rsplit(":", 1)[1], 16) == port:
                inodes.add(fields[9])
    return inodes


def die_with_parent(number=signal.SIGTERM):
    """In the server's process before exec: no server outlives this script, even if the script is killed."""
    ctypes.CDLL(None).prctl(1, number)


class Server:
    """A server process with its data folder."""

    before_exec = staticmethod(die_with_parent)

    def __init__(self, name, folder):
        self.name = name
        self.folder = pathlib.Path(folder)
        self.port = free_port()
        self.process = None
        self.environment = os.environ.copy()

    def command(self):
        raise NotImplementedError

    def start(self, paths=()):
        """Starts the server; returns the seconds from exec until it serves (until the first of paths is read)."""
        started = self.launch()
        return self.wait(paths) - started

    def launch(self):
        """Starts the process and returns when."""
        self.folder.mkdir(parents=True, exist_ok=True)
        command = self.command()
        with open(self.folder / "log", "ab") as log:
            started = time.monotonic()
            try:
                self.process = subprocess.Popen(
                    command,
                    cwd=BENCH,
                    env=self.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    preexec_fn=self.before_exec,
                )
            except OSError as error:
                raise RuntimeError(f"{self.name} cannot be started: {error}") from error
        return started

    def wait(self, paths=()):
        """Waits until the server serves and returns since when."""
        served_at = wire.wait_until_served(self.port, paths, self.running)
        if served_at is None:
            code = self.process.poll()
            how = f"does not serve after {wire.START_TIMEOUT} s" if code is None else f"ended with code {code}"
            raise RuntimeError(f"{self.name} {how}:\n{self.log_tail()}")
        self.check_pid()
        return served_at

    def check_pid(self):
        """The processor time read is that of the process started, so that must be the one that listens."""
        inodes = listening_inodes(self.port)
        folder = f"/proc/{self.process.pid}/fd"
        for descriptor in os.listdir(folder):
            try:
                target = os.readlink(f"{folder}/{descriptor}")
            except OSError:
                continue
            if target.startswith("socket:[") and target[8:-1] in inodes:
                return
        raise RuntimeError(f"{self.name}: the process started does not itself listen on its port; its start command must exec the server")

    def running(self):
        return self.process is not None and self.process.poll() is None

    def ended(self):
        return f"ended with code {self.process.returncode}"

    def address(self):
        """As the load generator wants it."""
        return f"127.0.0.1:{self.port}"

    def pids(self):
        """The processes whose processor time is that of the server."""
        return [self.process.pid]

    def mode(self):
        return wire.mode(self.port) if self.running() else None

    def end(self, number=signal.SIGTERM):
        """Ends the server by a signal; returns the seconds that took."""
        begun = time.monotonic()
        if self.running():
            # The group is the server alone, unless the start command did not exec it.
            os.killpg(self.process.pid, number)
            os.killpg(self.process.pid, signal.SIGCONT)  # A stopped process takes no signal but SIGKILL.
            try:
                self.process.wait(STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                say(f"{self.name} does not stop; killing it")
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        return time.monotonic() - begun

    def memory(self, field="VmRSS"):
        """MiB by a field of /proc/pid/status."""
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1]) / 1024
        return 0.0

    def disk(self):
        """MiB on disk."""
        return sum(file.stat().st_blocks * 512 for file in self.folder.rglob("*") if file.is_file()) / 2**20

    def log_tail(self):
        return "\n".join((self.folder / "log").read_text(errors="replace").splitlines()[-15:])


class OrleansZk(Server):
    def __init__(self, folder, start):
        super().__init__(TITLES[OURS], folder)
        self.start_command = shlex.split(start)
        self.admin_port = free_port()
        self.environment["OrleansZk__MaxClientConnections"] = "0"

    def command(self):
        ports = ["--port", str(self.port), "--admin-port", str(self.admin_port)]
        return [*self.start_command, *ports, "--data", str(self.folder / "data"), *self.more()]

    def more(self):
        """Options of a member of an ensemble."""
        return []


class ZooKeeper(Server):
    def __init__(self, folder, classpath, java_options):
        super().__init__(TITLES[THEIRS], folder)
        self.classpath = classpath
        self.java_options = shlex.split(java_options)

    def command(self):
        # Everything that matters for speed is ZooKeeper's default; forceSync is said for clarity.
        config = self.folder / "zoo.cfg"
        config.write_text(
            f"tickTime=2000\ndataDir={self.folder / 'data'}\nclientPort={self.port}\nclientPortAddress=127.0.0.1\n"
            f"maxClientCnxns=0\nadmin.enableServer=false\nforceSync=yes\n{self.more()}"
        )
        main = "org.apache.zookeeper.server.quorum.QuorumPeerMain"
        return ["java", *self.java_options, "-cp", self.classpath, "-Dzookeeper.jmx.log4j.disable=true", main, str(config)]

    def more(self):
        """Lines of a member of an ensemble."""
        return ""
