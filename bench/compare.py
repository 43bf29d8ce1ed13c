"""Drives OrleansZk and Apache ZooKeeper in turns with the load generator and prints tables in Markdown.

Called by compare.sh, which builds the load generator first. Python 3 standard library only.
"""

import argparse
import json
import os
import pathlib
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import ensemble
import failover
from servers import BENCH, OURS, THEIRS, TITLES, OrleansZk, ZooKeeper, say

GENERATOR = BENCH / "OrleansZk.LoadGenerator" / "bin" / "Release" / "net10.0" / "OrleansZk.LoadGenerator"

# Name: (title, workload, connections, depth).
ROWS = {
    "get-16x1": ("get 16x1", "get", 16, 1),
    "get-16x32": ("get 16x32", "get", 16, 32),
    "set-16x1": ("set 16x1", "set", 16, 1),
    "set-16x32": ("set 16x32", "set", 16, 32),
    "set-64x32": ("set 64x32", "set", 64, 32),
    "create-16x32": ("create 16x32", "create", 16, 32),
    "create-delete-64x1": ("create-delete 64x1", "create-delete", 64, 1),
    "mix-16x32": ("mix 16x32", "mix", 16, 32),
    "watch-1000": ("watch 1000", "watch", 1000, 1),
    "connect-16": ("connect 16", "connect", 16, 1),
    "one-set": ("one-set", "one-set", 1, 1),
    "one-get": ("one-get", "one-get", 1, 1),
}


# ---------------------------------------------------------------------------------------------------------------------
# Runs.


class Comparison:
    def __init__(self, options, folder):
        self.options = options
        self.folder = pathlib.Path(folder)
        self.servers = []
        self.problems = []
        self.made = 0

    def make(self, name, java_options=None):
        """A server with a folder of its own, known for the clean-up."""
        self.made += 1
        folder = self.folder / f"{name}-{self.made}"
        if self.options.ensemble or self.options.failover:
            server = ensemble.make(name, folder, self.options)
        elif name == OURS:
            server = OrleansZk(folder, self.options.start)
        else:
            java_options = self.options.java_options if java_options is None else java_options
            server = ZooKeeper(folder, self.options.zookeeper_classpath, java_options)
        self.servers.append(server)
        return server

    def end_all(self):
        for server in self.servers:
            server.end()

    def problem(self, text):
        self.problems.append(text)
        say("PROBLEM: " + text)

    def generate(self, server, what, arguments, time_limit):
        """One run of the load generator; None when it gave no numbers or had errors."""
        if not server.running():
            self.problem(f"{what}: {server.name} had ended ({server.ended()}) and was started again")
            server.start()
        command = [str(GENERATOR), "--servers", server.address(), "--server-pid", ",".join(map(str, server.pids())), *map(str, arguments)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=time_limit, check=False)
        except subprocess.TimeoutExpired:
            self.problem(f"{what}: no end after {time_limit} s against {server.name}")
            return None
        if done.returncode != 0:
            self.problem(f"{what}: {server.name}: {done.stderr.strip()} {done.stdout.strip()}")
            return None
        return json.loads(done.stdout)

    def run(self, server, row, seconds):
        title, workload, connections, depth = ROWS[row]
        arguments = ["--workload", workload, "--connections", connections, "--depth", depth, "--seconds", seconds]
        arguments += ["--warmup", self.options.warmup, "--nodes", self.options.nodes]
        return self.generate(server, title, arguments, seconds + self.options.warmup + 180)

    def throughput(self, names, results):
        """Fills results: row, then server, then a list of runs, with None for a run that failed."""
        servers = {name: self.make(name) for name in names}
        for server in servers.values():
            say(f"{server.name} serves after {server.start():.1f} s")
        for row in ("get-16x32", "set-16x32"):
            for server in servers.values():
                self.run(server, row, self.options.warmup_server)

        for row in self.options.rows:
            # The first pair is warm-up for this row's code paths and does not count.
            for pair in range(self.options.pairs + 1):
                for name, server in servers.items():
                    result = self.run(server, row, self.options.seconds)
                    if result:
                        speed = f"{result['ops_per_s']:.0f} ops/s, p99 {result['p99_us']:.0f} us"
                        say(f"{row} {pair or 'warm-up'} {server.name}: {speed}, server {result['server_cpu_us_per_op']:.1f} us/op")
                    if pair:
                        results.setdefault(row, {}).setdefault(name, []).append(result)
        for server in servers.values():
            server.end()

    def footprint(self, name, title, java_options=None):
        say(f"footprint of {title}")
        measured = {}
        starts = []
        empty = []
        for attempt in range(4):
            server = self.make(name, java_options)
            seconds = server.start()
            time.sleep(1)
            if attempt:  # The first one fills the file cache (and may have something to build).
                starts.append(seconds)
                empty.append(server.memory())
            server.end()
            shutil.rmtree(server.folder)
        measured["cold start, ms"] = statistics.median(starts) * 1000
        measured["memory when empty, MiB"] = statistics.median(empty)

        nodes = self.options.footprint_nodes
        last = nodes - 1
        paths = ["/bench/preload/p00000/n0000000000", f"/bench/preload/p{last // 1000:05}/n{last % 1000:010}"]
        server = self.make(name, java_options)
        server.start()
        result = self.generate(server, f"preload of {title}", ["--preload", nodes], 900)
        if result is None:
            server.end()
            return measured
        measured["preload, nodes/s"] = result["ops_per_s"]
        time.sleep(5)
        measured["memory with the nodes, MiB"] = server.memory()
        measured["peak memory, MiB"] = server.memory("VmHWM")
        measured["folder on disk, MiB"] = server.disk()
        measured["clean stop (SIGTERM), ms"] = server.end() * 1000
        measured["restart after it, ms"] = server.start(paths) * 1000
        time.sleep(5)
        measured["memory after the restart, MiB"] = server.memory()
        server.end(signal.SIGKILL)
        measured["restart after SIGKILL, ms"] = server.start(paths) * 1000
        server.end()
        shutil.rmtree(server.folder)
        return measured


