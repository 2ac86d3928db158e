"""Pipelines with the hybrid text classifier: trained by pawl, opened by spaCy with pawl's Python package."""

import json
import random
import shutil
import sys

import numpy as np
import pytest
import spacy
import srsly
from conftest import BUILD, SHARED_DATA, SOURCE, Driver
from hostile_texts import hostile_texts

sys.path.insert(0, str(BUILD / "python"))

import pawl.components  # noqa: E402, F401  (registers the factories)
from pawl.head import HybridHead  # noqa: E402
from pawl.ngrams import count_ngrams  # noqa: E402

TOPICS = {
    "INTENT_set_alarm": ["wake me at {}", "set an alarm for {}", "alarm at {} please", "I need to get up at {}"],
    "INTENT_play_music": ["play {}", "put on some {}", "I want to hear {}", "music by {} now"],
    "INTENT_weather": ["will it rain in {}", "weather for {}", "is it cold in {}?", "forecast {}"],
}
FILLERS = ["seven", "Berlin", "jazz", "noon", "the Beatles", "Zürich", "tomorrow", "東京", "half past six", "Mahler"]
EXAMPLES = [
    {"text": form.format(filler), "label": label} for label, forms in TOPICS.items() for form in forms for filler in FILLERS
]
TEXTS = ["set the alarm", "play something by Bach", "RAIN??", "", "  ", "how much is a loan", "Zürich " * 3000]


@pytest.fixture
def ask(driver):
    process = driver("hybrid")

    def ask(**request):
        answer = process.ask(**request)
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer["result"]

    return ask


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pack") / "en"
    spacy.blank("en").to_disk(folder)
    return str(folder)


def same_scores(nlp, ask, texts, tolerance=1e-4):
    for text, expected in zip(texts, ask(do="cats", texts=texts)):
        cats = nlp(text).cats
        assert list(cats) == list(expected)
        np.testing.assert_allclose(list(cats.values()), list(expected.values()), atol=tolerance, err_msg=text[:200])
        assert sum(cats.values()) == pytest.approx(1, abs=1e-5)


def test_ngrams_are_the_same(ask):
    texts = TEXTS + [e["text"] for e in EXAMPLES] + hostile_texts(500)
    for text, groups in zip(texts, ask(do="ngrams", texts=texts)):
        for expected, counts in zip(groups, count_ngrams(text, 20)):
            assert expected == [[bucket, count] for bucket, count in sorted(counts.items())], repr(text)


@pytest.mark.parametrize("none", [None, "INTENT_none_of_these"])
def test_spacy_opens_what_pawl_trained(ask, pack, tmp_path, none):
    ask(do="train", pack=pack, examples=EXAMPLES, to=str(tmp_path / "nlp"), none=none)
    same_scores(spacy.load(tmp_path / "nlp"), ask, TEXTS)


def test_what_spacy_saves_again_pawl_opens(ask, pack, tmp_path):
    ask(do="train", pack=pack, examples=EXAMPLES, to=str(tmp_path / "nlp"))
    nlp = spacy.load(tmp_path / "nlp")
    nlp.to_disk(tmp_path / "again")
    before = ask(do="cats", texts=TEXTS)
    ask(do="load", **{"from": str(tmp_path / "again")})
    assert ask(do="cats", texts=TEXTS) == before


def test_a_good_part_is_learnt(ask, pack, tmp_path):
    ask(do="train", pack=pack, examples=EXAMPLES, to=str(tmp_path / "nlp"))
    texts = ["wake me at five", "some opera please play", "forecast for Rome"]
    for cats, label in zip(ask(do="cats", texts=texts), TOPICS):
        assert max(cats, key=cats.get) == label


# With vectors ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    """A small encoder of random weights, imported."""
    from small_encoder import small_weights, write_small
    from test_encoder import Encoder

    folder = tmp_path_factory.mktemp("encoder")
    write_small(folder / "source", small_weights())
    return Encoder(folder / "source", folder / "float32", "float32").folder


LONG_TEXT = "the cat sat, " * 40 + "a mat on mats " * 400  # more windows than are read


