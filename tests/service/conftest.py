"""A real workspace, driven by the real program."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests" / "parity"))

from small_encoder import small_weights, write_small  # noqa: E402

BUILD = pathlib.Path(os.environ.get("PAWL_BUILD", SOURCE / "build" / "release"))
DATA = SOURCE / "data"


def read_data(name, limit=None):
    with open(DATA / name, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines][:limit]


class Pawl:
    """The program on one workspace."""

    def __init__(self, workspace):
        self.program = str(BUILD / "src" / "cli" / "pawl")
        self.workspace = pathlib.Path(workspace)

    def command(self, verb, *args):
        return [self.program, verb, "--workspace", str(self.workspace), *map(str, args)]

    def try_run(self, verb, *args, lines=None, raw=None, env=None):
        given = raw if raw is not None else "".join(json.dumps(x, ensure_ascii=False) + "\n" for x in lines or [])
        given = given if isinstance(given, bytes) else given.encode("utf-8")
        return subprocess.run(self.command(verb, *args), input=given, capture_output=True, timeout=300,
                              env={**os.environ, **(env or {})})

    def run(self, verb, *args, **given):
        done = self.try_run(verb, *args, **given)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode("utf-8")

    def json(self, verb, *args, **given):
        return json.loads(self.run(verb, *args, **given))

    def analyze(self, texts):
        return [json.loads(x) for x in self.run("analyze", lines=[{"text": t} for t in texts]).splitlines()]

    def live(self):
        return next(g["generation"] for g in self.json("generations", "--json") if g["live"])

    def everything_on_disk(self):
        return {p: p.read_bytes() for p in self.workspace.rglob("*") if p.is_file()}


def write_examples(path, examples):
    path.write_text("".join(json.dumps(x, ensure_ascii=False) + "\n" for x in examples), encoding="utf-8")
    return path


def without_entities(examples):
    return [{k: v for k, v in e.items() if k != "entities"} for e in examples]


def turn(conversation, text, user="u-1", **more):
    return {"conversation_id": conversation, "user_id": user, "user_text": text, "consent": True, **more}


@pytest.fixture(scope="session")
def prepared(tmp_path_factory):
    """A workspace with a first generation; copied for each test."""
    folder = tmp_path_factory.mktemp("prepared")
    pawl = Pawl(folder / "workspace")
    examples = write_examples(folder / "examples.jsonl", without_entities(read_data("cold_start.jsonl", 240)))
    pawl.run("init", "--examples", examples, "--set", "training.min_updates=60")
    # Tuning an encoder takes minutes; tests/service/test_tuning.py does it with a small one.
    (pawl.workspace / "pawl.toml").write_text("[training]\ntune_after_cycle = false\n")
    return pawl


@pytest.fixture
def pawl(prepared, tmp_path):
    subprocess.run(["cp", "-a", str(prepared.workspace), str(tmp_path / "workspace")], check=True)
    return Pawl(tmp_path / "workspace")


@pytest.fixture(scope="session")
def small_encoder(tmp_path_factory):
    """An encoder of random weights: what it says of a text is little, but the pipeline is that of any encoder."""
    folder = tmp_path_factory.mktemp("small_encoder")
    write_small(folder / "source", small_weights())
    program = Pawl(folder).program
    subprocess.run([program, "encoder", "import", folder / "source", "--to", folder / "encoder"], check=True, capture_output=True)
    return folder / "encoder"
