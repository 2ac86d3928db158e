"""tok2vec and text classifiers against spaCy: trees, predictions, gradients, training, new labels."""

import numpy
import pytest
import spacy
import srsly
from thinc.api import Adam

import textcat_cases as cases
from textcat_cases import CASES, HARD_TEXTS, NAME, assert_same_cats

ALL = sorted(CASES)


def structure(model):
    """What a saved tree says but for the weights."""
    message = srsly.msgpack_loads(model.to_bytes())
    shapes = [
        {key: None if value is None else list(value.shape) for key, value in params.items()}
        for params in message["params"]
    ]
    attrs = [
        {key: value for key, value in node.items() if key != "dropout_rate"}
        for node in message["attrs"]
    ]
    names = [
        (node["index"], node["name"], list(node["dims"].items()), list(node["refs"].items()))
        for node in message["nodes"]
    ]
    return names, attrs, shapes, message["shims"]


@pytest.fixture
def start(driver, tmp_path):
    """Saves a spaCy pipeline and loads it in the driver."""

    def run(nlp):
        folder = tmp_path / "pipeline"
        nlp.to_disk(folder)
        pawl = driver("textcat")
        loaded = pawl.ask(do="load", path=str(folder))
        assert "error" not in loaded, loaded
        return pawl

    return run


def ask(pawl, **request):
    answer = pawl.ask(**request)
    assert not (isinstance(answer, dict) and "error" in answer), answer
    return answer


def sample_texts(rows):
    return [row["text"] for row in rows[:30]] + HARD_TEXTS


@pytest.mark.parametrize("case", ALL)
def test_predictions_of_a_pipeline_trained_by_spacy(case, start):
    nlp, _, rows = cases.trained(case)
    texts = sample_texts(rows)
    found = ask(start(nlp), do="predict", texts=texts)
    assert_same_cats(found, cases.cats(nlp, texts))


def test_an_empty_text_scores_zero_in_any_batch(start):
    nlp, _, _ = cases.trained("ensemble")
    pawl = start(nlp)
    expected = cases.cats(nlp, ["", "hello there"])
    assert_same_cats(ask(pawl, do="predict", texts=["", "hello there"]), expected)
    assert_same_cats(ask(pawl, do="predict", texts=[""]), expected[:1])
    assert set(expected[0].values()) == {0.0}


@pytest.mark.parametrize("case", ["listener", "ensemble"])
def test_vectors_of_the_shared_tok2vec(case, start):
    nlp, _, rows = cases.trained(case)
    texts = sample_texts(rows)
    for text, tensor in zip(texts, ask(start(nlp), do="tensors", texts=texts)):
        expected = nlp(text).tensor
        if expected.size == 0:
            assert tensor == []
            continue
        numpy.testing.assert_allclose(
            numpy.array(tensor).reshape(expected.shape), expected, atol=2e-5
        )


def spacy_gradients(nlp, batch):
    docs = cases.to_examples(nlp, batch)
    nlp.update(docs, drop=0.0, sgd=False, losses={})
    found = {}
    for component in ("tok2vec", NAME):
        if component not in nlp.pipe_names:
            continue
        for index, node in enumerate(nlp.get_pipe(component).model.walk()):
            for name in node.grad_names:
                found[f"{component}.{index}.{name}"] = node.get_grad(name).ravel()
    return found


@pytest.mark.parametrize("case", ALL)
def test_every_gradient_of_the_first_update(case, start, tmp_path):
    nlp, _, rows = cases.initialized(case)
    cases.shake(nlp)
    pawl = start(nlp)
    batch = rows[60:68]
    ask(pawl, do="gradients", name=NAME, examples=batch, path=str(tmp_path))
    expected = spacy_gradients(nlp, batch)
    files = {path.name for path in tmp_path.iterdir() if path.is_file()}
    assert files == set(expected)
    for name, gradient in expected.items():
        found = numpy.fromfile(tmp_path / name, dtype="float32")
        assert found.shape == gradient.shape, name
        scale = numpy.abs(gradient).max()
        assert numpy.abs(found - gradient).max() <= 1e-4 * max(scale, 1e-6), name