def test_both_tiers_answer_alike(ask, pack, encoder, tmp_path):
    ask(do="train", pack=pack, encoder=encoder, examples=EXAMPLES, to=str(tmp_path / "nlp"))
    nlp = spacy.load(tmp_path / "nlp")
    assert {1, 2} == set(ask(do="tiers", texts=[*TEXTS, EXAMPLES[0]["text"]]))
    assert len(nlp.get_pipe("intent").head.first["vector_means"]) > 0
    same_scores(nlp, ask, [*TEXTS, LONG_TEXT], tolerance=1e-3)
    ask(do="load", **{"from": str(tmp_path / "nlp")})
    same_scores(nlp, ask, [*TEXTS, LONG_TEXT], tolerance=1e-3)


def test_labels_with_few_examples_are_out_of_scope_alike(ask, pack, encoder, tmp_path):
    rare = [e for e in EXAMPLES if e["label"] == "INTENT_weather"]
    examples = [e for e in EXAMPLES if e not in rare] + rare[:8]
    ask(do="train", pack=pack, encoder=encoder, examples=examples, to=str(tmp_path / "nlp"))
    file = tmp_path / "nlp" / "intent" / "model"
    model = srsly.msgpack_loads(file.read_bytes())
    assert model["support"].tolist() == [41, 41, 9]  # with the labels' names
    for tier in ("first", "second"):
        model[tier]["floor_slope"] = 0.7
    file.write_bytes(srsly.msgpack_dumps(model))
    ask(do="load", **{"from": str(tmp_path / "nlp")})
    same_scores(spacy.load(tmp_path / "nlp"), ask, [*TEXTS, LONG_TEXT, *(e["text"] for e in rare)], tolerance=1e-3)


def test_tuned_layers_answer_alike(ask, pack, encoder, tmp_path):
    words = ["the cat", "a mat", "on the mat", "b, c", "the cats", "sitting on a", "c c", "a b", "cat", "mats"]
    examples = EXAMPLES + [{**e, "text": f"{e['text']} {words[i % 10]}"} for i, e in enumerate(EXAMPLES)]
    ask(do="train", pack=pack, encoder=encoder, examples=examples, to=str(tmp_path / "nlp"))
    nlp = spacy.load(tmp_path / "nlp")
    texts = [*TEXTS, *words, LONG_TEXT]
    assert nlp.get_pipe("intent").head.tuned["examples"] > len(examples)
    assert 2 in ask(do="tiers", texts=texts)
    same_scores(nlp, ask, texts, tolerance=1e-3)
    nlp.to_disk(tmp_path / "again")
    ask(do="load", **{"from": str(tmp_path / "again")})
    same_scores(nlp, ask, texts, tolerance=1e-3)


@pytest.mark.parametrize("part, value, names", [
    ("first", 9, "first"),
    ("count", 7, "encoder.layer."),
    ("weights", np.frombuffer(b"\x10" + bytes(7) + b'{"a"', np.uint8), "safetensors"),
])
def test_broken_tuned_layers_are_named_by_both(ask, pack, encoder, tmp_path, part, value, names):
    examples = EXAMPLES + [{**e, "text": f"{e['text']} again"} for e in EXAMPLES]
    ask(do="train", pack=pack, encoder=encoder, examples=examples, to=str(tmp_path / "nlp"))
    file = tmp_path / "nlp" / "intent" / "model"
    model = srsly.msgpack_loads(file.read_bytes())
    model["tuned"][part] = value
    file.write_bytes(srsly.msgpack_dumps(model))
    for use in (lambda: spacy.load(tmp_path / "nlp")("set the alarm"), lambda: ask(do="load", **{"from": str(tmp_path / "nlp")})):
        with pytest.raises(ValueError) as raised:
            use()
        for name in ("intent", "tuned", names):
            assert name in str(raised.value)


def test_the_same_tier_answers_in_both_whatever_the_lengths(ask, pack, encoder, tmp_path):
    ask(do="train", pack=pack, encoder=encoder, examples=EXAMPLES, to=str(tmp_path / "nlp"))
    file = tmp_path / "nlp" / "intent" / "model"
    model = srsly.msgpack_loads(file.read_bytes())
    assert model["typical_length"] == pytest.approx(np.mean([len(e["text"].encode("utf8")) for e in EXAMPLES]))
    model["first"].update(temperature=10.0, floor=-1e9)  # of scores that leave no doubt on so few words
    texts = [*TEXTS, *(e["text"] for e in EXAMPLES[:20]), LONG_TEXT]

    def answers(length, acceptance):
        file.write_bytes(srsly.msgpack_dumps({**model, "typical_length": length, "acceptance": acceptance}))
        pipe = spacy.load(tmp_path / "nlp").get_pipe("intent")
        return [pipe.head.answer(text, pipe.encoder()) for text in texts]

    median = float(np.median([max(answer.probabilities) for answer in answers(0, 0)]))
    shares = []
    for length in (0.5, 12.5, 1e6):
        tiers = [answer.tier for answer in answers(length, median)]
        ask(do="load", **{"from": str(tmp_path / "nlp")})
        assert ask(do="tiers", texts=texts) == tiers
        shares.append(tiers.count(1))
    assert shares[0] > shares[1] > shares[2]


