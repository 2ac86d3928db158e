#!/usr/bin/env python3
"""Two-step poisoning, several draws: what a refused attack leaves behind must not spoil what honest people teach later.

usage: poison_draws.py [--pawl PROGRAM] [--draws 12] [--encoder none|auto|DIR] [--attack 740] [--honest 750]

A draw: a workspace learns ten intents from six utterances each. One author then corrects 740 turns to one label (his own turns
in even draws, other people's in odd ones), and a cycle runs; then 60 people correct 750 turns, rightly, and another cycle runs.
The same honest turns are given to a copy that was never attacked. Accuracies are of intents, on data/dev.jsonl and on those
utterances of data/cold_start.jsonl that nobody was shown.
"""
import argparse
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

PEOPLE = 60
ROOT = pathlib.Path(__file__).resolve().parent.parent


def read(name):
    return [json.loads(line) for line in (ROOT / "data" / name).read_text(encoding="utf-8").splitlines()]


class Pawl:
    def __init__(self, program, workspace, settings):
        self.program, self.workspace, self.settings = program, workspace, settings

    def run(self, verb, *args, lines=None):
        given = None if lines is None else "".join(json.dumps(x, ensure_ascii=False) + "\n" for x in lines)
        done = subprocess.run([self.program, verb, "--workspace", self.workspace, *args], input=given, capture_output=True, text=True,
                              env={**os.environ, **self.settings})
        if done.returncode != 0:
            sys.exit(f"{verb}: {done.stderr}")
        return done.stdout

    def accuracy(self, dev):
        answers = map(json.loads, self.run("analyze", lines=[{"text": e["text"]} for e in dev]).splitlines())
        return 100 * sum(a["intent"] == e["intent"] for a, e in zip(answers, dev)) / len(dev)

    def learn(self):
        return json.loads(self.run("learn", "--force", "--json"))


def turn(number, user, text, **more):
    return {"turn_id": f"t{number}", "conversation_id": f"c{number}", "user_id": user, "user_text": text, "consent": True, **more}


def attack(pawl, texts, label, own_turns):
    feedback = {"corrected_intent": label}
    if own_turns:
        return pawl.run("collect", lines=[turn(f"a{i}", "u-mal", t, feedback=feedback) for i, t in enumerate(texts)])
    pawl.run("collect", lines=[turn(f"a{i}", f"u-{i}", t) for i, t in enumerate(texts)])
    return pawl.run("feedback", lines=[{"turn_id": f"ta{i}", "user_id": "u-mal", **feedback} for i in range(len(texts))])


def teach(pawl, honest):
    pawl.run("collect", lines=[turn(f"h{i}", f"p-{i % PEOPLE}", e["text"], feedback={"corrected_intent": e["intent"]})
                               for i, e in enumerate(honest)])


def one_draw(program, draw, args, folder):
    rng = random.Random(draw)
    examples = read("cold_start.jsonl")
    rng.shuffle(examples)
    labels = sorted({e["intent"] for e in examples})
    label = rng.choice(labels)
    by_label = {name: [e for e in examples if e["intent"] == name] for name in labels}
    first = [e for known in by_label.values() for e in known[:6]]
    honest = [e for known in by_label.values() for e in known[6:6 + args.honest // len(labels)]]
    dev = [e for known in by_label.values() for e in known[6 + args.honest // len(labels):]]
    dev += [e for e in read("dev.jsonl") if e["intent"] in labels]
    shown = {e["text"] for e in (*first, *honest, *dev)}
    others = [t["user_text"] for t in read("conversations.jsonl")]
    others = [text for text in dict.fromkeys(others) if text not in shown]
    rng.shuffle(others)
    settings = {"PAWL_TRAINING_ENCODER": args.encoder, "PAWL_TRAINING_TUNE_AFTER_CYCLE": "false"}
    (folder / "first.jsonl").write_text("".join(json.dumps({"text": e["text"], "intent": e["intent"]}) + "\n" for e in first))
    alone, struck = (Pawl(program, str(folder / name), settings) for name in ("alone", "struck"))
    alone.run("init", "--examples", str(folder / "first.jsonl"))
    shutil.copytree(folder / "alone", folder / "struck")
    start = alone.accuracy(dev)
    attack(struck, others[:args.attack], label, draw % 2 == 0)
    deployed = [struck.learn()["model_improved"]]
    after_attack = struck.accuracy(dev)
    for pawl in (alone, struck):
        teach(pawl, honest)
    reason = alone.learn()["reason"]
    deployed.append(struck.learn()["model_improved"])
    return {"draw": draw, "label": label, "start": start, "after_attack": after_attack, "honest_after_attack": struck.accuracy(dev),
            "honest_alone": alone.accuracy(dev), "deployed": deployed, "alone": reason}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pawl", default="build/release/src/cli/pawl")
    parser.add_argument("--draws", type=int, default=12)
    parser.add_argument("--encoder", default="none")
    parser.add_argument("--attack", type=int, default=740)
    parser.add_argument("--honest", type=int, default=750)
    args = parser.parse_args()
    lower = as_alone = learnt = 0
    for draw in range(args.draws):
        with tempfile.TemporaryDirectory(prefix="pawl-poison-") as folder:
            row = one_draw(args.pawl, draw, args, pathlib.Path(folder))
        print(json.dumps(row), flush=True)
        lower += row["after_attack"] < row["start"] or row["honest_after_attack"] < row["after_attack"]
        as_alone += row["honest_after_attack"] >= row["honest_alone"] - 1
        learnt += row["honest_alone"] > row["start"]
    print(f"{args.draws} draws: {lower} lowered the accuracy, {as_alone} gained as if alone, within a point; {learnt} learnt anything alone")
    return 1 if lower > 0 or min(as_alone, learnt) < args.draws * 10 // 12 else 0


if __name__ == "__main__":
    sys.exit(main())
