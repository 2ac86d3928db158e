"""Matcher, PhraseMatcher and the rulers: pawl and spaCy on the same patterns and texts."""

import random

import pytest
import spacy
from conftest import Driver
from hostile_texts import hostile_texts
from spacy.matcher import Matcher, PhraseMatcher
from spacy.matcher.levenshtein import levenshtein_compare

WORDS = ["a", "b", "A", "big", "Big", "red", "dog", "dogs", "42", "7", "!", "?", "New", "York", "new", "york", "city",
         "don't", "$", "(", ")", "http://x.org", "me@x.org", "élan", "naïve", "colour", "color", "😀"]
OPERATORS = ["!", "?", "*", "+", "{2}", "{1,2}", "{0,3}", "{2,}", "{,2}"]
FLAGS = ["IS_ALPHA", "IS_ASCII", "IS_DIGIT", "IS_LOWER", "IS_UPPER", "IS_TITLE", "IS_PUNCT", "IS_SPACE", "IS_BRACKET",
         "IS_QUOTE", "IS_LEFT_PUNCT", "IS_RIGHT_PUNCT", "IS_CURRENCY", "IS_STOP", "LIKE_NUM", "LIKE_URL", "LIKE_EMAIL",
         "SPACY"]


@pytest.fixture(scope="module")
def nlp():
    return spacy.blank("en")


@pytest.fixture(scope="module")
def folder(nlp, tmp_path_factory):
    path = tmp_path_factory.mktemp("matcher") / "blank"
    nlp.to_disk(path)
    return path


@pytest.fixture(scope="module")
def ours(folder):
    driver = Driver("matcher", str(folder))
    yield driver
    driver.close()


def random_condition(rng):
    words = rng.sample(WORDS, rng.randint(1, 4))
    return rng.choice([
        {"IN": words}, {"NOT_IN": words}, {"REGEX": rng.choice(["^[a-z]+$", "o", "^(?i:new)$", r"\d", "s?$"])},
        {"FUZZY": rng.choice(WORDS)}, {"FUZZY1": rng.choice(WORDS)}, {"FUZZY3": {"IN": words}},
        {"REGEX": {"NOT_IN": ["^b", "g$"]}}, {"REGEX": {"IN": ["^b", "g$"]}}, {"IS_SUBSET": words},
        {"IS_SUPERSET": words[:1]}, {"INTERSECTS": words}])


def random_token(rng):
    kind = rng.random()
    if kind < 0.15:
        token = {}
    elif kind < 0.55:
        token = {rng.choice(["TEXT", "ORTH", "lower", "NORM"]): rng.choice(WORDS)}
    elif kind < 0.7:
        token = {rng.choice(FLAGS): rng.random() < 0.7}
    elif kind < 0.78:
        token = {"LENGTH": rng.choice([1, 3, {">=": 3}, {"<": 4}, {"!=": 1}, {"==": 2}, {"IN": [1, 3]}, {"<=": 5}, {">": 1}])}
    elif kind < 0.83:
        token = {"SHAPE": rng.choice(["xxx", "Xxx", "dd", "X"])}
    else:
        token = {rng.choice(["TEXT", "LOWER"]): random_condition(rng)}
    if rng.random() < 0.4 and token:
        token["OP"] = rng.choice(OPERATORS)
    return token


def random_case(rng):
    patterns = [[rng.choice("XYZ"), [random_token(rng) for _ in range(rng.randint(1, 4))]] for _ in range(rng.randint(1, 5))]
    texts = [" ".join(rng.choice(WORDS) for _ in range(rng.randint(0, 12))) for _ in range(4)]
    return patterns, texts


def theirs(nlp, patterns, phrases, attr, texts):
    tokens, phrase_matcher = Matcher(nlp.vocab), PhraseMatcher(nlp.vocab, attr=attr)
    for key, pattern in patterns:
        tokens.add(key, [pattern])
    for key, text in phrases:
        phrase_matcher.add(key, [nlp.make_doc(text)])
    out = []
    for text in texts:
        doc = nlp.make_doc(text)
        first = tokens(doc) if patterns else []
        out.append([[nlp.vocab.strings[k], s, e] for k, s, e in first] +
                   sorted([[nlp.vocab.strings[k], s, e] for k, s, e in phrase_matcher(doc)],
                          key=lambda m: (m[1], m[2], m[0])))
    return out


def test_random_patterns_give_the_same_matches_in_the_same_order(nlp, ours):
    rng = random.Random(7)
    matches = 0
    for _ in range(600):
        patterns, texts = random_case(rng)
        expected = theirs(nlp, patterns, [], "ORTH", texts)
        assert ours.ask(patterns=patterns, phrases=[], attr="ORTH", texts=texts) == expected, patterns
        matches += sum(map(len, expected))
    assert matches > 5000


