"""Text classification side by side with spaCy: training speed, latency and accuracy, one thread each.

usage: python bench/textcat.py [--data DIR] [--build DIR] [--case NAME ...] [--seeds N ...] [--spacy-examples N]

Cases: 64 labels (hwu64) and 7 labels (snips), with spaCy's default classifier (TextCatEnsemble.v2)
and the bag of words. Both train from the same initialised pipeline, on the same batches, with the
same settings: the first 4,000 examples of a seeded shuffle, 3 passes, batches of 32, dropout 0.2,
learn rate 0.001. spaCy's speed with 64 labels is measured on fewer examples (--spacy-examples),
because it would take very long; --accuracy trains it on all of them. Prints one JSON line per case and seed.
Data: "text" and "intent" of DIR/{hwu64,snips}.{train,dev}.jsonl (default ../shared/data).
"""

import argparse
import json
import os
import random
import subprocess
import tempfile
import time
import warnings
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"
warnings.filterwarnings("ignore")

import spacy  # noqa: E402
from spacy.training import Example  # noqa: E402
from thinc.api import Config, fix_random_seed  # noqa: E402

SOURCE = Path(__file__).resolve().parents[1]
BOW = """
[model]
@architectures = "spacy.TextCatBOW.v3"
exclusive_classes = true
ngram_size = 1
no_output_layer = false
length = 262144
"""
CASES = {
    "ensemble_64": ("hwu64", None),
    "bow_64": ("hwu64", BOW),
    "ensemble_7": ("snips", None),
    "bow_7": ("snips", BOW),
}
BATCH, PASSES, DROPOUT = 32, 3, 0.2


def read(path):
    with path.open(encoding="utf8") as lines:
        rows = [json.loads(line) for line in lines]
    return [{"text": row["text"], "label": row["intent"]} for row in rows]


def examples_of(nlp, rows):
    return [Example.from_dict(nlp.make_doc(r["text"]), {"cats": {r["label"]: 1.0}}) for r in rows]


def spacy_pipeline(block, rows, seed):
    fix_random_seed(seed)
    nlp = spacy.blank("en")
    nlp.add_pipe("textcat", config=Config().from_str(block) if block else {})
    nlp.initialize(lambda: examples_of(nlp, rows))
    return nlp


def train_spacy(nlp, rows):
    """(words per CPU second)"""
    examples = examples_of(nlp, rows)
    sgd = nlp.create_optimizer()
    words = 0
    start = time.process_time()
    for _ in range(PASSES):
        for i in range(0, len(examples), BATCH):
            batch = examples[i : i + BATCH]
            nlp.update(batch, sgd=sgd, drop=DROPOUT)
            words += sum(len(example.predicted) for example in batch)
    return words / (time.process_time() - start)


def spacy_accuracy(nlp, dev):
    docs = nlp.pipe([row["text"] for row in dev])
    right = sum(max(doc.cats, key=doc.cats.get) == row["label"] for doc, row in zip(docs, dev))
    return right / len(dev)


def spacy_latency(nlp, dev):
    times = []
    for i in range(1000):
        start = time.perf_counter()
        nlp(dev[i % len(dev)]["text"])
        times.append((time.perf_counter() - start) * 1e6)
    return sorted(times)[len(times) // 2]


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf8")
    return path


def run_pawl(build, folder, train, dev, seed):
    program = build / "bench" / "pawl_textcat_bench"
    arguments = [folder / "pipeline", "textcat", train, dev, PASSES, BATCH, DROPOUT, seed]
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{program} failed: {done.stderr}")
    return json.loads(done.stdout)


def run_case(name, options, seed):
    data, block = CASES[name]
    rows = read(options.data / f"{data}.train.jsonl")
    dev = read(options.data / f"{data}.dev.jsonl")
    labels = sorted({row["label"] for row in rows})
    random.Random(seed).shuffle(rows)
    firsts = [next(row for row in rows if row["label"] == label) for label in labels]
    train = rows[: options.examples]
    slow = len(labels) > 20 and not options.accuracy
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        nlp = spacy_pipeline(block, firsts + train, seed)
        nlp.to_disk(folder / "pipeline")
        pawl = run_pawl(
            options.build, folder, write(folder / "train", train), write(folder / "dev", dev), seed
        )
        speed = train_spacy(nlp, train[: options.spacy_examples] if slow else train)
    out = {
        "case": name,
        "seed": seed,
        "labels": len(labels),
        "examples": len(train),
        "pawl_words_per_second": round(pawl["words_per_second"]),
        "spacy_words_per_second": round(speed),
        "speed_ratio": round(pawl["words_per_second"] / speed, 1),
        "pawl_latency_us": round(pawl["latency_p50_us"], 1),
        "spacy_latency_us": round(spacy_latency(nlp, dev), 1),
        "pawl_accuracy": round(pawl["accuracy"], 4),
    }
    out["latency_ratio"] = round(out["spacy_latency_us"] / out["pawl_latency_us"], 1)
    if not slow:
        out["spacy_accuracy"] = round(spacy_accuracy(nlp, dev), 4)
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=SOURCE.parent / "shared" / "data")
    parser.add_argument("--build", type=Path, default=SOURCE / "build" / "release")
    parser.add_argument("--case", nargs="*", default=list(CASES), choices=list(CASES))
    parser.add_argument("--examples", type=int, default=4000)
    parser.add_argument("--spacy-examples", type=int, default=96)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1], help="of data, weights and dropout; accuracy is a mean over them")
    parser.add_argument("--accuracy", action="store_true", help="train spaCy in full everywhere")
    options = parser.parse_args()
    for name in options.case:
        rows = []
        for seed in options.seeds:
            rows.append(run_case(name, options, seed))
            print(json.dumps(rows[-1]), flush=True)
        if len(rows) > 1 and "spacy_accuracy" in rows[0]:
            means = [sum(row[side] for row in rows) / len(rows) for side in ("pawl_accuracy", "spacy_accuracy")]
            print(f"{name}: mean accuracy over {len(rows)} seeds: pawl {means[0]:.4f}, spaCy {means[1]:.4f}", flush=True)


if __name__ == "__main__":
    main()
