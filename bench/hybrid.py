#!/usr/bin/env python3
"""The hybrid text classifier: the solver beside scikit-learn's, accuracy from few examples, speed beside spaCy's.

usage: bench/hybrid.py solver|quality|correction|speed --encoder FOLDER [--build BUILD]

`solver` runs under a Python that has scikit-learn (it is no dependency of pawl), `speed` under one with spaCy.
FOLDER: an imported encoder. Data: ../shared/data. CPU time of one thread each; 10,000 examples of clinc150 are as
many as fit the measure's definition, the 10,001st is the correction.
"""
import argparse
import json
import os
import pathlib
import random
import statistics
import subprocess
import tempfile
import time

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np  # noqa: E402  (after the threads are limited)

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"


def bench(args, *words):
    program = pathlib.Path(args.build) / "bench" / "pawl_hybrid_bench"
    done = subprocess.run([str(program), *map(str, words)], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def read(name):
    with open(DATA / name, encoding="utf8") as lines:
        return [json.loads(line) for line in lines]


# Solver ---------------------------------------------------------------------------------------------------------------


def packed(value):
    value = np.ascontiguousarray(value)
    return {b"nd": True, b"type": value.dtype.str, b"kind": b"", b"shape": list(value.shape), b"data": value.tobytes()}


def problem(c):
    """n-grams of clinc150 and 384 values of a random projection of them, which stand in for a sentence vector."""
    from scipy import sparse
    from sklearn.feature_extraction.text import TfidfVectorizer

    rows = read("clinc150.train.jsonl")
    random.Random(0).shuffle(rows)
    rows = rows[:10001]
    texts, names = [r["text"] for r in rows], sorted({r["intent"] for r in rows})
    labels = np.array([names.index(r["intent"]) for r in rows], np.uint32)
    parts = [TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"\w+|[^\w\s]"),
             TfidfVectorizer(ngram_range=(2, 5), sublinear_tf=True, analyzer="char_wb")]
    x = sparse.hstack([0.5 * part.fit_transform(texts) for part in parts]).tocsr().astype(np.float32)
    x.sort_indices()
    dense = x @ np.random.default_rng(0).normal(size=(x.shape[1], 384)).astype(np.float32)
    dense = (0.8 * dense / np.linalg.norm(dense, axis=1, keepdims=True)).astype(np.float32)
    return x, dense, labels, c


def objective(w, x, labels, c):
    scores = np.asarray(x @ w.T, np.float64)
    top = scores.max(1)
    losses = top + np.log(np.exp(scores - top[:, None]).sum(1)) - scores[np.arange(len(labels)), labels]
    return 0.5 * float((w.astype(np.float64) ** 2).sum()) + c * float(losses.sum())


def solver(args):
    import msgpack
    from scipy import sparse
    from sklearn.linear_model import LogisticRegression

    x, dense, labels, c = problem(10.0)
    with tempfile.NamedTemporaryFile() as file:
        arrays = {"starts": x.indptr.astype(np.int64), "columns": x.indices.astype(np.uint32), "values": x.data,
                  "dense": dense, "labels": labels}
        file.write(msgpack.packb({**{k: packed(v) for k, v in arrays.items()}, "c": c}))
        file.flush()
        ours = bench(args, "solver", file.name)
    n = len(labels) - 1
    whole = sparse.hstack([dense[:n], np.ones((n, 1), np.float32), x[:n]]).tocsr()
    print(json.dumps(ours, indent=2), flush=True)
    for iterations in args.iterations:
        theirs = LogisticRegression(C=c, fit_intercept=False, max_iter=iterations, tol=1e-12)
        begin = time.process_time()
        theirs.fit(whole, labels[:n])
        seconds = time.process_time() - begin
        value = objective(theirs.coef_, whole, labels[:n], c)
        print(f"scikit-learn, {iterations} iterations: {seconds:.1f} s, objective {value:.1f}; pawl {ours['objective']:.1f} "
              f"in {ours['seconds']:.2f} s: {seconds / ours['seconds']:.1f} times as fast", flush=True)
        if value <= ours["objective"] * (1 + 1e-4):
            break
    print(f"one correction: 1/{ours['seconds'] / ours['correction_seconds']:.0f} of training; objective "
          f"{ours['corrected_objective']:.2f}, optimum {ours['optimum']:.2f}")


# Accuracy -------------------------------------------------------------------------------------------------------------

