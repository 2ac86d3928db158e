#!/usr/bin/env python3
"""What ten answers to the review queue are worth, against random turns: frozen sentence vectors and a logistic regression,
through the queue's own code (learn/review) and, for users' reactions, the evidence code.

A model begins with five examples of each known intent; a thousand turns of traffic follow. Accuracy on the test split after
learning from nothing more; from ten items of the queue (an operator names each one; of a proposed intent that is what most of
its turns are, for all of them, which is often wrong for some); from the ten most uncertain turns by themselves; from ten and
from a hundred random turns, each named right by an operator; and from a hundred random turns with what users say: 30 % react,
of those who were misunderstood half name an intent, a tenth of these a wrong one. --hidden: share of the intents that no
example has at the beginning.
"""
import argparse
import collections
import json
import pathlib
import random
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from evidence import ROOT, SHARED, Program  # noqa: E402


def rows_of(name):
    with open(SHARED / "data" / name, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def start(train, hidden, chance):
    """Five examples of each intent that is known, and what is left."""
    intents = sorted({x["intent"] for x in train})
    unknown = set(chance.sample(intents, round(len(intents) * hidden)))
    chance.shuffle(train)
    counts, seeds, rest = collections.Counter(), [], []
    for row in train:
        if row["intent"] not in unknown and counts[row["intent"]] < 5:
            counts[row["intent"]] += 1
            seeds.append({"text": row["text"], "intent": row["intent"]})
        else:
            rest.append(row)
    return seeds, rest


def reactions(turns, predicted, intents, chance):
    for turn, label in zip(turns, predicted):
        row = {"text": turn["text"], "user": turn["user"], "conversation": turn["text"], "predicted": label}
        if chance.random() < .3:
            right = label == turn["intent"]
            row["rating"] = .9 if right else .1
            if not right and chance.random() < .5:
                row["correction"] = chance.choice(intents) if chance.random() < .1 else turn["intent"]
        yield row


def run(args, seed):
    chance = random.Random(seed)
    train, test = rows_of(f"{args.data}.train.jsonl"), rows_of(f"{args.data}.dev.jsonl")
    seeds, rest = start(train, args.hidden, chance)
    turns = [{**row, "user": f"u{chance.randrange(200)}"} for row in rest[:args.turns]]
    intents = sorted({x["intent"] for x in train})
    program = Program(args.program, encoder=str(args.encoder))

    def begin(more=()):
        program.ask(do="init", reset=True, examples=seeds + [{"text": t["text"], "intent": t["intent"]} for t in more])

    def accuracy():
        said = program.ask(do="analyze", texts=[x["text"] for x in test])
        return 100 * sum(a == x["intent"] for a, x in zip(said, test)) / len(test)

    def after(more):
        begin(more)
        return accuracy()

    def named(items):
        for rows in items:
            label = collections.Counter(turns[i]["intent"] for i in rows).most_common(1)[0][0]
            yield from ({"text": turns[i]["text"], "intent": label} for i in rows)

    result = {"nothing": after([])}
    asked = [{"text": t["text"], "user": t["user"]} for t in turns]
    whole = program.ask(do="worth", turns=asked, proposals=True)[:10]
    single = program.ask(do="worth", turns=asked, proposals=False)[:10]
    result["ten of the queue"] = after(named(whole))
    result["ten uncertain"] = after(named(single))
    result["ten random"] = statistics.mean(after(chance.sample(turns, 10)) for _ in range(3))
    result["hundred random, reviewed"] = statistics.mean(after(chance.sample(turns, 100)) for _ in range(3))
    heard = []
    for _ in range(3):
        begin()
        some = chance.sample(turns, 100)
        predicted = program.ask(do="analyze", texts=[t["text"] for t in some])
        program.ask(do="collect", turns=list(reactions(some, predicted, intents, chance)))
        program.ask(do="learn")
        heard.append(accuracy())
    result["hundred random, as users react"] = statistics.mean(heard)
    groups = [rows for rows in whole if len(rows) > 1]
    labels = [collections.Counter(turns[i]["intent"] for i in rows).most_common(1)[0] for rows in groups]
    known = {s["intent"] for s in seeds}
    result["proposals"] = len(groups)
    result["... of intents that are new"] = sum(label not in known for label, _ in labels)
    result["... their turns"] = sum(map(len, groups))
    result["... % of them of that intent"] = 100 * sum(n for _, n in labels) / max(1, sum(map(len, groups)))
    program.close()
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=str(ROOT / "build/release/bench/pawl_evidence_bench"))
    parser.add_argument("--encoder", type=pathlib.Path, default=ROOT / "build/encoder")
    parser.add_argument("--data", default="hwu64")
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--turns", type=int, default=1000)
    parser.add_argument("--hidden", type=float, default=.25)
    args = parser.parse_args()
    if not (SHARED / "data").exists():
        print("the data sets are not present here: nothing was run")
        return 0
    results = [run(args, int(seed)) for seed in args.seeds.split(",")]
    print(f"{args.data}, {100 * args.hidden:.0f} % of the intents unknown at the beginning, mean of {len(results)} seeds")
    for key in results[0]:
        print(f"  {key:34} {statistics.mean(r[key] for r in results):6.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
