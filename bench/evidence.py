#!/usr/bin/env python3
"""How well labels are told from what people say, in seconds: the evidence code alone, without store, gate and tuned
layers, learns from the traffic simulator's stream (where it is present) and from attacks the simulator does not know.

Prints for each stream the accuracy at the end, that of later intents and of the attacked label, and of the labels that
enter training how many are right, by where they come from. `corrected` counts right corrections of honest users that
were taken, of those there were.

--attacks: see bench/traffic.py.
"""
import argparse
import collections
import json
import pathlib
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from traffic import ROOT, SHARED, is_present, options, repeatable, simulator, stream  # noqa: E402


class Program:
    def __init__(self, path, **settings):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ask(do="open", **settings)

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit("the evidence program has died")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Engine:
    """What the simulator drives; it also keeps count of what enters training."""

    def __init__(self, program, truth, said, signals=None):
        self.program, self.truth, self.said, self.signals = program, truth, said, signals
        self.traffic, self.counts, self.offered, self.results = None, collections.Counter(), {}, []

    def init(self, examples):
        self.program.ask(do="init", examples=examples)

    def analyze(self, texts):
        return self.program.ask(do="analyze", texts=texts)

    def collect(self, turns):
        rows = []
        for turn in turns:
            if not turn["consent"]:
                continue
            text = self.said(turn["user_text"])
            row = {"text": text, "user": turn["user_id"], "conversation": turn["conversation_id"],
                   "predicted": turn["predicted"]}
            if self.signals:
                row |= self.signals(text, self.truth[text] == turn["predicted"])
            if feedback := turn.get("feedback"):
                row["rating"] = (feedback["satisfaction_score"] + feedback["response_quality"]) / 2
                if label := feedback.get("corrected_intent"):
                    row["correction"] = label
                    if label == self.truth[text] and turn["user_id"] not in self.traffic.malicious:
                        self.offered[text] = label in self.traffic.new
            rows.append(row)
        self.program.ask(do="collect", turns=rows)

    def learn(self):
        result = self.program.ask(do="learn")
        for example in result["examples"]:
            right = example["label"] == self.truth[example["text"]]
            self.counts[example["source"], right] += 1
            if right and example["source"] == "correction":
                self.counts["taken"] += example["text"] in self.offered
        self.doubtful = collections.Counter(label == self.truth[text] for text, label in result["doubtful"])
        result["counts"] = dict(self.counts)
        self.results.append(result)
        return {}


def shown(rates, seed):
    """What users show of itself, by how often each signal is seen on right and on wrong answers."""
    import random
    chance = random.Random(seed)

    def signal(text, right):
        for kind, (when_right, when_wrong) in rates.items():
            if chance.random() < (when_right if right else when_wrong):
                return {"signal": kind}
        return {}

    return signal


# telling: as one would hope; noise: says nothing; lying: the wrong way round.
SIGNALS = {"off": None, "telling": {"thanks": (.2, .03), "rephrased": (.03, .3), "gave_up": (.01, .1)},
           "noise": {"thanks": (.1, .1), "rephrased": (.1, .1)}, "lying": {"thanks": (.03, .2), "rephrased": (.3, .03)}}


def run(args, attack, seed):
    loopsim = simulator()
    train = loopsim.read_jsonl(SHARED / "data" / f"{args.data}.train.jsonl")
    test = loopsim.read_jsonl(SHARED / "data" / f"{args.data}.dev.jsonl")
    truth = {x["text"]: x["intent"] for x in train}

    def said(text):  # without what the simulator added as personal data
        while text not in truth:
            text = text.rsplit(" ", 1)[0] if " (" not in text else text[:text.rindex(" (")]
        return text

    begin = time.time()
    program = Program(args.program, encoder=str(args.encoder), ngrams=args.ngrams, vectors=args.vectors)
    rates = SIGNALS[args.signals]
    engine = Engine(program, truth, said, shown(rates, seed) if rates else None)
    given = loopsim.arguments(["--train", "", "--test", "", "--seed", str(seed), *options(attack), *args.extra])
    with stream(attack, lambda traffic: setattr(engine, "traffic", traffic)):
        result = loopsim.simulate(engine, train, test, given, log=lambda *a, **k: None)
    program.close()
    c = engine.counts
    share = lambda s: 100 * c[s, True] / max(1, c[s, True] + c[s, False])
    print(f"{args.data} {attack:9} seed {seed}: final {100 * result['final']:.1f}  later {100 * result['new']:.1f}  "
          f"attacked {100 * result['victim_recall']:.0f}  drops {result['drops_over_1pt']}  "
          f"corrections {share('correction'):.1f} % of {c['correction', True] + c['correction', False]} right  "
          f"praise {share('rating'):.1f} % of {c['rating', True] + c['rating', False]}  "
          f"corrected {c['taken']}/{len(engine.offered)}  left out {engine.doubtful[True]} right {engine.doubtful[False]} wrong  {time.time() - begin:.0f} s", flush=True)
    if args.details:
        print(" ".join(f"{100 * h['accuracy']:.1f}/{100 * h['known']:.1f}/{100 * h['new']:.0f}/{100 * h['victim_recall']:.0f}" for h in result["history"]))
        last = engine.results[-1]
        print(" ".join(f"{x['counts'].get(('correction', True), 0)}+{x['counts'].get(('correction', False), 0)}" for x in engine.results))
        print(json.dumps({k: last[k] for k in ("waiting", "bursts", "left_out", "accuracy", "trained")}))
        bad = engine.traffic.malicious | engine.traffic.bad
        for who, chosen in (("attackers", bad), ("others", set(last["reputations"]) - bad)):
            rows = sorted((n / max(1e-9, n + m), round(n + m, 1)) for a, (n, m) in last["reputations"].items() if a in chosen)
            print(who, [(round(x, 2), n) for x, n in rows if n > 3][:40])
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=str(ROOT / "build/release/bench/pawl_evidence_bench"))
    parser.add_argument("--encoder", type=pathlib.Path, default=ROOT / "build/encoder")
    parser.add_argument("--data", default="hwu64")
    parser.add_argument("--seeds", default="1")
    parser.add_argument("--attacks", default="none,random,random10,careless,drip,sybils,flood,praise")
    parser.add_argument("--ngrams", action="store_true", help="neighbours by n-grams, as without an encoder")
    parser.add_argument("--signals", default="off", choices=SIGNALS, help="what users show without saying it")
    parser.add_argument("--details", action="store_true")
    parser.add_argument("--vectors", default="", help="file that keeps sentence vectors from one run to the next")
    parser.add_argument("extra", nargs="*", default=[])
    args = parser.parse_args()
    if not is_present():
        print("the traffic simulator is not present here: nothing was run")
        return 0
    repeatable()
    seeds = [int(s) for s in args.seeds.split(",")]
    for attack in args.attacks.split(","):
        results = [run(args, attack, seed) for seed in seeds]
        if len(seeds) > 1:
            mean = lambda key: 100 * statistics.mean(r[key] or 0 for r in results)
            print(f"{args.data} {attack:9} mean: final {mean('final'):.1f}  later {mean('new'):.1f}  "
                  f"attacked {mean('victim_recall'):.0f}  drops {sum(len(r['drops_over_1pt']) for r in results)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