# ---------------------------------------------------------------------------------------------------------------------
# Tables.


def number(value):
    if value is None:
        return "-"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def table(header, lines):
    widths = [max(len(line[i]) for line in [header, *lines]) for i in range(len(header))]
    rule = ["-" * width if i == 0 else "-" * (width - 1) + ":" for i, width in enumerate(widths)]
    for line in [header, rule, *lines]:
        cells = [cell.rjust(width) if i else cell.ljust(width) for i, (cell, width) in enumerate(zip(line, widths))]
        print("| " + " | ".join(cells) + " |")
    print()


def median(runs, field):
    values = [run[field] for run in runs if run]
    return statistics.median(values) if values else None


def ratio(results, field):
    """Median of ours / theirs over the pairs in which both runs are good, with the extremes."""
    pairs = [(a[field], b[field]) for a, b in zip(results.get(OURS, []), results.get(THEIRS, [])) if a and b]
    ratios = [a / b for a, b in pairs if b]
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})" if ratios else "-"


def print_throughput(results, names):
    fields = [
        ("ops/s", "ops_per_s"),
        ("p50 us", "p50_us"),
        ("p99 us", "p99_us"),
        ("CPU s", "server_cpu_s"),
        ("CPU us/op", "server_cpu_us_per_op"),
    ]
    both = len(names) == 2
    header = ["row"]
    for title, field in fields:
        header += [f"{title} {TITLES[name]}" for name in names]
        if both and field in ("ops_per_s", "server_cpu_us_per_op"):
            header.append(f"{title} ratio")
    header += ["generator us/op", "others' CPU"]
    lines = []
    for row, of_row in results.items():
        line = [ROWS[row][0]]
        for _, field in fields:
            line += [number(median(of_row.get(name, []), field)) for name in names]
            if both and field in ("ops_per_s", "server_cpu_us_per_op"):
                line.append(ratio(of_row, field))
        runs = [run for name in names for run in of_row.get(name, []) if run]
        own = [run["client_user_us_per_op"] + run["client_sys_us_per_op"] for run in runs]
        others = [run["other_cpu_s"] / run["seconds"] / os.cpu_count() for run in runs if run["seconds"]]
        line.append(number(statistics.median(own)) if own else "-")
        line.append(f"{statistics.median(others):.0%}" if others else "-")
        lines.append(line)
    table(header, lines)

    if any("server_cpu_s_each" in run and len(run["server_cpu_s_each"]) > 1 for of_row in results.values() for runs in of_row.values() for run in runs if run):
        print_shares(results, names)

    if "watch-1000" in results:
        for name in names:
            runs = results["watch-1000"].get(name, [])
            half, most = (median(runs, f"last_event_{p}_us") for p in ("p50", "p99"))
            print(f"watch 1000, from the set to the last event, {TITLES[name]}: p50 {number(half)} us, p99 {number(most)} us")
        print()


