"""Token annotations, span groups and their alignment, through DocBin and JSON, as spaCy has them."""

import numpy
import pytest
import spacy
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Example

from conftest import EN_CORE_WEB_SM, Driver

TEXTS = [
    "Ada met Bob in New York. They didn't talk; he'd left for St. Louis!",
    "I can't believe  it's  3pm at Joe's 😀 café!\n\nReally? Yes.",
    "",
    "Go.",
    " ",
    "日本 東京 tower  (cannot) gonna",
]
ATTRS = ["TAG", "POS", "MORPH", "LEMMA", "DEP"]


@pytest.fixture(scope="module")
def process(tmp_path_factory):
    path = tmp_path_factory.mktemp("pack") / "en"
    spacy.blank("en").to_disk(path)
    started = Driver("corpus", str(path))
    yield started
    started.close()


@pytest.fixture(scope="module")
def docs():
    nlp = spacy.load(EN_CORE_WEB_SM)
    docs = [nlp(text) for text in TEXTS]
    docs[0].spans["people"] = [Span(docs[0], 0, 1, label="P", kb_id="Q7259"), Span(docs[0], 0, 3, label="MEETING")]
    docs[0].spans["none"] = []
    docs[0].spans["people"].attrs["scores"] = numpy.asarray([0.5, 0.25], dtype="f")
    docs[0].ents = [Span(docs[0], 4, 6, label="GPE", kb_id="Q60", span_id="NYC")]
    docs[1].cats = {"A": 1.0, "B": 0.25}
    # Tokens of its own: joined, split, and annotated in part.
    docs.append(
        Doc(
            nlp.vocab,
            words=["Gonna", "see New", "York", "can", "'t", "the", "re"],
            spaces=[True, True, True, False, True, False, False],
            tags=["VB", "NN", "NN", "MD", "RB", "", "RB"],
            pos=["VERB", "PROPN", "PROPN", "AUX", "PART", "", "ADV"],
            morphs=["", "Number=Sing", "Number=Sing|Case=Nom", "", "Polarity=Neg", "", ""],
            lemmas=["go", "New", "York", "can", "not", "", "there"],
            heads=[1, 1, 1, 1, 3, 1, 1],
            deps=["aux", "ROOT", "dobj", "aux", "neg", "", "advmod"],
        )
    )
    docs[-1].spans["sc"] = [Span(docs[-1], 1, 3, label="X"), Span(docs[-1], 4, 5, label="Y"), Span(docs[-1], 2, 3, label="Z")]
    docs.append(Doc(nlp.vocab, words=["no", "can't", "blanks", "."], tags=["A", "B", "C", "D"]))
    docs.append(Doc(nlp.vocab, words=["one", "two", "three", "."], sent_starts=[True, False, True, False]))
    return docs


def rows(docs, path, **request):
    DocBin(docs=docs).to_disk(path)
    return request["process"].ask(docbin=str(path), annotations=True)["docs"]


def test_docbins_carry_every_annotation(process, docs, tmp_path):
    for doc, row in zip(docs, rows(docs, tmp_path / "a.spacy", process=process), strict=True):
        assert row["json"] == doc.to_json()


def test_json_is_read_as_spacy_reads_it(process, docs, tmp_path):
    for doc, row in zip(docs, rows(docs, tmp_path / "a.spacy", process=process), strict=True):
        assert row["again"] == doc.to_json()
        again = Doc(doc.vocab).from_json(doc.to_json())
        # spaCy forgets that a token is known to have no morphology; pawl does not.
        if all(token.morph.key != doc.vocab.strings["_"] for token in doc):
            assert row["again"] == again.to_json()


def test_docbins_written_by_pawl_lose_nothing(process, docs, tmp_path):
    DocBin(docs=docs).to_disk(tmp_path / "a.spacy")
    process.ask(docbin=str(tmp_path / "a.spacy"), write=str(tmp_path / "b.spacy"))
    read = list(DocBin().from_disk(tmp_path / "b.spacy").get_docs(spacy.blank("en").vocab))
    for doc, again in zip(docs, read, strict=True):
        attrs = list(DocBin().attrs)
        assert again.to_array(attrs).tolist() == doc.to_array(attrs).tolist()
        assert again.to_json() == doc.to_json()
        assert again.has_unknown_spaces == doc.has_unknown_spaces
        for name, group in doc.spans.items():
            assert [(s.id, s.kb_id) for s in again.spans[name]] == [(s.id, s.kb_id) for s in group]
            assert list(again.spans[name].attrs.get("scores", [])) == list(group.attrs.get("scores", []))


def test_annotations_are_aligned_as_spacy_aligns_them(process, docs, tmp_path):
    nlp = spacy.blank("en")
    for doc, row in zip(docs, rows(docs, tmp_path / "a.spacy", process=process), strict=True):
        tokens = doc if doc.has_unknown_spaces else nlp.make_doc(doc.text)
        words = Doc(doc.vocab, words=[t.text for t in tokens], spaces=[bool(t.whitespace_) for t in tokens])
        if len(words) == 0:
            continue
        example = Example(words, doc)
        for attr in ATTRS:
            assert row["aligned"][attr] == example.get_aligned(attr, as_string=True), attr
        starts = example.get_aligned_sent_starts()
        assert row["sent_starts"] == ([] if None in starts else starts)
        expected = []
        for group in doc.spans.values():
            for overlap in (True, False):
                spans = example.get_aligned_spans_y2x(group, allow_overlap=overlap)
                expected.append([[s.start, s.end, s.label_] for s in spans])
        assert row["spans"] == expected
