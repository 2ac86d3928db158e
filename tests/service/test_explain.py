"""pawl explain: how a label came about, in the numbers it was decided by."""

import json

import pytest

from conftest import turn


def say(pawl, turns, feedback=()):
    pawl.run("collect", lines=turns)
    if feedback:
        pawl.run("feedback", lines=list(feedback))


def corrections(count, label="debug_error"):
    return [turn(f"c-{i}", f"my build number {i} fails with a strange error", user=f"u-{i}", turn_id=f"t-{i}",
                 feedback={"corrected_intent": label, "needs_correction": True}) for i in range(count)]


@pytest.fixture
def learnt(pawl):
    say(pawl, corrections(30) + [
        turn("c-x", "sing me a song about rain", user="eve", turn_id="t-x", feedback={"corrected_intent": "debug_error", "needs_correction": True}),
        turn("c-quiet", "nobody says anything about this", turn_id="t-quiet")])
    result = pawl.json("learn", "--force", "--json")
    assert result["status"] == "completed"
    return pawl, result


def head_of(told, head="intent"):
    return next(h for h in told["heads"] if h["head"] == head)


def test_prior_times_what_was_said_is_the_posterior(learnt):
    pawl, result = learnt
    told = pawl.json("explain", "t-3", "--json")
    head = head_of(told)
    assert told["decided"]["cycle_id"] == result["cycle_id"]
    assert [s["source"] for s in told["statements"] if s["head"] == "intent"] == ["self", "correction"]
    assert {s["author"] for s in told["statements"] if s["source"] == "correction"} == {"u-3"}
    weighed = dict(head["prior"])
    for opinion in head["opinions"]:
        assert opinion["author"] == "u-3" and 0 < opinion["reliability"] < 1
        others = opinion["likelihood"]["*"]
        for label in weighed:
            weighed[label] *= opinion["likelihood"].get(label, others) / others
    # The five likeliest labels are told: of two of them the ratio holds whatever is left out.
    first, second = sorted(weighed, key=weighed.get, reverse=True)[:2]
    assert first == head["label"]
    assert weighed[first] / weighed[second] == pytest.approx(head["posterior"][first] / head["posterior"][second], rel=1e-3)
    assert head["posterior"][first] == pytest.approx(head["probability"], abs=1e-4)
    for label, p in head["prior"].items():
        if label in head["model"] and label in head["neighbours"]:
            assert p == pytest.approx((head["model"][label] + head["neighbours"][label]) / 2, abs=1e-3)


def test_an_example_tells_its_split_and_who_was_trained_on_it(learnt):
    pawl, result = learnt
    tells = [pawl.json("explain", f"t-{i}", "--json") for i in range(30)]
    examples = [t for t in tells if t["example"]]
    assert examples
    for told in examples:
        head = head_of(told)
        assert told["example"]["split"] in ("train", "select", "certify")
        assert head["weight"] == pytest.approx(head["probability"], abs=1e-4)
        if told["example"]["split"] == "certify":
            assert head["trained"] == [] and "never trains" in head["became"]
        elif result["model_improved"]:
            assert head["trained"] in ([result["generation"]], []) and head["became"]
    assert any(t["example"] is None or head_of(t)["trained"] or "example" in head_of(t)["became"] for t in tells)


def test_what_became_no_example_says_why(learnt):
    pawl, _ = learnt
    quiet = pawl.json("explain", "t-quiet", "--json")
    assert quiet["heads"] == [] and "nobody has said anything" in quiet["state"]
    later = turn("c-late", "a thing said after the cycle", turn_id="t-late", feedback={"corrected_intent": "creative_task"})
    say(pawl, [later])
    assert "no cycle has looked" in pawl.json("explain", "t-late", "--json")["state"]
    doubtful = pawl.json("explain", "t-x", "--json")
    head = head_of(doubtful)
    assert (doubtful["example"] is None) == ("no example" in head["became"])


def test_the_table_is_for_a_person_and_hash_hides_who_it_was(learnt):
    pawl, _ = learnt
    shown = pawl.run("explain", "t-3")
    for word in ("my build number 3", "u-3", "correction", "prior", "posterior", "neighbours", "reliability"):
        assert word in shown, shown
    hidden = pawl.run("explain", "t-3", "--hash")
    assert "my build" not in hidden and "u-3" not in hidden and "author-" in hidden
    as_json = pawl.json("explain", "t-3", "--hash", "--json")
    authors = {s["author"] for s in as_json["statements"] if s["source"] == "correction"}
    assert authors == {o["author"] for o in head_of(as_json)["opinions"]}


def test_an_unknown_turn_is_told(pawl):
    done = pawl.try_run("explain", "nothing")
    assert done.returncode == 1 and b"there is no turn nothing" in done.stderr
    assert pawl.try_run("explain").returncode == 2


def test_thanks_are_told_as_a_statement(pawl):
    say(pawl, [turn("c-1", "how do I reverse a list", turn_id="a", timestamp="2026-01-01T10:00:00Z"),
               turn("c-1", "Vielen Dank, danke!", turn_id="b", timestamp="2026-01-01T10:00:20Z")])
    told = pawl.json("explain", "a", "--json")
    assert [(s["source"], s["value"]) for s in told["statements"] if s["source"] == "implicit"] == [("implicit", "thanks")]


def test_signals_alone_and_words_that_came_later_are_told_as_what_they_are(pawl):
    say(pawl, corrections(30) + [turn("c-s", "how do I price my product", user="sue", turn_id="s-1", session_id="s"),
                                 turn("c-s", "thanks a lot", user="sue", turn_id="s-2", session_id="s")])
    pawl.json("learn", "--force", "--json")
    assert "what users showed" in pawl.json("explain", "s-1", "--json")["state"]
    pawl.run("feedback", lines=[{"turn_id": "t-3", "user_id": "late", "corrected_intent": "creative_task", "needs_correction": True},
                                {"turn_id": "s-1", "user_id": "sue", "satisfaction_score": 0.1, "response_quality": 0.1}])
    assert "2 statements came since, and the next cycle looks again" in pawl.json("explain", "t-3", "--json")["state"]
    shown = next(s for s in pawl.json("explain", "s-1", "--json")["statements"] if s["source"] == "implicit")
    assert shown["not_counted"] == "beside_a_word"