BARS = {("hwu64", 5): 77, ("hwu64", 10): 84, ("hwu64", 30): 89, ("hwu64", 0): 92, ("clinc150", 10): 91, ("clinc150", 0): 96,
        ("banking77", 10): 84, ("banking77", 0): 92.7, ("snips", 0): 99}


def quality(args):
    for (name, shots), bar in BARS.items():
        oos = DATA / "clinc150.oos.jsonl" if name == "clinc150" else "-"
        rows = bench(args, "quality", args.encoder, DATA / f"{name}.train.jsonl", DATA / f"{name}.dev.jsonl", oos, shots)
        mean = {key: statistics.mean(row[key] for row in rows) for key in rows[0]}
        line = (f"{name:9} {shots or 'all':>3}: hybrid {mean['hybrid']:.2f}, tiered {mean['tiered']:.2f} (bar {bar}), first tier "
                f"{mean['first_tier']:.2f} and answers {mean['first_tier_answers']:.0f} %; {mean['fit_seconds']:.2f} s, "
                f"{mean['megabytes']:.1f} MB")
        if name == "clinc150":
            line += f"; accepted and right {mean['accepted_and_right']:.2f}, oos recalled {mean['out_of_scope_recalled']:.1f}"
        print(line, flush=True)


def correction(args):
    row = bench(args, "correction", args.encoder, DATA / "clinc150.train.jsonl")
    times = row["correction_seconds"]
    print(f"training on 10,000 examples of 150 labels, both tiers and calibration: {row['fit_seconds']:.2f} s; one correction "
          f"{1e3 * statistics.mean(times):.0f} ms (at most {1e3 * max(times):.0f}): 1/{row['ratio']:.0f} (bar 1/20)")


# Speed ----------------------------------------------------------------------------------------------------------------


def spacy_pipeline(rows):
    """tok2vec and textcat with the labels of the data; one pass of training is enough to time it."""
    import spacy
    from spacy.training import Example

    nlp = spacy.blank("en")
    nlp.add_pipe("tok2vec")
    nlp.add_pipe("textcat", config={"model": {
        "@architectures": "spacy.TextCatEnsemble.v2",
        "tok2vec": {"@architectures": "spacy.Tok2VecListener.v1", "width": 96, "upstream": "tok2vec"},
        "linear_model": {"@architectures": "spacy.TextCatBOW.v3", "exclusive_classes": True, "ngram_size": 1,
                         "no_output_layer": False, "length": 262144}}})
    labels = sorted({r["intent"] for r in rows})
    examples = [Example.from_dict(nlp.make_doc(r["text"]), {"cats": {x: float(x == r["intent"]) for x in labels}})
                for r in rows[:1000]]
    nlp.initialize(lambda: examples)
    return nlp


def speed(args):
    import spacy

    for name in ("hwu64", "banking77", "clinc150", "snips"):
        rows, dev = read(f"{name}.train.jsonl"), read(f"{name}.dev.jsonl")
        random.Random(0).shuffle(dev)
        dev = dev[:500]
        nlp = spacy_pipeline(rows)
        with tempfile.TemporaryDirectory() as folder:
            texts = pathlib.Path(folder) / "texts.jsonl"
            texts.write_text("".join(json.dumps(r) + "\n" for r in dev), "utf8")
            spacy.blank("en").to_disk(f"{folder}/pack")
            bench(args, "train", args.encoder, f"{folder}/pack", DATA / f"{name}.train.jsonl", f"{folder}/nlp")
            ratios = []
            for _ in range(3):
                ours = bench(args, "speed", f"{folder}/nlp", texts)
                begin = time.process_time()
                for row in dev:
                    nlp(row["text"])
                theirs = 1e3 * (time.process_time() - begin) / len(dev)
                ratios.append(theirs / ours["mean_ms"])
            print(f"{name}: spaCy {theirs:.2f} ms, pawl mean {ours['mean_ms']:.3f} p50 {ours['p50_ms']:.3f} p95 {ours['p95_ms']:.3f} "
                  f"ms, accuracy {ours['accuracy']:.2f}: {statistics.median(ratios):.1f} times as fast (bar 8)", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["solver", "quality", "correction", "speed"])
    parser.add_argument("--build", default=ROOT / "build" / "release")
    parser.add_argument("--encoder", help="folder of an imported encoder")
    parser.add_argument("--iterations", type=int, nargs="+", default=[20, 40, 80], help="of scikit-learn, in turn")
    args = parser.parse_args()
    {"solver": solver, "quality": quality, "correction": correction, "speed": speed}[args.what](args)


if __name__ == "__main__":
    main()
