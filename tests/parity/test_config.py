"""config.cfg: pawl reads and writes what confection (thinc.Config) reads and writes."""

import json
import math
import warnings

import pytest
import spacy
from hypothesis import HealthCheck, given, settings, strategies as st
from spacy.cli.init_config import init_config
from thinc.api import Config

from conftest import EN_CORE_WEB_SM

warnings.filterwarnings("ignore", message=".*single-quoted.*")

HOSTILE = [
    "",
    "[a]",
    "[a]\nx",
    "[a]\nx =",
    "[a]\nx:1",
    "[a]\n= 1",
    "x = 1",
    "[a]\nx = 1\nx = 2",
    "[a]\n[a]",
    "[]\nx = 1",
    "[a]]\nx = 1",
    "[a] tail\nx = 1",
    "[a.b]\nx = 1",
    "[a]\n[a.b.c]\nx = 1",
    "[a]\nb = 1\n[a.b]\nc = 1",
    "[DEFAULT]\nx = 1\n[a]\ny = 2",
    "[DEFAULT]\n[a]\ny = 2",
    "[a]\nx = {\"k\": [1, {\"z\": null}]}",
    "[a]\nx = [1,\n  2,\n\n  3]\ny = 4",
    "[a]\nx = one\n  two\n# no\n  three\ny = 4",
    "[a]\n; note\n# note\nx = 1 # not a note",
    "[a]\n  x = 1\n y = 2",
    "[a]\nx = True\ny = False\nz = None\nw = true",
    "[a]\nx = NaN\ny = Infinity\nz = -Infinity",
    "[a]\nx = 1e-8\ny = 1E5\nz = 0.1\nv = 100000000000000000.0",
    "[a]\nx = 007\ny = +1\nz = .5\nw = -0\nv = -0.0",
    "[a]\nx = 'single'\ny = \"\"\nz = \"unclosed",
    "[a]\nx = \"\\u00e4\\ud83d\\ude00 \\n\\t\\\"\"\ny = ä😀",
    "[a]\nx = a=b:c\ny = [x",
    "[a]\nx = $$5\ny = 1",
    "[a]\nx = $5",
    "[a]\nx = ${",
    "[a]\nx = ${}",
    "[a]\nx = ${b}",
    "[a]\nx = ${a.y}\ny = ${a.x}",
    "[a]\nx = ${x}",
    "[a]\nx = ${y}\ny = 3",
    "[a]\nx = ${a.y.z}",
    "[a]\nx = 1\n[b]\ny = ${a}",
    "[a]\nx = 1\n[a.c]\nz = 2\n[b]\ny = ${a.c}\nl = [${a.c}, ${a.x}]\ns = \"${a.x}\"",
    "[a]\nx = 1\n[b]\ny = \"in ${a} text\"",
    "[a]\nx = [\"p\", \"q\"]\ny = {\"k\": \"v\"}\n[b]\ns = \"got ${a.x} and ${a.y}\"\nt = pre ${a.x}",
    "[a]\nx = \"s\"\nn = null\nb = true\n[b]\ns = ${a.x}/${a.n}/${a.b}\nt = ${a.x} ${a.x}",
    "[a]\nx = \"${b.y}\"\n[b]\ny = ${c.z}\n[c]\nz = \"deep\"",
    "[a]\nx = ${b:y}\n[b]\ny = 2",
    "[a.*.b]\nx = 1",
    "[a]\n[a.*]\n[a.*.b]\nx = 1\n[a.*.c]\nx = 2",
    "[*]\nx = 1",
    "[a]\n@architectures = \"x.v1\"\nk = {\"@misc\": \"y\"}",
    "[a]\r\nx = 1\r\n[b]\r\ny = ${a.x}\r\n",
    "\n\n[a]\n\n\nx = 1\n\n",
    "[a]\nx = [1, 2\ny = 3",
    "[a b]\nx y = 1",
    "[ä]\nö = 1\n[b]\nx = ${ä.ö}",
]


def same(left, right):
    if isinstance(left, dict) and isinstance(right, dict):
        return list(left) == list(right) and all(same(left[k], right[k]) for k in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, float) and isinstance(right, float) and math.isnan(left):
        return math.isnan(right)
    return type(left) is type(right) and left == right


