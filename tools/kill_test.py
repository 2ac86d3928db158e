#!/usr/bin/env python3
"""Kills pawl at random instants during collect and learn, and checks what must hold after every kill.

Nothing acknowledged is lost (every turn whose id was printed accepts feedback afterwards), the live model is whole (it
answers, undegraded, and with the generation that the history calls live), and the next cycle completes.
"""
import argparse
import json
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


class Killer:
    def __init__(self, pawl, workspace, seed):
        self.pawl, self.workspace, self.rng = pawl, workspace, random.Random(seed)
        self.turns = [json.loads(x) for x in open(ROOT / "data" / "conversations.jsonl", encoding="utf-8")]
        self.sent, self.acknowledged = 0, []
        self.learn_seconds, self.collect_seconds = 1.0, 0.25

    def command(self, verb, *args):
        return [self.pawl, verb, "--workspace", str(self.workspace), *args]

    def run(self, verb, *args, lines=None):
        given = None if lines is None else "".join(json.dumps(x) + "\n" for x in lines)
        done = subprocess.run(self.command(verb, *args), input=given, capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            raise AssertionError(f"{verb} failed with status {done.returncode}: {done.stderr[-1000:]}")
        return done.stdout

    def prepare(self):
        examples = self.workspace.parent / "examples.jsonl"
        lines = open(ROOT / "data" / "cold_start.jsonl", encoding="utf-8").readlines()[:200]
        stripped = [{k: v for k, v in json.loads(x).items() if k != "entities"} for x in lines]
        examples.write_text("".join(json.dumps(x) + "\n" for x in stripped), encoding="utf-8")
        self.run("init", "--examples", str(examples))
        # A cycle that tunes the encoder takes minutes, and the same steps.
        (self.workspace / "pawl.toml").write_text("[training]\ntune_after_cycle = false\n")

    def next_turns(self, count):
        batch = []
        for _ in range(count):
            turn = dict(self.turns[self.sent % len(self.turns)])
            turn["conversation_id"] = f"{turn['conversation_id']}-{self.sent // len(self.turns)}"
            batch.append(turn)
            self.sent += 1
        return batch

    def kill_collect(self):
        process = subprocess.Popen(self.command("collect", "--acks"), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, text=True)
        give_up = time.monotonic() + self.rng.uniform(0.0, self.collect_seconds)
        try:
            for turn in self.next_turns(400):
                process.stdin.write(json.dumps(turn) + "\n")
                if time.monotonic() > give_up:
                    break
            process.stdin.flush()
        except BrokenPipeError:
            pass
        time.sleep(max(0.0, give_up - time.monotonic()))
        process.send_signal(signal.SIGKILL)
        fresh = []
        for line in process.stdout.read().splitlines():
            try:
                answer = json.loads(line)
            except ValueError:
                continue  # the line that the kill cut
            if "turn_id" in answer and answer.get("stored", True):
                fresh.append(answer["turn_id"])
        process.wait()
        self.acknowledged.extend(fresh)
        return fresh

    def kill_learn(self):
        process = subprocess.Popen(self.command("learn", "--set", "learning.min_data_threshold=1", "--json"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(self.rng.uniform(0.0, self.learn_seconds))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()

    def check(self, turn_ids):
        if turn_ids:
            summary = json.loads(self.run("feedback", lines=[{"turn_id": t, "satisfaction_score": 0.6} for t in turn_ids]))
            assert summary["accepted"] == len(turn_ids), f"acknowledged turns were lost: {summary}"
        live = [g for g in json.loads(self.run("generations", "--json")) if g["live"]]
        assert len(live) == 1, f"there must be one live generation: {live}"
        answer = json.loads(self.run("analyze", lines=[{"text": "my build fails with an ImportError"}]))
        assert answer["generation"] == live[0]["generation"] and not answer["degraded"], answer

    def complete_cycle(self):
        started = time.monotonic()
        result = json.loads(self.run("learn", "--set", "learning.min_data_threshold=1", "--json"))
        assert result["status"] in ("completed", "skipped"), result
        self.learn_seconds = max(0.2, time.monotonic() - started)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pawl", default="build/release/src/cli/pawl")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pawl-kill-"))
    killer = Killer(str(pathlib.Path(args.pawl).resolve()), folder / "workspace", args.seed)
    try:
        killer.prepare()
        started = time.monotonic()
        killer.run("collect", lines=killer.next_turns(400))
        killer.collect_seconds = time.monotonic() - started
        killer.complete_cycle()
        for i in range(args.kills):
            fresh = killer.kill_collect() if i % 2 == 0 else killer.kill_learn() or []
            killer.check(fresh)
            if i % 10 == 9:
                killer.complete_cycle()
            if sys.stderr.isatty() or i % 20 == 19:
                print(f"{i + 1} kills, {len(killer.acknowledged)} acknowledged turns, all there", file=sys.stderr, flush=True)
        assert killer.acknowledged, "no kill came after an acknowledgement: nothing was tested"
        killer.check(killer.acknowledged)
        killer.complete_cycle()
    except AssertionError as wrong:
        print(f"FAILED with seed {args.seed}: {wrong}")
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{args.kills} kills: {len(killer.acknowledged)} acknowledged turns, none lost; the live model stayed whole; the next cycle completed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
