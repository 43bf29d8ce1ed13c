"""Ensembles of three servers: OrleansZk on a PostgreSQL of its own, and Apache ZooKeeper."""

import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import time

import wire
from servers import OURS, THEIRS, TITLES, OrleansZk, Server, ZooKeeper, die_with_parent, free_port

SIZE = 3
POSTGRES_USER = "postgres"


def postgres_folder():
    """Where this machine has PostgreSQL's programs: the path, then the newest of Debian's."""
    on_path = shutil.which("initdb")
    if on_path and shutil.which("postgres", path=os.path.dirname(on_path)):
        return pathlib.Path(on_path).parent
    found = [path.parent for path in pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if not found:
        raise RuntimeError("PostgreSQL is missing: install Debian's package 'postgresql'")
    return max(found, key=lambda path: float(path.parent.name))


class Postgres(Server):
    """PostgreSQL with its default settings on a free loopback port. It refuses to run as root, and runs as user postgres then."""

    before_exec = staticmethod(lambda: die_with_parent(signal.SIGINT))

    def __init__(self, folder):
        super().__init__("PostgreSQL", folder)
        self.programs = postgres_folder()

    def as_user(self, program, *arguments):
        # A change of user forgets the signal for the parent's death, so setpriv has to set it.
        prefix = ["setpriv", f"--reuid={POSTGRES_USER}", f"--regid={POSTGRES_USER}", "--init-groups", "--pdeathsig=INT"]
        return [*(prefix if os.geteuid() == 0 else []), str(self.programs / program), "-D", str(self.folder / "data"), *arguments]

    def command(self):
        return self.as_user("postgres", "-p", str(self.port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=on")

    def launch(self):
        if not (self.folder / "data").exists():
            self.folder.mkdir(parents=True)
            if os.geteuid() == 0:
                shutil.chown(self.folder, POSTGRES_USER, POSTGRES_USER)
            command = self.as_user("initdb", "-A", "trust", "-U", POSTGRES_USER, "-E", "UTF8", "--locale=C")
            done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise RuntimeError(f"initdb ended with code {done.returncode}:\n{done.stdout}{done.stderr}")
        return super().launch()

    def wait(self, paths=()):
        deadline = time.monotonic() + wire.START_TIMEOUT
        while time.monotonic() < deadline and self.running():
            if self.answers():
                return time.monotonic()
            time.sleep(0.02)
        raise RuntimeError(f"{self.name} does not answer:\n{self.log_tail()}")

    def answers(self):
        """Whether a session can be opened: authentication has passed."""
        body = struct.pack(">i", 3 << 16) + f"user\0{POSTGRES_USER}\0database\0postgres\0\0".encode()
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
                connection.sendall(struct.pack(">i", len(body) + 4) + body)
                return connection.recv(1) == b"R"
        except OSError:
            return False

    def end(self, number=signal.SIGINT):
        return super().end(number)


class OrleansZkMember(OrleansZk):
    def __init__(self, folder, start, number, postgres):
        super().__init__(folder, start)
        self.name = f"{self.name} {number}"
        self.number = number
        self.postgres = postgres
        self.peer_port = free_port()
        self.environment["OrleansZk__AdvertisedHost"] = "127.0.0.1"

    def more(self):
        store = f"Host=127.0.0.1;Port={self.postgres.port};Username={POSTGRES_USER};Database=postgres"
        return ["--ensemble", store, "--id", str(self.number), "--peer-port", str(self.peer_port)]


class ZooKeeperMember(ZooKeeper):
    def __init__(self, folder, classpath, java_options, number, members):
        super().__init__(folder, classpath, java_options)
        self.name = f"{self.name} {number}"
        self.number = number
        self.members = members
        self.peer_port = free_port()
        self.election_port = free_port()

    def command(self):
        data = self.folder / "data"
        data.mkdir(exist_ok=True)
        (data / "myid").write_text(f"{self.number}\n")
        return super().command()

    def more(self):
        # The limits are those of ZooKeeper's sample configuration; without them it does not start.
        servers = "".join(f"server.{member.number}=127.0.0.1:{member.peer_port}:{member.election_port}\n" for member in self.members)
        return f"initLimit=10\nsyncLimit=5\n{servers}"


class Ensemble:
    """Servers that look like one to the comparison. What they need besides (PostgreSQL) is started before and ended after them."""

    def __init__(self, name, members, stores=()):
        self.name = name
        self.members = members
        self.stores = list(stores)

    def start(self):
        """Starts what does not run; returns the seconds until every server serves."""
        for store in self.stores:
            if not store.running():
                store.start()
        started = time.monotonic()
        stopped = [member for member in self.members if not member.running()]
        for member in stopped:
            member.launch()
        for member in stopped:
            member.wait()
        self.leader()
        return time.monotonic() - started

    def leader(self, timeout=60):
        """The member that leads, when all others follow it."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            modes = [member.mode() for member in self.members]
            if modes.count("leader") == 1 and modes.count("follower") == len(modes) - 1:
                return self.members[modes.index("leader")]
            time.sleep(0.05)
        raise RuntimeError(f"{self.name}: one leader and followers are not there after {timeout} s but {modes}")

    def leader_last(self):
        leader = self.leader()
        return [*(member for member in self.members if member is not leader), leader]

    def running(self):
        return all(part.running() for part in [*self.stores, *self.members])

    def ended(self):
        return ", ".join(f"{part.name} {part.ended()}" for part in [*self.stores, *self.members] if not part.running())

    def address(self):
        return ",".join(member.address() for member in self.leader_last())

    def pids(self):
        """The leader's, the followers', and those of the stores."""
        return [part.process.pid for part in [*reversed(self.leader_last()), *self.stores]]

    def end(self):
        for part in [*self.members, *self.stores]:
            part.end()


def make(name, folder, options):
    """An ensemble with folders below the given one."""
    folder = pathlib.Path(folder)
    members = []
    if name == OURS:
        if os.geteuid() == 0:
            folder.parent.chmod(0o711)  # PostgreSQL's user has to get to its folder.
        postgres = Postgres(folder / f"{name}-postgres")
        for number in range(1, SIZE + 1):
            members.append(OrleansZkMember(folder / f"{name}-{number}", options.start, number, postgres))
        return Ensemble(TITLES[name], members, [postgres])
    for number in range(1, SIZE + 1):
        members.append(ZooKeeperMember(folder / f"{name}-{number}", options.zookeeper_classpath, options.java_options, number, members))
    assert name == THEIRS
    return Ensemble(TITLES[name], members)
