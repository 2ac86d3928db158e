"""Rows of the database that something wrote over: they are passed over, counted and named, and the rest is learnt."""

import json
import sqlite3
import subprocess

import pytest

from conftest import Pawl, read_data


@pytest.fixture(scope="module")
def talked(prepared, tmp_path_factory):
    """Two rounds of conversations, the first of which was learnt from."""
    folder = tmp_path_factory.mktemp("talked") / "workspace"
    subprocess.run(["cp", "-a", str(prepared.workspace), str(folder)], check=True)
    pawl = Pawl(folder)
    rows = read_data("conversations.jsonl")
    pawl.run("collect", lines=rows[:len(rows) // 2])
    pawl.json("learn", "--force", "--json")
    pawl.run("collect", lines=rows[len(rows) // 2:])
    return pawl


@pytest.fixture
def pawl(talked, tmp_path):
    subprocess.run(["cp", "-a", str(talked.workspace), str(tmp_path / "workspace")], check=True)
    return Pawl(tmp_path / "workspace")


def overwrite(pawl, *statements):
    with sqlite3.connect(pawl.workspace / "pawl.db") as db:
        for statement in statements:
            assert db.execute(statement).rowcount > 0, statement
    db.close()


# Each on a row of its own, and what status says of it.
ROWS = [
    ("examples", "heads = '{broken'", "example, row"),
    ("examples", "heads = '[]'", "example, row"),
    ("examples", """heads = '{"intent":{"label":5}}'""", "example, row"),
    ("examples", """heads = '{"intent":{"label":"x","weight":-1e308,"support":[]}}'""", "weight is not within 0 and 1"),
    ("examples", """heads = '{"intent":{"label":"","weight":1,"support":[]}}'""", "label is empty"),
    ("examples", "details = '{x'", "example, row"),
    ("examples", "text = CAST(x'ff80fe' AS TEXT)", "text is not UTF-8"),
    ("turns", "context_used = '{x'", "context_used"),
    ("turns", "edits = '[[['", "edits"),
    ("turns", "user_text = CAST(x'ff80fe41' AS TEXT)", "user_text is not UTF-8"),
    ("turns", "user_text = 'something else'", "text_key"),
    ("feedback", "corrected_entities = '{x'", "corrected_entities"),
]
PICK = {"examples": "SELECT sequence FROM examples ORDER BY sequence LIMIT 1 OFFSET {}",
        "turns": "SELECT t.sequence FROM turns t JOIN evidence e USING (turn_id) WHERE e.source = 'correction' AND e.head = 'intent' ORDER BY t.sequence DESC LIMIT 1 OFFSET {}",
        "feedback": "SELECT max(sequence) FROM feedback"}


def test_they_keep_nothing_else_from_being_learnt(pawl):
    overwrite(pawl, *(f"UPDATE {table} SET {change} WHERE sequence = ({PICK[table].format(i)})" for i, (table, change, _) in enumerate(ROWS)))
    cycle = json.loads(pawl.run("learn", "--force", "--json"))
    assert cycle["status"] == "completed" and cycle["examples_created"] > 20, cycle
    damaged = pawl.json("status", "--json")["damaged_rows"]
    assert len(damaged) == len(ROWS), damaged
    for _, change, named in ROWS:
        assert any(named in f"{d['row']}: {d['what']}" for d in damaged), (change, damaged)
    assert f"{len(ROWS)} were passed over" in pawl.run("status")
    for verb in (["review", "--export", "-"], ["generations"]):
        pawl.run(*verb)
    pawl.run("collect", lines=read_data("conversations.jsonl", 3))
    pawl.run("learn", "--force")
    assert len(pawl.json("status", "--json")["damaged_rows"]) == len(ROWS)


def test_nor_do_records_of_authors_and_of_earlier_cycles(pawl):
    overwrite(pawl, "UPDATE documents SET body = '{x' WHERE kind = 'reputation'", "UPDATE cycles SET payload = '{x', result = '{x'",
              "UPDATE documents SET body = '{x' WHERE kind IN ('belief', 'rollout')", "UPDATE generations SET metrics = '{'",
              "UPDATE stored_values SET value = '{' WHERE name LIKE 'live_answers.%' OR name = 'signals'",
              "UPDATE learning_changes SET before = '{' WHERE kind IN ('reputation', 'outcomes') AND before IS NOT NULL",
              "UPDATE feedback SET satisfaction_score = 9e999 WHERE sequence = (SELECT max(sequence) FROM feedback)",
              "UPDATE example_authors SET author = CAST(x'fffe8041' AS TEXT) WHERE author = (SELECT min(author) FROM example_authors)")
    for verb in (["review", "--export", "-"], ["generations"], ["status"]):
        pawl.run(*verb)
    cycle = json.loads(pawl.run("learn", "--force", "--json"))
    assert cycle["status"] == "completed" and cycle["examples_created"] > 20, cycle
    said = pawl.run("status")
    assert "the record of an author" in said or "authors" in said
    user = read_data("conversations.jsonl", 1)[0]["user_id"]
    pawl.run("erase", "--user", user)
    assert json.loads(pawl.run("learn", "--force", "--json"))["status"] in ("completed", "skipped")


def test_a_cycle_whose_own_record_is_damaged_gives_way_to_a_new_one(pawl):
    with sqlite3.connect(pawl.workspace / "pawl.db") as db:
        db.execute("UPDATE cycles SET status = 'training', finished_at = NULL, payload = '{x' WHERE sequence = (SELECT max(sequence) FROM cycles)")
    db.close()
    cycle = json.loads(pawl.run("learn", "--force", "--json"))
    assert cycle["status"] == "completed" and not cycle["resumed"]


def test_erasing_a_person_takes_what_was_said_of_his_damaged_rows_along(pawl):
    user = "u-zq7731x"
    pawl.run("collect", lines=[{"conversation_id": "zq7731x-c", "turn_id": "zq7731x-t", "user_id": user, "user_text": "my zq7731x script fails", "consent": True,
                                "feedback": {"corrected_intent": "debug_error", "needs_correction": True}}])
    overwrite(pawl, "UPDATE turns SET edits = '{x' WHERE turn_id = 'zq7731x-t'")
    pawl.run("learn", "--force")
    assert pawl.json("status", "--json")["damaged_rows"]
    pawl.run("erase", "--user", user)
    for path, data in pawl.everything_on_disk().items():
        assert b"zq7731x" not in data, path
