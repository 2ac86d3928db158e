"""The entity recogniser against spaCy's: the same entities, gradients, losses, bytes."""

import json
import random
import struct

import numpy
import pytest
import spacy
import spacy.ml.parser_model
from spacy.pipeline._parser_internals import stateclass  # noqa: F401
from spacy.tokens import Doc, Span
from spacy.training import Example
from thinc.api import Adam, fix_random_seed

from conftest import EN_CORE_WEB_SM, SHARED_DATA, shared_texts

LABELS = ["PERSON", "GPE", "ORG", "thing"]
WORDS = "Ada met Charles in London near the Bank of England and \n saw 3 e-mails , for $ 12 .".split(" ")
TIE = 1e-4  # of scores of order 10, in float32 sums of another order


def only_ner(nlp):
    for name in list(nlp.pipe_names):
        if name != "ner":
            nlp.remove_pipe(name)
    return nlp


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """en_core_web_sm with nothing but its recogniser."""
    path = tmp_path_factory.mktemp("sm") / "sm"
    only_ner(spacy.load(EN_CORE_WEB_SM)).to_disk(path)
    return path


def entities(doc):
    return [[e.start_char, e.end_char, e.label_] for e in doc.ents]


def ask(driver, **request):
    answer = driver.ask(**request)
    assert "ok" in answer, answer
    return answer["ok"]


# Prediction ----------------------------------------------------------------------------------------------------------


def compare_predictions(nlp, pawl, texts):
    """Texts with other entities whose scores do not tie, and the number of ties."""
    expected = [entities(doc) for doc in nlp.pipe(texts, batch_size=256)]
    found = ask(pawl, do="predict", texts=texts)
    wrong, ties = [], 0
    for text, ours, theirs in zip(texts, found, expected):
        if ours == theirs:
            continue
        margin = ask(pawl, do="margin", text=text)
        if margin < TIE:
            ties += 1
        else:
            wrong.append((text, ours, theirs, margin))
    return wrong, ties


