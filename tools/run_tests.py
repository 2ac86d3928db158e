#!/usr/bin/env python3
"""Runs every suite and sums them: the last line is "N passed, N failed".

Suites: `layers` (the include check), `cpp` (GoogleTest programs), `fuzz` (each target briefly), `python` (pytest:
parity with spaCy, the real command line, crashes). Two run at a time. Output of a suite is shown when it fails.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree

TIMES = "test_times.json"
# Where nothing was run yet, these begin: seconds, roughly.
LONG = {"service/test_distill": 45, "parity/test_textcat": 45, "parity/test_tokens": 34, "service/test_workspace": 30,
        "parity/test_tagger": 30, "parity/test_parser": 30, "service/test_entities_kept": 30, "parity/test_encoder": 28,
        "http/test_learning": 28, "pawl_learn_tests": 27, "http/test_dashboard": 26, "parity/test_hybrid": 25,
        "parity/test_long_texts": 25, "parity/test_language_packs": 22, "service/test_erasure": 20, "parity/test_factory_options": 20,
        "parity/test_syntax": 20, "parity/test_ner": 20, "http/test_gateway": 20, "service/test_slow_kill": 19,
        "service/test_install": 18, "pawl_pipeline_tests": 17, "parity/test_config_keys": 15, "service/test_explain": 15,
        "parity/test_matcher": 14, "tests/test_autonomous_learner": 12, "parity/test_train_cli": 11}
ROOT = pathlib.Path(__file__).resolve().parent.parent


class Suite:
    def __init__(self, name, command, counter, timeout=900):
        self.name, self.command, self.counter, self.timeout = name, command, counter, timeout


def count_one(code, _folder):
    return (1, 0, 0) if code == 0 else (0, 1, 0)


def count_junit(path):
    """Passed, failed, skipped of a JUnit or GoogleTest XML report; a crash leaves none and counts as one failure."""
    def counter(code, _folder):
        try:
            root = ElementTree.parse(path).getroot()
        except (OSError, ElementTree.ParseError):
            return 0, 1, 0
        cases = list(root.iter("testcase"))
        failed = sum(1 for c in cases if c.find("failure") is not None or c.find("error") is not None)
        skipped = sum(1 for c in cases if c.find("skipped") is not None)
        if code not in (0, 5) and failed == 0:
            failed = 1
        return max(0, len(cases) - failed - skipped), failed, skipped
    return counter


def collect(args, reports):
    only = set(args.only.split(","))
    build = pathlib.Path(args.build).resolve()
    suites = []
    if "python" in only:
        for path in sorted((ROOT / "tests").rglob("test_*.py"), key=lambda p: ("slow" not in p.name, p.name)):
            report = reports / f"{path.stem}.xml"
            suites.append(Suite(f"{path.parent.name}/{path.stem}",
                                [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", f"--junitxml={report}", path],
                                count_junit(report), timeout=1200))
    if "cpp" in only:
        for path in sorted((build / "tests").glob("pawl_*_tests")):
            report = reports / f"{path.name}.xml"
            suites.append(Suite(path.name, [path, f"--gtest_output=xml:{report}", "--gtest_brief=1"], count_junit(report)))
    if "fuzz" in only:
        for path in sorted((build / "fuzz").glob("*_fuzzer")):
            seeds = ROOT / "fuzz" / "corpus" / path.name
            suites.append(Suite(path.name, fuzz_command(path, seeds, args.fuzz_seconds, reports), count_one))
    if "layers" in only:
        suites.append(Suite("layers", [sys.executable, ROOT / "tools" / "check_layers.py"], count_one))
    return sorted(suites, key=lambda suite: -seconds_of_last_run(build).get(suite.name, 0))


def seconds_of_last_run(build):
    """What each suite took: those that took longest begin, so that the workers finish together."""
    try:
        return json.loads((build / TIMES).read_text())
    except (OSError, ValueError):
        return dict(LONG)


def fuzz_command(path, seeds, seconds, scratch):
    given = [seeds] if seeds.is_dir() else []
    if b"LLVMFuzzerRunDriver" in path.read_bytes():
        work = scratch / path.name
        work.mkdir()
        return [path, f"-max_total_time={seconds}", "-max_len=4096", "-timeout=10", "-rss_limit_mb=4096", work, *given]
    return [path, str(seconds), *given]


def run(suite, build):
    environment = dict(os.environ, PAWL_BUILD=str(pathlib.Path(build).resolve()), PYTHONDONTWRITEBYTECODE="1",
                       OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    started = time.monotonic()
    try:
        done = subprocess.run([str(x) for x in suite.command], cwd=ROOT, env=environment, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=suite.timeout)
        code, output = done.returncode, done.stdout.decode("utf-8", "replace")
    except subprocess.TimeoutExpired as late:
        code, output = 124, (late.stdout or b"").decode("utf-8", "replace") + f"\nstopped after {suite.timeout} s"
    return suite, suite.counter(code, None), output, time.monotonic() - started


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--only", default="layers,cpp,python,fuzz")
    parser.add_argument("--fuzz-seconds", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    total, times = [0, 0, 0], seconds_of_last_run(pathlib.Path(args.build))
    with tempfile.TemporaryDirectory(prefix="pawl-tests-") as scratch:
        suites = collect(args, pathlib.Path(scratch))
        with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
            for done in concurrent.futures.as_completed([pool.submit(run, s, args.build) for s in suites]):
                suite, counts, output, seconds = done.result()
                total = [a + b for a, b in zip(total, counts)]
                times[suite.name] = round(seconds, 1)
                print(f"{suite.name:42} {counts[0]:5} passed {counts[1]:3} failed {counts[2]:3} skipped {seconds:7.1f} s", flush=True)
                shown = output[-6000:] if counts[1] else "\n".join(x for x in output.splitlines() if x.startswith("SKIPPED"))
                if shown:
                    print(shown, flush=True)
    (pathlib.Path(args.build) / TIMES).write_text(json.dumps(times, indent=1, sort_keys=True))
    if total[0] + total[1] == 0:
        print("no test was found", flush=True)
        return 1
    print(f"{total[0]} passed, {total[1]} failed" + (f", {total[2]} skipped" if total[2] else ""), flush=True)
    return 1 if total[1] else 0


if __name__ == "__main__":
    sys.exit(main())
