"""Streams of lines: what is wrong keeps its place, what is unknown is named, what is stored is acknowledged at once."""

import json
import subprocess

import pytest
from conftest import Pawl, read_data, turn, without_entities, write_examples

MIXED = b'{"text": "one"}\n{"txt": "x"}\n"two"\nnonsense\n"three"\n'


def answers_of(done):
    return [json.loads(x) for x in done.stdout.splitlines()]


@pytest.fixture
def acme(pawl, tmp_path):
    """A second tenant of the workspace."""
    examples = write_examples(tmp_path / "acme.jsonl", without_entities(read_data("cold_start.jsonl", 20)))
    pawl.run("init", "--tenant", "acme", "--examples", examples, "--set", "training.min_updates=10")
    return pawl


def turns_of(pawl, tenant):
    return pawl.json("status", "--tenant", tenant, "--json")["turns"]


# --- analyze

@pytest.mark.parametrize("on_error, status, lines", [("report", 1, [None, 2, None, 4, None]), ("skip", 0, [None] * 3), ("stop", 1, [None, 2])])
def test_a_bad_line_becomes_what_on_error_says(pawl, on_error, status, lines):
    done = pawl.try_run("analyze", "--on-error", on_error, raw=MIXED)
    assert done.returncode == status, done.stderr
    assert [a.get("line") for a in answers_of(done)] == lines


def test_on_error_knows_three_words(pawl):
    done = pawl.try_run("analyze", "--on-error", "shrug", raw=MIXED)
    assert done.returncode == 2 and b"report, skip or stop" in done.stderr and done.stdout == b""