def test_entities_of_en_core_web_sm_are_the_same(folder, driver):
    nlp = spacy.load(folder)
    pawl = driver("ner")
    ask(pawl, do="load", path=str(folder))
    texts = list(dict.fromkeys(record["text"] for _, record in shared_texts(limit=250)))
    wrong, ties = compare_predictions(nlp, pawl, texts)
    assert not wrong, f"{len(wrong)} of {len(texts)}: {wrong[:3]}"
    assert ties <= max(1, len(texts) // 1000)


def test_entities_of_a_text_of_thousands_of_tokens_are_the_same(folder, driver):
    nlp = spacy.load(folder)
    pawl = driver("ner")
    ask(pawl, do="load", path=str(folder))
    sentence = "Yesterday Ada Lovelace flew from London to New York for Siemens, and paid $ 20. "
    wrong, ties = compare_predictions(nlp, pawl, ["Hello Berlin.", 150 * sentence, "Thanks, Mary Shelley!"])
    assert not wrong, [(len(text), margin) for text, _, _, margin in wrong]
    assert ties == 0


def test_entities_of_odd_texts_are_the_same(folder, driver):
    nlp = spacy.load(folder)
    pawl = driver("ner")
    ask(pawl, do="load", path=str(folder))
    texts = [
        "",
        " ",
        "\n\n\n",
        "Paris",
        "  New \n York  City  ",
        "Ada Lovelace   \t met Charles Babbage in   London on 10 December 1815.",
        "Ünïcödé Straße Nr. 5 in Köln 🎉🎉 $5 http://example.com/a?b=c",
        "李明 visited 東京 with Иван Петров",
        "a" * 5000,
        "Barack Obama " * 300,
    ]
    rng = random.Random(5)
    texts += [" ".join(rng.choice(WORDS) for _ in range(rng.randrange(30))) for _ in range(200)]
    wrong, _ = compare_predictions(nlp, pawl, texts)
    assert not wrong, wrong[:3]


def random_presets(rng, length):
    """Entities, blocked tokens and sentence starts as spaCy can hold them."""
    presets, i = [], 0
    while i < length:
        choice = rng.random()
        if choice < 0.2:
            size = min(rng.randrange(1, 4), length - i)
            label = rng.choice(["PERSON", "GPE", "ORG"])
            presets.append([i, 3, label])
            presets += [[k, 1, label] for k in range(i + 1, i + size)]
            i += size
            continue
        if choice < 0.27:
            presets.append([i, 3, ""])
        elif choice < 0.4:
            presets.append([i, 2, ""])
        elif choice < 0.5:
            presets.append([i, "sent", ""])
        i += 1
    return presets


def apply_presets(doc, presets):
    ents, blocked, outside = [], [], []
    for i, iob, label in presets:
        if iob == "sent":
            doc[i].is_sent_start = True
        elif iob == 2:
            outside.append(doc[i : i + 1])
        elif iob == 3 and label == "":
            blocked.append(doc[i : i + 1])
        elif iob == 3:
            ents.append([i, i + 1, label])
        else:
            ents[-1][1] = i + 1
    doc.set_ents(
        [Span(doc, s, e, label=label) for s, e, label in ents],
        blocked=blocked,
        outside=outside,
        default="missing",
    )


def test_annotation_and_sentences_constrain_alike(folder, driver):
    nlp = spacy.load(folder)
    pawl = driver("ner")
    ask(pawl, do="load", path=str(folder))
    rng = random.Random(7)
    texts, presets, expected = [], [], []
    for _ in range(400):
        text = " ".join(rng.choice(WORDS) for _ in range(rng.randrange(1, 25)))
        doc = nlp.make_doc(text)
        given = random_presets(rng, len(doc))
        apply_presets(doc, given)
        nlp.get_pipe("ner")(doc)
        texts.append(text)
        presets.append(given)
        expected.append(entities(doc))
    found = ask(pawl, do="predict", texts=texts, presets=presets)
    assert found == expected


# Files ---------------------------------------------------------------------------------------------------------------


def test_saving_keeps_every_byte(folder, driver, tmp_path):
    pawl = driver("ner")
    ask(pawl, do="load", path=str(folder))
    ask(pawl, do="save", path=str(tmp_path / "saved"))
    for name in ("cfg", "moves", "model"):
        assert (tmp_path / "saved/ner" / name).read_bytes() == (folder / "ner" / name).read_bytes()


def test_a_pipeline_without_weights_is_kept(driver, tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("ner", config={"model": model_config()}).add_label("GPE")
    nlp.to_disk(tmp_path / "start")
    pawl = driver("ner")
    ask(pawl, do="load", path=str(tmp_path / "start"))
    assert "no weights" in pawl.ask(do="predict", texts=["Paris"])["error"]
    ask(pawl, do="save", path=str(tmp_path / "saved"))
    for name in ("cfg", "moves", "model"):
        assert (tmp_path / "saved/ner" / name).read_bytes() == (tmp_path / "start/ner" / name).read_bytes()
    data = corpus(20)
    ask(pawl, do="initialize", examples=to_json(data), seed=1)
    ask(pawl, do="predict", texts=[text for text, _, _ in data])


# Training ------------------------------------------------------------------------------------------------------------


def model_config(**options):
    tok2vec = options.pop("tok2vec", None) or {
        "@architectures": "spacy.HashEmbedCNN.v2",
        "pretrained_vectors": None,
        "width": 32,
        "depth": 2,
        "embed_size": 200,
        "window_size": 1,
        "maxout_pieces": 3,
        "subword_features": True,
    }
    return {
        "@architectures": "spacy.TransitionBasedParser.v2",
        "state_type": "ner",
        "extra_state_tokens": False,
        "hidden_width": 24,
        "maxout_pieces": 2,
        "use_upper": True,
        "tok2vec": tok2vec,
        **options,
    }


def corpus(size, seed=1, labels=LABELS):
    """(text, entities, missing tokens): random entities over random words."""
    rng, nlp, out = random.Random(seed), spacy.blank("en"), []
    while len(out) < size:
        doc = nlp.make_doc(" ".join(rng.choice(WORDS) for _ in range(rng.randrange(1, 20))))
        ents, i = [], 0
        while i < len(doc):
            length = rng.randrange(1, 5)
            if rng.random() < 0.3 and i + length <= len(doc) and not doc[i].is_space:
                ents.append([doc[i].idx, doc[i + length - 1].idx + len(doc[i + length - 1]), rng.choice(labels)])
                i += length
            i += 1
        inside = {k for s, e, _ in ents for k in range(*token_range(doc, s, e))}
        missing = [k for k in range(len(doc)) if k not in inside and rng.random() < 0.15]
        out.append((doc.text, ents, missing))
    return out


def token_range(doc, start, end):
    span = doc.char_span(start, end)
    return span.start, span.end


def to_example(nlp, text, ents, missing):
    predicted = nlp.make_doc(text)
    reference = nlp.make_doc(text)
    reference.set_ents(
        [reference.char_span(s, e, label=label) for s, e, label in ents],
        missing=[reference[i : i + 1] for i in missing],
    )
    return Example(predicted, reference)


def to_json(batch):
    return [{"text": t, "entities": e, "missing": m} for t, e, m in batch]


@pytest.fixture
def no_state_dropout(monkeypatch):
    """spaCy drops a tenth of the state vectors whatever the dropout: not for a comparison."""

    class Ops(type(spacy.ml.parser_model.NUMPY_OPS)):
        def get_dropout_mask(self, shape, drop):
            return numpy.ones(shape, dtype="f")

    monkeypatch.setattr(spacy.ml.parser_model, "NUMPY_OPS", Ops())


@pytest.fixture
def fixed_cuts(monkeypatch):
    """Documents are cut after exactly update_with_oracle_cut_size tokens."""
    monkeypatch.setattr(random, "uniform", lambda low, high: (high + 1) // 2)


def blank_ner(config, data, listener=False, cut=100):
    fix_random_seed(3)
    nlp = spacy.blank("en")
    if listener:
        nlp.add_pipe("tok2vec", config={"model": config.pop("shared")})
    nlp.add_pipe("ner", config={"model": config, "update_with_oracle_cut_size": cut})
    nlp.initialize(lambda: [to_example(nlp, *item) for item in data])
    # The output layer begins with zeros: give it something to say.
    for node in nlp.get_pipe("ner").model.walk():
        if node.name == "linear" and not node.get_param("W").any():
            node.set_param("W", numpy.random.normal(scale=0.3, size=node.get_param("W").shape).astype("f"))
    return nlp


def gradients(model):
    return [
        (i, name, node.get_grad(name).copy() if node.has_grad(name) else None)
        for i, node in enumerate(model.walk())
        for name in node.param_names
    ]


def read_gradients(pawl, path, pipe):
    index = ask(pawl, do="gradients", path=str(path), pipe=pipe)
    values = numpy.fromfile(path, dtype="<f4")
    out, at = [], 0
    for node, name, size in index:
        out.append((node, name, values[at : at + size]))
        at += size
    return out


def assert_gradients_equal(ours, theirs):
    assert [x[:2] for x in ours] == [x[:2] for x in theirs]
    for (node, name, a), (_, _, b) in zip(ours, theirs):
        assert b is not None and a.size == b.size, (node, name)
        scale = numpy.abs(b).max()
        assert numpy.abs(a - b.ravel()).max() <= 1e-4 * scale, (node, name, scale)


def update(nlp, batch, sgd):
    """One step as `spacy train` does it: listeners have sent their gradients before the weights move."""
    losses = nlp.update([to_example(nlp, *x) for x in batch], sgd=False, drop=0.0, losses={})
    for _, pipe in nlp.pipeline:
        pipe.finish_update(sgd)
    return losses


LISTENER = {"@architectures": "spacy.Tok2VecListener.v1", "width": 32, "upstream": "*"}
CASES = {
    "default": {},
    "relu": {"maxout_pieces": 1},
    "no upper": {"use_upper": False},
    "no upper, one piece": {"use_upper": False, "maxout_pieces": 1},
    "six tokens": {"extra_state_tokens": True, "maxout_pieces": 3},
    "listener": {"tok2vec": LISTENER},
    "cut": {"cut": 5},
}


@pytest.mark.parametrize("case", CASES)
def test_training_is_the_same(case, driver, tmp_path, no_state_dropout, fixed_cuts):
    options = dict(CASES[case])
    cut = options.pop("cut", 100)
    config = model_config(**options)
    listener = config["tok2vec"] is LISTENER
    if listener:
        config["shared"] = model_config()["tok2vec"]
    data = corpus(120)
    nlp = blank_ner(config, data, listener, cut)
    nlp.to_disk(tmp_path / "start")
    pawl = driver("ner")
    ask(pawl, do="load", path=str(tmp_path / "start"))

    first = data[:16]
    losses = nlp.update([to_example(nlp, *x) for x in first], sgd=False, drop=0.0, losses={})
    ours = ask(pawl, do="update", examples=to_json(first), step=False)
    assert ours["ner"] == pytest.approx(losses["ner"], rel=1e-4)
    for pipe in nlp.pipe_names:
        theirs = gradients(nlp.get_pipe(pipe).model)
        assert_gradients_equal(read_gradients(pawl, tmp_path / "gradients", pipe), theirs)
        for node in nlp.get_pipe(pipe).model.walk():
            for name in node.param_names:
                if node.has_grad(name):
                    node.set_grad(name, node.get_grad(name) * 0)

    sgd = Adam(0.001, beta1=0.9, beta2=0.999, eps=1e-8, L2=0.01, grad_clip=1.0, use_averages=True, L2_is_weight_decay=True)
    for step in range(20):
        batch = data[(step * 11) % 100 :][:16]
        losses = update(nlp, batch, sgd)
        ours = ask(pawl, do="update", examples=to_json(batch))
        assert ours == pytest.approx(losses, rel=1e-3), step

    texts = [text for text, _, _ in data + corpus(100, seed=2)]
    wrong, ties = compare_predictions(nlp, pawl, texts)
    assert not wrong and ties <= 2, wrong[:3]

    ask(pawl, do="save", path=str(tmp_path / "saved"))
    reopened = spacy.load(tmp_path / "saved")
    wrong, ties = compare_predictions(reopened, pawl, texts)
    assert not wrong and ties <= 2, wrong[:3]


def test_a_new_label_keeps_old_predictions_and_can_be_learnt(driver, tmp_path, no_state_dropout, fixed_cuts):
    data = corpus(40)
    nlp = blank_ner(model_config(), data)
    nlp.to_disk(tmp_path / "start")
    pawl = driver("ner")
    ask(pawl, do="load", path=str(tmp_path / "start"))
    texts = [text for text, _, _ in data]
    before = ask(pawl, do="predict", texts=texts)
    assert "NEW" in ask(pawl, do="add_label", label="NEW")
    nlp.get_pipe("ner").add_label("NEW")
    assert ask(pawl, do="predict", texts=texts) == before
    wrong, _ = compare_predictions(nlp, pawl, texts)
    assert not wrong, wrong[:3]
    more = corpus(40, seed=9, labels=["NEW", "GPE"])
    sgd = Adam(0.001, L2=0.01, grad_clip=1.0, use_averages=True, L2_is_weight_decay=True)
    for step in range(8):
        batch = (data if step == 0 else more)[step * 4 :][:8]
        losses = update(nlp, batch, sgd)
        ours = ask(pawl, do="update", examples=to_json(batch))
        assert ours["ner"] == pytest.approx(losses["ner"], rel=1e-3), step
    wrong, _ = compare_predictions(nlp, pawl, texts)
    assert not wrong, wrong[:3]
    ask(pawl, do="save", path=str(tmp_path / "saved"))
    moves = (tmp_path / "saved/ner/moves").read_bytes()
    assert moves == nlp.get_pipe("ner").moves.to_bytes(exclude=["strings"])


def test_rehearsal_is_the_same(driver, tmp_path, no_state_dropout, fixed_cuts):
    data = corpus(60)
    nlp = blank_ner(model_config(), data)
    nlp.to_disk(tmp_path / "start")
    pawl = driver("ner")
    ask(pawl, do="load", path=str(tmp_path / "start"), teacher=True)
    sgd = nlp.resume_training()
    for step in range(3):
        batch = data[step * 8 :][:8]
        update(nlp, batch, sgd)
        ask(pawl, do="update", examples=to_json(batch))
        quiet = data[30 + step * 8 :][:8]
        losses = nlp.rehearse([to_example(nlp, *x) for x in quiet], sgd=sgd, losses={})
        ours = ask(pawl, do="rehearse", texts=[text for text, _, _ in quiet])
        assert ours["ner"] == pytest.approx(losses["ner"], rel=2e-3), step


def test_the_same_seed_gives_the_same_bytes(driver, tmp_path):
    data = corpus(30)
    nlp = blank_ner(model_config(), data)
    nlp.to_disk(tmp_path / "start")
    saved = []
    for name in ("a", "b"):
        pawl = driver("ner")
        ask(pawl, do="load", path=str(tmp_path / "start"))
        ask(pawl, do="initialize", examples=to_json(data), seed=11)
        for step in range(4):
            ask(pawl, do="update", examples=to_json(data[step * 4 :][:6]), dropout=0.2)
        ask(pawl, do="save", path=str(tmp_path / name))
        saved.append((tmp_path / name / "ner/model").read_bytes())
    assert saved[0] == saved[1]


def test_initial_weights_are_distributed_as_spacys(driver, tmp_path):
    data = corpus(30)
    nlp = blank_ner(model_config(hidden_width=64), data)
    nlp.to_disk(tmp_path / "start")
    pawl = driver("ner")
    ask(pawl, do="load", path=str(tmp_path / "start"))
    ask(pawl, do="initialize", examples=to_json(data), seed=4)
    ask(pawl, do="save", path=str(tmp_path / "ours"))
    assert (tmp_path / "ours/ner/moves").read_bytes() == (tmp_path / "start/ner/moves").read_bytes()
    ours, theirs = spacy.load(tmp_path / "ours"), spacy.load(tmp_path / "start")
    a, b = (n.get_pipe("ner").model.get_ref("lower") for n in (ours, theirs))
    for name in ("W", "pad"):
        assert a.get_param(name).std() == pytest.approx(b.get_param(name).std(), rel=0.1), name
    assert abs(a.get_param("b").mean() - b.get_param("b").mean()) < 0.1
    assert not ours.get_pipe("ner").model.get_ref("upper").get_param("W").any()


# Broken files --------------------------------------------------------------------------------------------------------


def refused(pawl, path, *parts):
    answer = pawl.ask(do="load", path=str(path))
    assert "error" in answer
    for part in parts:
        assert part in answer["error"], answer["error"]


def test_broken_files_are_refused_by_name(driver, tmp_path):
    data = corpus(10)
    nlp = blank_ner(model_config(), data)
    path = tmp_path / "broken"
    nlp.to_disk(path)
    pawl = driver("ner")
    for name in ("moves", "model", "cfg"):
        file = path / "ner" / name
        whole = file.read_bytes()
        for size in (0, 1, len(whole) // 2, len(whole) - 1):
            file.write_bytes(whole[:size])
            refused(pawl, path, f"ner/{name}")
        file.write_bytes(whole)
    model = (path / "ner/model").read_bytes()
    nan = struct.pack("<f", float("nan"))
    (path / "ner/model").write_bytes(model[:-400] + nan * 25 + model[-300:])
    refused(pawl, path, "ner/model")
    (path / "ner/model").write_bytes(model)
    cfg = json.loads((path / "ner/cfg").read_text())
    (path / "ner/cfg").write_text(json.dumps({**cfg, "beam_width": 4}))
    refused(pawl, path, "ner/cfg", "beam_width")
    (path / "ner/cfg").write_text(json.dumps(cfg))
    other = blank_ner(model_config(), corpus(10, labels=["X"]))
    (path / "ner/moves").write_bytes(other.get_pipe("ner").moves.to_bytes(exclude=["strings"]))
    refused(pawl, path, "ner/model")


@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="../shared/data is absent")
def test_all_shared_texts(folder, driver, request):
    """Every text of the shared data; part of the full run: PAWL_FULL=1."""
    import os

    if not os.environ.get("PAWL_FULL"):
        pytest.skip("set PAWL_FULL=1 for all texts")
    nlp = spacy.load(folder)
    pawl = driver("ner")
    ask(pawl, do="load", path=str(folder))
    texts = list(dict.fromkeys(record["text"] for _, record in shared_texts()))
    wrong, ties = compare_predictions(nlp, pawl, texts)
    print(f"{len(texts)} texts, {ties} ties, {len(wrong)} wrong")
    assert not wrong, wrong[:3]
    assert ties <= len(texts) // 1000