@pytest.mark.parametrize("case", ALL)
def test_twenty_updates_from_the_same_start(case, start):
    nlp, _, rows = cases.initialized(case)
    pawl = start(nlp)
    data = (rows * 2)[:160]
    sgd = nlp.create_optimizer()
    expected = [cases.update(nlp, sgd, batch) for batch in cases.batches(data)]
    found = ask(pawl, do="update", name=NAME, batches=cases.batches(data))
    for one, other in zip(found, expected):
        assert one[NAME] == pytest.approx(other[NAME], rel=1e-3, abs=1e-6)
        if "tok2vec" in other:
            assert one["tok2vec"] == pytest.approx(other["tok2vec"], rel=5e-3, abs=1e-5)
    texts = [row["text"] for row in rows[80:]]
    assert_same_cats(ask(pawl, do="predict", texts=texts), cases.cats(nlp, texts), 2e-3)


@pytest.mark.parametrize("case", ["ensemble", "bow_v3", "listener_multilabel"])
def test_averages_are_those_of_spacy(case, start):
    nlp, _, rows = cases.initialized(case)
    pawl = start(nlp)
    sgd = Adam(0.001, L2=0.01, grad_clip=1.0, use_averages=True)
    for batch in cases.batches(rows[:80]):
        cases.update(nlp, sgd, batch)
    ask(pawl, do="update", name=NAME, batches=cases.batches(rows[:80]), averages=True)
    texts = [row["text"] for row in rows[80:]]
    with nlp.use_params(sgd.averages):
        expected = cases.cats(nlp, texts)
    assert_same_cats(ask(pawl, do="predict", texts=texts), expected, 2e-3)


@pytest.mark.parametrize("case", ALL)
def test_a_pipeline_initialised_and_trained_by_pawl_opens_in_spacy(case, start, tmp_path):
    nlp, exclusive = cases.make_pipeline(case)
    reference, rows = cases.reference(case), cases.items(exclusive)
    folder = tmp_path / "saved"
    pawl = start(nlp)
    ask(pawl, do="initialize", name=NAME, examples=rows[:40], seed=3)
    ask(pawl, do="update", name=NAME, batches=cases.batches(rows[:80]), dropout=0.2, seed=1)
    ask(pawl, do="save", path=str(folder))
    loaded = spacy.load(folder)
    for name in loaded.pipe_names:
        assert structure(loaded.get_pipe(name).model) == structure(reference.get_pipe(name).model)
        on_disk = (folder / name / "model").read_bytes()
        assert srsly.msgpack_loads(on_disk)["nodes"] == srsly.msgpack_loads(
            reference.get_pipe(name).model.to_bytes()
        )["nodes"]
    assert loaded.get_pipe(NAME).cfg == reference.get_pipe(NAME).cfg
    texts = sample_texts(rows)
    assert_same_cats(ask(pawl, do="predict", texts=texts), cases.cats(loaded, texts))
    losses = cases.update(loaded, loaded.resume_training(), rows[:8])
    assert losses[NAME] > 0


