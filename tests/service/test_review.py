"""The review queue: in files for other tools and at a terminal."""

import json
import os
import pty
import select
import subprocess
import time

from conftest import read_data, turn

PLANTS = ["water the plants in the garden", "please water my garden plants", "the plants in the garden need water",
          "garden plants want water now", "give water to the plants in my garden", "my garden plants are dry, water them",
          "can you water the garden plants", "water for the plants in the garden please"]


def asked(pawl, people=8):
    """Things nobody has named yet, asked by several people, and things of every day."""
    pawl.run("collect", lines=[turn(f"p-{i}", text, user=f"gardener-{i % people}", turn_id=f"p-{i}") for i, text in enumerate(PLANTS)])
    pawl.run("collect", lines=[turn(f"d-{i}", text, user=f"u-{i}", turn_id=f"d-{i}") for i, text in enumerate(
        ["my script crashes with an error", "write a poem about autumn", "how do I price my product", "explain what recursion is",
         "make this loop faster", "hello there", "where are the docs of this library", "it will not install"])])


def queue(pawl, *args):
    return [json.loads(line) for line in pawl.run("review", "--export", "-", *args).splitlines()]


def test_the_queue_goes_out_with_reasons_and_comes_back_with_labels(pawl, tmp_path):
    asked(pawl)
    items = queue(pawl)
    assert {i["kind"] for i in items} <= {"uncertain", "new_intent", "label_error"}
    assert [i["value"] for i in items] == sorted((i["value"] for i in items), reverse=True)
    assert all(i["reason"] and i["intent"] is None and i["dismiss"] is None for i in items)
    turns = [i for i in items if i["kind"] == "uncertain"]
    turns[0]["intent"] = "creative_task"
    turns[1]["dismiss"] = True
    file = tmp_path / "answers.jsonl"
    file.write_text("".join(json.dumps(i) + "\n" for i in items))
    told = pawl.json("review", "--import", file, "--as", "ann")
    assert told["reviewed"] == 2 and told["rejected"] == 0 and told["unanswered"] == len(items) - 2
    assert not {turns[0]["id"], turns[1]["id"]} & {i["id"] for i in queue(pawl)}
    said = pawl.json("explain", turns[0]["id"], "--json")["statements"]
    assert [(s["source"], s["value"], s["author"]) for s in said if s["source"] == "review"] == [("review", "creative_task", "ann")]


def test_a_bad_line_is_told_with_its_number_and_the_good_ones_count(pawl):
    asked(pawl)
    done = pawl.try_run("review", "--import", "-", raw='{"id": "p-1", "intent": "x"}\n{"id": "none", "intent": "x"}\n{"intent": "x"}\nno\n')
    assert done.returncode == 0 and json.loads(done.stdout)["reviewed"] == 1 and json.loads(done.stdout)["rejected"] == 3
    assert b"line 2" in done.stderr and b"line 3" in done.stderr and b"line 4" in done.stderr


def test_a_new_intent_is_proposed_before_anybody_corrects(pawl):
    asked(pawl)
    proposal = next(i for i in queue(pawl) if i["kind"] == "new_intent")
    assert set(proposal["turn_ids"]) <= {f"p-{i}" for i in range(8)} and len(proposal["turn_ids"]) >= 5
    assert {"water", "plants", "garden"} & set(proposal["words"]) and proposal["authors"] >= 3
    told = pawl.json("review", "--import", "-", lines=[{**proposal, "intent": "water_plants"}])
    assert told["turns"] == len(proposal["turn_ids"])
    assert not [i for i in queue(pawl) if i["kind"] == "new_intent"]
    pawl.run("learn", "--force")
    example = pawl.json("explain", proposal["turn_ids"][0], "--json")
    head = next(h for h in example["heads"] if h["head"] == "intent")
    assert head["label"] == "water_plants" and head["example"]


def test_a_refused_intent_is_not_proposed_again_even_when_it_has_grown(pawl):
    asked(pawl)
    proposal = next(i for i in queue(pawl) if i["kind"] == "new_intent")
    pawl.run("review", "--import", "-", lines=[{"id": proposal["id"], "dismiss": True}])
    assert not [i for i in queue(pawl) if i["kind"] == "new_intent"]
    pawl.run("collect", lines=[turn(f"q-{i}", f"{text} today", user=f"other-{i}") for i, text in enumerate(PLANTS[:4])])
    assert not [i for i in queue(pawl) if i["kind"] == "new_intent"]


def test_one_person_cannot_make_an_intent(pawl):
    asked(pawl, people=1)
    assert not [i for i in queue(pawl) if i["kind"] == "new_intent"]


def test_a_burst_waits_for_a_person_and_counts_once_released(pawl):
    pawl.run("collect", lines=[turn(f"b-{i}", f"a very strange request number {i} of mine", user="mallory", turn_id=f"b-{i}",
                                    feedback={"corrected_intent": "creative_task", "needs_correction": True}) for i in range(9)])
    pawl.run("learn", "--force")
    burst = next(i for i in queue(pawl) if i["kind"] == "burst")
    assert "mallory" in burst["reason"] and len(burst["texts"]) == 9
    assert pawl.json("explain", "b-1", "--json")["example"] is None
    assert pawl.json("review", "--import", "-", lines=[{"id": burst["id"], "accept": True}])["reviewed"] == 1
    assert not [i for i in queue(pawl) if i["kind"] == "burst"]
    pawl.run("learn", "--force")
    assert not [i for i in queue(pawl) if i["kind"] == "burst"]


