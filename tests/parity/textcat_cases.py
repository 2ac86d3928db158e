"""Architectures, examples and spaCy pipelines for the tests of tok2vec and textcat."""

import functools
import json

import numpy
import spacy
from thinc.api import Config, fix_random_seed
from spacy.training import Example
from spacy.vectors import Vectors

from conftest import SOURCE

TOK2VEC_V2 = """
[model.tok2vec]
@architectures = "spacy.Tok2Vec.v2"

[model.tok2vec.embed]
@architectures = "spacy.MultiHashEmbed.v2"
width = 32
rows = [500, 400, 300, 200, 100]
attrs = ["NORM", "LOWER", "PREFIX", "SUFFIX", "SHAPE"]
include_static_vectors = false

[model.tok2vec.encode]
@architectures = "spacy.MaxoutWindowEncoder.v2"
width = 32
window_size = 1
maxout_pieces = 3
depth = 2
"""
TOK2VEC_V1 = (
    TOK2VEC_V2.replace("Tok2Vec.v2", "Tok2Vec.v1")
    .replace("MultiHashEmbed.v2", "MultiHashEmbed.v1")
    .replace("MaxoutWindowEncoder.v2", "MaxoutWindowEncoder.v1")
    .replace("window_size = 1", "window_size = 2")
    .replace("depth = 2", "depth = 1")
    .replace("maxout_pieces = 3", "maxout_pieces = 2")
)
HASH_EMBED_CNN = """
[model.tok2vec]
@architectures = "spacy.HashEmbedCNN.v2"
pretrained_vectors = null
width = 32
depth = 3
embed_size = 600
window_size = 1
maxout_pieces = 3
subword_features = true
"""
LISTENER = """
[model.tok2vec]
@architectures = "spacy.Tok2VecListener.v1"
width = 32
upstream = "*"
"""


def bow(version, exclusive, no_output_layer=False, ngram_size=2, section="model", length=8192):
    return f"""
[{section}]
@architectures = "spacy.TextCatBOW.v{version}"
exclusive_classes = {str(exclusive).lower()}
ngram_size = {ngram_size}
no_output_layer = {str(no_output_layer).lower()}
{f"length = {length}" if version == 3 else ""}
"""


def ensemble(exclusive, tok2vec=TOK2VEC_V2, version=3, no_output_layer=False):
    linear = bow(version, exclusive, no_output_layer, 1, "model.linear_model")
    return f'[model]\n@architectures = "spacy.TextCatEnsemble.v2"\n{tok2vec}\n{linear}'


def cnn(exclusive, version, tok2vec=HASH_EMBED_CNN):
    return f"""
[model]
@architectures = "spacy.TextCatCNN.v{version}"
exclusive_classes = {str(exclusive).lower()}
{tok2vec}
"""


def reduce(exclusive, first=True, last=True, maximum=True, mean=True, tok2vec=HASH_EMBED_CNN):
    return f"""
[model]
@architectures = "spacy.TextCatReduce.v1"
exclusive_classes = {str(exclusive).lower()}
use_reduce_first = {str(first).lower()}
use_reduce_last = {str(last).lower()}
use_reduce_max = {str(maximum).lower()}
use_reduce_mean = {str(mean).lower()}
{tok2vec}
"""


# name -> (exclusive, model block)
CASES = {}
for _exclusive, _suffix in ((True, ""), (False, "_multilabel")):
    CASES.update(
        {
            f"bow_v1{_suffix}": (_exclusive, bow(1, _exclusive)),
            f"bow_v2{_suffix}": (_exclusive, bow(2, _exclusive)),
            f"bow_v3{_suffix}": (_exclusive, bow(3, _exclusive)),
            f"bow_v3_raw{_suffix}": (_exclusive, bow(3, _exclusive, no_output_layer=True)),
            f"cnn_v1{_suffix}": (_exclusive, cnn(_exclusive, 1)),
            f"cnn_v2{_suffix}": (_exclusive, cnn(_exclusive, 2)),
            f"reduce{_suffix}": (_exclusive, reduce(_exclusive)),
            f"reduce_max{_suffix}": (_exclusive, reduce(_exclusive, False, False, True, False)),
            f"ensemble{_suffix}": (_exclusive, ensemble(_exclusive)),
            f"ensemble_raw{_suffix}": (
                _exclusive,
                ensemble(_exclusive, TOK2VEC_V1, 2, no_output_layer=True),
            ),
            f"listener{_suffix}": (_exclusive, ensemble(_exclusive, LISTENER)),
            f"reduce_listener{_suffix}": (_exclusive, reduce(_exclusive, tok2vec=LISTENER)),
        }
    )

WITH_VECTORS = TOK2VEC_V2.replace("include_static_vectors = false", "include_static_vectors = true")
CNN_WITH_VECTORS = HASH_EMBED_CNN.replace("pretrained_vectors = null", "pretrained_vectors = true")
CASES.update(
    {
        "ensemble_vectors": (True, ensemble(True, WITH_VECTORS)),
        "cnn_vectors_multilabel": (False, cnn(False, 2, CNN_WITH_VECTORS)),
        "reduce_floret": (True, reduce(True, tok2vec=WITH_VECTORS)),
        "reduce_floret_lower": (True, reduce(True, tok2vec=CNN_WITH_VECTORS)),
    }
)