@pytest.mark.parametrize("case", ALL)
def test_a_new_label_leaves_old_scores_alone_and_then_learns(case, start, tmp_path):
    nlp, exclusive, rows = cases.trained(case)
    pawl = start(nlp)
    texts = [row["text"] for row in rows[:40]]
    before = ask(pawl, do="predict", texts=texts)
    assert ask(pawl, do="add_label", name=NAME, label="brand_new") is True
    assert ask(pawl, do="add_label", name=NAME, label="brand_new") is False
    after = ask(pawl, do="predict", texts=texts)
    raw = "raw" in case and "ensemble" not in case
    for one, other in zip(before, after):
        new = other.pop("brand_new")
        assert list(one) == list(other)
        assert max(abs(one[label] - other[label]) for label in one) <= 1e-6
        if not raw:
            assert 0.0 <= new <= 0.05
    folder = tmp_path / "grown"
    ask(pawl, do="save", path=str(folder))
    loaded = spacy.load(folder)
    assert_same_cats(ask(pawl, do="predict", texts=texts), cases.cats(loaded, texts))

    new_texts = [f"Zorble the quibbix {word} now" for word in "one two three four five".split()]
    labels = list(before[0])
    new_rows = [
        {"text": text, "cats": {**{label: 0.0 for label in labels}, "brand_new": 1.0}}
        for text in new_texts
    ]
    mixed = []
    for index, row in enumerate((rows * 4)[:320]):
        mixed.append({"text": row["text"], "cats": {**row["cats"], "brand_new": 0.0}})
        if index % 4 == 3:
            mixed.append(new_rows[index // 4 % 5])
    rate = 0.02 if "bow" in case else 0.002
    ask(pawl, do="update", name=NAME, batches=cases.batches(mixed, 10), learn_rate=rate)
    for scores in ask(pawl, do="predict", texts=["Zorble the quibbix six now"]):
        assert max(scores, key=scores.get) == "brand_new", scores


@pytest.mark.parametrize("case", ["ensemble", "bow_v3", "reduce_multilabel"])
def test_rehearsal_is_that_of_spacy(case, start):
    nlp, _, rows = cases.initialized(case)
    for batch in cases.batches(rows)[:10]:
        cases.update(nlp, nlp.create_optimizer(), batch)
    pawl = start(nlp)
    textcat = nlp.get_pipe(NAME)
    textcat._rehearsal_model = textcat.model.copy()
    spoiled = cases.batches(rows[:40])
    sgd = nlp.create_optimizer()
    for batch in spoiled:
        cases.update(nlp, sgd, batch)
    ask(pawl, do="update", name=NAME, batches=spoiled)
    expected = []
    for batch in cases.batches(rows[60:100]):
        losses = textcat.rehearse(cases.to_examples(nlp, batch), sgd=sgd, losses={})
        expected.append(float(losses[NAME]))
    texts = [[row["text"] for row in batch] for batch in cases.batches(rows[60:100])]
    found = ask(pawl, do="rehearse", name=NAME, batches=texts)
    assert found == pytest.approx(expected, rel=2e-3)


@pytest.mark.parametrize("case", ["ensemble", "listener_multilabel", "reduce"])
def test_training_with_dropout_is_the_same_for_the_same_seed(case, start, tmp_path):
    nlp, _, rows = cases.initialized(case)
    pawl = start(nlp)
    saved = []
    for index, seed in enumerate((5, 5, 6)):
        ask(pawl, do="load", path=str(tmp_path / "pipeline"))
        ask(pawl, do="initialize", name=NAME, examples=rows[:40], seed=seed)
        ask(pawl, do="update", name=NAME, batches=cases.batches(rows), dropout=0.3, seed=seed)
        ask(pawl, do="save", path=str(tmp_path / f"saved{index}"))
        saved.append((tmp_path / f"saved{index}" / NAME / "model").read_bytes())
    assert saved[0] == saved[1]
    assert saved[0] != saved[2]


def test_weight_scales_loss_and_gradient(start, tmp_path):
    nlp, _, rows = cases.trained("ensemble")
    pawl = start(nlp)
    folders = [tmp_path / "plain", tmp_path / "weighted"]
    losses = []
    for folder, weight in zip(folders, (1.0, 0.5)):
        folder.mkdir()
        batch = [{**row, "weight": weight} for row in rows[:8]]
        ask(pawl, do="load", path=str(tmp_path / "pipeline"))
        losses.append(ask(pawl, do="gradients", name=NAME, examples=batch, path=str(folder)))
    assert losses[1] == pytest.approx(losses[0] / 2, rel=1e-5)
    for path in folders[0].iterdir():
        plain = numpy.fromfile(path, dtype="float32")
        weighted = numpy.fromfile(folders[1] / path.name, dtype="float32")
        numpy.testing.assert_allclose(weighted, plain / 2, rtol=1e-3, atol=1e-7)


@pytest.mark.parametrize(
    "block, complaint",
    [
        ('[model]\n@architectures = "spacy.TextCatLowData.v1"\nwidth = 8\ndropout = 0.1\n', "TextCatLowData"),
        (cases.ensemble(True, cases.TOK2VEC_V2.replace("MaxoutWindowEncoder.v2", "MaxoutWindowEncoder.v1")), "MaxoutWindowEncoder.v1"),
    ],
)
def test_an_unknown_architecture_is_named(block, complaint, driver, tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("textcat", name=NAME, config=cases.Config().from_str(block))
    nlp.to_disk(tmp_path / "pipeline")
    answer = driver("textcat").ask(do="load", path=str(tmp_path / "pipeline"))
    assert complaint in answer["error"] and NAME in answer["error"]
