"""Whole pipelines beside spaCy's: every annotation of every token, the stock one and ones with vectors.

With PAWL_FULL=1 the stock pipeline reads 5,000 texts of several kinds.
"""

import json
import os
import random

import numpy
import pytest
import spacy
from conftest import EN_CORE_WEB_SM, Driver, shared_texts
from hostile_texts import hostile_texts
from pipelines import HASH_EMBED, TAGGER, listening, parsed, shared_tok2vec, spacy_updates
from spacy.tokens import DocBin
from spacy.training import Example
from test_tagger import TEXTS
from thinc.api import Config, fix_random_seed

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


def leads(folder, nlp, texts):
    """The least lead of scores in each text: of the parser's and ner's actions and of the tagger's labels."""
    if not texts:
        return {}
    process = Driver("parser")
    assert "error" not in process.ask(do="load", path=str(folder))
    kinds = {"parser": {}, "ner": {"ner": True}, "tagger": {"tagger": True}}
    found = {}
    for text in texts:
        answers = [process.ask(do="margin", text=text, **kind) for name, kind in kinds.items() if name in nlp.pipe_names]
        found[text] = min(a["ok"] for a in answers)
    process.close()
    return found


def unexplained(folder, nlp, texts):
    """The texts in which no component was near a tie: there a difference is a fault."""
    return [text for text, lead in leads(folder, nlp, texts).items() if lead >= TIE]


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
    assert unexplained(path, nlp, differing) == []


VECTORS = shared_tok2vec(["tok2vec", "tagger", "parser", "ner", "textcat"], HASH_EMBED.format(vectors="true"))
LISTENERS = {
    "tagger": TAGGER,
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
    config = VECTORS + "".join(listening(name, model) for name, model in LISTENERS.items())
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
    spacy_updates(nlp, docs, 4, 8, answer["losses"], exclude=("parser", "ner"))
