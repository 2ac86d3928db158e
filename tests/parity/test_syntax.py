"""Noun chunks as spaCy finds them, and what sentences do, read off annotations in any language."""

import random

import pytest
import spacy
from spacy.tokens import Doc, DocBin
from spacy.util import get_lang_class

from conftest import EN_CORE_WEB_SM, Driver, shared_texts

WITH_CHUNKS = ["ca", "da", "de", "el", "en", "es", "fa", "fi", "fr", "ht", "id", "it", "la", "ms", "nb", "nl", "nn", "pt", "sv", "tr"]
POS = ["NOUN", "NOUN", "PROPN", "PRON", "VERB", "AUX", "ADP", "DET", "PUNCT", "CCONJ", "ADJ"]
DEPS = (
    "nsubj obj dobj pobj obl nmod appos conj conj amod det det:poss nmod:poss flat flat:name compound fixed punct cc nk sb oa cj "
    "app iobj attr nummod goeswith pcomp compound:nn oprd orphan"
).split()


@pytest.fixture(scope="module")
def process(tmp_path_factory):
    path = tmp_path_factory.mktemp("pack") / "en"
    spacy.blank("en").to_disk(path)
    started = Driver("corpus", str(path))
    yield started
    started.close()


def ask(process, lang, docs, tmp_path):
    path = tmp_path / "docs.spacy"
    DocBin(docs=docs, attrs=["TAG", "POS", "MORPH", "DEP", "HEAD", "SENT_START"]).to_disk(path)
    return process.ask(syntax=str(path), lang=lang)["docs"]


def hang(rng, heads, start, end, head):
    """A random projective tree over [start, end) below `head`."""
    while start < end:
        stop = rng.randint(start + 1, end)
        root = rng.randrange(start, stop)
        heads[root] = root if head is None else head
        hang(rng, heads, start, root, root)
        hang(rng, heads, root + 1, stop, root)
        start = stop


def random_doc(vocab, rng):
    size = rng.randint(1, 14)
    heads = [0] * size
    hang(rng, heads, 0, size, None)
    deps = ["ROOT" if heads[i] == i else rng.choice(DEPS) for i in range(size)]
    words = [f"w{i}" for i in range(size)]
    return Doc(vocab, words=words, pos=[rng.choice(POS) for _ in words], heads=heads, deps=deps)


@pytest.mark.parametrize("lang", WITH_CHUNKS)
def test_noun_chunks_of_random_trees_are_spacys(process, lang, tmp_path):
    vocab = get_lang_class(lang)().vocab
    rng = random.Random(lang)
    docs, expected = [], []
    while len(docs) < 400:
        doc = random_doc(vocab, rng)
        try:
            expected.append([[chunk.start, chunk.end] for chunk in doc.noun_chunks])
        except IndexError:  # a span that ends before it begins
            continue
        docs.append(doc)
    assert sum(map(len, expected)) > 300
    assert [doc["chunks"] for doc in ask(process, lang, docs, tmp_path)] == expected


@pytest.mark.parametrize("lang", ["hu", "pl", "ru", "hi", "xx"])
def test_languages_without_rules_have_no_noun_chunks(process, lang, tmp_path):
    doc = random_doc(get_lang_class(lang)().vocab, random.Random(1))
    with pytest.raises(NotImplementedError):
        list(doc.noun_chunks)
    assert ask(process, lang, [doc], tmp_path)[0]["chunks"] is None


def test_noun_chunks_of_the_stock_pipeline_are_spacys(process, tmp_path):
    nlp = spacy.load(EN_CORE_WEB_SM)
    texts = [record["text"] for _, record in shared_texts(60)] + ["", " ", "Go.", "A man, a plan, and a canal."]
    docs = list(nlp.pipe(texts))
    expected = [[[chunk.start, chunk.end] for chunk in doc.noun_chunks] for doc in docs]
    assert [doc["chunks"] for doc in ask(process, "en", docs, tmp_path)] == expected


