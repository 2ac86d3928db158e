"""Every option of every factory of spaCy: carried out or refused by its name; a factory that is not run says so."""

import json

import pytest
import spacy
from conftest import EN_CORE_WEB_SM, run_pawl
from spacy import registry
from spacy.tokens import DocBin, Span
from test_tagger import TEXTS
from thinc.api import Config

NOT_RUN = {"beam_ner", "beam_parser", "doc_cleaner", "entity_linker", "merge_entities", "merge_noun_chunks", "merge_subtokens",
           "nn_labeller", "span_finder", "token_splitter"}
OF_LANGUAGES = {"en.lemmatizer", "ja.morphologizer"}  # of the factory without the language's name
UNKNOWN = {"@architectures": "my.Model.v1"}
SCORER = {"scorer": (None, lambda out: True)}
TRANSITIONS = {"moves": ({"0": {}}, "moves"), "update_with_oracle_cut_size": (1, "kept"), "model": (UNKNOWN, "model"), **SCORER}
RULER = {"phrase_matcher_attr": ("LOWER", "kept"), "validate": (True, "kept"), "overwrite_ents": (True, "kept"), "ent_id_sep": ("@@", "kept"),
         "matcher_fuzzy_compare": ({"@misc": "my.compare.v1"}, "matcher_fuzzy_compare"), **SCORER}
SPANCAT = {"spans_key": ("other", "kept"), "model": (UNKNOWN, "model"), "suggester": ({"@misc": "my.suggester.v1"}, "suggester"), **SCORER}
TEXTCAT = {"threshold": (0.7, "kept"), "model": (UNKNOWN, "model"), **SCORER}
TAGGED = {"overwrite": (True, "kept"), "model": (UNKNOWN, "model"), **SCORER}
# A value that is not the default, and what comes of it: "kept" in the saved component that trained with it, or the word
# of the refusal that names it.
OPTIONS = {
    "attribute_ruler": {"validate": (True, "kept"), **SCORER},
    "entity_ruler": RULER,
    "future_entity_ruler": RULER,
    "lemmatizer": {key: (value, "lemmatizer") for key, value in
                   {"model": UNKNOWN, "mode": "lookup", "overwrite": True, "scorer": None}.items()},  # only from a source
    "morphologizer": {**TAGGED, "overwrite": (False, "kept"), "extend": (True, "kept"), "label_smoothing": (0.1, "kept")},
    "ner": {**TRANSITIONS, "incorrect_spans_key": ("wrong", "kept")},
    "parser": {**TRANSITIONS, "learn_tokens": (True, "learn_tokens"), "min_action_freq": (2, "kept")},
    "sentencizer": {"punct_chars": (["."], "kept"), "overwrite": (True, "kept"), **SCORER},
    "senter": TAGGED,
    "span_ruler": {"spans_key": ("mine", "kept"), "annotate_ents": (True, "kept"), "overwrite": (False, "kept"),
                   "spans_filter": ({"@misc": "my.filter.v1"}, "spans_filter"), "ents_filter": ({"@misc": "my.filter.v1"}, "ents_filter"),
                   **{key: RULER[key] for key in ("phrase_matcher_attr", "matcher_fuzzy_compare", "validate")}, **SCORER},
    "spancat": {**SPANCAT, "threshold": (0.2, "kept"), "max_positive": (1, "kept")},
    "spancat_singlelabel": {**SPANCAT, "negative_weight": (0.5, "kept"), "allow_overlap": (False, "kept")},
    "tagger": {**TAGGED, "neg_prefix": ("-", "kept"), "label_smoothing": (0.1, "kept")},
    "textcat": TEXTCAT,
    "textcat_multilabel": TEXTCAT,
    "tok2vec": {"model": (UNKNOWN, "model")},
    "trainable_lemmatizer": {**TAGGED, "backoff": ("lower", "kept"), "min_tree_freq": (1, "kept"), "top_k": (3, "kept")},
}


def factories():
    spacy.blank("en").add_pipe("tagger")  # fills the table
    return sorted(name for name in registry.factories.get_all() if name not in OF_LANGUAGES and not name.startswith("pawl"))


