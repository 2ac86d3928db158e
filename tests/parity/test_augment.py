"""Variants of training documents, as spaCy's augmenters make them."""

import random

import pytest
import spacy
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Example
from spacy.training.augment import make_whitespace_variant, orth_variants_augmenter

from conftest import EN_CORE_WEB_SM, Driver, shared_texts

ATTRS = ["TAG", "POS", "MORPH", "LEMMA", "DEP", "HEAD", "SENT_START", "ENT_IOB", "ENT_TYPE"]
VARIANTS = {
    "single": [
        {"tags": ["NFP", ":"], "variants": ["…"]},
        {"tags": [":", "HYPH"], "variants": ["–"]},
        {"tags": ["DT", "NN"], "variants": ["the"]},
    ],
    "paired": [
        {"tags": ["``", "\'\'"], "variants": [["“", "”"]]},
        {"tags": ["-LRB-", "-RRB-"], "variants": [["[", "]"]]},
        {"tags": ["XX"], "variants": [["<", ">"]]},
    ],
}


@pytest.fixture(scope="module")
def process(tmp_path_factory):
    path = tmp_path_factory.mktemp("pack") / "en"
    spacy.blank("en").to_disk(path)
    started = Driver("corpus", str(path))
    yield started
    started.close()


@pytest.fixture(scope="module")
def nlp():
    return spacy.load(EN_CORE_WEB_SM)


@pytest.fixture(scope="module")
def docs(nlp):
    texts = [record["text"] for _, record in shared_texts(12)]
    texts += ['He said "no" (twice) to Ada Lovelace in New York ... or - did he?', "Go.", "One. Two! Three?"]
    made = [doc for doc in nlp.pipe(texts) if len(doc)]
    made.append(Doc(nlp.vocab, words=["No", "tags", "here"], ents=["B-X", "I-X", "O"]))
    made.append(Doc(nlp.vocab, words=["Only", "tags"], tags=["DT", "NN"]))
    made.append(Doc(nlp.vocab, words=["a", "half", "tree"], heads=[1, 1, 1], deps=["det", "ROOT", ""]))
    made.append(Doc(nlp.vocab, words=["spans", "stay"]))
    made[-1].spans["sc"] = [Span(made[-1], 0, 1, label="A")]
    return made


def variants(process, docs, tmp_path, **request):
    path, target = tmp_path / "docs.spacy", tmp_path / "variants.spacy"
    DocBin(docs=docs, attrs=ATTRS, store_user_data=True).to_disk(path)
    answer = process.ask(augment=str(path), write=str(target), **request)
    assert "error" not in answer, answer
    return list(DocBin().from_disk(target).get_docs(docs[0].vocab))


def annotations(doc):
    tokens = [(t.text, t.whitespace_, t.tag_, t.pos_, str(t.morph), t.lemma_, t.dep_, t.head.i, t.is_sent_start) for t in doc]
    return tokens, [(e.start, e.end, e.label_) for e in doc.ents], [t.ent_iob for t in doc]


@pytest.mark.parametrize("position", [0, 2, 3, 5, 8])
def test_a_token_of_blanks_is_annotated_as_spacy_does(process, nlp, docs, position, tmp_path):
    # Between the first two tokens of an entity spaCy tears it, and cannot read the result.
    kept = [doc for doc in docs if not any(e.start == 0 and position % len(doc) == 1 < e.end for e in doc.ents)]
    found = variants(process, kept, tmp_path, orth=None, whitespace="\n ", position=position)
    for doc, ours in zip(kept, found):
        example = Example(nlp.make_doc(doc.text), doc.copy())
        theirs = make_whitespace_variant(nlp, example, "\n ", position % len(doc)).reference
        assert annotations(ours) == annotations(theirs), doc.text


def test_other_forms_take_the_place_of_punctuation_as_in_spacy(process, nlp, docs, tmp_path):
    found = variants(process, docs, tmp_path, orth=VARIANTS)
    for doc, ours in zip(docs, found):
        example = Example(nlp.make_doc(doc.text), doc.copy())
        (theirs,) = orth_variants_augmenter(nlp, example, VARIANTS, level=1.0, lower=0.0)
        assert [t.text_with_ws for t in ours] == [t.text_with_ws for t in theirs.reference]
        assert [(e.start, e.end) for e in ours.ents] == [(e.start, e.end) for e in theirs.reference.ents]


def test_a_form_is_chosen_once_for_a_document(process, nlp, tmp_path):
    words = ["'", "-", "'"] * 20
    docs = [Doc(nlp.vocab, words=words, tags=["POS", ":", "POS"] * 20) for _ in range(40)]
    orth = {"single": [{"tags": ["POS"], "variants": ["'", "’", "´"]}]}
    found = variants(process, docs, tmp_path, orth=orth)
    kinds = [{t.text for t in doc if t.tag_ == "POS"} for doc in found]
    assert all(len(kind) == 1 for kind in kinds)
    assert {kind.pop() for kind in kinds} == {"'", "’", "´"}


@pytest.mark.parametrize(
    "orth",
    [
        {"single": [{"tags": ["X"], "variants": []}]},
        {"single": [{"variants": ["a"]}]},
        {"paired": [{"tags": ["X"], "variants": [["a"]]}]},
        {"paired": [{"tags": ["X"], "variants": "ab"}]},
        {"single": 3},
    ],
)
def test_damaged_tables_of_forms_are_named(process, nlp, orth, tmp_path):
    path = tmp_path / "docs.spacy"
    DocBin(docs=[nlp("Go.")]).to_disk(path)
    assert "orth" in process.ask(augment=str(path), write=str(tmp_path / "out"), orth=orth)["error"]