def test_a_document_without_a_tree_has_no_noun_chunks(process, tmp_path):
    vocab = get_lang_class("en")().vocab
    found = ask(process, "en", [Doc(vocab, words=["no", "tree"]), Doc(vocab, words=["alone"])], tmp_path)
    assert [doc["chunks"] for doc in found] == [None, None]
    assert [doc["moods"] for doc in found] == [[], [[0, 1, False, None, None]]]  # one token is a sentence by itself


@pytest.mark.parametrize(
    "text, question, imperative, negated",
    [
        ("Can you help me fix this", True, False, False),
        ("what is the time", True, False, False),
        ("how do I install it", True, False, False),
        ("What do you want to do", True, False, False),
        ("is it ready", True, False, False),
        ("isn't it nice", True, False, True),
        ("It works \u2026 (really?)", True, False, False),
        ("Fix this bug now.", False, True, False),
        ("Please don't delete it.", False, True, True),
        ("do not touch that", False, True, True),
        ("remind me to call mom", False, True, False),
        ("When I come home I sleep.", False, False, False),
        ("I have no idea.", False, False, True),
        ("I never said that", False, False, True),
        ("You should go.", False, False, False),
        ("What a nice day!", False, False, False),
        ("See http://example.com/?a=b", False, True, False),
    ],
)
def test_english_sentences_ask_command_and_deny(process, text, question, imperative, negated, tmp_path):
    doc = spacy.load(EN_CORE_WEB_SM)(text)
    moods = ask(process, "en", [doc], tmp_path)[0]["moods"]
    assert [mood[:2] for mood in moods] == [[sent.start, sent.end] for sent in doc.sents]
    assert [any(mood[i] for mood in moods) for i in (2, 3, 4)] == [question, imperative, negated]


FEATURES = {
    # lang: words, morphs, pos, heads, deps, (question, imperative, negated)
    "es": (["Ven", "aquí"], ["Mood=Imp|VerbForm=Fin", ""], ["VERB", "ADV"], [0, 0], ["ROOT", "advmod"], (False, True, False)),
    "ru": (["Я", "не", "знаю"], ["", "Polarity=Neg", ""], ["PRON", "PART", "VERB"], [2, 2, 2], ["nsubj", "advmod", "ROOT"], (False, False, True)),
    "pl": (["Czy", "wiesz"], ["PartType=Int", ""], ["PART", "VERB"], [1, 1], ["advmod", "ROOT"], (True, False, False)),
    "de": (["Wer", "kommt"], ["Case=Nom|PronType=Int", ""], ["PRON", "VERB"], [1, 1], ["sb", "ROOT"], (True, False, False)),
    "el": (["Ποιος", "ήρθε", ";"], ["PronType=Ind,Int,Rel", "", ""], ["PRON", "VERB", "PUNCT"], [1, 1, 1], ["nsubj", "ROOT", "punct"], (True, False, False)),
    "ar": (["أين", "هو", "؟"], ["", "", ""], ["ADV", "PRON", "PUNCT"], [1, 1, 1], ["advmod", "ROOT", "punct"], (True, False, False)),
    "hi": (["यह", "नहीं", "है"], ["", "Polarity=Neg", ""], ["PRON", "PART", "AUX"], [2, 2, 2], ["nsubj", "advmod", "ROOT"], (False, False, True)),
    "it": (["Nessuno", "parla"], ["PronType=Neg", ""], ["PRON", "VERB"], [1, 1], ["nsubj", "ROOT"], (False, False, True)),
}  # fmt: skip


@pytest.mark.parametrize("lang", FEATURES)
def test_features_of_universal_dependencies_hold_in_every_language(process, lang, tmp_path):
    words, morphs, pos, heads, deps, expected = FEATURES[lang]
    doc = Doc(get_lang_class(lang)().vocab, words=words, morphs=morphs, pos=pos, heads=heads, deps=deps)
    (mood,) = ask(process, lang, [doc], tmp_path)[0]["moods"]
    assert tuple(mood[2:]) == expected


def test_sentences_without_syntax_say_only_whether_they_ask(process, tmp_path):
    vocab = get_lang_class("en")().vocab
    doc = Doc(vocab, words=["Go", ".", "Really", "?"], sent_starts=[True, False, True, False])
    assert ask(process, "en", [doc], tmp_path)[0]["moods"] == [[0, 2, False, None, None], [2, 4, True, None, None]]
