#!/usr/bin/env python3
"""The gateway against its upstream alone: what it adds, how much it carries.

Client side, open loop, capture and understanding on. The service runs on one core, load and upstream on the other;
rounds with and without the gateway alternate. Prints medians over the rounds and their spread.
"""
import argparse
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def pinned(core, command):
    return ["taskset", "-c", str(core), *map(str, command)] if os.cpu_count() > 1 else [str(x) for x in command]


def resident_mb(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(x for x in lines if x.startswith("VmRSS")).split()[1]) / 1024


class Bench:
    def __init__(self, args, folder):
        self.args, self.folder = args, pathlib.Path(folder)
        build = pathlib.Path(args.build).resolve()
        self.program, self.tool = build / "src" / "cli" / "pawl", build / "bench" / "pawl_serve_bench"
        self.workspace = self.folder / "workspace"
        encoder = ROOT / "build" / "encoder"
        chosen = encoder if args.encoder == "auto" and encoder.exists() else "none"
        subprocess.run([self.program, "init", "--workspace", self.workspace, "--examples", ROOT / "data" / "cold_start.jsonl",
                        "--set", f"training.encoder={chosen}"], check=True, capture_output=True)
        self.upstream = subprocess.Popen(pinned(1, [self.tool, "upstream"]), stdout=subprocess.PIPE, text=True)
        self.direct = f"http://127.0.0.1:{self.upstream.stdout.readline().strip()}"
        (self.workspace / "pawl.toml").write_text(
            f'[training]\nencoder = "{chosen}"\n[serve]\nlog_file = "{self.folder}/log"\n'
            f'[[gateway.upstream]]\nname = "mock"\nurl = "{self.direct}"\n')
        self.service = subprocess.Popen(pinned(0, [self.program, "serve", "--workspace", self.workspace, "--listen", "127.0.0.1:0"]),
                                        stdout=subprocess.PIPE, text=True)
        ready = json.loads(self.service.stdout.readline())
        self.url, self.key = ready["url"], ready["admin_key"]

    def load(self, url, what, rate, seconds):
        done = subprocess.run(pinned(1, [self.tool, "load", url, self.key, what, rate, seconds]), capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    def streams(self, url, count):
        done = subprocess.run(pinned(1, [self.tool, "streams", url, self.key, count]), capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    def stop(self):
        for process in (self.service, self.upstream):
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def row(name, values, unit):
    middle = statistics.median(values)
    print(f"{name:58} {middle:9.3f} {unit:4} {min(values):9.3f} – {max(values):.3f}", flush=True)
    return middle


def added(bench, rounds, rate, seconds):
    p50, p99 = [], []
    for _ in range(rounds):
        direct, through = bench.load(bench.direct, "chat", rate, seconds), bench.load(bench.url, "chat", rate, seconds)
        if through["failed"]:
            print(f"  {through['failed']} requests failed", flush=True)
        p50.append(through["p50_ms"] - direct["p50_ms"])
        p99.append(through["p99_ms"] - direct["p99_ms"])
    row(f"added by the gateway at {rate}/s, not streamed: p50", p50, "ms")
    row(f"added by the gateway at {rate}/s, not streamed: p99", p99, "ms")


def saturation(bench, seconds):
    best = 0
    for rate in (2000, 3000, 4000, 5000, 6000, 8000, 10000):
        got = bench.load(bench.url, "chat", rate, seconds)
        carried = got["answered"] / got["seconds"]
        print(f"  offered {rate}/s: {carried:.0f}/s answered, {got['failed']} failed, p99 {got['p99_ms']:.2f} ms", flush=True)
        best = max(best, carried)
        if carried < rate * 0.9:
            break
    row("chat completions carried", [best], "/s")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default=ROOT / "build" / "release")
    parser.add_argument("--encoder", default="auto")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pawl-bench-") as folder:
        bench = Bench(args, folder)
        try:
            bench.load(bench.url, "chat", 200, 2)
            print(f"{'what':58} {'median':>9} {'':4} {'range':>9}")
            added(bench, args.rounds, 1000, args.seconds)
            saturation(bench, args.seconds)
            got = bench.load(bench.url, "analyze", 3000, args.seconds)
            row("analyze at 3000/s offered: carried", [got["answered"] / got["seconds"]], "/s")
            got = bench.load(bench.url, "analyze", 1500, args.seconds)
            row("analyze at 1500/s: p99", [got["p99_ms"]], "ms")
            before = resident_mb(bench.service.pid)
            delays = []
            for _ in range(max(1, args.rounds // 3)):
                direct, through = bench.streams(bench.direct, 1000), bench.streams(bench.url, 1000)
                delays.append(through["p99_ms"] - direct["p99_ms"])
            row("added to a chunk of 1000 streams: p99", delays, "ms")
            row("memory for them", [resident_mb(bench.service.pid) - before], "MiB")
        finally:
            bench.stop()


if __name__ == "__main__":
    sys.exit(main())
