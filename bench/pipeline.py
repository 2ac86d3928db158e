"""A whole pipeline side by side with spaCy: throughput, latency, loading, memory, two threads.

usage: python bench/pipeline.py [--data DIR] [--build DIR] [--rounds N] [--components]

en_core_web_sm with all its components, one thread each, alternately; the texts of bench/ner.py.
Loading is measured in processes of their own, from the library loaded to the first text annotated;
memory is what is resident by then. Prints one JSON line a round; with --components what each of
pawl's components takes, in microseconds a word.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import ner as ner_bench  # first: it limits the numerical libraries to one thread before they load
import spacy

LOAD = """
import time, spacy, spacy.lang.en
start = time.perf_counter()
nlp = spacy.load(%r)
nlp("Where is the nearest station?")
taken = time.perf_counter() - start
resident = next(line for line in open("/proc/self/status") if line.startswith("VmRSS:"))
print(taken, int(resident.split()[1]) / 1024)
"""


def run_pawl(build, *arguments):
    program = build / "bench" / "pawl_pipeline_bench"
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{program} failed: {done.stderr}")
    return json.loads(done.stdout)


def spacy_load():
    done = subprocess.run([sys.executable, "-c", LOAD % ner_bench.MODEL], capture_output=True, text=True, check=True)
    seconds, resident = done.stdout.split()
    return float(seconds), float(resident)


def read_texts(data, limit=700):
    texts = [row["text"] for name in ner_bench.PREDICT_FILES for row in ner_bench.read(data / f"{name}.jsonl", limit)]
    random.Random(1).shuffle(texts)
    return texts


def spacy_run(nlp, texts):
    start = time.process_time()
    words = sum(len(doc) for doc in nlp.pipe(texts))
    speed = words / (time.process_time() - start)
    times = []
    for text in texts[::7]:
        start = time.perf_counter()
        nlp(text)
        times.append((time.perf_counter() - start) * 1e6)
    return speed, sorted(times)[len(times) // 2]


def run_round(build, folder, lines, texts, nlp):
    ours = run_pawl(build, "predict", folder, lines, 1.0)
    speed, latency = spacy_run(nlp, texts)
    loads = [run_pawl(build, "load", folder, lines) for _ in range(3)]
    load, resident = min(spacy_load() for _ in range(2))
    threads = run_pawl(build, "threads", folder, lines, 6.0)
    return {
        "pawl_words_per_second": round(ours["words_per_second"]),
        "spacy_words_per_second": round(speed),
        "pawl_latency_p50_us": round(ours["latency_p50_us"], 1),
        "spacy_latency_p50_us": round(latency, 1),
        "pawl_load_ms": round(1000 * min(x["load_seconds"] for x in loads), 1),
        "spacy_load_ms": round(1000 * load, 1),
        "pawl_resident_mb": round(loads[0]["resident_mb"], 1),
        "spacy_resident_mb": round(resident, 1),
        "one_thread_words_per_second": round(threads["one"]),
        "two_threads_words_per_second": round(threads["two"]),
    }


def rounds(build, data, count):
    """One dictionary a round."""
    texts = read_texts(data)
    nlp = spacy.load(ner_bench.MODEL)
    list(nlp.pipe(texts[:100]))
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "pipeline"
        nlp.to_disk(folder)
        lines = ner_bench.write(Path(temporary) / "texts", [{"text": text} for text in texts])
        for _ in range(count):
            yield run_round(build, folder, lines, texts, nlp)


def components(build, data):
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "pipeline"
        spacy.load(ner_bench.MODEL).to_disk(folder)
        lines = ner_bench.write(Path(temporary) / "texts", [{"text": text} for text in read_texts(data)])
        return run_pawl(build, "components", folder, lines, 2.0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ner_bench.SOURCE.parent / "shared" / "data")
    parser.add_argument("--build", type=Path, default=ner_bench.SOURCE / "build" / "release")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--components", action="store_true")
    options = parser.parse_args()
    if options.components:
        print(json.dumps(components(options.build, options.data)))
        return
    for row in rounds(options.build, options.data, options.rounds):
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
