"""Pipelines in Python, beside spaCy itself."""

import itertools
import pathlib
import resource
import shutil
import threading

import pytest
import spacy
from conftest import PIPELINE, QUICK, SOURCE, two_intents
from spacy.tokens import Doc as SpacyDoc

import pawl
from pawl.engine import Engine

TEXTS = [
    "Ada Lovelace met Charles Babbage in London on 5 June 1833.",
    "My build broke again, see https://example.org/log?id=7 :(",
    "It rains. Nobody told Zoë's dog; she didn't care!",
    "",
    " two  blanks ",
    "東京 and 🎉 are code points",
]
# fmt: off
TOKEN_ATTRIBUTES = [
    "text", "text_with_ws", "whitespace_", "i", "idx", "lower_", "norm_", "shape_", "prefix_", "suffix_", "is_alpha",
    "is_ascii", "is_digit", "is_lower", "is_upper", "is_title", "is_punct", "is_space", "is_stop", "like_num",
    "like_url", "like_email", "ent_iob_", "ent_type_", "tag_", "pos_", "lemma_", "dep_",
]
# fmt: on


@pytest.fixture(scope="module")
def ours():
    return pawl.load(PIPELINE)


@pytest.fixture(scope="module")
def theirs():
    return spacy.load(PIPELINE)


def spans(found):
    return [(s.start, s.end, s.start_char, s.end_char, s.text, s.label_) for s in found]


def same_document(doc, reference):
    assert len(doc) == len(reference) and doc.text == reference.text
    for token, expected in zip(doc, reference, strict=True):
        for name in TOKEN_ATTRIBUTES:
            assert getattr(token, name) == getattr(expected, name), (name, expected.text)
        assert str(token.morph) == str(expected.morph) and token.head.i == expected.head.i
        assert [c.i for c in token.children] == [c.i for c in expected.children]
        assert [c.i for c in token.lefts] == [c.i for c in expected.lefts]
        assert len(token) == len(expected)
    assert spans(doc.ents) == spans(reference.ents)
    assert [(s.start, s.end) for s in doc.sents] == [(s.start, s.end) for s in reference.sents]
    assert doc.to_json() == reference.to_json()


@pytest.mark.parametrize("text", TEXTS)
def test_documents_say_what_spacys_say(ours, theirs, text):
    same_document(ours(text), theirs(text))


def test_pipe_gives_documents_in_order_and_contexts_with_them(ours):
    assert [doc.text for doc in ours.pipe(iter(TEXTS), batch_size=2)] == TEXTS
    pairs = list(ours.pipe(((text, i) for i, text in enumerate(TEXTS)), as_tuples=True, batch_size=4))
    assert [(doc.text, i) for doc, i in pairs] == [(text, i) for i, text in enumerate(TEXTS)]
    assert all(not doc.ents for doc in ours.pipe(TEXTS, disable="ner"))


def test_a_stream_without_end_is_read_a_batch_at_a_time(ours):
    endless = (f"text {i}" for i in itertools.count())
    assert [doc.text for doc in itertools.islice(ours.pipe(endless, batch_size=3), 7)][-1] == "text 6"


def test_slices_and_places_are_those_of_spacy(ours, theirs):
    doc, reference = ours(TEXTS[0]), theirs(TEXTS[0])
    assert doc[-1].text == reference[-1].text and doc[1:3].text == reference[1:3].text
    assert doc[1:6][-2].text == reference[1:6][-2].text and doc[1:6][1:3].text == reference[1:6][1:3].text
    assert [t.text for t in doc[2:4]] == [t.text for t in reference[2:4]]
    assert doc.char_span(4, 12, label="X").label_ == "X" and doc.char_span(5, 12) is None
    with pytest.raises(IndexError):
        doc[len(doc)]
    token = ours("a document is kept by its tokens")[3]
    assert token.doc[0].text == "a" and token.text == "kept"


def test_genuine_documents_carry_all_annotations(ours, theirs):
    documents = list(ours.pipe_spacy(TEXTS, theirs.vocab))
    for genuine, text in zip(documents, TEXTS, strict=True):
        reference = theirs(text)
        assert type(genuine) is SpacyDoc and genuine.to_json() == reference.to_json()
        assert [t.morph.to_dict() for t in genuine] == [t.morph.to_dict() for t in reference]
        assert [t.norm_ for t in genuine] == [t.norm_ for t in reference]
    alone = ours(TEXTS[0]).to_spacy(theirs.vocab)
    assert alone.to_json() == documents[0].to_json()
    assert [d.text for d in pawl.to_spacy(ours.pipe(TEXTS), spacy.blank("en").vocab)] == TEXTS


