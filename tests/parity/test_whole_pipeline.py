"""Whole pipelines beside spaCy's: every annotation of every token, the stock one and ones with vectors.

With PAWL_FULL=1 the stock pipeline reads 5,000 texts of several kinds.
"""

import json
import os
import random

import numpy
import pytest
import spacy
from conftest import EN_CORE_WEB_SM, Driver, run_pawl, shared_texts
from hostile_texts import hostile_texts
from spacy.tokens import DocBin
from spacy.training import Example
from test_tagger import TEXTS
from thinc.api import Adam, Config, fix_random_seed

FIELDS = ("tag", "pos", "morph", "lemma", "dep", "head")
BAR = 0.999
TIE = 1e-3  # a lead of scores that adding floats in another order can turn round


def sample_of_texts(count):
    """Texts of every file of the shared data in equal parts, and hostile ones."""
    kinds = {}
    for name, record in shared_texts(limit=2000):
        kinds.setdefault(name, []).append(record["text"])
    rng = random.Random(19)
    hostile = hostile_texts(1500)
    texts = rng.sample(hostile, min(len(hostile), count // 10))
    for texts_of_kind in kinds.values():
        rng.shuffle(texts_of_kind)
    while len(texts) < count and any(kinds.values()):
        texts += [kinds[name].pop() for name in sorted(kinds) if kinds[name]]
    rng.shuffle(texts)
    return texts[:count]


def parsed(folder, texts):
    lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
    return [json.loads(line) for line in run_pawl("parse", "--pipeline", folder, stdin=lines).stdout.split("\n")[:-1]]


def compare(folder, nlp, texts):
    """Per annotation the share of equal tokens (of texts for entities), and the texts with a difference."""
    equal, total, differing, same_entities = dict.fromkeys((*FIELDS, "sents"), 0), 0, [], 0
    for text, ours, doc in zip(texts, parsed(folder, texts), nlp.pipe(texts, batch_size=64), strict=True):
        theirs = doc.to_json()
        assert [t["start"] for t in ours["tokens"]] == [t["start"] for t in theirs["tokens"]]
        before = sum(equal.values())
        for a, b in zip(ours["tokens"], theirs["tokens"]):
            for field in FIELDS:
                equal[field] += a.get(field) == b.get(field)
        starts = [{s["start"] for s in d.get("sents", [])} for d in (ours, theirs)]
        equal["sents"] += sum((t["start"] in starts[0]) == (t["start"] in starts[1]) for t in theirs["tokens"])
        total += len(theirs["tokens"])
        entities = [[(e["start"], e["end"], e["label"]) for e in d["ents"]] for d in (ours, theirs)]
        same_entities += entities[0] == entities[1]
        if entities[0] != entities[1] or sum(equal.values()) - before < len(theirs["tokens"]) * len(equal):
            differing.append(text)
    shares = {name: count / total for name, count in equal.items()}
    return {**shares, "ents": same_entities / len(texts)}, total, differing


def unexplained(folder, texts):
    """The texts in which no component was near a tie: there a difference is a fault."""
    process = Driver("parser")
    assert "error" not in process.ask(do="load", path=str(folder))
    leads = {}
    for text in texts:
        answers = [process.ask(do="margin", text=text), process.ask(do="margin", text=text, ner=True),
                   process.ask(do="margin", text=text, tagger=True)]
        leads[text] = min(a["ok"] for a in answers)
    process.close()
    return [text for text, lead in leads.items() if lead >= TIE]


@pytest.fixture(scope="module")
def stock():
    path = next(spacy.util.get_package_path(EN_CORE_WEB_SM).glob("en_core_web_sm*-*"))
    return spacy.load(path), path


def test_the_stock_pipeline_says_what_spacys_says(stock):
    nlp, path = stock
    count = 5000 if os.environ.get("PAWL_FULL") else 400
    texts = sample_of_texts(count)
    shares, tokens, differing = compare(path, nlp, texts)
    print(f"{len(texts)} texts, {tokens} tokens, {len(differing)} texts differ:", shares)
    assert min(shares.values()) >= BAR, shares
    assert unexplained(path, differing) == []


VECTORS = """
[nlp]
lang = "en"
pipeline = ["tok2vec", "tagger", "parser", "ner", "textcat"]
[components]
[components.tok2vec]
factory = "tok2vec"
[components.tok2vec.model]
@architectures = "spacy.Tok2Vec.v2"
[components.tok2vec.model.embed]
@architectures = "spacy.MultiHashEmbed.v2"
width = 32
attrs = ["NORM", "PREFIX", "SUFFIX", "SHAPE"]
rows = [500, 100, 200, 200]
include_static_vectors = true
[components.tok2vec.model.encode]
@architectures = "spacy.MaxoutWindowEncoder.v2"
width = 32
depth = 2
window_size = 1
maxout_pieces = 3
"""
LISTENERS = {
    "tagger": '@architectures = "spacy.Tagger.v2"\nnO = null',
    "parser": '@architectures = "spacy.TransitionBasedParser.v2"\nstate_type = "parser"\nextra_state_tokens = false\n'
              'hidden_width = 32\nmaxout_pieces = 2\nuse_upper = true\nnO = null',
    "ner": '@architectures = "spacy.TransitionBasedParser.v2"\nstate_type = "ner"\nextra_state_tokens = false\n'
           'hidden_width = 32\nmaxout_pieces = 2\nuse_upper = true\nnO = null',
    "textcat": '@architectures = "spacy.TextCatReduce.v1"\nexclusive_classes = true\nuse_reduce_first = false\n'
               'use_reduce_last = false\nuse_reduce_max = true\nuse_reduce_mean = true\nnO = null',
}


def add_vectors(nlp, kind, words):
    rng = numpy.random.default_rng(3)
    if kind == "floret":
        nlp.vocab.vectors = spacy.vectors.Vectors(
            strings=nlp.vocab.strings, mode="floret", data=rng.normal(size=(800, 40)).astype("f"), hash_count=2,
            minn=3, maxn=5, bow="<", eow=">")
        return
    for word in words:
        nlp.vocab.set_vector(word, rng.normal(size=40).astype("f"))
    if kind == "pruned":
        nlp.vocab.prune_vectors(len(words) // 3)


@pytest.fixture(scope="module", params=["default", "pruned", "floret"])
def with_vectors(request, stock, tmp_path_factory):
    """A pipeline of the md kind: vectors as features of a shared tok2vec; trained by spaCy, continued by pawl."""
    folder = tmp_path_factory.mktemp(request.param)
    fix_random_seed(0)
    config = VECTORS + "".join(f"""
[components.{name}]
factory = "{name}"
[components.{name}.model]
{model}
[components.{name}.model.tok2vec]
@architectures = "spacy.Tok2VecListener.v1"
width = 32
""" for name, model in LISTENERS.items())
    nlp = spacy.util.load_model_from_config(Config().from_str(config), auto_fill=True)
    docs = list(stock[0].pipe(TEXTS * 3))
    for i, doc in enumerate(docs):
        doc.cats = {"even": float(i % 2 == 0), "odd": float(i % 2)}
    words = sorted({token.text for doc in docs for token in doc} - {"Bob", "mice", "houses"})
    add_vectors(nlp, request.param, words)
    DocBin(docs=docs, store_user_data=True).to_disk(folder / "batch.spacy")
    docs = list(DocBin().from_disk(folder / "batch.spacy").get_docs(nlp.vocab))
    examples = [Example(nlp.make_doc(doc.text), doc) for doc in docs]
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(8):
        nlp.update(examples, sgd=optimizer)
    nlp.to_disk(folder / "theirs")
    return folder


def test_a_pipeline_with_vectors_says_what_spacys_says(with_vectors):
    nlp = spacy.load(with_vectors / "theirs")
    texts = TEXTS + [text for text in hostile_texts(1000)[::4] if text]  # max of no token: spaCy stops there
    shares, tokens, _ = compare(with_vectors / "theirs", nlp, texts)
    assert tokens > 1000 and min(shares.values()) >= BAR, shares
    ours = [doc["cats"] for doc in parsed(with_vectors / "theirs", texts)]
    for a, doc in zip(ours, nlp.pipe(texts)):
        assert a == pytest.approx(doc.cats, abs=1e-4)


def test_pawl_trains_on_with_vectors_as_spacy_does(with_vectors, tmp_path):
    spacy.blank("en").to_disk(tmp_path / "en")
    process = Driver("corpus", str(tmp_path / "en"))
    answer = process.ask(update=str(with_vectors / "theirs"), corpus=str(with_vectors / "batch.spacy"), steps=4, batch=8,
                         exclude=["parser", "ner"], annotating=[], save=str(tmp_path / "ours"))
    process.close()
    assert "error" not in answer, answer
    nlp = spacy.load(with_vectors / "theirs")
    docs = list(DocBin().from_disk(with_vectors / "batch.spacy").get_docs(nlp.vocab))
    optimizer = Adam(0.001, eps=1e-3, L2=0.01, L2_is_weight_decay=True, grad_clip=1.0, use_averages=True)
    for step in range(4):
        losses = {}
        batch = [docs[(step * 8 + i) % len(docs)] for i in range(8)]
        nlp.update([Example(nlp.make_doc(doc.text), doc) for doc in batch], losses=losses, sgd=False, exclude=["parser", "ner"])
        for name, pipe in nlp.pipeline:
            if name not in ("parser", "ner"):
                pipe.finish_update(optimizer)
        for name, loss in losses.items():
            assert answer["losses"][step][name] == pytest.approx(loss, rel=1e-3, abs=1e-4), (step, name)
    ours = spacy.load(tmp_path / "ours")
    assert ours.vocab.vectors.shape == nlp.vocab.vectors.shape
    said = [(t.tag_, t.dep_) for doc in ours.pipe(TEXTS) for t in doc]
    assert said == [(t.tag_, t.dep_) for doc in nlp.pipe(TEXTS) for t in doc]


def test_training_begins_with_the_vectors_of_another_pipeline(with_vectors, tmp_path):
    spacy.load(with_vectors / "theirs").config.to_disk(tmp_path / "config.cfg")
    docs = str(with_vectors / "batch.spacy")
    run_pawl("train", tmp_path / "config.cfg", "--output", tmp_path / "out", "--paths.train", docs, "--paths.dev", docs,
             "--corpora.train.path", docs, "--corpora.dev.path", docs, "--initialize.vectors", with_vectors / "theirs",
             "--training.max_steps", "4", "--training.eval_frequency", "2", "--training.dropout", "0.0")
    nlp, source = spacy.load(tmp_path / "out" / "model-last"), spacy.load(with_vectors / "theirs")
    assert nlp.vocab.vectors.mode == source.vocab.vectors.mode
    for word in ("Ada", "windows", "Bob", "unheardof"):
        assert (nlp.vocab.get_vector(word) == source.vocab.get_vector(word)).all()
    said = parsed(tmp_path / "out" / "model-last", TEXTS)
    assert [[t["tag"] for t in doc["tokens"]] for doc in said] == [[t.tag_ for t in doc] for doc in nlp.pipe(TEXTS)]