MISSING = object()
BROKEN_HEADS = [
    ("version", 6), ("version", 0), ("version", "4"), ("version", MISSING), ("classes", 0), ("classes", 1 << 40), ("classes", True),
    ("hash_bits", 25), ("hash_bits", 0), ("hash_bits", 1 << 60), ("hash_bits", 2.5), ("fingerprint", 7), ("fingerprint", MISSING),
    ("constant", float("inf")), ("constant", None), ("acceptance", float("nan")), ("acceptance", None), ("acceptance", MISSING),
    ("typical_length", -1.0), ("typical_length", float("nan")), ("typical_length", "long"), ("tuned_acceptance", float("nan")),
    ("buckets", np.zeros_like), ("buckets", np.zeros((2, 2), np.uint32)), ("buckets", [1, 2]), ("buckets", MISSING),
    ("support", lambda known: -known), ("support", np.ones(2, np.float32)), ("second.floor_slope", -1.0), ("first.floor_slope", "steep"),
    ("idf", np.ones(3, np.float32)), ("idf", "many"), ("first", MISSING), ("first", 3), ("second", [1]), ("tuned", 0),
    ("first.temperature", 0.0), ("first.temperature", float("nan")), ("first.temperature", MISSING), ("second.floor", float("-inf")),
    ("second.ngram_scale", -1.0), ("first.weights", np.zeros((2, 2), np.float32)), ("second.weights", np.float32(1)),
    ("first.weights", MISSING), ("second.block_width", 1 << 20), ("second.vector_scales", np.ones(100, np.float32)),
    ("second.vector_means", np.zeros(3, np.float32)), ("second.vector_means", np.zeros(3, np.float64)),
]