NAME = "topic"
INTENTS = ["creative_task", "troubleshoot", "casual_chat", "debug_error"]
SENTIMENTS = ["frustrated", "calm", "neutral"]
HARD_TEXTS = [
    "x",
    "   ",
    "\n\nTwo  lines\n\tand a tab",
    "👍🏽 ok — naïve café №5, 3.14€ http://example.com/a?b=c#d me@example.org",
    "Ünïcödé und日本語 mixed, العربية too",
    "a " * 300,
    "ALL CAPS AND MORE CAPS!!! " * 10,
]


def records():
    """Utterances of four intents, in an order that mixes them."""
    with (SOURCE / "data" / "dev.jsonl").open(encoding="utf8") as lines:
        rows = [json.loads(line) for line in lines]
    return [row for row in rows if row["intent"] in INTENTS]


def items(exclusive):
    """What the driver takes: {"text", "cats"}; for multilabel, some labels are missing."""
    out = []
    for index, row in enumerate(records()):
        cats = {label: float(label == row["intent"]) for label in INTENTS}
        if not exclusive:
            cats.update({label: float(label == row["sentiment"]) for label in SENTIMENTS})
            if index % 3 == 0 and index > 10:
                del cats[INTENTS[index % len(INTENTS)]]
        out.append({"text": row["text"], "cats": cats})
    return out


def to_examples(nlp, batch):
    return [
        Example.from_dict(nlp.make_doc(item["text"]), {"cats": item["cats"]}) for item in batch
    ]


def batches(rows, size=8):
    return [rows[i : i + size] for i in range(0, len(rows), size)]


def add_vectors(nlp, case):
    """Vectors for two words of three, some of them sharing a row as in pruned tables; or floret's."""
    rng = numpy.random.default_rng(4)
    table = rng.normal(0, 1, (90, 20)).astype("float32")
    if "floret" in case:
        attr = "LOWER" if "lower" in case else "ORTH"
        nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=table, mode="floret", minn=3, maxn=5, hash_count=3, hash_seed=2166136261,
                                    bow="<", eow=">", attr=attr)
        return
    words = sorted({token.text for row in records() for token in nlp.make_doc(row["text"])})
    nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=table)
    for index, word in enumerate(words):
        if index % 3:
            nlp.vocab.vectors.add(word, row=index % len(table))


def make_pipeline(case, seed=1):
    """A blank English pipeline with the case's textcat, not initialised."""
    exclusive, block = CASES[case]
    fix_random_seed(seed)
    nlp = spacy.blank("en")
    if "vectors" in case or "floret" in case:
        add_vectors(nlp, case)
    if "Tok2VecListener" in block:
        tok2vec = HASH_EMBED_CNN.replace("[model.tok2vec]", "[model]")
        nlp.add_pipe("tok2vec", config=Config().from_str(tok2vec))
    factory = "textcat" if exclusive else "textcat_multilabel"
    nlp.add_pipe(factory, name=NAME, config=Config().from_str(block))
    return nlp, exclusive


def initialized(case, seed=1):
    nlp, exclusive = make_pipeline(case, seed)
    rows = items(exclusive)
    nlp.initialize(lambda: to_examples(nlp, rows[:40]))
    return nlp, exclusive, rows


def update(nlp, sgd, batch, drop=0.0):
    """One step as `spacy train` takes it: nlp.update(sgd=sgd) would step a shared tok2vec before
    its listeners' gradients of the same batch reach it."""
    losses = {}
    nlp.update(to_examples(nlp, batch), drop=drop, sgd=False, losses=losses)
    for _, component in nlp.pipeline:
        component.finish_update(sgd)
    return losses


def shake(nlp, seed=0):
    """Moves every weight at random, so that no gradient is zero for want of a weight."""
    rng = numpy.random.default_rng(seed)
    for _, component in nlp.pipeline:
        for node in component.model.walk():
            for name in node.param_names:
                value = node.get_param(name)
                noise = rng.normal(0, 0.1, value.shape).astype("float32")
                node.set_param(name, value + noise)


@functools.cache
def reference(case):
    """An initialised pipeline to look at, not to change."""
    return initialized(case)[0]


@functools.cache
def trained(case, steps=12):
    """A trained pipeline to look at, not to change: tests share it."""
    nlp, exclusive, rows = initialized(case)
    sgd = nlp.create_optimizer()
    for batch in batches(rows)[:steps]:
        update(nlp, sgd, batch)
    return nlp, exclusive, rows


def cats(nlp, texts):
    """Scores of each text for itself: spaCy fails on some batches with an empty text."""
    return [dict(nlp(text).cats) for text in texts]


def assert_same_cats(found, expected, tolerance=1e-4):
    assert len(found) == len(expected)
    for one, other in zip(found, expected):
        assert list(one) == list(other)
        for label in other:
            assert abs(one[label] - other[label]) < tolerance, (label, one, other)
        best = sorted(other.values())[-2:]
        if best[-1] - best[0] > tolerance:
            assert max(one, key=one.get) == max(other, key=other.get)
