"""A process that reads texts for long does not grow."""

import json
import pathlib
import shutil
import subprocess
import time

from conftest import Pawl, read_data, turn, write_examples

EARLY, LATE = 10_000, 40_000


def resident(process):
    for line in pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1])
    raise AssertionError("no VmRSS")


def test_distinct_texts_leave_nothing_behind(tmp_path):
    pawl = Pawl(tmp_path / "workspace")
    # What keeps words is the vocabulary and what stands on it; an encoder keeps none and takes time.
    pawl.run("init", "--examples", write_examples(tmp_path / "e.jsonl", read_data("cold_start.jsonl", 100)),
             "--set", "training.encoder=none", "--set", "training.min_updates=10")
    with subprocess.Popen(pawl.command("analyze"), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        sizes, at = {}, 0
        for end in (EARLY, LATE):
            while at < end:
                lines = [json.dumps({"text": f"why does job{i} fail with code x{i * 7} in mod-{i * 13}.py"}) for i in range(at, at + 200)]
                process.stdin.write(("\n".join(lines) + "\n").encode())
                process.stdin.flush()
                for _ in lines:
                    process.stdout.readline()
                at += 200
            sizes[end] = resident(process)
        process.stdin.close()
    assert process.returncode == 0
    assert sizes[LATE] <= 1.01 * sizes[EARLY], sizes


def peak_of(pawl, *args):
    """The most address space that the command takes, in kB."""
    with subprocess.Popen(pawl.command(*args), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        peak = 0
        while process.poll() is None:
            for line in pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines():
                if line.startswith("VmPeak"):
                    peak = max(peak, int(line.split()[1]))
            time.sleep(.005)
    assert process.returncode == 0
    return peak


def test_a_cycle_that_runs_short_of_it_goes_on_with_smaller_batches(tmp_path):
    examples = [e for e in read_data("cold_start.jsonl") if e.get("entities")]
    said = examples[:30] * 4
    pawl = Pawl(tmp_path / "workspace")
    pawl.run("init", "--examples", write_examples(tmp_path / "e.jsonl", examples[30:]), "--set", "training.encoder=none", "--set", "training.min_updates=10")
    pawl.run("collect", lines=[turn(f"c-{i}", f"{e['text']} {'and so on ' * (i % 40)}", user=f"u-{i}", turn_id=f"t-{i}", feedback={
        "corrected_intent": e["intent"], "needs_correction": True, "corrected_entities": e["entities"]}) for i, e in enumerate(said)])

    def copy(name):
        shutil.copytree(pawl.workspace, tmp_path / name)
        return Pawl(tmp_path / name)

    quick = ("--set", "training.encoder=none", "--set", "training.tune_after_cycle=false", "--set", "training.n_iter=1", "--set", "training.min_updates=1", "--set", "learning.min_data_threshold=1")
    huge = (*quick, "--set", "training.batch_size=100000")
    small, large = peak_of(copy("small"), "learn", *quick), peak_of(copy("large"), "learn", *huge)
    limit = small + (large - small) // 4
    assert large > small + 8000, (small, large)
    short = copy("short")
    done = subprocess.run(["prlimit", f"--as={1024 * limit}", *short.command("learn", "--json", *huge)], capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout)["status"] == "completed" and b"memory is short: entities is trained in batches of" in done.stderr
