"""pawl train, evaluate and benchmark do what spaCy's commands of the same name do."""

import json
import random
import subprocess

import pytest
import spacy
from spacy.cli.init_config import init_config
from spacy.tokens import DocBin
from spacy.training import Corpus

from conftest import PYTHON, Driver, run_pawl
from test_ner import fixed_cuts, no_state_dropout  # noqa: F401  (fixtures)

CITIES = ["Paris", "London", "Lima", "Oslo", "Cairo", "Quito", "Bern", "Riga"]
NAMES = ["Ada", "Bob", "Cleo", "Dan", "Eve", "Finn"]


def make_corpus(seed, count):
    rng = random.Random(seed)
    lines = []
    for _ in range(count):
        city, name = rng.choice(CITIES), rng.choice(NAMES)
        kind = rng.choice(["travel", "weather", "greeting"])
        text, spots = {
            "travel": (f"please book {name} a flight to {city} today", [name, city]),
            "weather": (f"will it rain in {city} tomorrow", [city]),
            "greeting": (f"hello {name} how are you", [name]),
        }[kind]
        ents = [[text.index(s), text.index(s) + len(s), "GPE" if s in CITIES else "PERSON"] for s in spots]
        lines.append({"text": text, "entities": ents, "label": kind})
    return lines


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpora")
    nlp = spacy.blank("en")
    for name, seed, count in [("train", 1, 300), ("dev", 2, 60)]:
        lines = make_corpus(seed, count)
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf8")
        docs = []
        for line in lines:
            doc = nlp(line["text"])
            doc.ents = [doc.char_span(start, end, label=label) for start, end, label in line["entities"]]
            doc.cats = {kind: float(kind == line["label"]) for kind in ("travel", "weather", "greeting")}
            docs.append(doc)
        DocBin(docs=docs).to_disk(folder / f"{name}.spacy")
    return folder


def write_config(folder, pipeline):
    config = init_config(lang="en", pipeline=pipeline, optimize="efficiency", gpu=False)
    path = folder / ("_".join(pipeline) + ".cfg")
    config.to_disk(path)
    return path


QUICK = ["--training.max_steps", "40", "--training.eval_frequency", "20"]