def test_a_bad_line_is_answered_before_the_next_one_is_written(pawl):
    with subprocess.Popen(pawl.command("analyze"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        for line, key in ((b'"one"\n', "text"), (b"nonsense\n", "error"), (b'"two"\n', "text")):
            process.stdin.write(line)
            process.stdin.flush()
            assert key in json.loads(process.stdout.readline())
        process.stdin.close()
    assert process.returncode == 1


# --- acknowledgements

def test_each_turn_is_acknowledged_before_the_next_one_is_written(pawl):
    with subprocess.Popen(pawl.command("collect", "--acks"), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        for i in range(5):
            process.stdin.write(json.dumps(turn(f"c{i}", f"hello number {i}", turn_id=f"t{i}")).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline()) == {"turn_id": f"t{i}"}
            assert turns_of(pawl, "default") == i + 1
        process.kill()
    assert turns_of(pawl, "default") == 5


def test_feedback_is_acknowledged_too(pawl):
    pawl.run("collect", lines=[turn("c1", "hello", turn_id="t1")])
    ack, summary = map(json.loads, pawl.run("feedback", "--acks", lines=[{"turn_id": "t1", "satisfaction_score": 1}]).splitlines())
    assert ack == {"turn_id": "t1"} and summary["feedback"] == 1


# --- tenants

def test_a_turn_goes_to_the_tenant_it_names(acme):
    summary = acme.json("collect", lines=[turn("c1", "hello"), turn("c2", "hello there", tenant_id="acme"), turn("c3", "hi", tenant_id="default")])
    assert summary["accepted"] == 3
    assert (turns_of(acme, "default"), turns_of(acme, "acme")) == (2, 1)


def test_feedback_goes_to_the_tenant_it_names(acme):
    acme.run("collect", lines=[turn("c1", "hello", turn_id="same"), turn("c1", "hello", turn_id="same", tenant_id="acme")])
    acme.run("feedback", lines=[{"turn_id": "same", "tenant_id": "acme", "corrected_intent": "casual_chat"}])
    counters = {t: acme.json("status", "--tenant", t, "--json")["counters"].get("feedback.stored", 0) for t in ("default", "acme")}
    assert counters == {"default": 0, "acme": 1}


@pytest.mark.parametrize("verb", ["collect", "feedback"])
def test_a_line_may_not_name_another_tenant_than_the_stream_was_given_for(acme, verb):
    line = {**turn("c1", "hello", tenant_id="acme"), "satisfaction_score": 1}
    done = acme.try_run(verb, "--tenant", "default", lines=[line])
    assert done.returncode == 1 and b'"tenant_id" is "acme"' in done.stderr
    assert (turns_of(acme, "default"), turns_of(acme, "acme")) == (0, 0)


def test_a_workspace_of_one_tenant_keeps_nobody_apart_and_says_so(pawl):
    done = pawl.try_run("collect", lines=[turn("c1", "hello", tenant_id="sim"), turn("c2", "hello"), turn("c3", "hi", tenant_id="sim")])
    assert (done.returncode, json.loads(done.stdout)["accepted"]) == (0, 3)
    assert done.stderr.count(b'lines name the tenant "sim"; all went to "default"') == 1
    pawl.run("feedback", lines=[{"conversation_id": "c1", "tenant_id": "sim", "corrected_intent": "casual_chat"}])
    assert pawl.json("status", "--json")["counters"]["feedback.stored"] == 1


def test_a_tenant_that_was_never_made_is_the_trouble_of_the_lines_that_name_it(acme):
    done = acme.try_run("collect", lines=[turn("c1", "hello", tenant_id="nobody"), turn("c2", "hello"), turn("c3", "hi", tenant_id="nobody")])
    summary = json.loads(done.stdout)
    assert (done.returncode, summary["accepted"], summary["rejected"]) == (0, 1, 2)
    assert done.stderr.count(b'"nobody", which has no generation') == 2


# --- keys that are not known

def test_unknown_keys_are_counted_and_named_with_the_nearest_known_one(pawl):
    summary = pawl.json("collect", lines=[turn("c1", "hello", feedback={"corected_intent": "casual_chat"}), turn("c2", "hi", user_txt="x", zebra=1),
                                          turn("c3", "hey", feedback={"corected_intent": "casual_chat", "satisfaction": 1})])
    assert summary["unknown_keys"] == {"feedback.corected_intent": {"count": 2, "nearest": "corrected_intent"},
                                       "feedback.satisfaction": {"count": 1, "nearest": None},
                                       "user_txt": {"count": 1, "nearest": "user_text"}, "zebra": {"count": 1, "nearest": None}}
    assert summary["accepted"] == 3
    late = pawl.json("feedback", lines=[{"conversation_id": "c1", "satisfaction_score": 1, "coment": "x"}])
    assert late["unknown_keys"] == {"coment": {"count": 1, "nearest": "comment"}}


def test_strict_refuses_lines_with_unknown_keys(pawl):
    done = pawl.try_run("collect", "--strict", lines=[turn("c1", "hello", feedback={"corected_intent": "x"}), turn("c2", "hi")])
    summary = json.loads(done.stdout)
    assert (summary["accepted"], summary["rejected"]) == (1, 1)
    assert 'line 1: "feedback.corected_intent" is no key of this line; did you mean "corrected_intent"?' in done.stderr.decode()


def test_init_names_unknown_keys_of_examples(tmp_path):
    examples = without_entities(read_data("cold_start.jsonl", 20))
    examples[0]["sentimant"] = examples[0].pop("sentiment")
    path = write_examples(tmp_path / "e.jsonl", examples)
    made = Pawl(tmp_path / "workspace").json("init", "--examples", path, "--set", "training.min_updates=10")
    assert made["unknown_keys"] == {"sentimant": {"count": 1, "nearest": "sentiment"}}


# --- tables

def test_workspace_and_tenant_may_stand_before_the_verb(pawl):
    for options in (["--workspace", pawl.workspace], ["-w", pawl.workspace, "--tenant", "default"], [f"--workspace={pawl.workspace}"]):
        done = subprocess.run([pawl.program, *options, "status", "--json"], capture_output=True)
        assert done.returncode == 0 and json.loads(done.stdout)["total_cycles"] == 0, done.stderr
    assert subprocess.run([pawl.program, "--workspace", "status"], capture_output=True).returncode == 2


def test_status_and_generations_are_tables_for_a_person(pawl):
    pawl.run("learn")
    status = pawl.run("status")
    assert "skipped" in status and "too little feedback yet" in status and pawl.live() in status
    generations = pawl.run("generations")
    head, live = generations.splitlines()
    assert head.split()[:2] == ["generation", "made"] and live.startswith("* " + " " * 0) and "the first generation" in live
    for line in (status + generations).splitlines():
        assert len(line) < 160, line
    cycle = pawl.json("status", "--json")["last_cycle"]["cycle_id"]
    assert cycle in status
    assert "learning.min_data_threshold" in pawl.run("status", "--why", cycle)
    assert pawl.json("status", "--why", cycle, "--json")["cycle_id"] == cycle
    assert "labelled examples" in pawl.run("generations", "--why", pawl.live())
    assert pawl.try_run("status", "--why", "nonsense").returncode == 1
    assert pawl.json("status", "--json")["average_training_time_unit"] == "seconds"
