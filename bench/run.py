#!/usr/bin/env python3
"""pawl and spaCy side by side: alternately, in one run, one thread each. Ratios with their spread, and the bars.

Each figure is the ratio of the two sides within one round; reported are the median and the range over the rounds.
Absolute speeds are shown for information only. Exit status 1 when a median is below its bar.

Where ../shared/data is absent the project's own utterances stand in, and the table says so.
"""
import argparse
import json
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time
import types

import ner as ner_bench  # first: it limits the numerical libraries to one thread before they load
import pipeline as pipeline_bench
import textcat as textcat_bench
import spacy

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"
BARS = {"tokenizer": 10, "ner throughput": 5, "ner latency": 20, "textcat latency": 20, "textcat training, 64 labels": 20,
        "textcat training, 7 labels": 5, "ner training": 5, "pipeline throughput": 10, "pipeline latency": 30,
        "pipeline loading": 15, "pipeline memory": 2, "pipeline, two threads for one": 1.8}


class Table:
    def __init__(self):
        self.rows = []

    def add(self, name, pairs, unit, smaller_is_better=False):
        """pairs: (pawl, spaCy) of each round."""
        ratios = sorted((s / p if smaller_is_better else p / s) for p, s in pairs)
        row = {"name": name, "ratio": statistics.median(ratios), "low": ratios[0], "high": ratios[-1], "rounds": len(ratios),
               "pawl": statistics.median(p for p, _ in pairs), "spacy": statistics.median(s for _, s in pairs), "unit": unit,
               "bar": BARS.get(name)}
        self.rows.append(row)
        verdict = "" if row["bar"] is None else ("ok" if row["ratio"] >= row["bar"] else "BELOW")
        print(f"{name:30} {row['ratio']:7.1f}x  ({row['low']:.1f}-{row['high']:.1f}, {row['rounds']} rounds; bar {row['bar']}x) {verdict:6} "
              f"pawl {row['pawl']:,.0f} spaCy {row['spacy']:,.0f} {unit}", flush=True)


def own_data(folder):
    """Files named like the shared ones, made of the project's own utterances."""
    rows = [json.loads(x) for x in open(ROOT / "data" / "cold_start.jsonl", encoding="utf-8")]
    for name in ("snips", "hwu64", "wikigold"):
        for part in ("train", "dev"):
            (folder / f"{name}.{part}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    return folder


def tokenizer(build, data, rounds):
    texts = [row["text"] for name in ner_bench.PREDICT_FILES for row in ner_bench.read(data / f"{name}.jsonl")]
    random.Random(1).shuffle(texts)
    nlp = spacy.load(ner_bench.MODEL)
    pairs = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        nlp.to_disk(folder / "pipeline")
        lines = ner_bench.write(folder / "texts", [{"text": t} for t in texts])
        for _ in range(rounds):
            done = subprocess.run([build / "bench" / "pawl_tokenizer_bench", lines, folder / "pipeline", "4"],
                                  capture_output=True, text=True, check=True)
            runs = [json.loads(x) for x in done.stdout.splitlines()]
            ours = min(x["cpu_seconds"] for x in runs)
            fresh = spacy.load(ner_bench.MODEL).tokenizer
            theirs = []
            for _ in range(3):
                start = time.process_time()
                tokens = sum(len(fresh(t)) for t in texts)
                theirs.append(time.process_time() - start)
            if tokens != runs[0]["tokens"]:
                sys.exit(f"the tokenizers disagree: {runs[0]['tokens']} and {tokens} tokens")
            pairs.append((tokens / ours, tokens / min(theirs)))
    return pairs


def recogniser(build, data, rounds):
    options = types.SimpleNamespace(build=build, data=data, rounds=1)
    runs = [ner_bench.run_predict(options) for _ in range(rounds)]
    return ([(r["pawl_words_per_second"], r["spacy_words_per_second"]) for r in runs],
            [(r["pawl_latency_p50_us"], r["spacy_latency_p50_us"]) for r in runs])


def classifier(build, data, rounds, case, spacy_examples):
    options = types.SimpleNamespace(build=build, data=data, examples=2000, spacy_examples=spacy_examples, accuracy=False)
    runs = [textcat_bench.run_case(case, options, seed=1) for _ in range(rounds)]
    return ([(r["pawl_words_per_second"], r["spacy_words_per_second"]) for r in runs],
            [(r["pawl_latency_us"], r["spacy_latency_us"]) for r in runs])


def recogniser_training(build, data, rounds):
    options = types.SimpleNamespace(build=build, data=data, examples=1000, seeds=[1])
    runs = [ner_bench.run_train(options) for _ in range(rounds)]
    return [(r["pawl_words_per_second"], r["spacy_words_per_second"]) for r in runs]


def whole_pipeline(build, data, rounds, table):
    rows = list(pipeline_bench.rounds(build, data, rounds))

    def pairs(key):
        return [(row[f"pawl_{key}"], row[f"spacy_{key}"]) for row in rows]

    table.add("pipeline throughput", pairs("words_per_second"), "words/s")
    table.add("pipeline latency", pairs("latency_p50_us"), "us an utterance, p50", smaller_is_better=True)
    table.add("pipeline loading", pairs("load_ms"), "ms", smaller_is_better=True)
    table.add("pipeline memory", pairs("resident_mb"), "MB", smaller_is_better=True)
    table.add("pipeline, two threads for one", [(row["two_threads_words_per_second"], row["one_thread_words_per_second"]) for row in rows],
              "words/s, both of pawl")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", help="write the rows here as JSON")
    args = parser.parse_args()
    build, table = args.build.resolve(), Table()
    with tempfile.TemporaryDirectory() as scratch:
        data = SHARED if SHARED.is_dir() else own_data(pathlib.Path(scratch))
        print(f"data: {'../shared/data' if data == SHARED else 'the project' + chr(39) + 's own utterances (10 labels at most)'}; spaCy {spacy.__version__}", flush=True)
        table.add("tokenizer", tokenizer(build, data, args.rounds), "tokens/s")
        speed, latency = recogniser(build, data, args.rounds)
        table.add("ner throughput", speed, "words/s")
        table.add("ner latency", latency, "us an utterance, p50", smaller_is_better=True)
        whole_pipeline(build, data, args.rounds, table)
        speed, latency = classifier(build, data, args.rounds, "ensemble_7", 2000)
        table.add("textcat training, 7 labels", speed, "words/s")
        table.add("textcat latency", latency, "us an utterance, p50", smaller_is_better=True)
        speed, _ = classifier(build, data, args.rounds, "ensemble_64", 96)
        table.add("textcat training, 64 labels", speed, "words/s")
        table.add("ner training", recogniser_training(build, data, args.rounds), "words/s")
    if args.out:
        pathlib.Path(args.out).write_text(json.dumps(table.rows, indent=1))
    below = [r["name"] for r in table.rows if r["bar"] and r["ratio"] < r["bar"]]
    if below:
        print("below the bar: " + ", ".join(below))
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
