"""A process that reads texts for long does not grow."""

import json
import pathlib
import subprocess

from conftest import Pawl, read_data, write_examples

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