@pytest.fixture(scope="module")
def whole_head(pack, encoder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole_head") / "nlp"
    process = Driver("hybrid")
    assert "error" not in process.ask(do="train", pack=pack, encoder=encoder, examples=EXAMPLES, to=str(folder))
    process.close()
    return folder


@pytest.mark.parametrize("path, value", BROKEN_HEADS)
def test_what_a_head_cannot_hold_is_named_by_both(ask, whole_head, tmp_path, path, value):
    shutil.copytree(whole_head, tmp_path / "nlp")
    file = tmp_path / "nlp" / "intent" / "model"
    model = srsly.msgpack_loads(file.read_bytes())
    *parts, key = path.split(".")
    part = model[parts[0]] if parts else model
    if value is MISSING:
        del part[key]
    else:
        part[key] = value(part[key]) if callable(value) else value
    file.write_bytes(srsly.msgpack_dumps(model))
    for use in (lambda: spacy.load(tmp_path / "nlp"), lambda: ask(do="load", **{"from": str(tmp_path / "nlp")})):
        with pytest.raises(ValueError, match="intent.model.*" + ".*".join([*parts, key])):
            use()


def test_a_head_with_changed_bytes_answers_or_says_why_not(whole_head):
    whole, rng, refused = (whole_head / "intent" / "model").read_bytes(), random.Random(1), 0
    for _ in range(500):
        data = bytearray(whole[: rng.choice([len(whole), rng.randrange(len(whole))])])
        for _ in range(min(len(data), rng.choice([0, 1, 2, 8]))):
            data[rng.choice([rng.randrange(len(data)), rng.randrange(min(len(data), 300))])] = rng.randrange(256)
        try:
            HybridHead(bytes(data)).answer("set the alarm")
        except ValueError:
            refused += 1
    assert 100 < refused < 500


@pytest.mark.parametrize("labels", [MISSING, 3, ["a", 3, "b"], ["a", "a", "b"], ["a", "b"]])
def test_labels_that_are_none_are_refused_by_both_naming_their_file(ask, whole_head, tmp_path, labels):
    shutil.copytree(whole_head, tmp_path / "nlp")
    (tmp_path / "nlp" / "intent" / "cfg").write_text(json.dumps({} if labels is MISSING else {"labels": labels}))
    for use in (lambda: spacy.load(tmp_path / "nlp"), lambda: ask(do="load", **{"from": str(tmp_path / "nlp")})):
        with pytest.raises(ValueError, match="intent.*labels"):
            use()


@pytest.mark.parametrize("name", ["cfg", "model"])
def test_a_file_of_a_head_that_is_missing_is_named_by_both(ask, whole_head, tmp_path, name):
    shutil.copytree(whole_head, tmp_path / "nlp")
    (tmp_path / "nlp" / "intent" / name).unlink()
    for use in (lambda: spacy.load(tmp_path / "nlp"), lambda: ask(do="load", **{"from": str(tmp_path / "nlp")})):
        with pytest.raises(ValueError, match=f"intent.{name}"):
            use()


def test_an_untrained_head_goes_to_disk_and_back(tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("pawl_hybrid_textcat", name="intent")
    nlp.to_disk(tmp_path / "nlp")
    assert spacy.load(tmp_path / "nlp").get_pipe("intent").labels == ()


def test_a_head_that_is_cut_off_or_none_is_refused_by_both_naming_its_file(ask, pack, tmp_path):
    ask(do="train", pack=pack, examples=EXAMPLES, to=str(tmp_path / "nlp"))
    file = tmp_path / "nlp" / "intent" / "model"
    whole = file.read_bytes()
    broken = [b"", whole[:1], whole[:40], whole[:-1], b"\xff" * 100, srsly.msgpack_dumps([1, 2]), srsly.msgpack_dumps({"version": 4})]
    for data in broken:
        file.write_bytes(data)
        for use in (lambda: spacy.load(tmp_path / "nlp"), lambda: ask(do="load", **{"from": str(tmp_path / "nlp")})):
            with pytest.raises(ValueError, match="intent.model"):
                use()


def test_a_head_of_version_1_still_answers(ask, pack, encoder, tmp_path):
    ask(do="train", pack=pack, encoder=encoder, examples=EXAMPLES, to=str(tmp_path / "nlp"))
    file = tmp_path / "nlp" / "intent" / "model"
    model = srsly.msgpack_loads(file.read_bytes())
    keys = ("block_width", "vector_scales", "vector_means")
    words = len(model["first"]["vector_means"])
    assert words > 0
    model["first"] = {key: value for key, value in model["first"].items() if key not in keys}
    model["first"]["weights"] = np.ascontiguousarray(model["first"]["weights"][words:])
    file.write_bytes(srsly.msgpack_dumps({**model, **{key: model["second"].pop(key) for key in keys}, "version": 1}))
    ask(do="load", **{"from": str(tmp_path / "nlp")})
    assert 2 in ask(do="tiers", texts=TEXTS)
    same_scores(spacy.load(tmp_path / "nlp"), ask, TEXTS, tolerance=1e-3)


def test_a_model_without_its_encoder_answers_with_the_first_tier(ask, pack, encoder, tmp_path):
    ask(do="train", pack=pack, encoder=encoder, examples=EXAMPLES, to=str(tmp_path / "nlp"))
    nlp = spacy.load(tmp_path / "nlp", exclude=["sentence_encoder"])
    assert sum(nlp("set the alarm").cats.values()) == pytest.approx(1, abs=1e-5)


def test_predictions_on_the_shared_data(ask, pack, tmp_path):
    if not SHARED_DATA.is_dir():
        pytest.skip("../shared/data is absent")
    records = list(srsly.read_jsonl(SHARED_DATA / "hwu64.train.jsonl"))
    random.Random(1).shuffle(records)
    examples = [{"text": r["text"], "label": "INTENT_" + r["intent"]} for r in records[:1500]]
    ask(do="train", pack=pack, examples=examples, to=str(tmp_path / "nlp"))
    texts = [r["text"] for r in srsly.read_jsonl(SHARED_DATA / "hwu64.dev.jsonl")]
    nlp = spacy.load(tmp_path / "nlp")
    differing = 0
    for text, expected in zip(texts, ask(do="cats", texts=texts)):
        cats = nlp(text).cats
        ours, theirs = max(expected, key=expected.get), max(cats, key=cats.get)
        differing += ours != theirs and expected[ours] - expected[theirs] > 1e-5
    assert differing == 0
