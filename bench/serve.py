#!/usr/bin/env python3
"""The gateway against its upstream alone, and analysing: what it adds, how much it carries.

Client side, open loop, capture and understanding on. The service runs on one core, load and upstream on the other;
rounds with and without the gateway alternate. Prints medians over the rounds and their spread. The workspace is what one
is after its first cycles: heads trained on data/, corrected by data/conversations.jsonl, layers of the encoder tuned.
Analysed are the texts of data/, none twice (what comes again is remembered). What one text costs, by component and tier,
stands before the rates, so that these can be read against the machine. --examples makes a new workspace of another set,
--texts analyses other texts: how often heads ask the encoder depends on both.
"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent


def pinned(core, command):
    return ["taskset", "-c", str(core), *map(str, command)] if os.cpu_count() > 1 else [str(x) for x in command]


def resident_mb(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(x for x in lines if x.startswith("VmRSS")).split()[1]) / 1024


def lines_of(name):
    with open(ROOT / "data" / name, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def prepare(program, folder, encoder, examples=None):
    """A workspace after its first cycles, or a new one of `examples`; once for all runs with this program and data."""
    workspace = folder / "workspace"
    if (folder / "done").exists():
        return workspace
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    given = ["--workspace", workspace, "--set", f"training.encoder={encoder}"]
    print(f"preparing {workspace}: first generation, one cycle, tuning; some minutes", file=sys.stderr, flush=True)
    subprocess.run([program, "init", *given, "--examples", examples or ROOT / "data" / "cold_start.jsonl"], check=True, capture_output=True)
    cycles = []
    if examples is None:  # without conversations there is nothing to judge a cycle by
        turns = "".join(json.dumps(turn) + "\n" for turn in lines_of("conversations.jsonl"))
        subprocess.run([program, "collect", *given], check=True, capture_output=True, input=turns.encode())
        first = ["--set", "learning.min_data_threshold=1"]
        cycles = [first, ["--tune"]] if encoder != "none" else [first]
    for more in cycles:
        done = subprocess.run([program, "learn", *given, *more, "--set", "training.tune_after_cycle=false"], check=True, capture_output=True, text=True)
        print(done.stdout, file=sys.stderr, flush=True)
    (folder / "done").touch()
    return workspace


class Bench:
    def __init__(self, args, folder):
        self.args, self.folder = args, pathlib.Path(folder)
        build = pathlib.Path(args.build).resolve()
        self.program, self.tool = build / "src" / "cli" / "pawl", build / "bench" / "pawl_serve_bench"
        encoder = ROOT / "build" / "encoder"
        chosen = encoder if args.encoder == "auto" and encoder.exists() else "none"
        kept = ("served" if chosen != "none" else "served-plain") + (f"-{pathlib.Path(args.examples).stem}" if args.examples else "")
        prepared = pathlib.Path(args.prepared) if args.prepared else build / "bench" / kept
        self.workspace = self.folder / "workspace"
        shutil.copytree(prepare(self.program, prepared, chosen, args.examples), self.workspace)
        self.texts = self.folder / "texts.jsonl"
        if args.texts:
            texts = [json.loads(line)["text"] for line in pathlib.Path(args.texts).read_text("utf8").splitlines()]
        else:
            texts = [x["text"] for x in lines_of("dev.jsonl")] + [x["user_text"] for x in lines_of("conversations.jsonl")]
        self.texts.write_text("".join(json.dumps({"text": t}) + "\n" for t in dict.fromkeys(texts)))
        self.costs_tool, self.encoder = build / "bench" / "pawl_analyze_bench", chosen
        self.upstream = subprocess.Popen(pinned(1, [self.tool, "upstream"]), stdout=subprocess.PIPE, text=True)
        self.direct = f"http://127.0.0.1:{self.upstream.stdout.readline().strip()}"
        (self.workspace / "pawl.toml").write_text(
            f'[training]\nencoder = "{chosen}"\n[serve]\nlog_file = "{self.folder}/log"\n'
            f'[[gateway.upstream]]\nname = "mock"\nurl = "{self.direct}"\n')
        self.service = subprocess.Popen(pinned(0, [self.program, "serve", "--workspace", self.workspace, "--listen", "127.0.0.1:0"]),
                                        stdout=subprocess.PIPE, text=True)
        ready = json.loads(self.service.stdout.readline())
        self.url, self.key, self.sent = ready["url"], ready["admin_key"], 0

    def load(self, url, what, rate, seconds):
        return self.measured(["load", url, self.key, what, rate, seconds, self.texts], int(rate * seconds))

    def streams(self, url, count):
        return self.measured(["streams", url, self.key, count, self.texts], count)

    def measured(self, words, texts):
        done = subprocess.run(pinned(1, [self.tool, *words, self.sent]), capture_output=True, text=True, check=True)
        self.sent += texts
        return json.loads(done.stdout)

    def ask(self, method, path, body=None):
        request = urllib.request.Request(self.url + path, method=method, data=None if body is None else json.dumps(body).encode(),
                                         headers={"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def costs(self):
        exported = self.folder / "pipeline"
        subprocess.run([self.program, "export", "--workspace", self.workspace, "--set", f"training.encoder={self.encoder}", "--to", exported],
                       check=True, capture_output=True)
        done = subprocess.run(pinned(0, [self.costs_tool, exported, self.texts]), capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    def stop(self):
        for process in (self.service, self.upstream):
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def row(name, values, unit):
    middle = statistics.median(values)
    print(f"{name:58} {middle:9.3f} {unit:4} {min(values):9.3f} – {max(values):.3f}", flush=True)
    return middle


def show_costs(bench):
    costs = bench.costs()
    print(f"one text, {costs.pop('texts')} of them: milliseconds of one core")
    print(f"  {'tokenizer':22} {costs.pop('tokenizer_ms'):7.3f}")
    for name, cost in costs.items():
        line = f"  {name:22} {cost['one_by_one_ms']:7.3f}   in groups of 8 {cost['in_groups_ms']:7.3f}"
        if tiers := cost.get("tiers"):
            line += (f"   first tier {tiers['first_tier_ms']:.3f}, second {tiers['second_tier_ms']:.3f} "
                     f"(in groups {tiers['second_tier_ms_in_groups']:.3f}), asked for {100 * tiers['second_tier_share']:.0f} %")
        print(line, flush=True)


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


def saturation(bench, what, rates, seconds):
    best = 0
    for rate in rates:
        got = bench.load(bench.url, what, rate, seconds)
        carried = got["answered"] / got["seconds"]
        print(f"  offered {rate}/s: {carried:.0f}/s answered, {got['failed']} failed, p99 {got['p99_ms']:.2f} ms", flush=True)
        best = max(best, carried)
        if carried < rate * 0.9:
            break
    row(f"{what} carried", [best], "/s")
    return best


def analyze_beside_training(bench, rate, seconds):
    """The same load without and with a cycle; the cycle must be under way all the time."""
    quiet = bench.load(bench.url, "analyze", rate, seconds)
    run = bench.ask("POST", "/api/v1/learn", {"force": True})
    while bench.ask("GET", run["url"])["stage"] in (None, "", "load"):
        time.sleep(0.05)
    busy = bench.load(bench.url, "analyze", rate, seconds)
    after = bench.ask("GET", run["url"])
    while bench.ask("GET", run["url"])["state"] == "running":  # one at a time
        time.sleep(0.5)
    row(f"analyze at {rate}/s: p99", [quiet["p99_ms"]], "ms")
    row(f"analyze at {rate}/s while a cycle trains: p99", [busy["p99_ms"]], "ms")
    print(f"  the cycle is {after['state']} ({after['stage']}) at the end of it; {busy['failed']} requests failed", flush=True)


def streams(bench, rounds):
    before = resident_mb(bench.service.pid)
    delays = []
    for _ in range(rounds):
        direct, through = bench.streams(bench.direct, 1000), bench.streams(bench.url, 1000)
        delays.append(through["p99_ms"] - direct["p99_ms"])
    row("added to a chunk of 1000 streams: p99", delays, "ms")
    row("memory for them", [resident_mb(bench.service.pid) - before], "MiB")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default=ROOT / "build" / "release")
    parser.add_argument("--encoder", default="auto")
    parser.add_argument("--prepared", help="folder in which the prepared workspace is kept")
    parser.add_argument("--examples", help="JSON lines with text and intent to train the first generation on, in place of data/")
    parser.add_argument("--texts", help="JSON lines with text to analyse, in place of those of data/")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--only", choices=["costs", "gateway", "analyze", "streams"])
    args = parser.parse_args()
    wanted = [args.only] if args.only else ["costs", "gateway", "analyze", "streams"]
    with tempfile.TemporaryDirectory(prefix="pawl-bench-") as folder:
        bench = Bench(args, folder)
        try:
            bench.load(bench.url, "chat", 200, 2)
            bench.load(bench.url, "analyze", 200, 2)
            if "costs" in wanted:
                show_costs(bench)
            print(f"{'what':58} {'median':>9} {'':4} {'range':>9}")
            if "gateway" in wanted:
                added(bench, args.rounds, 1000, args.seconds)
                saturation(bench, "chat", (2000, 3000, 4000, 5000, 6000, 8000, 10000), args.seconds)
            if "streams" in wanted:
                streams(bench, max(3, args.rounds // 2))
            if "analyze" in wanted:
                best = saturation(bench, "analyze", (500, 750, 1000, 1500, 2000, 3000, 4000, 5000), args.seconds)
                analyze_beside_training(bench, 1500, args.seconds)
                if best < 3000:
                    analyze_beside_training(bench, 10 * round(best / 20), args.seconds)
        finally:
            bench.stop()


if __name__ == "__main__":
    sys.exit(main())
