"""spancat and spancat_singlelabel against spaCy: training step by step, predictions, files and scores."""

import json
import random

import pytest
import spacy
from conftest import Driver, run_pawl
from hostile_texts import hostile_texts
from spacy.tokens import DocBin, Span
from spacy.training import Example
from test_tagger import TEXTS, differences
from thinc.api import Adam, Config, fix_random_seed

OTHERS = TEXTS + hostile_texts(1000)[::5]
CONFIG = """
[nlp]
lang = "en"
pipeline = ["tok2vec", "marker", "spancat", "own", "single", "apart", "ranked", "preset"]
[components]
[components.tok2vec]
factory = "tok2vec"
[components.tok2vec.model]
@architectures = "spacy.HashEmbedCNN.v2"
pretrained_vectors = null
width = 32
depth = 2
embed_size = 300
window_size = 1
maxout_pieces = 3
subword_features = true
[components.marker]
factory = "span_ruler"
spans_key = "marked"
"""
COMPONENTS = {
    "spancat": ("spancat", 'threshold = 0.3', '"spacy.ngram_suggester.v1"\nsizes = [3, 1, 2]'),
    "own": ("spancat", 'spans_key = "other"\nthreshold = 0.05', '"spacy.ngram_range_suggester.v1"\nmin_size = 1\nmax_size = 4'),
    "single": ("spancat_singlelabel", 'spans_key = "one"\nnegative_weight = 0.4', '"spacy.ngram_suggester.v1"\nsizes = [1, 2, 3]'),
    "apart": ("spancat_singlelabel", 'spans_key = "apart"\nallow_overlap = false\nnegative_weight = 0.1',
              '"spacy.ngram_suggester.v1"\nsizes = [1, 2]'),
    "ranked": ("spancat", 'spans_key = "ranked"\nmax_positive = 2\nthreshold = 0.0', '"spacy.ngram_suggester.v1"\nsizes = [2]'),
    "preset": ("spancat", 'spans_key = "found"\nthreshold = 0.2', '"spacy.preset_spans_suggester.v1"\nspans_key = "marked"'),
}
KEYS = {"spancat": "sc", "own": "other", "single": "one", "apart": "apart", "ranked": "ranked", "preset": "found"}
LISTENER = """
[components.{name}.model.tok2vec]
@architectures = "spacy.Tok2VecListener.v1"
width = 32
"""
OWN = """
[components.{name}.model.tok2vec]
@architectures = "spacy.HashEmbedCNN.v2"
pretrained_vectors = null
width = 16
depth = 1
embed_size = 200
window_size = 1
maxout_pieces = 2
subword_features = true
"""


def block(name):
    factory, settings, suggester = COMPONENTS[name]
    scorer = "Softmax.v2" if factory == "spancat_singlelabel" else "spacy.LinearLogistic.v1"
    return f"""
[components.{name}]
factory = "{factory}"
{settings}
[components.{name}.suggester]
@misc = {suggester}
[components.{name}.model]
@architectures = "spacy.SpanCategorizer.v1"
[components.{name}.model.scorer]
@layers = "{scorer}"
[components.{name}.model.reducer]
@layers = "spacy.mean_max_reducer.v1"
hidden_size = 24
""" + (OWN if name == "own" else LISTENER).format(name=name)


def reference(nlp, text, rng):
    """Spans of people: overlapping, several labels on one, longer than any candidate, on merged tokens; or none at all."""
    doc = nlp.make_doc(text)
    if len(doc) > 4 and rng.random() < 0.3:
        with doc.retokenize() as retokenizer:
            retokenizer.merge(doc[1:3])
    for key in KEYS.values():
        if rng.random() < 0.15:
            continue
        spans = []
        for i, token in enumerate(doc):
            if token.is_title:
                spans.append(Span(doc, i, i + 1, label="NAME"))
                spans.append(Span(doc, i, min(len(doc), i + 2), label="START"))
            if token.text.endswith("s"):
                spans.append(Span(doc, max(0, i - 1), i + 1, label="PLURAL"))
                spans.append(Span(doc, max(0, i - 1), i + 1, label="START"))
            if rng.random() < 0.05:
                spans.append(Span(doc, i, min(len(doc), i + 6), label="LONG"))
        doc.spans[key] = spans
    return doc


