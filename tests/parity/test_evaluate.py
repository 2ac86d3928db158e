"""pawl evaluate and benchmark print and save what spaCy's commands do, for a pipeline of every component that is scored."""

import json
import re
import subprocess

import pytest
import spacy
from conftest import EN_CORE_WEB_SM, PYTHON, run_pawl
from pipelines import HASH_EMBED, TAGGER, listening, shared_tok2vec
from spacy.tokens import DocBin, Span
from spacy.training import Example
from test_tagger import TEXTS
from thinc.api import Config, fix_random_seed

TRANSITIONS = """@architectures = "spacy.TransitionBasedParser.v2"
state_type = "{}"
extra_state_tokens = false
hidden_width = 32
maxout_pieces = 2
use_upper = true
nO = null"""
SPANCAT = """@architectures = "spacy.SpanCategorizer.v1"
[components.{0}.model.reducer]
@layers = "spacy.mean_max_reducer.v1"
hidden_size = 16
[components.{0}.model.scorer]
@layers = "spacy.LinearLogistic.v1"
nO = null
nI = null"""
TEXTCAT = """@architectures = "spacy.TextCatReduce.v1"
exclusive_classes = false
use_reduce_first = false
use_reduce_last = false
use_reduce_max = true
use_reduce_mean = true
nO = null"""
MODELS = {"tagger": TAGGER, "morphologizer": TAGGER, "trainable_lemmatizer": TAGGER,
          "parser": TRANSITIONS.format("parser"), "ner": TRANSITIONS.format("ner"),
          "spancat": SPANCAT.format("spancat"), "textcat_multilabel": TEXTCAT}
EXTRA = {"spancat": "threshold = 0.1", "trainable_lemmatizer": "min_tree_freq = 1"}
TIMED = {"speed"}


def annotated(texts):
    """Texts as the stock pipeline reads them, and made-up spans and categories."""
    docs = list(spacy.load(EN_CORE_WEB_SM).pipe(texts))
    for i, doc in enumerate(docs):
        doc.cats = {"even": float(i % 2 == 0), "long": float(len(doc) > 8)}
        pairs = [Span(doc, k, k + 2, label="PAIR") for k in range(0, len(doc) - 1, 3)]
        doc.spans["sc"] = pairs + [Span(doc, token.i, token.i + 1, label="NOUN") for token in doc if token.pos_ == "NOUN"]
    return docs


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("evaluated")
    docs = annotated(TEXTS * 2)
    DocBin(docs=docs, store_user_data=True).to_disk(folder / "dev.spacy")
    fix_random_seed(0)
    config = shared_tok2vec(["tok2vec", *MODELS], HASH_EMBED.format(vectors="false"))
    config += "".join(listening(name, model, EXTRA.get(name, "")) for name, model in MODELS.items())
    nlp = spacy.util.load_model_from_config(Config().from_str(config), auto_fill=True)
    docs = list(DocBin().from_disk(folder / "dev.spacy").get_docs(nlp.vocab))  # without the stock pipeline's tensors
    examples = [Example(nlp.make_doc(doc.text), doc) for doc in docs[: len(docs) // 3]]
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(40):
        nlp.update(examples, sgd=optimizer)
    nlp.to_disk(folder / "pipeline")
    return folder


def spacy_command(*arguments):
    return subprocess.run([PYTHON, "-m", "spacy", *map(str, arguments)], capture_output=True, text=True, check=True)


def near(a, b, path=""):
    """Where two trees of scores differ."""
    if isinstance(a, dict) and isinstance(b, dict):
        wrong = [f"{path}: keys {sorted(a.keys() ^ b.keys())}"] if a.keys() != b.keys() else []
        return wrong + [line for key in a.keys() & b.keys() for line in near(a[key], b[key], f"{path}/{key}")]
    same = a == pytest.approx(b, abs=1e-6) if isinstance(b, float) else a == b
    return [] if same else [f"{path}: {a} is not {b}"]


def rows(text):
    """The lines that hold a name and numbers, whatever rules are drawn around them."""
    lines = (re.sub(r"\x1b\[[0-9;]*m", "", line).split() for line in text.splitlines())
    return {" ".join(line) for line in lines if len(line) > 1 and re.fullmatch(r"-|None|\d+(\.\d+)?", line[-1])}


def test_every_score_of_every_component_is_spacys(trained):
    nlp = spacy.load(trained / "pipeline")
    docs = list(DocBin().from_disk(trained / "dev.spacy").get_docs(nlp.vocab))
    theirs = nlp.evaluate([Example(nlp.make_doc(doc.text), doc) for doc in docs])
    ours = json.loads(run_pawl("evaluate", trained / "pipeline", trained / "dev.spacy", "--json").stdout)
    for key in TIMED:
        assert ours.pop(key) > 0 and theirs.pop(key) > 0
    wanted = {"tag_acc", "pos_acc", "morph_acc", "morph_per_feat", "lemma_acc", "dep_uas", "dep_las", "dep_las_per_type",
              "sents_p", "sents_r", "sents_f", "ents_f", "ents_per_type", "spans_sc_f", "spans_sc_per_type", "cats_score",
              "cats_f_per_type", "cats_auc_per_type"}
    assert wanted <= theirs.keys() and theirs["spans_sc_f"] > 0 and theirs["dep_las"] > 0
    assert near(ours, theirs) == []


@pytest.mark.parametrize("command", [["evaluate"], ["benchmark", "accuracy"]], ids=" ".join)
def test_the_commands_print_and_save_the_same(trained, tmp_path, command):
    arguments = [*command, trained / "pipeline", trained / "dev.spacy", "--output"]
    theirs = spacy_command(*arguments, tmp_path / "theirs.json")
    ours = run_pawl(*arguments, tmp_path / "ours.json")
    saved = [json.loads((tmp_path / f"{who}.json").read_text()) for who in ("ours", "theirs")]
    assert saved[1].keys() <= saved[0].keys()
    assert near({key: saved[0][key] for key in saved[1].keys() - TIMED}, {k: v for k, v in saved[1].items() if k not in TIMED}) == []
    shown, wanted = rows(ours.stdout), rows(theirs.stdout)
    speed = {row for row in shown | wanted if row.startswith("SPEED ")}
    assert len(speed) == 2 and len(wanted) > 30
    assert shown - speed == wanted - speed


def test_scores_per_component_are_spacys(trained, tmp_path):
    arguments = ["evaluate", trained / "pipeline", trained / "dev.spacy", "--per-component", "--output"]
    spacy_command(*arguments, tmp_path / "theirs.json")
    run_pawl(*arguments, tmp_path / "ours.json")
    ours, theirs = (json.loads((tmp_path / f"{who}.json").read_text()) for who in ("ours", "theirs"))
    assert near({**ours, "speed": 0}, {**{name: scores for name, scores in theirs.items() if scores}, "speed": 0}) == []


def test_speed_is_reported_in_spacys_words(trained):
    arguments = ["benchmark", "speed", trained / "pipeline", trained / "dev.spacy", "--batches", "30", "--batch-size", "4"]
    shapes = [[re.sub(r"[-+]?\d+(\.\d+)?", "#", line) for line in done.stdout.splitlines() if line.startswith(("Outliers", "Mean"))]
              for done in (spacy_command(*arguments), run_pawl(*arguments))]
    assert len(shapes[0]) == 2 and shapes[0] == shapes[1]
