"""What a training config takes from elsewhere: components whose listeners are replaced, pretrained weights."""

import numpy
import pytest
import spacy
from conftest import EN_CORE_WEB_SM, run_pawl
from pipelines import agree, examples_of, listening, parsed, shared_tok2vec
from spacy.cli.init_config import init_config
from spacy.tokens import DocBin
from test_tagger import TEXTS
from thinc.api import Config, fix_random_seed


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A pipeline that spaCy trained (tok2vec, tagger, textcat that listen), and a corpus."""
    folder = tmp_path_factory.mktemp("sources")
    fix_random_seed(0)
    textcat = (
        '@architectures = "spacy.TextCatCNN.v2"\nexclusive_classes = true\nnO = null'
    )
    config = shared_tok2vec(["tok2vec", "tagger", "textcat"]) + listening("tagger") + listening("textcat", textcat)
    nlp = spacy.util.load_model_from_config(Config().from_str(config), auto_fill=True)
    docs = list(spacy.load(EN_CORE_WEB_SM, disable=["parser", "ner"]).pipe(TEXTS * 2))
    for i, doc in enumerate(docs):
        doc.tensor = numpy.zeros((0,), dtype="float32")  # of a wider tok2vec
        doc.cats = {"even": float(i % 2 == 0), "odd": float(i % 2)}
    DocBin(docs=docs).to_disk(folder / "corpus.spacy")
    optimizer = nlp.initialize(lambda: examples_of(nlp, docs))
    for _ in range(3):
        nlp.update(examples_of(nlp, docs), sgd=optimizer)
    nlp.to_disk(folder / "source")
    return folder


def train(home, config, out, *arguments, check=True):
    config.to_disk(out.with_suffix(".cfg"))
    corpus = home / "corpus.spacy"
    return run_pawl("train", out.with_suffix(".cfg"), "--output", out, "--paths.train", corpus, "--paths.dev", corpus,
                    "--training.max_steps", "2", "--training.eval_frequency", "1", *arguments, check=check)  # fmt: skip


def sourcing(home, components):
    config = init_config(lang="en", pipeline=["ner"], optimize="efficiency", gpu=False)
    config["nlp"]["pipeline"] = [*components, "senter"]
    config["components"] = {name: {"source": str(home / "source"), **block} for name, block in components.items()}
    config["components"]["senter"] = {"factory": "senter"}
    config["training"]["frozen_components"] = list(components)
    return config


def weights(model):
    return [(node.name, p, node.get_param(p)) for node in model.walk() for p in node.param_names if node.has_param(p)]


@pytest.mark.parametrize("name", ["tagger", "textcat"])
def test_a_listener_that_is_replaced_brings_its_tok2vec_as_in_spacy(home, tmp_path, name):
    config = sourcing(home, {name: {"replace_listeners": ["model.tok2vec"]}})
    theirs = spacy.util.load_model_from_config(config, auto_fill=True)
    train(home, config, tmp_path / "out")
    ours = spacy.load(tmp_path / "out" / "model-last")
    assert ours.pipe_names == [name, "senter"]
    here, there = (weights(nlp.get_pipe(name).model) for nlp in (ours, theirs))
    assert [node for node, _, _ in here] == [node for node, _, _ in there]
    assert all(numpy.array_equal(a, b) for (_, _, a), (_, _, b) in zip(here, there, strict=True))
    assert ours.config["components"][name]["model"] == theirs.config["components"][name]["model"]
    source = spacy.load(home / "source")
    for text, doc in zip(TEXTS, parsed(tmp_path / "out" / "model-last", TEXTS)):
        said = source(text)
        if name == "tagger":
            assert [token["tag"] for token in doc["tokens"]] == [token.tag_ for token in said]
        else:
            assert doc["cats"] == pytest.approx(said.cats, abs=1e-4)


def test_a_replaced_component_trains_on_without_its_source(home, tmp_path):
    config = sourcing(home, {"tagger": {"replace_listeners": ["model.tok2vec"]}})
    config["training"]["frozen_components"] = []
    done = train(home, config, tmp_path / "out")
    assert "LOSS TAGGER" in done.stdout
    agree(tmp_path / "out" / "model-last", spacy.load(tmp_path / "out" / "model-last"), TEXTS, 1.0)


def test_a_sourced_component_may_have_another_name(home, tmp_path):
    config = sourcing(home, {"marks": {"component": "tagger", "replace_listeners": ["model.tok2vec"]}})
    train(home, config, tmp_path / "out")
    ours = spacy.load(tmp_path / "out" / "model-last")
    assert ours.pipe_names == ["marks", "senter"]
    assert [t.tag_ for t in ours(TEXTS[0])] == [t.tag_ for t in spacy.load(home / "source")(TEXTS[0])]


@pytest.mark.parametrize("listeners", [["model.nowhere"], ["model.tok2vec", "model.tok2vec"]])
def test_listeners_that_there_are_not_are_named(home, tmp_path, listeners):
    config = sourcing(home, {"tagger": {"replace_listeners": listeners}})
    done = train(home, config, tmp_path / "out", check=False)
    assert done.returncode == 1 and "components.tagger.replace_listeners" in done.stderr


def pretrained(home, tmp_path):
    """A config whose tok2vec begins with weights such as `spacy pretrain` writes."""
    config = init_config(lang="en", pipeline=["tagger"], optimize="efficiency", gpu=False)
    config["pretraining"] = spacy.util.load_config(spacy.language.DEFAULT_CONFIG_PRETRAIN_PATH)["pretraining"]
    config["corpora"]["pretrain"] = {"@readers": "spacy.JsonlCorpus.v1", "path": "x.jsonl", "min_length": 0, "max_length": 0,
                                     "limit": 0}  # fmt: skip
    fix_random_seed(5)
    other = spacy.util.load_model_from_config(config, auto_fill=True)
    docs = list(DocBin().from_disk(home / "corpus.spacy").get_docs(other.vocab))
    other.initialize(lambda: examples_of(other, docs))
    (tmp_path / "model0.bin").write_bytes(other.get_pipe("tok2vec").model.to_bytes())
    config["initialize"]["init_tok2vec"] = str(tmp_path / "model0.bin")
    return config, other


def test_training_begins_with_pretrained_weights(home, tmp_path):
    config, other = pretrained(home, tmp_path)
    train(home, config, tmp_path / "out", "--training.optimizer.learn_rate", "0.0", "--training.optimizer.L2", "0.0")
    ours = spacy.load(tmp_path / "out" / "model-last").get_pipe("tok2vec").model
    for a, b in zip(ours.walk(), other.get_pipe("tok2vec").model.walk(), strict=True):
        for param in a.param_names:
            assert (a.get_param(param) == b.get_param(param)).all()


@pytest.mark.parametrize(
    "edit, complaint",
    [
        ({"initialize": {"init_tok2vec": "nowhere.bin"}}, "nowhere.bin"),
        ({"pretraining": {"component": "nobody"}}, "pretraining.component"),
        ({"pretraining": {"layer": "nowhere"}}, "pretraining.layer"),
        ({"pretraining": {"component": "tagger"}}, "initialize.init_tok2vec"),  # weights of another shape
    ],
)
def test_pretrained_weights_that_do_not_fit_are_named(home, tmp_path, edit, complaint):
    config, _ = pretrained(home, tmp_path)
    for section, values in edit.items():
        config[section].update(values)
    done = train(home, config, tmp_path / "out", check=False)
    assert done.returncode == 1 and complaint in done.stderr, done.stderr
