#!/usr/bin/env python3
"""What a cycle with 100 fresh turns costs, training left out, in a workspace of few and in one of many stored turns.

Both are taken in one run; the ratio is what counts. Texts are made of random words, a share of the turns has feedback.
"""
import argparse
import json
import pathlib
import random
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent


class Workspace:
    def __init__(self, pawl, folder):
        self.pawl, self.folder, self.rng, self.count = pawl, folder, random.Random(1), 0
        lines = (ROOT / "data" / "cold_start.jsonl").read_text(encoding="utf-8").splitlines()[:300]
        examples = [{k: v for k, v in json.loads(x).items() if k != "entities"} for x in lines]
        self.intents = sorted({e["intent"] for e in examples})
        self.words = sorted({w for e in examples for w in e["text"].lower().split()})
        self.run("init", "--examples", self.write("examples.jsonl", examples), "--set", "training.min_updates=20")

    def write(self, name, lines):
        path = self.folder / name
        path.write_text("".join(json.dumps(x) + "\n" for x in lines), encoding="utf-8")
        return path

    def run(self, verb, *args, stdin=None):
        command = [self.pawl, verb, "--workspace", self.folder / "workspace", "--set", "training.encoder=none", *args]
        with open(stdin or "/dev/null", "rb") as given:
            done = subprocess.run([str(x) for x in command], stdin=given, capture_output=True)
        if done.returncode:
            raise SystemExit(f"{verb}: {done.stderr.decode()[-500:]}")
        return done.stdout

    def collect(self, turns, share):
        lines = []
        for _ in range(turns):
            self.count += 1
            user = f"user-{self.rng.randrange(turns // 10 + 20)}"
            turn = {"conversation_id": f"c{self.count}", "user_id": user, "consent": True,
                    "user_text": " ".join(self.rng.choices(self.words, k=8))}
            if self.rng.random() < share:
                turn["feedback"] = {"corrected_intent": self.rng.choice(self.intents)}
            lines.append(turn)
        self.run("collect", stdin=self.write("turns.jsonl", lines))

    def learn(self):
        result = json.loads(self.run("learn", "--set", "learning.min_data_threshold=1", "--json", "--set", "training.n_iter=1", "--set", "training.min_updates=1"))
        timings = result["timings"]
        return {step: s for step, s in timings.items() if step not in ("total", "train")}


def measure(pawl, turns, share):
    with tempfile.TemporaryDirectory(prefix="pawl-cycle-cost-") as folder:
        workspace = Workspace(pawl, pathlib.Path(folder))
        workspace.collect(turns, share)
        workspace.learn()
        workspace.collect(100, 1.0)
        return workspace.learn()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pawl", default=ROOT / "build/release/src/cli/pawl")
    parser.add_argument("--turns", default="1000,200000")
    parser.add_argument("--feedback", type=float, default=0.05)
    args = parser.parse_args()
    totals = []
    for turns in map(int, args.turns.split(",")):
        timings = measure(args.pawl, turns, args.feedback)
        totals.append(sum(timings.values()))
        steps = "  ".join(f"{step} {1000 * seconds:.0f}" for step, seconds in timings.items())
        print(f"{turns} turns: {1000 * totals[-1]:.0f} ms without training ({steps})", flush=True)
    print(f"ratio {totals[-1] / totals[0]:.2f}")


if __name__ == "__main__":
    main()
