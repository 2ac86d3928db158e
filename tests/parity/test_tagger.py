"""Tagger, morphologizer, senter, sentencizer and both lemmatizers against spaCy: training step by step,
predictions of pipelines that either one trained, scores."""

import json
import random

import pytest
import spacy
from spacy.tokens import Doc, DocBin
from spacy.training import Example
from thinc.api import Config, fix_random_seed

from conftest import EN_CORE_WEB_SM, Driver, run_pawl, shared_texts
from hostile_texts import hostile_texts
from pipelines import agree, differences, listening, shared_tok2vec, spacy_updates

HOSTILE_TEXTS = hostile_texts(300)

TEXTS = [
    "Ada met Bob in New York. They didn't talk; he'd left for St. Louis!",
    "Mice were running across the houses. The cats saw them, but slept.",
    "I can't believe it's 3pm at Joe's café! Really? Yes, the better ones went.",
    "She has been writing longer letters to her children since 2019.",
    "Open the windows and close the doors quickly, please.",
    "The largest cities have grown faster than the smallest villages.",
    "Why are the builds failing again? My branches broke.",
    "He thinks that we were wrong about what they said.",
]
SIZE = 16

COMPONENTS = ["tok2vec", "tagger", "morphologizer", "trainable_lemmatizer", "senter"]
OWN = """
[components.senter]
factory = "senter"
"""
EXTRA = {
    "tagger": "label_smoothing = 0.05",
    "morphologizer": "",
    "trainable_lemmatizer": "top_k = 3\nmin_tree_freq = 2",
}
CONFIG = shared_tok2vec(COMPONENTS) + "".join(listening(n, extra=e) for n, e in EXTRA.items()) + OWN


def reference(doc, rng, nlp):
    """The document as people might have annotated it: other tokens here and there, gaps."""
    copy = doc.copy()
    for token in copy:
        chance = rng.random()
        if chance < 0.05:
            token.tag_ = ""
        elif chance < 0.1:
            token.lemma_ = ""
        elif chance < 0.15:
            token.pos_ = ""
            token.set_morph(None)
    # spaCy asks for sentences through heads; the heads are not what is tested here.
    words = [t.text for t in copy]
    spaces = [bool(t.whitespace_) for t in copy]
    made = Doc(
        nlp.vocab, words=words, spaces=spaces, tags=[t.tag_ for t in copy], pos=[t.pos_ for t in copy],
        lemmas=[t.lemma_ for t in copy], sent_starts=[bool(t.is_sent_start) for t in copy],
    )
    for a, b in zip(made, copy):
        if b.has_morph():
            a.set_morph(str(b.morph))
    if len(made) > 3 and rng.random() < 0.3:
        with made.retokenize() as retokenizer:
            retokenizer.merge(made[1:3])
    return made


@pytest.fixture(scope="module")
def annotated():
    nlp = spacy.load(EN_CORE_WEB_SM)
    rng = random.Random(0)
    return [reference(doc, rng, nlp) for doc in nlp.pipe(TEXTS * 3)]


def start_pipeline(docs, config=CONFIG):
    fix_random_seed(0)
    nlp = spacy.util.load_model_from_config(Config().from_str(config), auto_fill=True)
    docs = list(DocBin().from_bytes(DocBin(docs=docs).to_bytes()).get_docs(nlp.vocab))
    examples = [Example(nlp.make_doc(doc.text), doc) for doc in docs]
    nlp.initialize(lambda: examples)
    return nlp, docs


@pytest.fixture(scope="module")
def trained(annotated, tmp_path_factory):
    """The pipeline after 20 updates, by spaCy and by pawl, from the same start."""
    folder = tmp_path_factory.mktemp("tagger")
    nlp, docs = start_pipeline(annotated)
    DocBin(docs=docs).to_disk(folder / "batch.spacy")
    nlp.to_disk(folder / "start")
    nlp = spacy.load(folder / "start")
    docs = list(DocBin().from_disk(folder / "batch.spacy").get_docs(nlp.vocab))
    spacy.blank("en").to_disk(folder / "en")
    process = Driver("corpus", str(folder / "en"))
    request = dict(corpus=str(folder / "batch.spacy"), batch=6, exclude=[], annotating=[])
    one = process.ask(update=str(folder / "start"), steps=1, save=str(folder / "one"), **request)
    ours = process.ask(update=str(folder / "start"), steps=20, save=str(folder / "ours"), **request)
    process.close()
    assert "error" not in ours and "error" not in one, (ours, one)
    first = spacy.load(folder / "start")
    spacy_updates(first, docs, 1, 6, one["losses"])
    spacy_updates(nlp, docs, 20, 6, ours["losses"])
    nlp.to_disk(folder / "theirs")
    return folder, first, nlp


def test_the_first_update_is_spacys(trained):
    folder, first, _ = trained
    assert max(differences(first, spacy.load(folder / "one")).values()) < 1e-4


def test_twenty_updates_lead_to_the_same_weights(trained):
    folder, _, nlp = trained
    assert max(differences(nlp, spacy.load(folder / "ours")).values()) < 1e-3


