"""pawl train, evaluate and parse with a parser, beside spaCy's commands."""

import json
import random
import subprocess

import pytest
import spacy
from spacy.cli.init_config import init_config
from spacy.tokens import Doc, DocBin
from spacy.training import Corpus
from thinc.api import Config

from conftest import PYTHON, run_pawl
from dependency_cases import treebank

GRAMMAR = [
    (["She", "he", "Ada", "Bob"], -1, "nsubj"),
    (["saw", "likes", "found"], None, "ROOT"),
    (["the", "a"], 1, "det"),
    (["dog", "map", "city"], -2, "dobj"),
    (["in", "near"], -3, "prep"),
    (["London", "Paris"], -1, "pobj"),
    (["."], -5, "punct"),
]


def sentence(rng):
    """Words, heads relative to the sentence, labels: of one pattern, parts of it left out."""
    words, deps = [], []
    kinds = {0: 1, 1: 1, 2: 3, 3: 1, 4: 1, 5: 4, 6: 1}
    kept = [0, 1, 2, 3] + ([4, 5] if rng.random() < 0.6 else []) + [6]
    heads = [kept.index(kinds[i]) for i in kept]
    for i in kept:
        words.append(rng.choice(GRAMMAR[i][0]))
        deps.append(GRAMMAR[i][2])
    return words, heads, deps


def make_docs(seed, count, vocab):
    rng, docs = random.Random(seed), []
    for _ in range(count):
        words, heads, deps = [], [], []
        for _ in range(rng.randrange(1, 4)):
            w, h, d = sentence(rng)
            heads += [len(words) + i for i in h]
            words += w
            deps += d
        doc = Doc(vocab, words=words, heads=heads, deps=deps)
        doc.ents = [spacy.tokens.Span(doc, t.i, t.i + 1, label="GPE") for t in doc if t.text in ("London", "Paris")]
        docs.append(doc)
    return docs


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trees")
    vocab = spacy.blank("en").vocab
    DocBin(docs=make_docs(1, 150, vocab)).to_disk(folder / "train.spacy")
    DocBin(docs=make_docs(2, 40, vocab)).to_disk(folder / "dev.spacy")
    crossing = [tree.doc(vocab) for tree in treebank(60, seed=4)]
    DocBin(docs=crossing).to_disk(folder / "crossing.spacy")
    return folder


@pytest.fixture(scope="module")
def trained(corpora, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    config = init_config(lang="en", pipeline=["parser", "ner"], optimize="efficiency", gpu=False)
    config.to_disk(folder / "config.cfg")
    done = run_pawl("train", folder / "config.cfg", "--output", folder, "--paths.train", corpora / "train.spacy",
                    "--paths.dev", corpora / "dev.spacy", "--training.max_steps", "60", "--training.eval_frequency", "30")
    return folder, done


def annotation(doc):
    return [(t.head.i, t.dep_, t.is_sent_start, t.ent_iob_, t.ent_type_) for t in doc]


def test_spacy_opens_what_was_trained_and_predicts_the_same(trained, corpora):
    folder, done = trained
    assert "LOSS PARSER" in done.stdout and "DEP_UAS" in done.stdout
    nlp = spacy.load(folder / "model-best")
    docs = list(DocBin().from_disk(corpora / "dev.spacy").get_docs(nlp.vocab))
    texts = [doc.text for doc in docs]
    done = run_pawl("parse", "--pipeline", folder / "model-best", stdin="".join(json.dumps(t) + "\n" for t in texts))
    for line, doc in zip(done.stdout.splitlines(), nlp.pipe(texts)):
        ours = Doc(nlp.vocab).from_json(json.loads(line))
        assert annotation(ours) == annotation(doc)


@pytest.mark.parametrize("corpus", ["dev.spacy", "crossing.spacy"])
def test_trees_and_sentences_are_scored_as_in_spacy(trained, corpora, corpus):
    folder, _ = trained
    nlp = spacy.load(folder / "model-best")
    theirs = nlp.evaluate(list(Corpus(corpora / corpus)(nlp)))
    ours = json.loads(run_pawl("evaluate", folder / "model-best", corpora / corpus, "--json").stdout)
    assert set(ours) == set(theirs)
    for key, value in theirs.items():
        if key != "speed":
            assert ours[key] == close(value), key
    if corpus == "dev.spacy":
        assert ours["dep_las"] > 0.9 and ours["sents_f"] > 0.9 and ours["ents_f"] > 0.9


def close(value):
    if isinstance(value, dict):
        return {key: close(inner) for key, inner in value.items()}
    return pytest.approx(value, abs=1e-6) if isinstance(value, float) else value


def test_labels_read_from_a_file_are_taken_as_spacy_takes_them(corpora, trained, tmp_path):
    folder, _ = trained
    subprocess.run([PYTHON, "-m", "spacy", "init", "labels", str(folder / "config.cfg"), str(tmp_path / "labels"),
                    "--paths.train", str(corpora / "train.spacy"), "--paths.dev", str(corpora / "dev.spacy")],
                   check=True, capture_output=True)
    config = Config().from_disk(folder / "config.cfg", interpolate=False)
    for name in ("parser", "ner"):
        path = str(tmp_path / "labels" / f"{name}.json")
        labels = {"@readers": "spacy.read_labels.v1", "path": path, "require": True}
        config["initialize"]["components"][name] = {"labels": labels}
    config.to_disk(tmp_path / "config.cfg")
    run_pawl("train", tmp_path / "config.cfg", "--output", tmp_path, "--paths.train", corpora / "train.spacy",
             "--paths.dev", corpora / "dev.spacy", "--training.max_steps", "1")
    nlp = spacy.load(tmp_path / "model-last")
    for name in ("parser", "ner"):
        expected = json.loads((tmp_path / "labels" / f"{name}.json").read_text())
        moves = nlp.get_pipe(name).moves.labels
        assert {str(move): dict(labels) for move, labels in moves.items()} == expected
        assert [list(labels) for labels in moves.values()] == [list(labels) for labels in expected.values()]


def test_spacy_trains_on_from_it(trained, corpora, tmp_path):
    folder, _ = trained
    nlp = spacy.load(folder / "model-best")
    examples = list(Corpus(corpora / "train.spacy")(nlp))[:8]
    losses = nlp.update(examples, sgd=nlp.resume_training())
    assert losses["parser"] > 0
    nlp.to_disk(tmp_path / "more")
    texts = [example.text for example in examples]
    done = run_pawl("parse", "--pipeline", tmp_path / "more", stdin="".join(json.dumps(t) + "\n" for t in texts))
    for line, doc in zip(done.stdout.splitlines(), nlp.pipe(texts)):
        assert annotation(Doc(nlp.vocab).from_json(json.loads(line))) == annotation(doc)