def updates(nlp, examples, steps, batch, driver_losses):
    optimizer = Adam(0.001, eps=1e-3, L2=0.01, L2_is_weight_decay=True, grad_clip=1.0, use_averages=True)
    for step in range(steps):
        losses = {}
        chosen = [examples[(step * batch + i) % len(examples)] for i in range(batch)]
        nlp.update(chosen, drop=0.0, losses=losses, sgd=False, annotates=["marker"])
        for _, pipe in nlp.pipeline:
            if hasattr(pipe, "finish_update"):
                pipe.finish_update(optimizer)
        for name, loss in losses.items():
            assert driver_losses[step][name] == pytest.approx(loss, rel=1e-3, abs=1e-5), (step, name)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The pipeline after 20 updates, by spaCy and by pawl, from the same start."""
    folder = tmp_path_factory.mktemp("spancat")
    fix_random_seed(0)
    config = CONFIG + "".join(block(name) for name in COMPONENTS)
    nlp = spacy.util.load_model_from_config(Config().from_str(config), auto_fill=True)
    rng = random.Random(1)
    docs = [reference(nlp, text, rng) for text in TEXTS * 4]
    examples = [Example(nlp.make_doc(doc.text), doc) for doc in docs]
    nlp.initialize(lambda: examples)
    nlp.get_pipe("marker").add_patterns([{"label": "M", "pattern": [{"IS_TITLE": True}, {}]},
                                         {"label": "M", "pattern": [{"SUFFIX": {"REGEX": "s$"}}]}])
    DocBin(docs=docs).to_disk(folder / "batch.spacy")
    nlp.to_disk(folder / "start")
    spacy.blank("en").to_disk(folder / "en")
    process = Driver("corpus", str(folder / "en"))
    request = dict(corpus=str(folder / "batch.spacy"), batch=6, exclude=[], annotating=["marker"])
    one = process.ask(update=str(folder / "start"), steps=1, save=str(folder / "one"), **request)
    ours = process.ask(update=str(folder / "start"), steps=20, save=str(folder / "ours"), **request)
    process.close()
    assert "error" not in ours and "error" not in one, (ours, one)
    for name, steps, losses in (("first", 1, one), ("theirs", 20, ours)):
        nlp = spacy.load(folder / "start")
        docs = list(DocBin().from_disk(folder / "batch.spacy").get_docs(nlp.vocab))
        updates(nlp, [Example(nlp.make_doc(doc.text), doc) for doc in docs], steps, 6, losses["losses"])
        nlp.to_disk(folder / name)
    return folder


def spans_of(doc):
    """Spans where no order is promised (equal scores), else in their order."""
    groups = {key: [(s["start"], s["end"], s["label"]) for s in group] for key, group in doc.items()}
    return {**groups, "apart": sorted(groups["apart"])}


def is_tie(doc):
    """Whether candidates that exclude each other may have had one score: numpy's sort keeps no order then."""
    scores = list(doc.spans["apart"].attrs.get("scores", []))
    return len(set(map(float, scores))) < len(scores)


def agree(folder, nlp, texts):
    """Every group of every text is the same."""
    lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
    answer = run_pawl("parse", "--pipeline", folder, stdin=lines)
    total = 0
    for line, doc in zip(answer.stdout.split("\n")[:-1], nlp.pipe(texts), strict=True):
        ours, theirs = json.loads(line).get("spans", {}), doc.to_json().get("spans", {})
        ours, theirs = spans_of(ours), spans_of(theirs)
        if ours["apart"] != theirs["apart"] and is_tie(doc):
            ours["apart"] = theirs["apart"]
        assert ours == theirs, doc.text
        total += sum(len(group) for group in ours.values())
    return total


@pytest.mark.parametrize("theirs, ours, most", [("first", "one", 1e-4), ("theirs", "ours", 1e-3)])
def test_updates_lead_to_spacys_weights(trained, theirs, ours, most):
    found = differences(*(spacy.load(trained / name, exclude=["marker"]) for name in (theirs, ours)))
    assert max(found.values()) < most, sorted(found.items(), key=lambda item: -item[1])[:5]
    assert {name for name, _, _ in found} == {"tok2vec", *COMPONENTS}


@pytest.mark.parametrize("by", ["theirs", "ours"])
def test_predictions_are_spacys_whoever_trained(trained, by):
    assert agree(trained / by, spacy.load(trained / by), OTHERS) > 3000


def test_both_trained_pipelines_say_the_same(trained):
    assert agree(trained / "ours", spacy.load(trained / "theirs"), TEXTS) > 50


def test_a_pipeline_goes_through_pawl_unchanged(trained, tmp_path):
    process = Driver("corpus", str(trained / "en"))
    assert "error" not in process.ask(load=str(trained / "theirs"), save=str(tmp_path / "copy"))
    process.close()
    for name in COMPONENTS:
        for file in ("cfg", "model"):
            assert (tmp_path / "copy" / name / file).read_bytes() == (trained / "theirs" / name / file).read_bytes(), (name, file)