def print_shares(results, names):
    """Processor time by the parts of an ensemble."""
    parts = [(name, part) for name in names for part in (["leader", "followers", "PostgreSQL"] if name == OURS else ["leader", "followers"])]
    lines = []
    for row, of_row in results.items():
        line = [ROWS[row][0]]
        for name, part in parts:
            runs = [run for run in of_row.get(name, []) if run]
            line.append(number(statistics.median(cpu_of(run, part) for run in runs)) if runs else "-")
        lines.append(line)
    table(["CPU us/op", *(f"{TITLES[name]} {part}" for name, part in parts)], lines)


def cpu_of(run, part):
    each = run["server_cpu_s_each"]
    chosen = {"leader": each[:1], "followers": each[1 : ensemble.SIZE], "PostgreSQL": each[ensemble.SIZE :]}[part]
    return sum(chosen) * 1e6 / max(run["ops"], 1)


def print_facts(options, folder):
    def output(*command):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return (done.stdout + done.stderr).strip().splitlines()[0] if done.returncode == 0 else "?"

    file_system = output("stat", "-f", "-c", "%T", str(folder))
    if file_system in ("tmpfs", "ramfs"):
        say("the temporary folder is in memory, so fsync costs nothing; choose another one with --tmp")
    facts = [f"{os.cpu_count()} processors", f"Linux {platform.release()}", f"data on {file_system}"]
    facts.append(f".NET SDK {output('dotnet', '--version')}")
    if options.only != OURS:
        facts.append(output("java", "-version").replace('"', ""))
        facts.append(f"JVM options: {options.java_options or 'none'}")
    print("; ".join(facts) + ".")
    if options.rows:
        print(f"Medians of {options.pairs} runs of {options.seconds:g} s each, in turns; ratios pair by pair (smallest-largest).")
    print()


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=5, help="counted runs per row and server (5 or more for numbers to publish)")
    parser.add_argument("--seconds", type=float, default=3, help="measured time of a run")
    parser.add_argument("--warmup", type=float, default=3, help="time before it within each run: what runs is compiled again once it is hot, by both")
    parser.add_argument("--warmup-server", type=float, default=5, help="time of reading and of writing before the first row")
    parser.add_argument("--rows", help="comma-separated: " + ",".join(ROWS) + "; 'none' for the footprint alone")
    parser.add_argument("--nodes", type=int, default=1000, help="nodes of get, set and mix")
    parser.add_argument("--only", choices=[OURS, THEIRS], help="one of the servers alone")
    parser.add_argument("--ensemble", action="store_true", help="three servers of each kind; OrleansZk's on a PostgreSQL of their own")
    parser.add_argument("--failover", type=int, nargs="?", const=10, metavar="N", help="kill the leader of an ensemble N times (10) instead")
    parser.add_argument("--failover-how", choices=list(failover.SIGNALS), default="kill", help="SIGKILL, or SIGSTOP and SIGCONT later")
    parser.add_argument("--failover-clients", type=int, default=12, help="clients that write meanwhile")
    parser.add_argument("--footprint", action="store_true", help="also start time, memory and restart time")
    parser.add_argument("--footprint-nodes", type=int, default=1_000_000)
    parser.add_argument("--footprint-heap", default="1000m", help="measure ZooKeeper's footprint with this -Xmx too; empty for not")
    parser.add_argument(
        "--start",
        default=os.environ.get("ORLEANSZK_START", "../start.sh"),
        help="command that runs OrleansZk in the foreground, from the bench folder; given --port, --admin-port and --data",
    )
    parser.add_argument("--zookeeper-classpath", default=os.environ.get("ZOOKEEPER_CLASSPATH", "/usr/share/java/zookeeper.jar"))
    parser.add_argument("--java-options", default="", help="JVM options of ZooKeeper, such as -Xmx1000m")
    parser.add_argument("--tmp", help="where the temporary folder goes")
    parser.add_argument("--json", type=pathlib.Path, help="file for all single results")
    options = parser.parse_args()
    if options.pairs < 1:
        parser.error("--pairs must be at least 1")
    if options.footprint and (options.ensemble or options.failover):
        parser.error("--footprint is of a server alone")
    if options.failover:
        options.rows = "none"
    options.rows = [] if options.rows == "none" else options.rows.split(",") if options.rows else list(ROWS)
    unknown = [row for row in options.rows if row not in ROWS]
    if unknown:
        parser.error("unknown rows: " + ", ".join(unknown))
    return options