@pytest.mark.parametrize("flag", FLAGS)
def test_flags_of_hostile_words_are_the_same(nlp, ours, flag):
    texts = hostile_texts(60)
    patterns = [["ON", [{flag: True}]], ["OFF", [{flag: False}]]]
    assert ours.ask(patterns=patterns, phrases=[], attr="ORTH", texts=texts) == theirs(nlp, patterns, [], "ORTH", texts)


@pytest.mark.parametrize("attr", ["ORTH", "LOWER", "NORM", "SHAPE", "IS_PUNCT"])
def test_phrases_are_found_by_every_lexical_attribute(nlp, ours, attr):
    rng = random.Random(3)
    for _ in range(40):
        phrases = [[rng.choice("XYZ"), " ".join(rng.choice(WORDS) for _ in range(rng.randint(1, 3)))] for _ in range(8)]
        texts = [" ".join(rng.choice(WORDS) for _ in range(10)) for _ in range(5)]
        answers = [sorted(a, key=lambda m: (m[1], m[2], m[0]))
                   for a in ours.ask(patterns=[], phrases=phrases, attr=attr, texts=texts)]
        assert answers == theirs(nlp, [], phrases, attr, texts)


def test_edit_distances_agree_at_every_limit(ours):
    rng = random.Random(5)
    cases = []
    for _ in range(3000):
        a = "".join(rng.choice("abcé😀") for _ in range(rng.randint(0, 14)))
        b = list(a)
        for _ in range(rng.randint(0, 5)):
            at = rng.randint(0, len(b))
            rng.choice([lambda: b.insert(at, rng.choice("abc")), lambda: b.__setitem__(slice(at, at + 1), "x"),
                        lambda: b.__delitem__(slice(at, at + 1))])()
        cases.append([a, "".join(b), rng.randint(-1, 6)])
    assert ours.ask(fuzzy=cases) == [bool(levenshtein_compare(a, b, k)) for a, b, k in cases]


@pytest.mark.parametrize("pattern, named", [
    ([{"LOWER": {"LIKE": "x"}}], "LIKE"), ([{"COLOUR": "x"}], "COLOUR"), ([{"_": {"x": 1}}], "custom"),
    ([{"ORTH": "x", "OP": "{3,1}"}], "{3,1}"), ([{"ORTH": "x", "OP": "??"}], "??"), ([{"ORTH": "x", "OP": 3}], "OP"),
    ([{"ORTH": ["x"]}], "ORTH"), ([{"ORTH": {"REGEX": "("}}], "REGEX"), ([], "at least one"), (["x"], "token 1"),
    ([{"ORTH": "x", "OP": "{99999999999}"}], "OP"), ([{"LENGTH": "long"}], "LENGTH"), ([{"LENGTH": {">=": "3"}}], ">="),
    ([{"ORTH": {"IN": "x"}}], "IN"), ([{"ORTH": {"FUZZY": {">=": 1}}}], "FUZZY"), ([{"HEAD": 1}], "HEAD")])
def test_a_wrong_pattern_is_refused_by_name(ours, pattern, named):
    answer = ours.ask(patterns=[["X", pattern]], phrases=[], attr="ORTH", texts=["x"])
    assert named in answer["error"] and "token" in answer["error"]


def test_a_hostile_pattern_ends_with_an_error_instead_of_running_for_ever(ours):
    hostile = [[{"OP": "*"}, {"OP": "*"}, {"OP": "*"}, {"OP": "+"}] * 8]
    answer = ours.ask(patterns=[["X", hostile[0]]], phrases=[], attr="ORTH", texts=["a " * 20000])
    assert "steps" in answer["error"]
    short = ours.ask(patterns=[["X", hostile[0]]], phrases=[], attr="ORTH", texts=["a b c d e f g h i"])
    assert len(short[0]) == sum(1 for n in range(8, 10) for _ in range(10 - n))


def span_rows(spans):
    return [[s.start, s.end, s.label_, s.id_] for s in spans]


def said(nlp, texts):
    return [{"ents": [[e.start, e.end, e.label_, e.ent_id_] for e in doc.ents],
             "spans": {name: span_rows(group) for name, group in doc.spans.items()}} for doc in nlp.pipe(texts)]


RULES = [{"label": "CITY", "pattern": "New York", "id": "nyc"}, {"label": "PLACE", "pattern": "York city"},
         {"label": "PAIR", "pattern": [{"LOWER": "red"}, {"LOWER": "dog"}]},
         {"label": "NUM", "pattern": [{"LIKE_NUM": True, "OP": "+"}], "id": "number"},
         {"label": "LONG", "pattern": [{"LOWER": "a"}, {}, {"IS_PUNCT": False}, {"LOWER": "b"}]}]