def test_scores_are_spacys(trained):
    nlp = spacy.load(trained / "theirs")
    docs = list(DocBin().from_disk(trained / "batch.spacy").get_docs(nlp.vocab))
    theirs = nlp.evaluate([Example(nlp.make_doc(doc.text), doc) for doc in docs])
    run_pawl("evaluate", trained / "theirs", trained / "batch.spacy", "--output", trained / "scores.json")
    ours = json.loads((trained / "scores.json").read_text())
    for key in KEYS.values():
        for part in ("p", "r", "f"):
            name = f"spans_{key}_{part}"
            assert ours[name] == pytest.approx(theirs[name]), name
        name = f"spans_{key}_per_type"
        assert ours[name].keys() == theirs[name].keys()
        for label, scores in theirs[name].items():
            assert ours[name][label] == pytest.approx(scores), (name, label)
    assert theirs["spans_sc_f"] is not None


def test_pawl_trains_what_init_config_writes(trained, tmp_path):
    config = spacy.cli.init_config(lang="en", pipeline=["spancat"], optimize="efficiency", silent=True)
    config.to_disk(tmp_path / "config.cfg")
    docs = str(trained / "batch.spacy")
    run_pawl("train", tmp_path / "config.cfg", "--output", tmp_path / "out", "--paths.train", docs, "--paths.dev", docs,
             "--training.max_steps", "30", "--training.eval_frequency", "15")
    nlp = spacy.load(tmp_path / "out" / "model-last")
    assert set(nlp.get_pipe("spancat").labels) == {"NAME", "START", "PLURAL", "LONG"}
    assert nlp.meta["performance"]["spans_sc_f"] >= 0
    lines = "".join(json.dumps({"text": text}) + "\n" for text in TEXTS)
    said = [json.loads(line) for line in run_pawl("parse", "--pipeline", tmp_path / "out" / "model-last", stdin=lines).stdout.splitlines()]
    assert [doc.get("spans") for doc in said] == [nlp(text).to_json().get("spans") for text in TEXTS]


@pytest.mark.parametrize("ruler", ["entity_ruler", "future_entity_ruler", "span_ruler"])
def test_rulers_are_scored_as_spacy_does(ruler, tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe(ruler).add_patterns([{"label": "CITY", "pattern": "New York"}, {"label": "NAME", "pattern": [{"IS_TITLE": True}]}])
    docs = [nlp.make_doc(text) for text in TEXTS]
    for doc in docs:
        doc.ents = [Span(doc, i, i + 1, label="NAME") for i, token in enumerate(doc) if token.is_title and i % 3]
        doc.spans["ruler"] = list(doc.ents) + [doc[0:2]]
        doc.spans["ruler"][-1].label_ = "CITY"
    DocBin(docs=docs).to_disk(tmp_path / "dev.spacy")
    nlp.to_disk(tmp_path / "pipeline")
    docs = list(DocBin().from_disk(tmp_path / "dev.spacy").get_docs(nlp.vocab))
    theirs = nlp.evaluate([Example(nlp.make_doc(doc.text), doc) for doc in docs])
    run_pawl("evaluate", tmp_path / "pipeline", tmp_path / "dev.spacy", "--output", tmp_path / "scores.json")
    ours = json.loads((tmp_path / "scores.json").read_text())
    prefix = "spans_ruler" if ruler == "span_ruler" else "ents"
    assert 0 < theirs[prefix + "_f"] < 1
    for part in ("p", "r", "f"):
        assert ours[f"{prefix}_{part}"] == pytest.approx(theirs[f"{prefix}_{part}"])
    assert ours[prefix + "_per_type"] == {k: pytest.approx(v) for k, v in theirs[prefix + "_per_type"].items()}


@pytest.mark.parametrize("change, named", [
    ('@misc = "spacy.ngram_suggester.v1"\nsizes = [0]', "sizes"), ('@misc = "spacy.ngram_suggester.v1"\nsizes = []', "sizes"),
    ('@misc = "spacy.ngram_range_suggester.v1"\nmin_size = 3\nmax_size = 2', "min_size"),
    ('@misc = "spacy.span_finder_suggester.v1"', "spacy.span_finder_suggester.v1"),
])
def test_suggesters_that_cannot_be_run_are_named(trained, tmp_path, change, named):
    config = Config().from_str(CONFIG + block("spancat"))
    config["nlp"]["pipeline"] = ["tok2vec", "spancat"]
    config["components"]["spancat"]["suggester"] = Config().from_str("[a]\n" + change)["a"]
    config["components"].pop("marker")
    nlp = spacy.load(trained / "start", exclude=[name for name in COMPONENTS] + ["marker"])
    nlp.to_disk(tmp_path / "pipeline")
    full = Config().from_disk(tmp_path / "pipeline" / "config.cfg", interpolate=False).merge(config)
    full["nlp"]["pipeline"] = ["tok2vec", "spancat"]
    full.to_disk(tmp_path / "pipeline" / "config.cfg")
    done = run_pawl("parse", "--pipeline", tmp_path / "pipeline", stdin='"a"\n', check=False)
    assert done.returncode == 1 and named in done.stderr and "components.spancat.suggester" in done.stderr
