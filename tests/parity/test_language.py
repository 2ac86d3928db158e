"""Pipelines: what pawl saved is what spaCy opens; what pawl does not run is carried byte for byte."""

import filecmp
import json
import subprocess
from pathlib import Path

import pytest
import spacy
from spacy.util import load_config

from conftest import EN_CORE_WEB_SM, PYTHON, Driver, run_pawl, shared_texts

CARRIED = ["span_finder"]
TEXTS = ["Apple is looking at buying U.K. startup for $1 billion.", "", "a", " ", "Ada 😀 met Bob\n\nin Paris on Monday!"]


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """The stock pipeline, and a component that pawl does not run, disabled since it never learnt anything."""
    nlp = spacy.load(EN_CORE_WEB_SM)
    nlp.add_pipe("span_finder")
    nlp.disable_pipe("span_finder")
    folder = tmp_path_factory.mktemp("reference") / "pipeline"
    nlp.to_disk(folder)
    return spacy.load(folder)


@pytest.fixture(scope="module")
def saved(tmp_path_factory, reference):
    folder = tmp_path_factory.mktemp("saved")
    spacy.blank("en").to_disk(folder / "en")
    process = Driver("corpus", str(folder / "en"))
    answer = process.ask(load=str(reference.path), save=str(folder / "out"))
    process.close()
    assert "error" not in answer, answer
    return folder / "out", answer


def test_unknown_components_are_named_in_warnings(saved):
    _, answer = saved
    assert answer["names"] == ["tok2vec", "tagger", "parser", "attribute_ruler", "lemmatizer", "ner"]
    for name in CARRIED:
        assert any(f"'{name}'" in warning for warning in answer["warnings"])


def test_carried_components_are_byte_for_byte_the_same(saved, reference):
    path, _ = saved
    for name in CARRIED:
        ours = sorted(p.relative_to(path) for p in (path / name).rglob("*") if p.is_file())
        theirs = sorted(p.relative_to(reference.path) for p in (reference.path / name).rglob("*") if p.is_file())
        assert ours == theirs
        for file in ours:
            assert filecmp.cmp(path / file, reference.path / file, shallow=False), file


def test_spacy_opens_it_with_the_same_predictions(saved, reference):
    path, _ = saved
    again = spacy.load(path)
    assert again.pipe_names == reference.pipe_names
    assert again.disabled == reference.disabled
    assert again.meta["labels"] == reference.meta["labels"]
    for text in TEXTS:
        assert again(text).to_json() == reference(text).to_json()


def test_the_config_is_kept(saved, reference):
    path, _ = saved
    ours, theirs = load_config(path / "config.cfg"), load_config(reference.path / "config.cfg")
    assert ours == theirs


def test_spacy_assemble_accepts_it(saved, tmp_path):
    path, _ = saved
    config = load_config(path / "config.cfg")
    for name in config["nlp"]["pipeline"]:
        config["components"][name] = {"source": str(path)}
    config["initialize"]["components"] = {}
    config["initialize"]["lookups"] = None
    config.to_disk(tmp_path / "assemble.cfg")
    done = subprocess.run([PYTHON, "-m", "spacy", "assemble", str(tmp_path / "assemble.cfg"), str(tmp_path / "out")],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr + done.stdout
    assert [e.label_ for e in spacy.load(tmp_path / "out")(TEXTS[0]).ents] == ["ORG", "GPE", "MONEY"]


def test_parse_prints_docs_as_spacy_does(reference):
    nlp = spacy.load(EN_CORE_WEB_SM, exclude=CARRIED)
    lines = "".join(json.dumps({"text": text}) + "\n" for text in TEXTS) + json.dumps(TEXTS[0]) + "\n"
    done = run_pawl("parse", "--pipeline", reference.path, stdin=lines)
    docs = [json.loads(line) for line in done.stdout.splitlines()]
    assert docs == [nlp(text).to_json() for text in TEXTS + TEXTS[:1]]


def test_bad_lines_of_parse_keep_their_place(reference):
    done = run_pawl("parse", "--pipeline", reference.path, stdin='{"text": "one"}\n{"tex": 1}\nnonsense\n\n"two"\n', check=False)
    assert done.returncode == 1
    assert [(x.get("text"), x.get("line")) for x in map(json.loads, done.stdout.splitlines())] == \
        [("one", None), (None, 2), (None, 3), ("two", None)]
    assert "line 2" in done.stderr and "line 3" in done.stderr


def test_a_text_above_the_limit_of_parse_is_a_bad_line(reference):
    lines = "".join(json.dumps(text) + "\n" for text in ("[" * 1_000_000, "one"))
    done = run_pawl("parse", "--pipeline", reference.path, stdin=lines, check=False)
    refused, answered = map(json.loads, done.stdout.splitlines())
    assert refused["line"] == 1 and "--max-characters" in refused["error"] and answered["text"] == "one"
    assert run_pawl("parse", "--pipeline", reference.path, "--max-characters", "2", stdin='"one"\n', check=False).returncode == 1


def test_parse_entities_on_shared_texts(reference):
    nlp = spacy.load(EN_CORE_WEB_SM, exclude=CARRIED)
    texts = [record["text"] for _, record in shared_texts(limit=20)]
    done = run_pawl("parse", "--pipeline", reference.path, stdin="".join(json.dumps(t) + "\n" for t in texts))
    ours = [json.loads(line) for line in done.stdout.splitlines()]
    theirs = [doc.to_json() for doc in nlp.pipe(texts)]
    assert [d["tokens"] for d in ours] == [d["tokens"] for d in theirs]
    differing = sum(a["ents"] != b["ents"] for a, b in zip(ours, theirs))
    assert differing <= len(texts) / 1000, differing


def test_a_missing_pipeline_says_where_was_looked():
    done = run_pawl("parse", "--pipeline", "no_such_pipeline", check=False)
    assert done.returncode == 1
    assert "no_such_pipeline" in done.stderr and "config.cfg" in done.stderr


def test_wrong_usage_has_its_own_status():
    assert run_pawl("parse", check=False).returncode == 2
    assert run_pawl("benchmark", "taste", "x", "y", check=False).returncode == 2
    assert run_pawl("parse", "--help").stdout.count("pawl parse") >= 2
