#!/usr/bin/env python3
"""Kills learning cycles at random instants, and checks that they come to the same weights as one that nobody killed.

Each round takes a copy of one workspace, kills `pawl learn` at a random instant, now and then again while it resumes, and
lets it finish. What must hold: a step that was settled is not done again, the live pipeline is byte for byte that of the
uninterrupted cycle, no verdict is lost, and every turn is still there.
"""
import argparse
import hashlib
import json
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
EAGER = ["--set", "validation.alpha=0.5", "--set", "validation.margin=0.3", "--set", "validation.intent_accuracy=0",
         "--set", "validation.sentiment_accuracy=0", "--set", "validation.accuracy=0", "--set", "learning.validation_threshold=0",
         "--set", "training.encoder=none", "--set", "training.validation_split=0.6"]


def read(name, limit=None):
    with open(ROOT / "data" / name, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines][:limit]


def command(pawl, workspace, verb, *args):
    return [str(pawl), verb, "--workspace", str(workspace), *map(str, args)]


def run(pawl, workspace, verb, *args, lines=None):
    given = "".join(json.dumps(x) + "\n" for x in lines or [])
    done = subprocess.run(command(pawl, workspace, verb, *args), input=given, capture_output=True, text=True, timeout=600)
    if done.returncode:
        raise AssertionError(f"{verb} failed with status {done.returncode}: {done.stderr[-1000:]}")
    return done.stdout


def prepare(pawl, folder):
    examples = folder / "examples.jsonl"
    lines = [{k: v for k, v in e.items() if k != "entities"} for e in read("cold_start.jsonl", 400)]
    examples.write_text("".join(json.dumps(x) + "\n" for x in lines), encoding="utf-8")
    run(pawl, folder / "workspace", "init", "--examples", examples, "--set", "training.min_updates=20", "--set", "training.encoder=none")
    run(pawl, folder / "workspace", "collect", lines=read("conversations.jsonl", 1500))


def learn_command(pawl, workspace):
    return command(pawl, workspace, "learn", "--json", *EAGER, "--set", "training.n_iter=3", "--set", "training.min_updates=60")


def weights(workspace):
    """Digest by file of what the live pipeline is made of."""
    with sqlite3.connect(workspace / "pawl.db") as db:
        live, = db.execute("select generation_id from live order by sequence desc limit 1").fetchone()
    pipeline = workspace / "generations" / live / "pipeline"
    return {str(p.relative_to(pipeline)): hashlib.sha256(p.read_bytes()).hexdigest() for p in pipeline.rglob("*") if p.is_file()}


def state(workspace):
    """Settled steps with their times, and the number of turns."""
    with sqlite3.connect(workspace / "pawl.db") as db:
        turns, = db.execute("select count(*) from turns").fetchone()
        row = db.execute("select payload from cycles order by sequence desc limit 1").fetchone()
    return (json.loads(row[0]).get("settled", {}) if row else {}), turns


def kill_at(pawl, workspace, seconds):
    """Whether the cycle was killed before it was over."""
    process = subprocess.Popen(learn_command(pawl, workspace), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(seconds)
        return False
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pawl", default="build/release/src/cli/pawl", type=pathlib.Path)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    pawl, rng = args.pawl.resolve(), random.Random(args.seed)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pawl-kill-cycle-"))
    kills, after = 0, {}
    try:
        prepare(pawl, folder)
        whole = folder / "whole"
        shutil.copytree(folder / "workspace", whole)
        started = time.monotonic()
        expected = json.loads(subprocess.run(learn_command(pawl, whole), capture_output=True, text=True, check=True).stdout)
        length = time.monotonic() - started
        assert expected["model_improved"], expected["reason"]
        wanted, (steps, turns) = weights(whole), state(whole)
        while kills < args.kills:
            copy = folder / "copy"
            shutil.copytree(folder / "workspace", copy)
            while kill_at(pawl, copy, rng.uniform(0, 1.1 * length)):
                kills += 1
                settled = state(copy)[0]
                after[len(settled)] = after.get(len(settled), 0) + 1
                if rng.random() < 0.7:
                    break
            settled = state(copy)[0]
            done = subprocess.run(learn_command(pawl, copy), capture_output=True, text=True, timeout=600)
            assert done.returncode == 0, done.stderr[-1000:]
            result = json.loads(done.stdout)
            again, now = state(copy)
            assert result["status"] in ("completed", "skipped"), result
            assert weights(copy) == wanted, f"other weights after a kill behind {list(settled)}"
            assert now == turns, f"{turns - now} turns were lost"
            if result["status"] == "completed":
                assert again.keys() == steps.keys(), f"steps {list(again)}"
                assert all(again[step] == seconds for step, seconds in settled.items()), "a settled step was done again"
                assert result["validation"] == expected["validation"], "verdicts were lost"
            shutil.rmtree(copy)
            if sys.stderr.isatty():
                print(f"{kills} kills", file=sys.stderr, flush=True)
    except AssertionError as wrong:
        print(f"FAILED with seed {args.seed} after {kills} kills: {wrong}")
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    spread = ", ".join(f"{n} behind {k} steps" for k, n in sorted(after.items()))
    print(f"{kills} kills of a cycle of {len(steps)} steps ({spread}): each went on where it was and came to the same weights")
    return 0


if __name__ == "__main__":
    sys.exit(main())