def ours(driver, text, **options):
    answer = driver.ask(text=text, **options)
    if "error" in answer:
        return None, answer["error"]
    return json.loads(answer["config"]), answer["written"]


def compare(driver, text, interpolate=True, overrides=None):
    """True when both accept and agree, or both refuse."""
    try:
        config = Config().from_str(text, interpolate=interpolate, overrides=dict(overrides or {}))
        theirs = json.loads(json.dumps(dict(config)))
        written = config.to_str(interpolate=False)
    except (KeyError, RecursionError, TypeError, AttributeError):
        return True  # confection itself breaks down
    except Exception:
        theirs, written = None, None
    mine, mine_written = ours(driver, text, interpolate=interpolate, overrides=overrides or {})
    assert (mine is None) == (theirs is None), (text, mine_written, theirs)
    if theirs is not None:
        assert same(mine, theirs), text
        assert mine_written == written, text
    return True


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_read_or_refused_alike(driver, text):
    assert compare(driver("config"), text)


def test_config_of_en_core_web_sm(driver):
    nlp = spacy.load(EN_CORE_WEB_SM)
    text = (nlp.path / "config.cfg").read_text(encoding="utf8")
    process = driver("config")
    assert compare(process, text)
    assert compare(process, text, interpolate=False)
    assert compare(process, text, overrides={"paths.train": "x.spacy", "training.dropout": 0.25})
    assert compare(process, nlp.config.to_str(), interpolate=False)


@pytest.mark.parametrize("pipeline", [["tok2vec", "ner"], ["textcat"], ["textcat_multilabel", "ner"], ["tagger", "parser"]])
@pytest.mark.parametrize("optimize", ["efficiency", "accuracy"])
def test_configs_of_spacy_init_config(driver, pipeline, optimize):
    text = init_config(lang="en", pipeline=pipeline, optimize=optimize, gpu=False).to_str()
    process = driver("config")
    assert compare(process, text)
    assert compare(process, text, interpolate=False)
    assert compare(process, text, overrides={"paths.train": "a", "system.seed": 7})


@pytest.mark.parametrize("overrides", [{"a.x": 5}, {"a.new": [1]}, {"no.x": 1}, {"x": 1}, {"a.x": "${a.y}"}, {"a.c": 3}])
def test_overrides(driver, overrides):
    assert compare(driver("config"), "[a]\nx = 1\ny = \"t\"\nz = ${a.x}\n[a.b]\nw = ${a}\n[c]\n", overrides=overrides)


KEYS = st.sampled_from(["a", "b", "key", "@f", "x_1", "ß"])
TEXTS = st.text(alphabet=st.sampled_from("ab \"'\\{}[]:=#é😀\n\t/0"), max_size=12)
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1),
                   st.floats(allow_nan=False, allow_infinity=False), TEXTS)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3), max_leaves=5)
SECTIONS = st.recursive(st.dictionaries(KEYS, VALUES, max_size=3),
                        lambda inner: st.dictionaries(KEYS, st.one_of(VALUES, inner), max_size=4), max_leaves=8)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(KEYS, SECTIONS, min_size=1, max_size=3))
def test_generated_configs_round_trip(config_process, config):
    written = Config(config).to_str(interpolate=False)
    mine, again = ours(config_process, written, interpolate=False)
    assert mine is not None, again
    assert same(mine, json.loads(json.dumps(dict(Config().from_str(written, interpolate=False)))))
    assert again == Config().from_str(written, interpolate=False).to_str(interpolate=False)


PIECES = st.lists(st.sampled_from(["[a]", "[b]", "[a.c]", "x = 1", "y = \"s\"", "z = ${a.x}", "w = \"${b.y}\"", "v = ${b}",
                                   "u = [${a.x}, 2]", "  indented", "# note", "", "t = ${a.c.x}", "s = a ${b:y} b",
                                   "r = {\"k\": \"${a.x}\"}", "q = $$", "${a.x} = 1"]), max_size=12)


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PIECES)
def test_generated_texts_with_references(config_process, pieces):
    assert compare(config_process, "\n".join(pieces))


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(VALUES)
def test_values_are_dumped_as_python_does(config_process, value):
    text = json.dumps(value)
    assert config_process.ask(value=text)["dumped"] == text


@pytest.fixture(scope="module")
def config_process():
    from conftest import Driver

    process = Driver("config")
    yield process
    process.close()
