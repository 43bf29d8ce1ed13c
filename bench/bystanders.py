"""Measures what ordinary clients notice of one that attacks the server, and prints a table in Markdown.

Called by bystanders.sh, which builds the server first. Python 3 standard library only.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time

from adversary import AdversaryProcess
from attacks import ATTACKS
from bystander import KINDS, Bystanders
from compare import interrupted, table
from servers import OURS, THEIRS, TITLES, OrleansZk, ZooKeeper, say

LIMIT_MS = 50
PREPARE_TIMEOUT = 120
MIN_ATTACK = 2.0
SETTLE = 1.0


class Stage:
    """A fresh server, the ordinary clients, and an attack that is prepared."""

    def __init__(self, options, name, attack, folder):
        self.server = make_server(options, name, folder)
        self.bystanders = self.adversary = None
        try:
            self.server.start()
            self.adversary = AdversaryProcess(self.server.port, attack, options.scale, options.seconds)
            what, detail = self.adversary.told(PREPARE_TIMEOUT)
            if what != "ready":
                raise RuntimeError(f"{attack.key}: not prepared against {self.server.name}: {detail or 'no end'}")
            self.bystanders = Bystanders(self.server.port, options.clients, options.interval / 1000)
        except BaseException:
            self.end()
            raise

    def end(self):
        for part in (self.adversary, self.bystanders, self.server):
            if part:
                part.end()
        shutil.rmtree(self.server.folder, ignore_errors=True)


def make_server(options, name, folder):
    if name == THEIRS:
        server = ZooKeeper(folder, options.zookeeper_classpath, options.java_options + " -Dzookeeper.4lw.commands.whitelist=*")
    else:
        server = OrleansZk(folder, str(options.server) if options.server else options.start)
        server.environment["OrleansZk__FourLetterWords"] = "*"
    return server


def processor_time(pids):
    """Seconds of all processors that were used, and those of the processes alone."""
    ticks = os.sysconf("SC_CLK_TCK")
    fields = pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    busy = sum(int(field) for i, field in enumerate(fields[:8]) if i not in (3, 4))
    own = 0
    for pid in pids:
        try:
            of_process = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            own += int(of_process[11]) + int(of_process[12])
        except OSError:
            pass
    return busy / ticks, own / ticks


class Window:
    """What ordinary clients noted of the requests that they sent between two moments."""

    def __init__(self, begun, ended, noted):
        now, samples, waiting, faults = noted
        self.faults = faults
        self.unanswered = 0
        self.seconds = ended - begun
        self.latencies = []
        for kind in range(len(KINDS)):
            of_kind = [seconds for sent, seconds in zip(samples.sent[kind], samples.seconds[kind]) if begun <= sent < ended]
            missing = [now - sent for waiting_kind, sent in waiting if waiting_kind == kind and begun <= sent < ended]
            self.unanswered += len(missing)
            self.latencies.append(sorted(of_kind + missing))
        self.late = max((late for at, late in zip(samples.late_at, samples.late) if begun <= at < ended), default=0.0)

    def milliseconds(self, kind, share):
        latencies = self.latencies[kind]
        return latencies[min(int(len(latencies) * share), len(latencies) - 1)] * 1000 if latencies else None

    def cell(self, kind):
        return " / ".join(number(self.milliseconds(kind, share)) for share in (0.5, 0.99, 1.0))

    def worst(self):
        """The larger p99, ms."""
        return max(self.milliseconds(kind, 0.99) or float("inf") for kind in range(len(KINDS)))

    def record(self):
        named = {"p50_ms": 0.5, "p99_ms": 0.99, "max_ms": 1.0}
        record = {name: {field: self.milliseconds(kind, share) for field, share in named.items()} for kind, name in enumerate(KINDS)}
        return {**record, "seconds": self.seconds, "unanswered": self.unanswered, "faults": self.faults, "late_ms": self.late * 1000}


def number(value):
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def measure(options, stage, way):
    """One way of an attack: (the record, whether the stage can go on)."""
    time.sleep(SETTLE)
    stage.bystanders.samples()
    calm_from = time.monotonic()
    time.sleep(options.calm)
    calm_to = time.monotonic()
    pids = [stage.server.process.pid, stage.adversary.process.pid, stage.bystanders.process.pid, os.getpid()]
    # What the attack still has to make is not measured, and not calm either.
    calm = Window(calm_from, calm_to, stage.bystanders.samples())
    stage.adversary.start(way)
    what, begun = stage.adversary.told(PREPARE_TIMEOUT)
    if what != "begun":
        return {"calm": calm, "verdict": "NOT DONE", "note": begun or "no end of its preparation"}, False
    busy, own = processor_time(pids)
    what, detail = stage.adversary.told(options.seconds + options.patience)
    ended, note = detail if what == "done" else (time.monotonic(), detail or f"no end after {options.seconds + options.patience:g} s")
    if what == "done":
        # A short attack is given the time that its consequences take.
        ended = max(ended, begun + MIN_ATTACK)
        time.sleep(max(ended - time.monotonic(), 0))
    busy_to, own_to = processor_time(pids)
    others = max((busy_to - busy) - (own_to - own), 0) / (time.monotonic() - begun) / os.cpu_count()
    recovered = what == "done" and wait_for_answers(stage, options.patience)
    attacked = Window(begun, ended, stage.bystanders.samples())
    if not stage.server.running():
        verdict = "SERVER ENDED"
    elif attacked.faults:
        verdict = "LOST"
        note += f"; {len(attacked.faults)} ordinary clients {attacked.faults[0]}"
    elif attacked.unanswered and not recovered:
        verdict = "STOPPED"
    elif attacked.worst() >= LIMIT_MS <= calm.worst():
        verdict = "NOISY"
    elif attacked.worst() >= LIMIT_MS:
        verdict = "SLOW"
    elif what != "done":
        verdict = "NOT DONE"
    else:
        verdict = "ok"
    record = {"calm": calm, "attacked": attacked, "verdict": verdict, "note": note, "others_cpu": others}
    return record, recovered and stage.server.running() and not attacked.faults


def wait_for_answers(stage, seconds):
    deadline = time.monotonic() + seconds
    while stage.server.running() and time.monotonic() < deadline:
        # With requests sent all the time, few are always on their way.
        if stage.bystanders.waiting()[0] <= 2:
            return True
        time.sleep(0.05)
    return False


def run(options, names, folder, results):
    for attack in chosen(options.only):
        for name in names:
            stage = None
            try:
                for i, way in enumerate(attack.ways):
                    try:
                        stage = stage or Stage(options, name, attack, folder / f"{name}-{attack.key}-{i}")
                        record, goes_on = measure(options, stage, way)
                    except RuntimeError as error:
                        record, goes_on = {"verdict": "NOT DONE", "note": str(error)}, False
                    results.append({"attack": attack.key, "way": way, "server": name, **record})
                    say(f"{attack.key} {way}, {TITLES[name]}: {record['verdict']}; {record['note']}")
                    if stage and not goes_on:
                        stage.end()
                        stage = None
            finally:
                if stage:
                    stage.end()


def chosen(only):
    return [attack for attack in ATTACKS if not only or attack.key in only]


def print_results(results, names):
    header = ["attack", "get p50 / p99 / max, ms", "calm", "set p50 / p99 / max, ms", "calm", "others' CPU", "late ms", "verdict", "the adversary"]
    lines = []
    for result in results:
        calm, attacked = result.get("calm"), result.get("attacked")
        line = [f"{result['attack']}: {result['way']}" + (f", {TITLES[result['server']]}" if len(names) > 1 else "")]
        for kind in range(len(KINDS)):
            line += [window.cell(kind) if window else "-" for window in (attacked, calm)]
        line.append(f"{result['others_cpu']:.0%}" if attacked else "-")
        line.append(number(attacked.late * 1000) if attacked else "-")
        lines.append([*line, result["verdict"], result["note"].partition("\n")[0]])
    table(header, lines)


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", help="comma-separated: " + ",".join(attack.key for attack in ATTACKS))
    parser.add_argument("--scale", type=float, default=1, help="size of the attacks: 0.1 for a tenth")
    parser.add_argument("--seconds", type=float, default=4, help="time of an attack")
    parser.add_argument("--calm", type=float, default=1.5, help="time without one before it")
    parser.add_argument("--patience", type=float, default=15, help="time to wait for an attack that does not end, and for the answers of the others")
    parser.add_argument("--clients", type=int, default=8, help="ordinary clients that read, and as many that write")
    parser.add_argument("--interval", type=float, default=40, help="ms between two requests of one client")
    parser.add_argument("--apache", action="store_true", help="also Apache ZooKeeper")
    parser.add_argument("--server", type=pathlib.Path, help="the server's program, instead of the one that --start builds")
    parser.add_argument(
        "--start",
        default=os.environ.get("ORLEANSZK_START", "../start.sh"),
        help="command that runs OrleansZk in the foreground, from the bench folder; given --port, --admin-port and --data",
    )
    parser.add_argument("--zookeeper-classpath", default=os.environ.get("ZOOKEEPER_CLASSPATH", "/usr/share/java/zookeeper.jar"))
    parser.add_argument("--java-options", default="", help="JVM options of ZooKeeper, such as -Xmx1000m")
    parser.add_argument("--tmp", help="where the temporary folder goes")
    parser.add_argument("--json", type=pathlib.Path, help="file for all results")
    options = parser.parse_args()
    options.only = options.only.split(",") if options.only else []
    unknown = [key for key in options.only if key not in {attack.key for attack in ATTACKS}]
    if unknown:
        parser.error("unknown attacks: " + ", ".join(unknown))
    if not 0 < options.scale <= 1:
        parser.error("--scale must be above 0 and at most 1")
    if options.server:
        options.server = options.server.resolve()
    return options


def main():
    options = parse()
    for signal_number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signal_number, interrupted)
    names = [OURS, THEIRS] if options.apache else [OURS]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="orleanszk-bystanders-", dir=options.tmp))
    results = []
    try:
        run(options, names, folder, results)
    finally:
        for signal_number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signal_number, signal.SIG_IGN)
        shutil.rmtree(folder, ignore_errors=True)
        print_results(results, names)
        if options.json:
            plain = [{key: value.record() if isinstance(value, Window) else value for key, value in result.items()} for result in results]
            options.json.write_text(json.dumps(plain, indent=2) + "\n")
    return 1 if any(result["verdict"] != "ok" for result in results if result["server"] == OURS) else 0


if __name__ == "__main__":
    sys.exit(main())