def test_an_error_of_a_label_that_was_answered_or_passed_over_is_not_asked_for_again(pawl):
    pawl.run("collect", lines=read_data("conversations.jsonl"))
    pawl.run("learn", "--force")
    errors = [i["id"] for i in queue(pawl, "--limit", "1000") if i["kind"] == "label_error"]
    assert errors, "the test needs an example that others contradict"
    pawl.run("review", "--import", "-", lines=[{"id": errors[0], "dismiss": True}])
    assert errors[0] not in [i["id"] for i in queue(pawl, "--limit", "1000")]


def test_answers_that_exclude_each_other_are_refused(pawl):
    pawl.run("collect", lines=[turn(f"b-{i}", f"a very strange request number {i} of mine", user="mallory", turn_id=f"b-{i}",
                                    feedback={"corrected_intent": "creative_task", "needs_correction": True}) for i in range(9)])
    pawl.run("learn", "--force")
    burst = next(i for i in queue(pawl) if i["kind"] == "burst")["id"]
    for both in ({"accept": True, "dismiss": True}, {"intent": "creative_task", "dismiss": True}):
        done = pawl.try_run("review", "--import", "-", lines=[{"id": burst, **both}])
        assert done.returncode == 1 and b"exclude each other" in done.stderr and b"line 1" in done.stderr
    assert [i for i in queue(pawl) if i["kind"] == "burst"]


def test_slips_in_answers_are_told(pawl):
    asked(pawl)
    told = pawl.json("review", "--import", "-", lines=[{"id": "d-0", "intnt": "debug_error"}, {"id": "d-1", "intent": "creative_taks"}, {"id": "d-2", "intent": "business_advice"}])
    assert told["unanswered"] == 1 and told["unknown_keys"] == {"intnt": {"count": 1, "nearest": "intent"}}
    assert told["new_labels"] == {"creative_taks": {"count": 1, "nearest": "creative_task"}}


def test_who_looked_and_who_answered_is_in_the_audit_trail(pawl):
    asked(pawl)
    pawl.run("review", "--export", "-")
    pawl.run("review", "--import", "-", "--as", "ann", lines=[{"id": "d-0", "intent": "debug_error"}, {"id": "d-1", "dismiss": True}])
    events = [(e["kind"], e["actor"].split(" as ")[-1], e["subject"]) for e in pawl.json("audit", "--json")["events"]]
    assert ("turns_read", "operator", "review_queue") in events and ("reviewed", "ann", "2 items") in events


def test_without_a_terminal_it_says_so(pawl):
    done = pawl.try_run("review")
    assert done.returncode == 2 and b"no terminal" in done.stderr
    assert pawl.try_run("review", "--export", "x", "--import", "y").returncode == 2


class Terminal:
    """The program at a terminal of its own."""

    def __init__(self, pawl, *args):
        self.main, side = pty.openpty()
        self.process = subprocess.Popen(pawl.command("review", *args), stdin=side, stdout=side, stderr=side)
        os.close(side)
        self.shown = ""

    def wait_for(self, words, seconds=60):
        end = time.time() + seconds
        while words not in self.shown:
            assert time.time() < end, self.shown
            if select.select([self.main], [], [], 0.2)[0]:
                try:
                    self.shown += os.read(self.main, 65536).decode("utf-8", "replace")
                except OSError:
                    break
        assert words in self.shown, self.shown
        seen, self.shown = self.shown, ""
        return seen

    def press(self, keys):
        os.write(self.main, keys.encode())


def test_one_key_labels_the_next_takes_it_back_and_leaving_keeps_what_was_said(pawl):
    asked(pawl, people=1)
    first = queue(pawl)[0]["id"]
    terminal = Terminal(pawl, "--as", "ann")
    terminal.wait_for("q: leave")
    terminal.press(" ")
    terminal.wait_for("q: leave")
    assert first not in {i["id"] for i in queue(pawl)}
    terminal.press("u")
    terminal.wait_for("q: leave")
    assert first in {i["id"] for i in queue(pawl)}
    terminal.press("n")
    terminal.wait_for("label: ")
    terminal.press("a_new_nime\x7f\x7f\x7fame\r")
    terminal.wait_for("q: leave")
    terminal.press("q")
    terminal.wait_for("1 reviewed")
    assert terminal.process.wait(20) == 0
    said = pawl.json("explain", first, "--json")["statements"]
    assert [s["value"] for s in said if s["source"] == "review"] == ["a_new_name"]
    again = Terminal(pawl)
    assert first not in again.wait_for("q: leave")
    again.press("\x03")
    again.wait_for("0 reviewed")
    assert again.process.wait(20) == 0