def test_components_are_selected_for_a_block_or_for_good(theirs):
    nlp = pawl.load(PIPELINE)
    everything = nlp.pipe_names
    assert everything == theirs.pipe_names
    with nlp.select_pipes(enable=["tok2vec", "ner"]) as off:
        assert nlp.pipe_names == ["tok2vec", "ner"] and "parser" in off and "parser" in nlp.disabled
        assert nlp("Bob lives in Paris").ents and not nlp("Bob").has_annotation("DEP")
    assert nlp.pipe_names == everything
    off = nlp.select_pipes(disable="ner")
    assert not nlp("Bob lives in Paris").ents and nlp.has_pipe("ner")
    off.restore()
    assert nlp("Bob lives in Paris").ents
    assert set(pawl.load(PIPELINE, disable="ner").disabled) == {*theirs.disabled, "ner"}
    assert pawl.load(PIPELINE, enable=["tok2vec", "ner"]).pipe_names == ["tok2vec", "ner"]
    assert nlp.pipe_labels["ner"] == list(theirs.pipe_labels["ner"]) and nlp.labels("ner")


def test_a_pipeline_is_written_whole_and_spacy_opens_it(ours, tmp_path):
    ours.to_disk(tmp_path / "copy")
    assert [e.text for e in spacy.load(tmp_path / "copy")(TEXTS[0]).ents] == [e.text for e in ours(TEXTS[0]).ents]
    with pytest.raises(pawl.errors.InvalidInputError):
        ours.to_disk(tmp_path / "copy")
    (tmp_path / "copy" / "ner" / "model").write_bytes(b"nothing")
    with pytest.raises(pawl.errors.FormatError, match="ner"):
        pawl.load(tmp_path / "copy")
    assert ours.lang == "en" and ours.meta["lang"] == "en" and ours.config["nlp"]["lang"] == "en"


def test_threads_share_a_pipeline(ours):
    expected, answers = [doc.to_json() for doc in ours.pipe(TEXTS)], []

    def work():
        for _ in range(5):
            answers.append([ours(text).to_json() for text in TEXTS] == expected)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [True] * 40


def test_a_native_pipeline_is_a_component_of_a_stock_one(theirs, tmp_path):
    stock = spacy.blank("en")
    component = "pawl"
    stock.add_pipe(component, config={"pipeline": PIPELINE})
    for text, doc in zip(TEXTS, stock.pipe(TEXTS), strict=True):
        expected = theirs(text).to_json()
        assert doc.to_json() == expected
    stock.to_disk(tmp_path / "stock")
    opened = spacy.load(tmp_path / "stock")
    assert opened(TEXTS[0]).to_json() == stock(TEXTS[0]).to_json()


def test_where_texts_are_split_otherwise_entities_are_taken_over_by_their_borders():
    stock = spacy.blank("en")
    stock.tokenizer = spacy.tokenizer.Tokenizer(stock.vocab)
    stock.add_pipe("pawl", config={"pipeline": PIPELINE, "enable": ["tok2vec", "ner"]})
    doc = stock("Ada Lovelace met Charles Babbage in London")
    assert [e.text for e in doc.ents] == ["Ada Lovelace", "Charles Babbage", "London"]
    assert [e.text for e in stock("They met in London!").ents] == []


def test_a_workspace_is_loaded_as_whatever_is_live(engine, workspace):
    nlp = pawl.load(workspace)
    assert nlp.generation == engine.generations()[0].id
    cats = nlp("the build fails").cats
    assert cats["INTENT_debug_error"] > 0.5 and abs(sum(v for k, v in cats.items() if k.startswith("INTENT_")) - 1) < 1e-4


def test_the_folder_that_is_loaded_is_not_executed(tmp_path):
    shutil.copytree(SOURCE / "build" / "language_packs" / "en", tmp_path / "en")
    (tmp_path / "en" / "__init__.py").write_text("raise SystemExit('executed')")
    assert [t.text for t in pawl.load(tmp_path / "en")("a b")] == ["a", "b"]


def resident():
    return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def test_memory_stays_flat_over_texts_of_new_words(tmp_path):
    with Engine.init(tmp_path / "w", pipeline=PIPELINE, examples=two_intents(), settings=QUICK) as engine:
        sizes = []
        for begin in range(0, 8000, 100):
            words = [f"w{(begin + i) * 7919 % 999983}" for i in range(100)]
            engine.analyze([f"{word}a met {word}b near {word}c" for word in words])
            sizes.append(resident())
        assert sizes[-1] - sizes[39] < 1_500_000  # each half of the texts brought 12,000 words
        assert engine.pipeline()("the servers fail")[1].lemma_ == "server"
