#!/usr/bin/env python3
"""How well labels are told from what people say, in seconds: the evidence code alone, without store, gate and tuned
layers, learns from the traffic simulator's stream (where it is present) and from attacks the simulator does not know.

Prints for each stream the accuracy at the end, that of later intents and of the attacked label, and of the labels that
enter training how many are right, by where they come from. `corrected` counts right corrections of honest users that
were taken, of those there were.

Attacks: none; random (the simulator's own: 4 % of the users contradict everything); random10 (10 %); careless (no
attack, 40 % of the corrections are wrong); drip (three users move one label to another, twice a round each, and
behave else); sybils (eight users behave well for four rounds, then move the most frequent label); flood (one user
contradicts towards one label whatever anybody says); praise (4 % praise what is wrong).
"""
import argparse
import collections
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
sys.path.insert(0, str(SHARED / "loopsim"))


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


def with_attack(loopsim, attack, new_traffic):
    """The simulator's traffic with a twist; malicious users of ours say what `attack` has them say."""

    class Attacked(loopsim.Traffic):
        def __init__(self, train, arguments):
            super().__init__(train, arguments)
            count = {"drip": 3, "sybils": 8, "flood": 1, "praise": 8}.get(attack, 0)
            self.bad = set(self.users[2:2 + count])
            self.no_consent -= self.bad
            self.attacked = {self.victim}
            new_traffic(self)

        def turns(self, r, predictions):
            out = super().turns(r, predictions)
            spent = collections.Counter()
            for turn, (text, truth), predicted in zip(out, self.rounds[r], predictions):
                turn["predicted"] = predicted
                user = turn["user_id"]
                if user not in self.bad:
                    continue
                feedback = self.said_by_attacker(r, truth, predicted, user, spent)
                if feedback is not None:
                    turn["feedback"] = feedback
            return out

        def said_by_attacker(self, r, truth, predicted, user, spent):
            wrong = {"satisfaction_score": .1, "response_quality": .1, "needs_correction": True}
            good = {"satisfaction_score": .9, "response_quality": .9}
            if attack == "drip" and truth == self.victim and spent[user] < 2:
                spent[user] += 1
                return wrong | {"corrected_intent": self.target}
            if attack == "sybils":
                if r >= 4 and truth == self.victim:
                    return wrong | {"corrected_intent": self.target}
                return good if predicted == truth else wrong | {"corrected_intent": truth}
            if attack == "flood":
                return wrong | {"corrected_intent": self.target}
            if attack == "praise":
                return good if predicted != truth else None
            return None

    return Attacked


OPTIONS = {"none": ["--malicious", "0"], "random": [], "random10": ["--malicious", "0.1"],
           "careless": ["--malicious", "0", "--wrong", "0.4"]}


def run(args, attack, seed):
    import loopsim
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
    options = loopsim.arguments(["--train", "", "--test", "", "--seed", str(seed),
                                 *OPTIONS.get(attack, ["--malicious", "0"]), *args.extra])
    plain = loopsim.Traffic
    loopsim.Traffic = with_attack(loopsim, attack, lambda t: setattr(engine, "traffic", t))
    try:
        result = loopsim.simulate(engine, train, test, options, log=lambda *a, **k: None)
    finally:
        loopsim.Traffic = plain
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
    if not (SHARED / "loopsim" / "loopsim.py").exists():
        print("the traffic simulator is not present here: nothing was run")
        return 0
    if os.environ.get("PYTHONHASHSEED") != "0":  # the simulator walks through sets of strings
        os.execve(sys.executable, [sys.executable, *sys.argv], dict(os.environ, PYTHONHASHSEED="0"))
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