def interrupted(number_of_signal, _):
    raise SystemExit(128 + number_of_signal)


def main():
    options = parse()
    for signal_number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signal_number, interrupted)
    names = [options.only] if options.only else [OURS, THEIRS]
    folder = tempfile.mkdtemp(prefix="orleanszk-bench-", dir=options.tmp)
    comparison = Comparison(options, folder)
    record = {}
    try:
        print_facts(options, folder)
        if options.rows:
            record["rows"] = {}
            try:
                comparison.throughput(names, record["rows"])
            finally:
                if record["rows"]:
                    print_throughput(record["rows"], names)
        if options.failover:
            record["failover"] = {}
            try:
                failover.run(comparison, names, record["failover"])
            finally:
                failover.print_results(record["failover"], table)
        if options.footprint:
            variants = {TITLES[name]: (name, None) for name in names}
            if THEIRS in names and options.footprint_heap:
                java_options = f"{options.java_options} -Xmx{options.footprint_heap}"
                variants[f"ZooKeeper -Xmx{options.footprint_heap}"] = (THEIRS, java_options)
            record["footprint"] = {title: comparison.footprint(name, title, java) for title, (name, java) in variants.items()}
            print(f"With {options.footprint_nodes:,} nodes of 100 B; cold starts are medians of 3, the rest are single measurements.\n")
            kinds = list(dict.fromkeys(kind for measured in record["footprint"].values() for kind in measured))
            table(
                ["", *record["footprint"]],
                [[kind, *(number(measured.get(kind)) for measured in record["footprint"].values())] for kind in kinds],
            )
        if options.json:
            options.json.write_text(json.dumps({**record, "problems": comparison.problems}, indent=2) + "\n")
    except RuntimeError as error:
        comparison.problem(str(error))
    finally:
        for signal_number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signal_number, signal.SIG_IGN)
        comparison.end_all()
        shutil.rmtree(folder, ignore_errors=True)
    for problem in comparison.problems:
        print(f"PROBLEM: {problem}")
    return 1 if comparison.problems else 0


if __name__ == "__main__":
    sys.exit(main())
