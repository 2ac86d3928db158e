"""Fixtures of the service's tests."""

import json
import pathlib
import shutil
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from mock_upstream import MockUpstream  # noqa: E402
from running_service import PAWL, SOURCE, Service  # noqa: E402


@pytest.fixture(scope="session")
def prepared_workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served") / "workspace"
    with open(SOURCE / "data" / "cold_start.jsonl", encoding="utf-8") as lines:
        examples = [json.loads(line) for line in lines][:240]
    given = folder.parent / "examples.jsonl"
    given.write_text("".join(json.dumps({k: v for k, v in e.items() if k != "entities"}) + "\n" for e in examples))
    subprocess.run([PAWL, "init", "--workspace", folder, "--examples", given, "--set", "training.min_updates=60",
                    "--set", "training.encoder=none"], check=True, capture_output=True)
    return folder


@pytest.fixture
def workspace(prepared_workspace, tmp_path):
    shutil.copytree(prepared_workspace, tmp_path / "workspace")
    return tmp_path / "workspace"


@pytest.fixture(scope="module")
def served(prepared_workspace, tmp_path_factory):
    """One service for the tests of a file that leave it as it was."""
    folder = tmp_path_factory.mktemp("shared") / "workspace"
    shutil.copytree(prepared_workspace, folder)
    with Service(folder) as service:
        yield service


@pytest.fixture
def upstream():
    mock = MockUpstream()
    yield mock
    mock.stop()
