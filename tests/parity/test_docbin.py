"""Corpora: DocBin files, alignment, batches and schedules as spaCy has them."""


import pytest
import spacy
from hypothesis import example, HealthCheck, given, settings, strategies as st
from spacy.tokens import Doc, DocBin
from spacy.training import Example
from thinc.api import Config, registry

from conftest import Driver

TEXTS = [
    "Ada met Bob in New York.",
    "I can't believe  it's  3pm at Joe's 😀 café!",
    "",
    " ",
    "U.K.-based startup (Acme Inc.) paid $5,000.00",
    "日本 東京 tower",
    "a\n\nb\tc",
]


@pytest.fixture(scope="module")
def blank(tmp_path_factory):
    path = tmp_path_factory.mktemp("pack") / "en"
    spacy.blank("en").to_disk(path)
    return path


@pytest.fixture(scope="module")
def process(blank):
    started = Driver("corpus", str(blank))
    yield started
    started.close()


def entities(doc):
    return [[ent.start, ent.end, ent.label_] for ent in doc.ents]


def sample_docs(nlp):
    docs = []
    for i, text in enumerate(TEXTS):
        doc = nlp(text)
        if len(doc) > 1 and i % 2 == 0:
            doc.set_ents([spacy.tokens.Span(doc, 0, 2, label="PERSON")])
        if i % 3 == 0:
            doc.cats = {"A": 1.0, "B": 0.25}
        docs.append(doc)
    partly = nlp("one two three four five")
    partly.set_ents([spacy.tokens.Span(partly, 1, 2, label="X")], missing=[partly[3:5]], default="outside")
    docs.append(partly)
    empty = nlp("nothing here at all")
    empty.set_ents([])
    docs.append(empty)
    # A tokenisation of its own, and one without spaces.
    other = Doc(nlp.vocab, words=["New", "York-", "based", "can", "n't"], spaces=[True, False, True, False, False])
    other.ents = [spacy.tokens.Span(other, 0, 2, label="GPE"), spacy.tokens.Span(other, 4, 5, label="NEG")]
    docs.append(other)
    docs.append(Doc(nlp.vocab, words=["no", "spaces", "known"]))
    return docs


def test_docbins_written_by_spacy_are_read(process, tmp_path):
    nlp = spacy.blank("en")
    docs = sample_docs(nlp)
    DocBin(docs=docs).to_disk(tmp_path / "a.spacy")
    answer = process.ask(docbin=str(tmp_path / "a.spacy"))["docs"]
    assert len(answer) == len(docs)
    for doc, read in zip(docs, answer):
        assert read["words"] == [token.text for token in doc]
        assert read["ents"] == entities(doc)
        assert read["iob"] == [token.ent_iob for token in doc]
        assert read["cats"] == {k: pytest.approx(v) for k, v in doc.cats.items()}
        if not doc.has_unknown_spaces:
            assert read["text"] == doc.text


def test_docbins_written_by_pawl_are_read_by_spacy(process, tmp_path):
    nlp = spacy.blank("en")
    docs = [doc for doc in sample_docs(nlp) if not doc.has_unknown_spaces]
    DocBin(docs=docs).to_disk(tmp_path / "a.spacy")
    assert "docs" in process.ask(docbin=str(tmp_path / "a.spacy"), write=str(tmp_path / "b.spacy"))
    again = list(DocBin().from_disk(tmp_path / "b.spacy").get_docs(spacy.blank("en").vocab))
    assert len(again) == len(docs)
    for old, new in zip(docs, again):
        assert [t.text for t in old] == [t.text for t in new]
        assert old.text == new.text
        assert entities(old) == entities(new)
        assert [t.ent_iob for t in old] == [t.ent_iob for t in new]
        assert new.cats == {k: pytest.approx(v) for k, v in old.cats.items()}


