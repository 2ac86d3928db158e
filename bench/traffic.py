"""Streams of the traffic simulator (where it is present), and some that it does not know.

none: nobody is hostile; random: the simulator's own attack, 4 % of the users contradict everything; random10: 10 % of
them do; careless: 40 % of the corrections are wrong; drip: three users move one label to another, twice a round each,
and behave else; sybils: eight users behave well for four rounds, then move the most frequent label; flood: one user
contradicts towards one label whatever anybody says; praise: 4 % praise what is wrong; shuffled: what people take for
right was shuffled among the texts, so that nothing can be learnt of them, while the first examples are right;
mostly_new: half of the labels are new, and nine turns of ten are theirs from the first round on.
"""
import collections
import contextlib
import os
import pathlib
import random
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
HONEST = ["--malicious", "0"]
OPTIONS = {"random": [], "random10": ["--malicious", "0.1"], "careless": [*HONEST, "--wrong", "0.4"],
           "shuffled": [*HONEST, "--rounds", "20", "--per-round", "440"],
           "mostly_new": [*HONEST, "--rounds", "20", "--per-round", "240", "--new-intents", "0.5"]}
STREAMS = ["none", "random", "random10", "careless", "drip", "sybils", "flood", "praise", "shuffled", "mostly_new"]


def is_present():
    return (SHARED / "loopsim" / "loopsim.py").exists()


def simulator():
    if str(SHARED / "loopsim") not in sys.path:
        sys.path.insert(0, str(SHARED / "loopsim"))
    import loopsim
    return loopsim


def repeatable():
    """The simulator walks through sets of strings: with a fixed hash seed its traffic is the same each time."""
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.execve(sys.executable, [sys.executable, *sys.argv], dict(os.environ, PYTHONHASHSEED="0"))


def options(name):
    return OPTIONS.get(name, HONEST)


@contextlib.contextmanager
def stream(name, watch=lambda traffic: None):
    """The simulator makes this traffic meanwhile; `watch` is given it."""
    loopsim = simulator()
    plain = loopsim.Traffic
    kinds = {"shuffled": shuffled, "mostly_new": mostly_new}
    kind = kinds[name](plain) if name in kinds else with_attack(plain, name)

    class Watched(kind):
        def __init__(self, *args):
            super().__init__(*args)
            watch(self)

    loopsim.Traffic = Watched
    try:
        yield
    finally:
        loopsim.Traffic = plain


def with_attack(plain, attack):
    """Malicious users of ours say what `attack` has them say."""

    class Attacked(plain):
        def __init__(self, train, arguments):
            super().__init__(train, arguments)
            count = {"drip": 3, "sybils": 8, "flood": 1, "praise": 8}.get(attack, 0)
            self.bad = set(self.users[2:2 + count])
            self.no_consent -= self.bad
            self.attacked = {self.victim}

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


def shuffled(plain):
    class Shuffled(plain):
        def __init__(self, train, arguments):
            super().__init__(train, arguments)
            chance = random.Random(arguments.seed)
            labels = [label for part in self.rounds for _, label in part]
            chance.shuffle(labels)
            left = iter(labels)
            self.rounds = [[(text, next(left)) for text, _ in part] for part in self.rounds]
            self.bad = set()

    return Shuffled


def mostly_new(plain):
    class MostlyNew(plain):
        def __init__(self, train, arguments):
            super().__init__(train, arguments)
            chance = random.Random(arguments.seed)
            cold = {row["text"] for row in self.cold}
            rows = [(row["text"], row["intent"]) for row in train if row["text"] not in cold]
            chance.shuffle(rows)
            late = [row for row in rows if row[1] in self.new]
            early = [row for row in rows if row[1] not in self.new]
            per, few = arguments.per_round, arguments.per_round // 10
            self.rounds = []
            for r in range(arguments.rounds):
                part = late[r * (per - few):(r + 1) * (per - few)] + early[r * few:(r + 1) * few]
                chance.shuffle(part)
                self.rounds.append(part)
            self.bad = set()

    return MostlyNew
