"""What is empty, thin or no file at all is said, not taken for something."""

import json
import os

import pytest
from conftest import Pawl, write_examples


def test_a_text_without_anything_to_see_has_no_intent(prepared):
    for answer in prepared.analyze(["", "   ", "\u200b\u2060", "\x07\x1b", "\u3164\u2800"]):
        assert answer["intent"] in (None, "none_of_these") and answer["sentiment"] in (None, "none_of_these"), answer


def test_marks_and_letters_of_any_script_are_counted(prepared):
    answers = prepared.analyze(["ПОМОГИТЕ мне！", "هل تسمعني؟", "これは何ですか？", "¿Dónde está?", "όχι", "НЕТ"])
    features = [a["linguistic_features"] for a in answers]
    assert [f["is_question"] for f in features] == [False, True, True, True, False, False]
    assert features[0]["exclamations"] == 1 and 0.7 < features[0]["uppercase_share"] < 0.8
    assert features[5]["uppercase_share"] == 1


def test_emoji_are_words(tmp_path):
    said = [("👍", "positive"), ("great 👍", "positive"), ("👍🏽 thanks", "positive"), ("👎", "negative"), ("bad 👎", "negative"),
            ("👎🏿 no", "negative"), ("see you at noon", "neutral"), ("the file is there", "neutral"), ("a list of names", "neutral")]
    lines = [{"text": text + end, "sentiment": label} for text, label in said for end in ("", ".", " 1")]
    pawl = Pawl(tmp_path / "w")
    pawl.run("init", "--examples", write_examples(tmp_path / "e.jsonl", lines), "--set", "training.encoder=none")
    assert [a["sentiment"] for a in pawl.analyze(["👎", "👍", "👎👎👎", "hm 👎", "👍🏿!"])] == [
        "negative", "positive", "negative", "negative", "positive"]


def test_a_text_longer_than_the_encoders_windows_says_how_much_of_it_was_read(tmp_path, small_encoder):
    lines = [{"text": f"the build number {i} failed", "intent": "broken"} for i in range(8)]
    lines += [{"text": f"good morning to all {i} of you", "intent": "greet"} for i in range(8)]
    pawl = Pawl(tmp_path / "w")
    pawl.run("init", "--examples", write_examples(tmp_path / "e.jsonl", lines), "--set", f"training.encoder={small_encoder}")
    short, long, longer = pawl.analyze(["my build failed", "my build failed. " * 600, "my build failed. " * 1200])
    assert "encoder_read" not in short
    read = [a["encoder_read"] for a in (long, longer)]
    assert [r["of"] for r in read] == [len(a["text"]) for a in (long, longer)]
    assert 0 < read[0]["characters"] == read[1]["characters"] < len(long["text"])
    cut = longer["text"][:read[1]["characters"]]
    assert "encoder_read" not in pawl.analyze([cut])[0] and "encoder_read" in pawl.analyze([cut + " failed"])[0]


def test_init_says_which_labels_are_thin(tmp_path):
    lines = [{"text": f"the build number {i} failed", "intent": "broken"} for i in range(6)]
    lines += [{"text": "hello", "intent": "greet"}, {"text": "Hello", "intent": "broken"}]
    lines += [{"text": f"fine {i}", "sentiment": "calm"} for i in range(5)]
    lines += [{"text": "ask Kubernetes", "entities": [[4, 9, "TECH"]]}]
    done = Pawl(tmp_path / "w").try_run("init", "--examples", write_examples(tmp_path / "e.jsonl", lines),
                                        "--set", "training.min_updates=5")
    message = done.stderr.decode()
    assert done.returncode == 0, message
    assert 'intent: "greet" has 1 example' in message and 'sentiment: "calm" is the only label' in message
    assert '1 of the texts are labelled "greet" and "broken"' in message
    assert 'entities: 1 in 1 examples do not begin and end where words do' in message and '[4, 9, "TECH"]' in message


def test_pipelines_that_are_none_of_spacy_3_say_so(tmp_path, prepared):
    exported = tmp_path / "p"
    prepared.run("export", "--to", exported)
    meta = json.loads((exported / "meta.json").read_text())
    (exported / "meta.json").write_text(json.dumps({**meta, "spacy_version": ">=4.0.0,<4.1.0"}))
    done = prepared.try_run("init", "--pipeline", exported)
    assert "spaCy 3" in Pawl(tmp_path / "n").try_run("init", "--pipeline", exported).stderr.decode(), done.stderr
    (exported / "config.cfg").unlink()
    assert "spaCy 2" in Pawl(tmp_path / "n").try_run("init", "--pipeline", exported).stderr.decode()


@pytest.mark.parametrize("file", ["config.cfg", "meta.json", "tokenizer"])
def test_a_pipe_in_a_pipeline_folder_is_refused_at_once(tmp_path, prepared, file):
    exported = tmp_path / "p"
    prepared.run("export", "--to", exported)
    (exported / file).unlink()
    os.mkfifo(exported / file)
    done = Pawl(tmp_path / "n").try_run("init", "--pipeline", exported)
    assert done.returncode == 1 and file in done.stderr.decode()


def test_a_pipe_for_a_database_and_a_path_of_two_slashes(tmp_path, pawl):
    other = Pawl(f"/{pawl.workspace}")
    assert other.analyze(["hello"])[0]["degraded"] is False
    (pawl.workspace / "pawl.db").unlink()
    os.mkfifo(pawl.workspace / "pawl.db")
    done = pawl.try_run("status")
    assert done.returncode == 1 and "pawl.db" in done.stderr.decode()
