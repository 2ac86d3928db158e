#!/usr/bin/env python3
"""How well `pawl analyze` tells texts out of scope, on sets of utterances (where they are present): a workspace from
examples alone, no cycle. For clinc150 its own texts out of scope, none of them trained on; for the other sets the texts
of a quarter of the intents, left out of training.

Prints the area under the ROC curve of `out_of_scope_score` beside that of the top label's probability, the share of
texts out of scope that are told, and accuracy in scope with and without the bound.
"""
import argparse
import collections
import json
import pathlib
import random
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"


def read(name):
    return [json.loads(line) for line in (DATA / name).open(encoding="utf-8")]


def auroc(inside, outside):
    """The chance that a text out of scope scores higher than one in scope; equal scores count half."""
    ranked = sorted([(x, 0) for x in inside] + [(x, 1) for x in outside])
    total, i = 0.0, 0
    while i < len(ranked):
        j = i
        while j < len(ranked) and ranked[j][0] == ranked[i][0]:
            j += 1
        total += (i + j + 1) / 2 * sum(label for _, label in ranked[i:j])
        i = j
    n = len(outside)
    return (total - n * (n + 1) / 2) / (n * len(inside))


def divide(name, shots, seed):
    rng = random.Random(seed)
    train, dev = read(f"{name}.train.jsonl"), read(f"{name}.dev.jsonl")
    labels = sorted({e["intent"] for e in train})
    if name == "clinc150":
        outside, inside = read("clinc150.oos.jsonl"), dev
    else:
        left_out = set(rng.sample(labels, len(labels) // 4))
        outside = [e for e in dev if e["intent"] in left_out]
        inside = [e for e in dev if e["intent"] not in left_out]
        train = [e for e in train if e["intent"] not in left_out]
    if shots:
        by_label = collections.defaultdict(list)
        for e in train:
            by_label[e["intent"]].append(e)
        train = [e for label in sorted(by_label) for e in rng.sample(by_label[label], min(shots, len(by_label[label])))]
    return train, inside, [e["text"] for e in outside]


def measure(pawl, name, shots, seed, tune):
    train, inside, outside = divide(name, shots, seed)
    with tempfile.TemporaryDirectory(prefix="pawl-scope-") as folder:
        examples = pathlib.Path(folder) / "examples.jsonl"
        examples.write_text("".join(json.dumps({"text": e["text"], "intent": e["intent"]}) + "\n" for e in train))
        workspace = f"{folder}/workspace"
        run = lambda *args, lines=None: subprocess.run([pawl, *args], input=lines, capture_output=True, text=True, check=True).stdout
        run("init", "--workspace", workspace, "--examples", str(examples))
        if tune:
            run("learn", "--workspace", workspace, "--tune")
        texts = [e["text"] for e in inside] + outside
        lines = "".join(json.dumps({"text": t}) + "\n" for t in texts)
        answers = [json.loads(line) for line in run("analyze", "--workspace", workspace, lines=lines).splitlines()]
        run("export", "--workspace", workspace, "--to", f"{folder}/pipeline")
        docs = [json.loads(line) for line in run("parse", "--pipeline", f"{folder}/pipeline", lines=lines).splitlines()]
    near, far = answers[: len(inside)], answers[len(inside) :]
    best = lambda a: a.get("guess") or a["intent"]
    # The top label's own probability, were the text in scope.
    top = [max(v for k, v in d["cats"].items() if k != "OUT_OF_SCOPE") / max(1e-30, 1 - d["cats"]["OUT_OF_SCOPE"]) for d in docs]
    told = sum(a["intent"] == "none_of_these" for a in far) / len(far)
    right = sum(a["intent"] == e["intent"] for a, e in zip(near, inside)) / len(near)
    free = sum(best(a) == e["intent"] for a, e in zip(near, inside)) / len(near)
    score = auroc([a["out_of_scope_score"] for a in near], [a["out_of_scope_score"] for a in far])
    plain = auroc([-p for p in top[: len(near)]], [-p for p in top[len(near) :]])
    print(f"{name:10} {shots or 'all':>4} seed {seed}: AUROC {score:.4f}, of the top probability {plain:.4f}; told {100 * told:.1f} % of "
          f"{len(far)}; accuracy in scope {100 * right:.1f}, without the bound {100 * free:.1f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pawl", default="build/release/src/cli/pawl")
    parser.add_argument("--data", default="clinc150,hwu64,banking77")
    parser.add_argument("--shots", type=int, default=0, help="examples a label; 0: all")
    parser.add_argument("--seeds", default="1")
    parser.add_argument("--tune", action="store_true", help="tune the encoder's layers before")
    args = parser.parse_args()
    if not DATA.exists():
        print("the sets of utterances are not present here: nothing was run")
        return 0
    for name in args.data.split(","):
        for seed in map(int, args.seeds.split(",")):
            measure(args.pawl, name, args.shots, seed, args.tune)
    return 0


if __name__ == "__main__":
    sys.exit(main())
