"""A person is forgotten: by the program, on a real workspace, beside one in which there never was such a person."""

import json
import sqlite3
import subprocess

import pytest
from conftest import Pawl, read_data, turn

PERSON = "u-zq7731x"
TRACES = (b"zq7731x", b"zanzibar")


def talk(pawl, lines, seed, with_person):
    """The same turns of everybody else; the person's stand between them."""
    turns = []
    for i, example in enumerate(lines):
        feedback = [{}, {"satisfaction_score": 0.9}, {"corrected_intent": example["intent"]}][i % 3]
        turns.append(turn(f"c-{seed}-{i}", example["text"], user=f"u-{i % 19}", turn_id=f"t-{seed}-{i}", feedback=feedback))
        if with_person and i % 6 == 0:
            turns.append(turn(f"c-zq7731x-{seed}-{i}", f"in zanzibar {example['text']}", user=PERSON, turn_id=f"t-zq7731x-{seed}-{i}",
                              feedback={"corrected_intent": lines[i - 1]["intent"]}))
    pawl.run("collect", lines=turns)


def pipeline(pawl):
    folder = pawl.workspace / "generations" / pawl.live() / "pipeline"
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def traces(pawl):
    return [(p.name, t) for p, content in pawl.everything_on_disk().items() for t in TRACES if t in content or t.decode() in p.name]


@pytest.fixture(scope="module")
def worlds(prepared, tmp_path_factory):
    """With the person and without, after two cycles."""
    folder = tmp_path_factory.mktemp("worlds")
    examples = [e for e in read_data("cold_start.jsonl") if "intent" in e][240:480]
    both = []
    for name in ("with", "without"):
        subprocess.run(["cp", "-a", str(prepared.workspace), str(folder / name)], check=True)
        pawl = Pawl(folder / name)
        for cycle in range(2):
            talk(pawl, examples[cycle * 120:(cycle + 1) * 120], cycle, name == "with")
            pawl.run("learn", "--force", "--set", "training.min_updates=60", "--set", "validation.alpha=0.5",
                     "--set", "validation.margin=0.3", "--set", "training.tune_after_cycle=false")
        both.append(pawl)
    return both


@pytest.fixture
def copies(worlds, tmp_path):
    both = []
    for pawl in worlds:
        subprocess.run(["cp", "-a", str(pawl.workspace), str(tmp_path / pawl.workspace.name)], check=True)
        both.append(Pawl(tmp_path / pawl.workspace.name))
    return both


def test_the_weights_are_bit_for_bit_those_of_a_world_without_the_person(copies):
    pawl, without = copies
    assert pipeline(pawl) != pipeline(without) and traces(pawl)
    planned = pawl.json("erase", "--user", PERSON, "--dry-run", "--json")
    assert planned["state"] == "planned" and traces(pawl)
    # The settings with which the cycles were asked for are those with which they are run again.
    receipt = pawl.json("erase", "--user", PERSON, "--json")
    assert receipt["state"] == "done" and receipt["way"] == "exact", receipt
    assert receipt["cycles"] == 2 and receipt["turns"] == planned["turns"] == 40
    assert pipeline(pawl) == pipeline(without)
    assert traces(pawl) == []
    assert PERSON not in json.dumps(receipt)
    assert pawl.json("erase", "--receipts", "--json") == [receipt]
    for generation in receipt["generations"]:
        assert pawl.try_run("rollback", "--to", generation).returncode == 1
    assert "whole" in pawl.run("audit", "--verify")
    assert pawl.analyze(["my build fails"])[0]["degraded"] is False


def test_the_trail_names_an_event_that_was_changed_removed_or_cut_off(copies):
    pawl, _ = copies
    pawl.run("export", "--to", pawl.workspace.parent / "out")
    trail = pawl.json("audit", "--json")
    assert trail["whole"] and trail["events"][-1]["kind"] == "pipeline_exported"
    assert trail["events"][-1]["actor"].startswith("cli:")
    sequences = [e["sequence"] for e in trail["events"]]
    saved = (pawl.workspace / "pawl.db").read_bytes()

    def broken_by(statement):
        (pawl.workspace / "pawl.db").write_bytes(saved)
        with sqlite3.connect(pawl.workspace / "pawl.db") as db:
            db.executescript(statement)
        db.close()
        done = pawl.try_run("audit", "--verify", "--json")
        assert done.returncode == 1
        pawl.run("review", "--export", "-", "--limit", "1")  # what comes later mends nothing
        assert pawl.try_run("audit", "--verify").returncode == 1
        return json.loads(done.stdout)["broken_at"]

    assert broken_by(f"UPDATE events SET actor = 'eve' WHERE sequence = {sequences[3]}") == sequences[3]
    assert broken_by(f"DELETE FROM events WHERE sequence = {sequences[3]}") == sequences[4]
    assert broken_by(f"DELETE FROM events WHERE sequence = {sequences[-1]}") == sequences[-2]
    assert broken_by(f"UPDATE events SET sequence = sequence + 100000 WHERE sequence = {sequences[3]}") == sequences[4]
    # Not even when what tells where the trail ends goes, too.
    without_mark = "DELETE FROM stored_values WHERE name = 'audit.ends'; "
    assert broken_by(without_mark + f"DELETE FROM events WHERE sequence = {sequences[-1]}") == sequences[-2]
    assert broken_by(without_mark + "DELETE FROM events") == 0
    assert broken_by("DELETE FROM events") == 0


def test_nobody_is_erased_by_an_empty_name(copies):
    pawl, _ = copies
    done = pawl.try_run("erase", "--user", "")
    assert done.returncode == 2 and b"--user is empty" in done.stderr


def test_what_is_too_old_goes_with_its_bytes(copies):
    pawl, _ = copies
    assert pawl.json("prune", "--json")["turns"] == 0
    long_ago = 400 * 24 * 3600 * 1_000_000
    with sqlite3.connect(pawl.workspace / "pawl.db") as db:
        for table, column in (("turns", "received_at"), ("feedback", "received_at"), ("evidence", "at"), ("examples", "created_at")):
            db.execute(f"UPDATE {table} SET {column} = {column} - {long_ago}")
    db.close()
    would = pawl.json("prune", "--dry-run", "--json")
    assert would["turns"] > 200 and traces(pawl)
    gone = pawl.json("prune", "--json", "--set", "privacy.keep_examples_days=300")
    assert gone["turns"] == would["turns"] and gone["examples"] > 0
    database = b"".join(p.read_bytes() for p in pawl.workspace.glob("pawl.db*"))
    assert not [t for t in TRACES if t in database]
    # Weights that saw the person are still found.
    receipt = pawl.json("erase", "--user", PERSON, "--json")
    assert receipt["way"] == "replayed" and receipt["generations"], receipt
    assert traces(pawl) == []
    assert "whole" in pawl.run("audit", "--verify")