def test_annotation_is_aligned_as_spacy_aligns_it(process, tmp_path):
    nlp = spacy.blank("en")
    docs = [doc for doc in sample_docs(nlp) if len(doc) and not doc.has_unknown_spaces]
    DocBin(docs=docs).to_disk(tmp_path / "a.spacy")
    answer = process.ask(docbin=str(tmp_path / "a.spacy"))["docs"]
    for doc, read in zip(docs, answer):
        example = Example(nlp.make_doc(doc.text), doc)
        spans, tags = example.get_aligned_ents_and_ner()
        assert read["has_entities"] == doc.has_annotation("ENT_IOB")
        if read["has_entities"]:
            assert read["example_ents"] == [[s.start, s.end, s.label_] for s in spans]
            assert read["example_missing"] == [int(tag is None) for tag in tags]


SCHEDULES = [
    {"@schedules": "constant.v1", "rate": 0.5},
    {"@schedules": "compounding.v1", "start": 100, "stop": 1000, "compound": 1.001, "t": 0.0},
    {"@schedules": "compounding.v1", "start": 10, "stop": 1, "compound": 0.9},
    {"@schedules": "warmup_linear.v1", "initial_rate": 0.1, "warmup_steps": 5, "total_steps": 20},
    {"@schedules": "decaying.v1", "base_rate": 0.1, "decay": 0.01},
    {"@schedules": "slanted_triangular.v1", "max_rate": 0.1, "num_steps": 50},
    {"@schedules": "cyclic_triangular.v1", "min_lr": 0.01, "max_lr": 0.1, "period": 7},
    {"@schedules": "constant_then.v1", "rate": 0.3, "steps": 4,
     "schedule": {"@schedules": "decaying.v1", "base_rate": 0.3, "decay": 0.1}},
]


@pytest.mark.parametrize("config", SCHEDULES, ids=lambda c: c["@schedules"] + str(len(str(c))))
def test_schedules(process, config):
    series = registry.resolve({"s": config})["s"]
    expected = [float(next(series)) for _ in range(60)]
    assert process.ask(schedule=config, n=60)["values"] == pytest.approx(expected, rel=1e-12)


SIZES = st.one_of(st.integers(1, 40),
                  st.fixed_dictionaries({"@schedules": st.just("compounding.v1"), "start": st.integers(1, 30),
                                         "stop": st.integers(1, 60), "compound": st.sampled_from([1.0, 1.05, 1.5])}))
BATCHERS = st.one_of(
    st.fixed_dictionaries({"@batchers": st.just("spacy.batch_by_words.v1"), "size": SIZES, "get_length": st.none(),
                           "tolerance": st.sampled_from([0.0, 0.2, 0.5]), "discard_oversize": st.booleans()}),
    st.fixed_dictionaries({"@batchers": st.just("spacy.batch_by_sequence.v1"), "size": SIZES, "get_length": st.none()}),
    st.fixed_dictionaries({"@batchers": st.just("spacy.batch_by_padded.v1"), "size": SIZES, "get_length": st.none(),
                           "buffer": st.integers(1, 20), "discard_oversize": st.booleans()}))


class Item:
    def __init__(self, index, length):
        self.index, self.length = index, length

    def __len__(self):
        return self.length


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(BATCHERS, st.lists(st.integers(1, 30), min_size=1, max_size=40))
@example({"@batchers": "spacy.batch_by_sequence.v1", "get_length": None,
          "size": {"@schedules": "compounding.v1", "start": 1, "stop": 2, "compound": 1.05}}, [1] * 8)
def test_batches(process, config, lengths):
    batcher = spacy.registry.resolve({"b": Config(config)})["b"]
    items = [Item(i, n) for i, n in enumerate(lengths)]
    expected = [[[item.index for item in batch] for batch in batcher(items)] for _ in range(2)]
    assert process.ask(batcher=config, lengths=lengths, passes=2)["passes"] == expected


def test_damaged_docbins_are_errors_that_name_the_file(process, tmp_path):
    nlp = spacy.blank("en")
    raw = DocBin(docs=sample_docs(nlp)).to_bytes()
    for name, data in {"cut": raw[: len(raw) // 2], "empty": b"", "text": b"not zlib", "more": raw + b"x",
                       "flipped": raw[:40] + bytes([raw[40] ^ 255]) + raw[41:]}.items():
        path = tmp_path / f"{name}.spacy"
        path.write_bytes(data)
        answer = process.ask(docbin=str(path))
        assert f"{name}.spacy" in answer["error"], name
