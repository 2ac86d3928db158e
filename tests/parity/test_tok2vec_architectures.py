"""Embeddings and encoders of a tok2vec beside spaCy's: character embeddings, window encoders with mish."""

import numpy
import pytest
import spacy
from conftest import EN_CORE_WEB_SM, Driver
from hostile_texts import hostile_texts
from pipelines import HASH_EMBED, MAXOUT_ENCODER, agree, differences, examples_of, listening, shared_tok2vec, spacy_updates
from spacy.tokens import DocBin
from test_tagger import TEXTS
from thinc.api import Config, fix_random_seed

CHARACTERS = """@architectures = "spacy.CharacterEmbed.v2"
width = 32
rows = 300
nM = {nM}
nC = {nC}
include_static_vectors = {vectors}
"""
MISH_ENCODER = """@architectures = "spacy.MishWindowEncoder.v2"
width = 32
depth = 2
window_size = {window}
"""
CASES = {
    "characters": (CHARACTERS.format(nM=16, nC=8, vectors="false"), MAXOUT_ENCODER),
    "characters, more than a word of bytes": (CHARACTERS.format(nM=5, nC=11, vectors="false") + 'feature = "SHAPE"', MAXOUT_ENCODER),
    "mish": (HASH_EMBED.format(vectors="false"), MISH_ENCODER.format(window=1)),
    "characters, vectors and wide mish": (CHARACTERS.format(nM=4, nC=3, vectors="true"), MISH_ENCODER.format(window=2)),
}


@pytest.fixture(scope="module", params=CASES)
def trained(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tok2vec")
    embed, encode = CASES[request.param]
    fix_random_seed(0)
    config = shared_tok2vec(["tok2vec", "tagger"], embed, encode) + listening("tagger")
    nlp = spacy.util.load_model_from_config(Config().from_str(config), auto_fill=True)
    docs = list(spacy.load(EN_CORE_WEB_SM, disable=["parser", "ner", "lemmatizer"]).pipe(TEXTS * 3))
    if "vectors = true" in embed:
        for i, word in enumerate(sorted({token.text for doc in docs for token in doc})):
            nlp.vocab.set_vector(word, numpy.asarray([((i * k) % 17) / 17 for k in range(1, 21)], dtype="float32"))
    DocBin(docs=docs, attrs=["TAG"]).to_disk(folder / "batch.spacy")
    docs = list(DocBin().from_disk(folder / "batch.spacy").get_docs(nlp.vocab))
    nlp.initialize(lambda: examples_of(nlp, docs))
    optimizer = nlp.create_optimizer()
    for _ in range(2):  # away from the characters' zeros
        nlp.update(examples_of(nlp, docs), sgd=optimizer)
    nlp.to_disk(folder / "start")
    spacy.blank("en").to_disk(folder / "en")
    process = Driver("corpus", str(folder / "en"))
    request = dict(update=str(folder / "start"), corpus=str(folder / "batch.spacy"), batch=6, exclude=[], annotating=[])
    one = process.ask(steps=1, save=str(folder / "one"), **request)
    ours = process.ask(steps=20, save=str(folder / "ours"), **request)
    process.close()
    assert "error" not in ours and "error" not in one, (ours, one)
    first, nlp = spacy.load(folder / "start"), spacy.load(folder / "start")
    spacy_updates(first, docs, 1, 6, one["losses"])
    spacy_updates(nlp, docs, 20, 6, ours["losses"])
    nlp.to_disk(folder / "theirs")
    return folder, first, nlp


def test_updates_are_spacys(trained):
    folder, first, nlp = trained
    assert max(differences(first, spacy.load(folder / "one")).values()) < 1e-4
    assert max(differences(nlp, spacy.load(folder / "ours")).values()) < 1e-3


def test_what_either_trained_says_the_same_in_the_other(trained):
    folder, _, nlp = trained
    agree(folder / "theirs", nlp, TEXTS + hostile_texts(100))
    agree(folder / "ours", spacy.load(folder / "ours"), TEXTS)


def test_a_morphologizer_has_characters_where_nothing_else_is_said(tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("morphologizer")
    doc = spacy.load(EN_CORE_WEB_SM)(TEXTS[0])
    nlp.initialize(lambda: examples_of(nlp, [doc]))
    nlp.to_disk(tmp_path / "pipeline")
    agree(tmp_path / "pipeline", nlp, TEXTS, 1.0)