@pytest.fixture(scope="module")
def trained(corpora, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    made = {}
    for pipeline, ending in [(["ner"], "jsonl"), (["textcat"], "spacy"), (["textcat_multilabel", "ner"], "spacy")]:
        out = folder / "_".join(pipeline)
        done = run_pawl("train", write_config(folder, pipeline), "--output", out, "--paths.train",
                        corpora / f"train.{ending}", "--paths.dev", corpora / f"dev.{ending}", *QUICK)
        made["_".join(pipeline)] = (out, done)
    return made


@pytest.mark.parametrize("name", ["ner", "textcat", "textcat_multilabel_ner"])
def test_spacy_opens_what_was_trained_and_predicts_the_same(trained, corpora, name):
    out, _ = trained[name]
    nlp = spacy.load(out / "model-best")
    texts = [line["text"] for line in make_corpus(3, 50)]
    done = run_pawl("parse", "--pipeline", out / "model-best", stdin="".join(json.dumps(t) + "\n" for t in texts))
    for line, doc in zip(done.stdout.splitlines(), nlp.pipe(texts)):
        ours, theirs = json.loads(line), doc.to_json()
        assert ours.get("ents") == theirs.get("ents")
        assert ours.get("cats", {}) == {k: pytest.approx(v, abs=1e-4) for k, v in theirs.get("cats", {}).items()}


@pytest.mark.parametrize("name", ["ner", "textcat", "textcat_multilabel_ner"])
def test_it_learns_and_scores_as_spacy_scores(trained, corpora, name):
    out, _ = trained[name]
    nlp = spacy.load(out / "model-best")
    theirs = nlp.evaluate(list(Corpus(corpora / "dev.spacy")(nlp)))
    ours = json.loads(run_pawl("evaluate", out / "model-best", corpora / "dev.spacy", "--json").stdout)
    assert set(ours) == set(theirs)
    for key, value in theirs.items():
        if key != "speed":
            assert ours[key] == close(value), key
    assert (ours.get("ents_f") or 1) > 0.9 and (ours.get("cats_score") or 1) > 0.9
    assert nlp.meta["performance"].get("ents_f", 1) > 0.9


def close(value):
    if isinstance(value, dict):
        return {key: close(inner) for key, inner in value.items()}
    return pytest.approx(value, abs=1e-6) if isinstance(value, float) else value


def test_the_table_has_spacys_columns(trained):
    _, done = trained["textcat_multilabel_ner"]
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Pipeline: ['tok2vec', 'textcat_multilabel', 'ner']")
    assert lines[1].split()[:2] == ["E", "#"] and set(lines[2]) == {"-", " "}
    for column in ["LOSS TOK2VEC", "LOSS TEXTC...", "LOSS NER", "CATS_SCORE", "ENTS_F", "SCORE"]:
        assert column in lines[1]
    assert [line.split()[1] for line in lines[3:6]] == ["0", "20", "40"]


def test_spacy_evaluate_and_train_go_on_from_it(trained, corpora, tmp_path):
    out, _ = trained["ner"]
    done = subprocess.run([PYTHON, "-m", "spacy", "evaluate", str(out / "model-best"), str(corpora / "dev.spacy"),
                           "--output", str(tmp_path / "metrics.json")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    theirs = json.loads((tmp_path / "metrics.json").read_text())
    run_pawl("evaluate", out / "model-best", corpora / "dev.spacy", "--output", tmp_path / "ours.json")
    ours = json.loads((tmp_path / "ours.json").read_text())
    assert ours["ents_f"] == pytest.approx(theirs["ents_f"], abs=1e-4)


def test_scores_on_differing_tokens_and_missing_annotation(trained, corpora, tmp_path):
    out, _ = trained["textcat_multilabel_ner"]
    nlp = spacy.load(out / "model-best")
    docs = []
    for i, doc in enumerate(DocBin().from_disk(corpora / "dev.spacy").get_docs(nlp.vocab)):
        if i % 3 == 0:
            doc.set_ents(list(doc.ents)[:1], missing=[doc[-2:]], default="outside") if not doc[-2:].ents else None
        if i % 3 == 1:
            words = [w for t in doc for w in ([t.text[:2], t.text[2:]] if len(t.text) > 4 else [t.text])]
            spaces = [s for t in doc for s in ([False, bool(t.whitespace_)] if len(t.text) > 4 else [bool(t.whitespace_)])]
            split = spacy.tokens.Doc(nlp.vocab, words=words, spaces=spaces)
            split.cats = dict(doc.cats)
            split.ents = [split.char_span(e.start_char, e.end_char, label=e.label_) for e in doc.ents]
            doc = split
        if i % 3 == 2:
            doc.cats = {k: v for k, v in list(doc.cats.items())[:2]}
        docs.append(doc)
    DocBin(docs=docs).to_disk(tmp_path / "odd.spacy")
    theirs = nlp.evaluate(list(Corpus(tmp_path / "odd.spacy")(nlp)))
    ours = json.loads(run_pawl("evaluate", out / "model-best", tmp_path / "odd.spacy", "--json").stdout)
    for key, value in theirs.items():
        if key != "speed":
            assert ours[key] == close(value), key


def test_a_sourced_and_frozen_component_is_kept(trained, corpora, tmp_path):
    out, _ = trained["ner"]
    config = spacy.util.load_config(write_config(tmp_path, ["ner", "textcat"]))
    for name in ("tok2vec", "ner"):
        config["components"][name] = {"source": str(out / "model-best")}
    config["training"]["frozen_components"] = ["tok2vec", "ner"]
    config["training"]["annotating_components"] = ["tok2vec"]
    config.to_disk(tmp_path / "frozen.cfg")
    run_pawl("train", tmp_path / "frozen.cfg", "--output", tmp_path / "out", "--paths.train", corpora / "train.spacy",
             "--paths.dev", corpora / "dev.spacy", *QUICK)
    before, after = spacy.load(out / "model-best"), spacy.load(tmp_path / "out" / "model-best")
    assert after.pipe_names == ["tok2vec", "ner", "textcat"]
    assert before.get_pipe("ner").model.to_bytes() == after.get_pipe("ner").model.to_bytes()
    assert after("will it rain in Oslo tomorrow").cats["weather"] > 0.5


def test_the_same_seed_gives_the_same_weights(corpora, tmp_path):
    config = write_config(tmp_path, ["ner"])
    for name in ("a", "b"):
        run_pawl("train", config, "--output", tmp_path / name, "--paths.train", corpora / "train.jsonl", "--paths.dev",
                 corpora / "dev.jsonl", "--training.max_steps", "5")
    for file in ("ner/model", "tok2vec/model"):
        assert (tmp_path / "a/model-last" / file).read_bytes() == (tmp_path / "b/model-last" / file).read_bytes()


@pytest.mark.parametrize("arguments, message", [
    (["--paths.train", "nowhere.spacy"], "nowhere.spacy"),
    (["--training.batcher.size", "null"], "training.batcher.size"),
    (["--training.dropout", "much"], "training.dropout"),
    (["--components.ner.factory", "my_factory"], "components.ner.factory"),
    (["--components.tok2vec.model.@architectures", "my.Arch.v1"], "my.Arch.v1"),
    (["--nlp.lang", "zh"], "zh"),
    (["--initialize.vectors", "en_core_web_lg"], "initialize.vectors"),
    (["--training.optimizer.@optimizers", "RAdam.v1"], "RAdam.v1"),
    (["--nowhere.key", "1"], "nowhere.key"),
])
def test_configs_that_cannot_be_trained_are_clear_errors(corpora, tmp_path, arguments, message):
    done = run_pawl("train", write_config(tmp_path, ["ner"]), "--paths.train", corpora / "train.jsonl", "--paths.dev",
                    corpora / "dev.jsonl", *QUICK, *arguments, check=False)
    assert done.returncode == 1
    assert message in done.stderr


def test_bad_lines_of_a_corpus_are_named_and_skipped(corpora, tmp_path):
    lines = (corpora / "train.jsonl").read_text().splitlines()
    lines[3:3] = ["{broken", json.dumps({"text": "x", "entities": [[0, 9, "A"]]}), json.dumps({"words": "x"}),
                  json.dumps({"text": "ab cd", "entities": [[0, 2, "A"], [1, 4, "B"]]})]
    (tmp_path / "train.jsonl").write_text("\n".join(lines))
    done = run_pawl("train", write_config(tmp_path, ["ner"]), "--paths.train", tmp_path / "train.jsonl", "--paths.dev",
                    corpora / "dev.jsonl", "--training.max_steps", "2", "--json")
    for number in (4, 5, 6, 7):
        assert f"train.jsonl:{number}: skipped" in done.stderr
    first = json.loads(done.stdout.splitlines()[0])
    assert first["step"] == 0 and "ents_f" in first["scores"]


def test_benchmark_speed_reports_words_per_second(trained, corpora):
    out, _ = trained["ner"]
    done = run_pawl("benchmark", "speed", out / "model-best", corpora / "dev.jsonl", "--batches", "5", "--json")
    answer = json.loads(done.stdout)
    assert 0 < answer["low"] <= answer["words_per_second"] <= answer["high"]
    assert "NER F" in run_pawl("benchmark", "accuracy", out / "model-best", corpora / "dev.jsonl").stdout


PIPELINE = """
[nlp]
lang = "en"
pipeline = ["tok2vec", "ner", "textcat"]
[components]
[components.tok2vec]
factory = "tok2vec"
[components.tok2vec.model]
@architectures = "spacy.Tok2Vec.v2"
[components.tok2vec.model.embed]
@architectures = "spacy.MultiHashEmbed.v2"
width = 32
attrs = ["NORM", "PREFIX", "SUFFIX", "SHAPE"]
rows = [500, 100, 200, 200]
include_static_vectors = false
[components.tok2vec.model.encode]
@architectures = "spacy.MaxoutWindowEncoder.v2"
width = 32
depth = 2
window_size = 1
maxout_pieces = 3
[components.ner]
factory = "ner"
[components.ner.model]
@architectures = "spacy.TransitionBasedParser.v2"
state_type = "ner"
extra_state_tokens = false
hidden_width = 16
maxout_pieces = 2
use_upper = true
[components.ner.model.tok2vec]
@architectures = "spacy.Tok2VecListener.v1"
width = 32
upstream = "tok2vec"
[components.textcat]
factory = "textcat"
[components.textcat.model]
@architectures = "spacy.TextCatReduce.v1"
exclusive_classes = true
use_reduce_first = false
use_reduce_last = false
use_reduce_max = false
use_reduce_mean = true
[components.textcat.model.tok2vec]
@architectures = "spacy.Tok2VecListener.v1"
width = 32
upstream = "*"
"""


@pytest.mark.parametrize("exclude, annotating", [([], []), (["tok2vec"], ["tok2vec"]), (["ner"], [])])
def test_updates_of_a_pipeline_with_listeners_are_spacys(
    corpora, tmp_path, exclude, annotating, no_state_dropout, fixed_cuts  # noqa: F811
):
    from thinc.api import Adam, Config, fix_random_seed

    fix_random_seed(0)
    nlp = spacy.util.load_model_from_config(Config().from_str(PIPELINE), auto_fill=True)
    docs = [doc for doc in DocBin().from_disk(corpora / "dev.spacy").get_docs(nlp.vocab)][:24]
    DocBin(docs=docs).to_disk(tmp_path / "batch.spacy")
    examples = [spacy.training.Example(nlp.make_doc(doc.text), doc) for doc in docs]
    nlp.initialize(lambda: examples)
    nlp.to_disk(tmp_path / "start")
    nlp = spacy.load(tmp_path / "start")
    examples = [spacy.training.Example(nlp.make_doc(doc.text), doc) for doc in docs]
    spacy.blank("en").to_disk(tmp_path / "en")
    process = Driver("corpus", str(tmp_path / "en"))
    ours = process.ask(update=str(tmp_path / "start"), corpus=str(tmp_path / "batch.spacy"), steps=8, batch=6,
                       exclude=exclude, annotating=annotating, save=str(tmp_path / "ours"))
    process.close()
    assert "error" not in ours, ours
    optimizer = Adam(0.001, eps=1e-3, L2=0.01, L2_is_weight_decay=True, grad_clip=1.0, use_averages=True)
    for step in range(8):
        losses = {}
        batch = [examples[(step * 6 + i) % len(examples)] for i in range(6)]
        nlp.update(batch, drop=0.0, losses=losses, sgd=False, exclude=exclude, annotates=annotating)
        for name, pipe in nlp.pipeline:
            if name not in exclude:
                pipe.finish_update(optimizer)
        for name, loss in losses.items():
            assert ours["losses"][step][name] == pytest.approx(loss, rel=1e-3, abs=1e-5), (step, name)
    mine = spacy.load(tmp_path / "ours")
    for name in nlp.pipe_names:
        for a, b in zip(nlp.get_pipe(name).model.walk(), mine.get_pipe(name).model.walk()):
            for param in a.param_names:
                if a.has_param(param):
                    assert abs(a.get_param(param) - b.get_param(param)).max() < 1e-4, (name, a.name, param)
