"""What is none of what the intent head knows, through the command line and in stock spaCy."""

import json
import pathlib

import pytest
from conftest import Pawl, read_data, turn, without_entities, write_examples

ENCODER = pathlib.Path(__file__).resolve().parents[2] / "build" / "encoder"  # the real one: one of random weights finds nothing strange
STRANGE = ["the glaciers of Patagonia retreat in the late Holocene", "E=mc^2", "the king moved his bishop to d4",
           "zorgle blimfar quxat mnemosyne", "ostinato, then a fugue in b minor", "asdf jkl qwertz uiop"]
OPEN = {"general_assist", "casual_chat", "creative_task"}  # nothing is out of scope of these


@pytest.fixture(scope="module")
def encoded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scope")
    pawl = Pawl(folder / "workspace")
    data = [e for e in without_entities(read_data("cold_start.jsonl")) if e.get("intent") not in OPEN]
    pawl.run("init", "--examples", write_examples(folder / "examples.jsonl", data), "--set", f"training.encoder={ENCODER}")
    (pawl.workspace / "pawl.toml").write_text("[training]\ntune_after_cycle = false\n")
    return pawl


def test_strange_texts_score_higher_than_known_ones_and_the_bound_is_a_half(encoded):
    known = [e["text"] for e in read_data("dev.jsonl", 200) if e.get("intent", "general_assist") not in OPEN]
    labels = {e["intent"] for e in read_data("cold_start.jsonl") if e.get("intent")}
    answers = encoded.analyze([*STRANGE, *known])
    scores = [a["out_of_scope_score"] for a in answers]
    assert min(scores[: len(STRANGE)]) > sorted(scores[len(STRANGE) :])[len(known) // 2]
    assert any(a["intent"] == "none_of_these" for a in answers[: len(STRANGE)])
    for answer in answers:
        assert 0 <= answer["out_of_scope_score"] <= 1 and 0 <= answer["intent_confidence"] <= 1
        assert (answer["intent"] == "none_of_these") == (answer["out_of_scope_score"] >= 0.5)
        assert ("guess" in answer) == (answer["intent"] == "none_of_these")
        assert answer.get("guess", answer["intent"]) in labels
    assert sum(a["intent"] == "none_of_these" for a in answers[len(STRANGE) :]) < 0.1 * len(known)


def test_a_text_without_anything_to_see_is_out_of_scope_and_nothing_is_guessed(encoded):
    for answer in encoded.analyze(["", " \n ", "\u200b"]):
        assert answer["intent"] == "none_of_these" and answer["out_of_scope_score"] == 1 and "guess" not in answer


def test_punctuation_alone_is_out_of_scope_and_an_emoji_is_judged(encoded):
    for answer in encoded.analyze(["...", "?", "!!!", " -- "]):
        assert answer["intent"] == "none_of_these" and answer["out_of_scope_score"] == 1 and answer["guess"]
    assert encoded.analyze(["\U0001F44D"])[0]["out_of_scope_score"] < 1


def test_stock_spacy_has_it_as_a_category(encoded, tmp_path):
    import spacy
    encoded.run("export", "--to", tmp_path / "out")
    nlp = spacy.load(tmp_path / "out")
    for text, answer in zip(STRANGE, encoded.analyze(STRANGE)):
        cats = {k: v for k, v in nlp(text).cats.items() if k.startswith("INTENT_") or k == "OUT_OF_SCOPE"}
        if abs(answer["out_of_scope_score"] - 0.5) > 0.05:
            assert (max(cats, key=cats.get) == "OUT_OF_SCOPE") == (answer["intent"] == "none_of_these")


def test_blame_of_no_answer_speaks_against_no_label(encoded):
    text = next(a["text"] for a in encoded.analyze(STRANGE) if a["intent"] == "none_of_these")
    blames = [turn(f"b{i}", text, f"v{i}", feedback={"satisfaction_score": score}) for i, score in enumerate([0.0, 0.1, 0.9, 1.0])]
    corrections = [turn(f"k{i}", text, f"w{i}", feedback={"corrected_intent": "troubleshoot"}) for i in range(3)]
    encoded.run("collect", lines=[*blames, *corrections])
    result = encoded.json("learn", "--force", "--json")
    assert result["status"] == "completed", result
    assert result["curation"].get("uncertain", 0) == 0 and json.dumps(result).count("none_of_these") == 0