def test_a_pipeline_trained_by_spacy_says_the_same_in_pawl(trained):
    folder, _, nlp = trained
    agree(folder / "theirs", nlp, TEXTS + HOSTILE_TEXTS)


def test_a_pipeline_trained_by_pawl_says_the_same_in_spacy(trained):
    folder, _, nlp = trained
    agree(folder / "ours", spacy.load(folder / "ours"), TEXTS + HOSTILE_TEXTS)
    # What both trained from one start says the same, too.
    agree(folder / "ours", nlp, TEXTS)


def test_scores_are_spacys(trained, annotated):
    folder, _, nlp = trained
    docs = list(DocBin().from_disk(folder / "batch.spacy").get_docs(nlp.vocab))
    theirs = nlp.evaluate([Example(nlp.make_doc(doc.text), doc) for doc in docs])
    run_pawl("evaluate", folder / "theirs", folder / "batch.spacy", "--output", folder / "scores.json")
    ours = json.loads((folder / "scores.json").read_text())
    for key, value in theirs.items():
        if key == "speed":
            continue
        if isinstance(value, dict):
            assert ours[key].keys() == value.keys()
            for field, scores in value.items():
                assert ours[key][field] == pytest.approx(scores), (key, field)
        else:
            assert ours[key] == (pytest.approx(value) if value is not None else None), key


@pytest.mark.parametrize("overwrite, extend", [(False, False), (True, True), (False, True)])
def test_what_is_set_already_is_kept_extended_or_overwritten(trained, tmp_path, overwrite, extend):
    folder, _, nlp = trained
    for name in ("one", "two"):
        pipe = nlp.get_pipe("morphologizer")
        pipe.cfg["overwrite"], pipe.cfg["extend"] = overwrite, extend
    nlp.to_disk(tmp_path / "changed")
    agree(tmp_path / "changed", spacy.load(tmp_path / "changed"), TEXTS)


def test_sentencizers_split_as_spacys(tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.to_disk(tmp_path / "a")
    agree(tmp_path / "a", nlp, TEXTS + HOSTILE_TEXTS + ["What?! (Yes.) \"No.\" e.g. this...", "हाँ। ठीक है॥ अच्छा"], 1.0)
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer", config={"punct_chars": [";", "!"]})
    nlp.to_disk(tmp_path / "b")
    agree(tmp_path / "b", nlp, TEXTS, 1.0)


def with_lemmatizer(nlp, mode):
    """`nlp` with English's own tables behind it."""
    source = spacy.load(EN_CORE_WEB_SM, disable=["parser", "ner"])
    lemmatizer = nlp.add_pipe("lemmatizer", config={"mode": mode, "overwrite": True}, last=True)
    tables = source.get_pipe("lemmatizer").lookups
    if mode == "lookup":
        tables.add_table("lemma_lookup", {"mice": "mouse", "were": "be", "Ada": ["Adah", "x"], "letters": "letter"})
    lemmatizer.lookups = tables
    lemmatizer._validate_tables()
    return nlp


@pytest.mark.parametrize("mode", ["rule", "lookup"])
def test_lemmas_by_tables_are_spacys(trained, tmp_path, mode):
    folder, _, _ = trained
    nlp = with_lemmatizer(spacy.load(folder / "theirs"), mode)
    nlp.to_disk(tmp_path / "lemmas")
    agree(tmp_path / "lemmas", spacy.load(tmp_path / "lemmas"), TEXTS + HOSTILE_TEXTS, 1.0)


def test_rules_for_attributes_are_spacys(trained, tmp_path):
    folder, _, _ = trained
    nlp = spacy.load(folder / "theirs")
    ruler = nlp.add_pipe("attribute_ruler")
    ruler.add([[{"LOWER": "the"}, {"TAG": {"IN": ["NN", "NNS"]}}]], {"LEMMA": "thing", "POS": "X"}, index=1)
    ruler.add([[{"IS_TITLE": True, "OP": "+"}]], {"TAG": "TITLE", "MORPH": "Number=Sing|Case=Nom"}, index=-1)
    ruler.add([[{"TAG": "TITLE"}], [{"ORTH": "We"}]], {"LEMMA": "never, matches see what was before"})
    ruler.add([[{"IS_SPACE": True}]], {"TAG": "_SP", "POS": "SPACE", "MORPH": "_"})
    nlp.to_disk(tmp_path / "rules")
    agree(tmp_path / "rules", spacy.load(tmp_path / "rules"), TEXTS + HOSTILE_TEXTS, 1.0)


def test_tags_of_the_stock_pipeline_are_spacys(tmp_path):
    texts = [record["text"] for _, record in shared_texts(400) if "text" in record][:5000] + HOSTILE_TEXTS
    nlp = spacy.load(EN_CORE_WEB_SM, disable=["parser", "ner"])
    nlp.enable_pipe("senter")
    for name in ("parser", "ner"):
        nlp.remove_pipe(name)
    nlp.to_disk(tmp_path / "tags")
    agree(tmp_path / "tags", nlp, texts)