def check_rulers(nlp, ours, tmp_path, texts):
    """spaCy's own pipeline, what pawl makes of it, and what spaCy makes of what pawl saved: all the same."""
    nlp.to_disk(tmp_path / "theirs")
    expected = said(nlp, texts)
    assert ours.ask(pipeline=str(tmp_path / "theirs"), texts=texts, save=str(tmp_path / "ours")) == expected
    assert said(spacy.load(tmp_path / "ours"), texts) == expected
    return expected


@pytest.fixture(scope="module")
def texts():
    rng = random.Random(11)
    return [" ".join(rng.choice(WORDS) for _ in range(rng.randint(0, 14))) for _ in range(150)]


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("attr", [None, "LOWER"])
def test_entity_rulers_find_the_same_entities(ours, tmp_path, texts, overwrite, attr):
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler", name="first").add_patterns(
        [{"label": "ANIMAL", "pattern": [{"LOWER": {"IN": ["dog", "dogs"]}}]}, {"label": "SIZE", "pattern": "big red"}])
    nlp.add_pipe("entity_ruler", config={"overwrite_ents": overwrite, "phrase_matcher_attr": attr}).add_patterns(RULES)
    found = check_rulers(nlp, ours, tmp_path, texts)
    assert sum(len(doc["ents"]) for doc in found) > 150


@pytest.mark.parametrize("config", [
    {}, {"spans_key": "own", "overwrite": False}, {"spans_filter": {"@misc": "spacy.first_longest_spans_filter.v1"}},
    {"annotate_ents": True}, {"annotate_ents": True, "overwrite": False, "spans_key": None},
    {"annotate_ents": True, "overwrite": False, "ents_filter": {"@misc": "spacy.prioritize_new_ents_filter.v1"}},
    {"annotate_ents": True, "overwrite": False, "ents_filter": {"@misc": "spacy.prioritize_existing_ents_filter.v1"}}])
def test_span_rulers_find_the_same_spans(ours, tmp_path, texts, config):
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "ANIMAL", "pattern": [{"LOWER": {"IN": ["dog", "a"]}}]}])
    nlp.add_pipe("span_ruler", config=config).add_patterns(RULES)
    found = check_rulers(nlp, ours, tmp_path, texts)
    assert sum(len(doc["ents"]) + sum(map(len, doc["spans"].values())) for doc in found) > 100


@pytest.mark.parametrize("overwrite", [False, True])
def test_the_future_entity_ruler_finds_the_same_entities(ours, tmp_path, texts, overwrite):
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "ANIMAL", "pattern": [{"LOWER": {"IN": ["dog", "a"]}}]}])
    nlp.add_pipe("future_entity_ruler", config={"overwrite_ents": overwrite}).add_patterns(RULES)
    check_rulers(nlp, ours, tmp_path, texts)


def test_a_ruler_of_ten_thousand_phrases_and_patterns_agrees_and_is_quick(ours, tmp_path, texts):
    rng = random.Random(2)
    rules = [{"label": "P", "pattern": "".join(rng.choice("abcdefgh") for _ in range(6))} for _ in range(5000)]
    rules += [{"label": "T", "pattern": [{"LOWER": f"w{i}"}, {"LOWER": "dog"}]} for i in range(5000)]
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns(rules + RULES)
    few = [t + f" w{i} dog" for i, t in enumerate(texts[:20])]
    check_rulers(nlp, ours, tmp_path, few)


@pytest.mark.parametrize("line, named", [
    ('{"label": "X"}', "pattern"), ('{"pattern": "x"}', "label"), ('{"label": "X", "pattern": 3}', "pattern"),
    ('{"label": "X", "pattern": "x", "colour": 1}', "colour"), ("[1]", "object"), ("{", "line 2"),
    ('{"label": "X", "pattern": [{"LOWER": {"LIKE": "x"}}]}', "LIKE")])
def test_a_damaged_pattern_file_is_named_with_its_line_or_pattern(ours, tmp_path, line, named):
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns(RULES[:1])
    nlp.to_disk(tmp_path / "p")
    file = tmp_path / "p" / "entity_ruler" / "patterns.jsonl"
    file.write_text(file.read_text() + line + "\n")
    answer = ours.ask(pipeline=str(tmp_path / "p"), texts=["x"], save=None)
    assert named in answer["error"] and "patterns.jsonl" in answer["error"]


def test_patterns_about_annotations_that_nobody_set_are_an_error_that_names_them(ours, tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "X", "pattern": [{"POS": "NOUN"}]}])
    nlp.to_disk(tmp_path / "p")
    answer = ours.ask(pipeline=str(tmp_path / "p"), texts=["a dog"], save=None)
    assert "POS" in answer["error"]
    with pytest.raises(ValueError, match="E155"):
        nlp("a dog")
