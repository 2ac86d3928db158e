"""What becomes of a generation that the gate let pass: it shadows, bakes, and is taken back when people complain of it."""

import pytest
from conftest import turn

EAGER = ["--set", "validation.alpha=0.5", "--set", "validation.margin=0.3", "--set", "validation.intent_accuracy=0",
         "--set", "validation.sentiment_accuracy=0", "--set", "validation.accuracy=0", "--set", "learning.validation_threshold=0",
         "--set", "training.validation_split=0.5", "--set", "training.min_updates=200", "--set", "training.encoder=none"]
NEW = "where is my parcel number {}"


def learn(pawl, *args):
    return pawl.json("learn", "--json", *EAGER, *args)


def teach(pawl, count=90):
    """What nobody knows yet, of many people; and turns of others who are content."""
    lines = [turn(f"new-{i}", NEW.format(i), f"teacher-{i}", feedback={"corrected_intent": "track_parcel"}) for i in range(count)]
    lines += [turn(f"ok-{i}", f"hello there number {i}", f"content-{i}", feedback={"satisfaction_score": 1.0}) for i in range(60)]
    pawl.run("collect", lines=lines)


def complaints(before, users):
    return [turn(f"bad-{i}", NEW.format(1000 + i), users(i), feedback={"corrected_intent": before}) for i in range(40)]


@pytest.fixture
def deployed(pawl):
    """A workspace whose second generation has just gone live, the first one's id, and what that says of the new texts."""
    first, before = pawl.live(), pawl.analyze([NEW.format(1000)])[0]["intent"]
    teach(pawl)
    result = learn(pawl)
    assert result["model_improved"], result["reason"]
    assert pawl.analyze([NEW.format(1000)])[0]["intent"] == "track_parcel" != before
    return pawl, first, before


def phases(pawl):
    return {g["generation"]: g["phase"] for g in pawl.json("generations", "--json")}


def test_a_generation_people_complain_of_is_taken_back_and_everything_says_so(deployed):
    pawl, first, before = deployed
    second = pawl.live()
    assert phases(pawl) == {first: "settled", second: "baking"}
    status = pawl.json("status", "--json")
    assert status["live_phase"] == "baking" and status["rollout"]["baseline"] == first
    shadow = status["rollout"]["shadow"]
    assert shadow["turns"] == 150 and shadow["disagreements"]["intent"] > 0 and "no more" in shadow["note"]
    assert "baking" in pawl.run("status") and "baking" in pawl.run("generations")

    done = pawl.try_run("collect", lines=complaints(before, lambda i: f"victim-{i}"))
    assert done.returncode == 0 and f"generation {second} was taken back" in done.stderr.decode()
    assert pawl.live() == first and phases(pawl) == {first: "settled", second: "rolled_back"}
    status = pawl.json("status", "--json")
    last = status["last_cycle"]
    assert last["status"] == "rolled_back" and last["rollback_performed"] and not last["model_improved"]
    assert "people found fault" in last["reason"] and status["model_improvements"] == 0
    assert status["counters"]["generations.taken_back"] == 1
    assert "rolled_back" in pawl.run("status") and "rolled_back" in pawl.run("generations")
    assert pawl.analyze([NEW.format(1000)])[0]["generation"] == first
    assert learn(pawl, "--force")["status"] == "completed" and pawl.live() == first


def test_one_user_however_loud_takes_nothing_back(deployed):
    pawl, _, before = deployed
    second = pawl.live()
    pawl.run("collect", lines=complaints(before, lambda i: "enemy") * 3)
    status = pawl.json("status", "--json")
    assert pawl.live() == second and status["live_phase"] == "baking"
    assert status["rollout"]["live"]["users_at_fault"] == 1


def test_a_candidate_waits_in_the_shadow_where_it_is_told_to(pawl):
    first = pawl.live()
    teach(pawl)
    result = learn(pawl, "--set", "rollout.shadow_new_turns=20")
    assert result["generation"] and not result["model_improved"] and pawl.live() == first
    status = pawl.json("status", "--json")
    assert status["shadow_generation"] == result["generation"] and status["shadow_rollout"]["phase"] == "shadow"
    assert result["generation"] in pawl.run("status")
    shadowed = ["--set", "rollout.shadow_new_turns=20"]
    pawl.run("collect", *shadowed, lines=[turn(f"more-{i}", f"hello again {i}", f"u-{i}") for i in range(20)])
    assert pawl.live() == result["generation"] and pawl.json("status", "--json")["live_phase"] == "baking"