def defaults(factory):
    return spacy.blank("en").get_factory_meta(factory).default_config


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    path = tmp_path_factory.mktemp("options") / "train.spacy"
    docs = list(spacy.load(EN_CORE_WEB_SM).pipe(TEXTS))
    for i, doc in enumerate(docs):
        doc.cats = {"A": float(i % 2), "B": float(1 - i % 2)}
        for key in ("sc", "other", "wrong", "mine"):
            doc.spans[key] = [Span(doc, 0, 1, label="FIRST")]
    DocBin(docs=docs, store_user_data=True).to_disk(path)
    return path


def trained(corpus, folder, factory, block):
    pipeline = list(dict.fromkeys([factory, "textcat"]))
    bow = {"@architectures": "spacy.TextCatBOW.v3", "exclusive_classes": True, "length": 1000, "ngram_size": 1,
           "no_output_layer": False}
    components = {"textcat": {"factory": "textcat", "model": bow}}
    components[factory] = {**components.get(factory, {}), "factory": factory, **block}
    config = {"paths": {"train": str(corpus), "dev": str(corpus)}, "nlp": {"lang": "en", "pipeline": pipeline},
              "components": components, "training": {"max_steps": 1, "eval_frequency": 1, "seed": 0}}
    Config(config).to_disk(folder / "config.cfg")
    return run_pawl("train", folder / "config.cfg", "--output", folder / "out", check=False)


def test_the_table_has_every_factory_and_every_option():
    assert set(factories()) == set(OPTIONS) | NOT_RUN
    for factory, options in OPTIONS.items():
        assert options.keys() == defaults(factory).keys(), factory


@pytest.mark.parametrize("factory, key", [(f, k) for f, options in OPTIONS.items() for k in options])
def test_each_option_is_carried_out_or_refused_by_name(corpus, tmp_path, factory, key):
    value, outcome = OPTIONS[factory][key]
    done = trained(corpus, tmp_path, factory, {key: value})
    if outcome == "kept" or callable(outcome):
        assert done.returncode == 0, done.stderr
        block = Config().from_disk(tmp_path / "out/model-last/config.cfg", interpolate=False)["components"][factory]
        assert block[key] == value != defaults(factory)[key]
    else:
        assert done.returncode == 1 and outcome in done.stderr and f"components.{factory}" in done.stderr, done.stderr


@pytest.mark.parametrize("factory", sorted(NOT_RUN))
def test_a_factory_that_is_not_run_is_named(corpus, tmp_path, factory):
    done = trained(corpus, tmp_path, factory, {})
    assert done.returncode == 1 and f"components.{factory}.factory" in done.stderr and f"'{factory}'" in done.stderr
    nlp = spacy.blank("en")
    if defaults(factory).get("model"):
        return  # spaCy saves none that was not trained
    nlp.add_pipe(factory)
    nlp.to_disk(tmp_path / "pipeline")
    done = run_pawl("parse", "--pipeline", tmp_path / "pipeline", stdin=json.dumps({"text": "One two."}) + "\n")
    assert f"'{factory}'" in done.stderr


@pytest.mark.parametrize("factory, width", [("beam_ner", 32), ("beam_parser", 8)])
def test_a_pipeline_with_a_beam_is_carried_and_named(corpus, tmp_path, factory, width):
    nlp = spacy.blank("en")
    nlp.add_pipe(factory)
    docs = list(DocBin().from_disk(corpus).get_docs(nlp.vocab))
    nlp.initialize(lambda: [spacy.training.Example(nlp.make_doc(doc.text), doc) for doc in docs])
    nlp.to_disk(tmp_path / "pipeline")
    done = run_pawl("parse", "--pipeline", tmp_path / "pipeline", stdin=json.dumps({"text": TEXTS[0]}) + "\n")
    assert f"'{factory}'" in done.stderr and "not run by pawl" in done.stderr
    # The greedy component of the same weights is no substitute for the beam: it is refused.
    config = (tmp_path / "pipeline/config.cfg").read_text().replace(f'factory = "{factory}"', f'factory = "{factory[5:]}"')
    (tmp_path / "pipeline/config.cfg").write_text(config)
    done = run_pawl("parse", "--pipeline", tmp_path / "pipeline", stdin="{}\n", check=False)
    assert done.returncode != 0 and "beam_width" in done.stderr, done.stderr
