"""Forerunners through whole cycles: what the candidate would be without some of the people who judge it is evidence."""

import pytest
from conftest import Pawl, read_data, turn, without_entities, write_examples

KEEP = ["--set", "validation.alpha=1e-6", "--set", "validation.margin=0"]  # no gain is enough


def corrections(examples, first):
    """A conversation and a user each, so that no cap limits them."""
    return [turn(f"c{first + i}", e["text"], f"u{first + i}", feedback={"corrected_intent": e["intent"]})
            for i, e in enumerate(examples)]


@pytest.fixture(scope="module")
def cycles(small_encoder, tmp_path_factory):
    """Results of four cycles over a weak live head; the first two keep it whatever comes."""
    folder = tmp_path_factory.mktemp("forerunners")
    pawl = Pawl(folder / "workspace")
    data = without_entities(read_data("cold_start.jsonl"))
    pawl.run("init", "--examples", write_examples(folder / "examples.jsonl", data[:150]), "--set", f"training.encoder={small_encoder}")
    (pawl.workspace / "pawl.toml").write_text("[training]\ntune_after_cycle = false\n")
    results = []
    for i, settings in enumerate([KEEP, KEEP, [], []]):
        first = 150 + 180 * i
        pawl.run("collect", lines=corrections(data[first : first + 180], first))
        results.append(pawl.json("learn", "--json", *settings))
    return results


def intent(result):
    return result["validation"]["heads"]["intent"]


def test_what_a_cycle_brought_judges_all_of_it_that_is_new(cycles):
    assert cycles[0]["status"] == "completed" and not intent(cycles[0])["deployed"]
    assert 0 < intent(cycles[0])["by_forerunners"] < cycles[0]["examples_created"]


def test_a_head_that_was_kept_is_judged_by_those_of_the_last_two_cycles(cycles):
    for i in (1, 2):
        assert cycles[i]["examples_created"] < intent(cycles[i])["by_forerunners"] < 2 * cycles[i]["examples_created"]
    assert f"{intent(cycles[2])['by_forerunners']} of them by its forerunners" in intent(cycles[2])["reason"]


def test_they_count_as_held_out_examples_and_end_with_a_deployment(cycles):
    judged = intent(cycles[2])
    assert judged["deployed"] and judged["support"] > judged["by_forerunners"]
    assert intent(cycles[3])["by_forerunners"] < cycles[3]["examples_created"]
