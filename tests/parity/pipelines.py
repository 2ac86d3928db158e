"""Small pipelines around a shared tok2vec, trained step by step by spaCy, and what they say beside pawl."""

import json

import pytest
from conftest import run_pawl
from spacy.training import Example
from thinc.api import Adam

HASH_EMBED = """@architectures = "spacy.MultiHashEmbed.v2"
width = 32
attrs = ["NORM", "PREFIX", "SUFFIX", "SHAPE"]
rows = [500, 100, 200, 200]
include_static_vectors = {vectors}
"""
MAXOUT_ENCODER = """@architectures = "spacy.MaxoutWindowEncoder.v2"
width = 32
depth = 2
window_size = 1
maxout_pieces = 3
"""
TAGGER = '@architectures = "spacy.Tagger.v2"\nnO = null\nnormalize = false'


def shared_tok2vec(pipeline, embed=HASH_EMBED.format(vectors="false"), encode=MAXOUT_ENCODER):
    """The config of a pipeline whose first component, the shared tok2vec, is defined."""
    return f"""
[nlp]
lang = "en"
pipeline = {json.dumps(pipeline)}
[components]
[components.tok2vec]
factory = "tok2vec"
[components.tok2vec.model]
@architectures = "spacy.Tok2Vec.v2"
[components.tok2vec.model.embed]
{embed}
[components.tok2vec.model.encode]
{encode}
"""


def listening(name, model=TAGGER, extra=""):
    return f"""
[components.{name}]
factory = "{name}"
{extra}
[components.{name}.model]
{model}
[components.{name}.model.tok2vec]
@architectures = "spacy.Tok2VecListener.v1"
width = 32
upstream = "*"
"""


def examples_of(nlp, docs):
    return [Example(nlp.make_doc(doc.text), doc) for doc in docs]


def spacy_updates(nlp, docs, steps, batch, driver_losses, exclude=()):
    """The updates that the corpus driver makes; their losses must be the driver's."""
    if "trainable_lemmatizer" in nlp.pipe_names:
        # A lemmatizer that spaCy loaded has forgotten which tree is which label and learns the first for all.
        lemmatizer = nlp.get_pipe("trainable_lemmatizer")
        lemmatizer.tree2label = {tree: label for label, tree in enumerate(lemmatizer.labels)}
    optimizer = Adam(0.001, eps=1e-3, L2=0.01, L2_is_weight_decay=True, grad_clip=1.0, use_averages=True)
    for step in range(steps):
        losses = {}
        chosen = examples_of(nlp, [docs[(step * batch + i) % len(docs)] for i in range(batch)])
        nlp.update(chosen, drop=0.0, losses=losses, sgd=False, exclude=list(exclude))
        for name, pipe in nlp.pipeline:
            if name not in exclude and hasattr(pipe, "finish_update"):
                pipe.finish_update(optimizer)
        for name, loss in losses.items():
            assert driver_losses[step][name] == pytest.approx(loss, rel=1e-3, abs=1e-4), (step, name)


def differences(a, b):
    """The greatest difference of each parameter of two pipelines."""
    out = {}
    for name in a.pipe_names:
        for x, y in zip(a.get_pipe(name).model.walk(), b.get_pipe(name).model.walk(), strict=True):
            assert x.name == y.name
            for param in x.param_names:
                if x.has_param(param):
                    out[name, x.name, param] = float(abs(x.get_param(param) - y.get_param(param)).max())
    return out


def parsed(folder, texts):
    lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
    return [json.loads(line) for line in run_pawl("parse", "--pipeline", folder, stdin=lines).stdout.split("\n")[:-1]]


def said(token):
    return (token["start"], token.get("tag"), token.get("pos"), token.get("morph"), token.get("lemma"))


def agree(folder, nlp, texts, least=0.999):
    """Share of tokens of which pawl says what spaCy says of each text alone, and the sentences."""
    total = same = 0
    for ours, text in zip(parsed(folder, texts), texts, strict=True):
        theirs = nlp(text).to_json()
        assert len(ours["tokens"]) == len(theirs["tokens"])
        starts = [{s["start"] for s in d.get("sents", [])} for d in (ours, theirs)]
        for a, b in zip(ours["tokens"], theirs["tokens"]):
            total += 1
            same += said(a) == said(b) and (a["start"] in starts[0]) == (a["start"] in starts[1])
    assert total and same / total >= least, (same, total)
    return total - same
