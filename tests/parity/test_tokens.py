"""Tokens and lexical attributes: pawl and spaCy on the same texts."""

import json
import random
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
import spacy
import srsly
from conftest import EN_CORE_WEB_SM, PYTHON, SOURCE, program, shared_texts
from hostile_texts import GROUPS, hostile_texts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spacy import symbols
from spacy.tokenizer import Tokenizer
from spacy.vocab import create_vocab

# The order is that of tests/parity/tokens_driver.cc.
FLAGS = ["is_alpha", "is_digit", "is_punct", "is_space", "is_title", "is_upper", "is_lower", "is_ascii", "like_num",
         "like_url", "like_email", "is_stop"]


def spacy_tokens(doc, flags=FLAGS):
    rows = []
    for token in doc:
        bits = 0
        for flag in flags:
            bits = bits * 2 + int(getattr(token, flag))
        rows.append([token.text, token.idx, int(bool(token.whitespace_)), len(token), bits, token.norm_, token.lower_,
                     token.shape_, token.prefix_, token.suffix_])
    return rows


def ask_all(arguments, requests):
    """The driver's answers to all requests in one run."""
    lines = "".join(json.dumps(request) + "\n" for request in requests)
    done = subprocess.run([str(program("tokens")), *map(str, arguments)], input=lines.encode(), capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    answers = [json.loads(line) for line in done.stdout.decode().split("\n")[:-1]]
    assert len(answers) == len(requests)
    return answers


def pawl_tokens(lang, pipeline, texts):
    return ask_all(["tokens", lang, pipeline / "vocab", pipeline / "tokenizer"], [{"text": text} for text in texts])


def assert_same_tokens(nlp, lang, pipeline, texts):
    count = 0
    for text, ours in zip(texts, pawl_tokens(lang, pipeline, texts)):
        theirs = spacy_tokens(nlp.make_doc(text))
        count += len(theirs)
        assert ours == theirs, repr(text)
    return count


@pytest.fixture(scope="session")
def small_english():
    package = spacy.util.get_package_path(EN_CORE_WEB_SM)
    path = next(package.glob("en_core_web_sm*-*"))
    names = spacy.util.load_config(path / "config.cfg")["nlp"]["pipeline"]
    return spacy.load(path, exclude=names), path


def export_pack(lang, folder):
    return subprocess.run([PYTHON, str(SOURCE / "tools" / "export_language_pack.py"), lang, str(folder)],
                          capture_output=True, text=True)


def test_tokens_of_the_shared_data_are_the_same(small_english):
    nlp, path = small_english
    texts = sorted({record["text"] for _, record in shared_texts()})
    assert assert_same_tokens(nlp, "en", path, texts) > 900_000


def test_tokens_of_hostile_texts_are_the_same(small_english):
    nlp, path = small_english
    assert assert_same_tokens(nlp, "en", path, hostile_texts()) > 20_000


def test_one_long_text_has_the_same_tokens(small_english):
    nlp, path = small_english
    assert_same_tokens(nlp, "en", path, [" ".join(hostile_texts(400)), "\n".join(hostile_texts(400)) * 3])


TEXT = st.one_of(
    st.text(max_size=80),
    st.lists(st.one_of(st.sampled_from([atom for group in GROUPS for atom in group]), st.text(max_size=5)), max_size=10)
    .map("".join),
)


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(TEXT.filter(lambda text: not re.search("[\ud800-\udfff]", text)), min_size=20, max_size=60))
def test_any_text_has_the_same_tokens(small_english, texts):
    nlp, path = small_english
    assert_same_tokens(nlp, "en", path, texts)


# ---- rules of other tokenizers


PREFIXES = [None, r"^\(", r"^[\[\("r"'-]|^'", r"\$", r"^\w(?=\.)", r"a*", r"^(?:[^\W\d_]|--)", r"(?i)^un|^\d+(?:[.,]\d)*", r"^(?P<q>['\"])"]
SUFFIXES = [None, r"\)$", r"[.,!?]+$", r"(?<=\d)(?:km|kg|%)$|'s$", r"\.\.+$|…$|(?<=[a-z])\.$", r"x*$", r"s", r"(?i)(?:ING|ed)$", r"[^\w\s]{1,2}$", r"\S$"]
INFIXES = [None, r"-", r"(?<=[a-z])[.,](?=[A-Z])", r"[-/:]+|\.\.+", r"x*", r"(?=[A-Z])", r"(?i)and", r"\b", r"(?<!\d)\.(?!\d)", r"'(?:s|t)?"]
MATCHES = [None, r"^\d+-\d+$", r"(?i)https?://\S+", r"^[A-Z]\.(?:[A-Z]\.)+$", r"^\w+@\w+\.\w+$", r"(?x) a \.? b  # c", r"^\S+\)$"]
EXCEPTIONS = ["can't", "don't", ":)", "(c)", "a.b", "U.S.", "'s", "...", "-", "x-y", "co.", "New York", "a b's", "zz (c) z", "e.g.", "(-:", "..", "10km", "ü."]


def random_rules(rng):
    exceptions = {}
    for text in rng.sample(EXCEPTIONS, rng.randint(0, 8)):
        cuts = sorted(rng.sample(range(1, len(text)), min(len(text) - 1, rng.randint(0, 2))))
        parts = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)])]
        exceptions[text] = [{"ORTH": part, **({"NORM": "norm" + part} if rng.random() < 0.3 else {})} for part in parts]
    return {"prefix_search": rng.choice(PREFIXES), "suffix_search": rng.choice(SUFFIXES), "infix_finditer": rng.choice(INFIXES),
            "token_match": rng.choice([None, None, *MATCHES]), "url_match": rng.choice([None, *MATCHES]), "exceptions": exceptions,
            "faster_heuristics": rng.random() < 0.7}


def load_rules(rules):
    from spacy.lang.en import English

    tokenizer = Tokenizer(create_vocab("en", English.Defaults))
    return tokenizer.from_bytes(srsly.msgpack_dumps({**rules, "exceptions": dict(sorted(rules["exceptions"].items()))}))


def rule_texts(rng):
    texts = hostile_texts(40, seed=rng.randint(0, 10**6))[-25:]
    atoms = [*EXCEPTIONS, "can't.", "(can't)", "a.b.c", "New", "York", "\n", "zz", "z", "a", "b's", "100km.", "http://x.y", "UNdo", "Sand", "x", "xx"]
    for _ in range(60):
        texts.append("".join(rng.choice(atoms) + rng.choice(["", " ", " ", "  "]) for _ in range(rng.randint(1, 8))))
    return texts


def test_other_rules_give_the_same_tokens():
    rng = random.Random(7)
    requests = [{"rules": random_rules(rng), "texts": rule_texts(rng)} for _ in range(150)]
    for request, ours in zip(requests, ask_all(["rules"], requests)):
        tokenizer = load_rules(request["rules"])
        assert not isinstance(ours, dict), (ours, request["rules"])
        for text, tokens in zip(request["texts"], ours):
            assert tokens == spacy_tokens(tokenizer(text)), (text, request["rules"])


def test_runs_of_the_last_special_case_with_blanks_keep_what_spacy_caches_for_them():
    rules = {"prefix_search": r"^\(", "suffix_search": r"\)$", "infix_finditer": None, "token_match": None, "url_match": None,
             "exceptions": {"c)": [{"ORTH": "c)"}], "zz (c) z": [{"ORTH": "zz "}, {"ORTH": "(c) z"}]}, "faster_heuristics": True}
    texts = ["(c)", "x (c) y", "zz (c) z", "((c)", "c) (c) zz", "zz  (c) z"]
    [ours] = ask_all(["rules"], [{"rules": rules, "texts": texts}])
    tokenizer = load_rules(rules)
    assert ours == [spacy_tokens(tokenizer(text)) for text in texts]
    assert [token[0] for token in ours[2]] == ["zz ", "(c) z"]


REGEXES = [r"\s+", r"\S+", r"\w+", r"\W", r"\d+", r"[\s\d]", r"[^\s]", r"[^\S\n]", r"[\W\d]+", r"\b\w", r"\B.", r"(?i)k", r"(?i)[a-z]+", r"(?i)straße|ſ",
           r"(?i)[^s]", r"(?i)İ", r"(?i)Σ", r"(?i)[α-ω]+", r"(?i)ǆ", r"(?i)µ", r"(?i:a)B", r"(?s).", r".+", r"(?m)^.|.$", r"$", r"^", r"a{,2}", r"a{2,}b{1}", r"a{x", r"x{2}?",
           r"(a|b)*c", r"(?:a|ab)(?:c|bcd)", r"(a+)(b+)?\2", r"(?P<n>.)(?P=n)", r"(?<=a)b|(?<!a)c", r"(?=x)x|(?!x).", r"[]a]", r"[^]a]", r"[a-]", r"[-a]", r"[\]\-\\]", r"[\x41-\u00e9]",
           r"\x41\u0042\U00000043\103\0", r"\a|\f|\t|\v", r"[\b]", r"\Aa|b\Z", r"(?x) a  b # c", r"(?#c)a", r"a*?b", r"a++b|c?+", r"(?>a+)b", r"(a)?(?(1)b|c)", r"[[:alpha:]]", r"[a&&b]", r"\.", r"\-",
           r"x*", r"(?:)", r"a|", r"[\U00010400-\U0001044f]", r"(?i)[\U00010400-\U00010410]", r"\Z", r"(?i)ß", r"(?i)ﬀ"]
BAD_REGEXES = ["(", ")", "[", "a**", "*a", r"\q", "(?z)", "a{3,2}", "[b-a]", r"\1", "(?P<n", "(?P=x)", "x(?i)", r"\u12", "[", "(?<=a+)b"]
REGEX_TEXTS = ["", "a", "aab abc  aabb\n", "straße STRASSE ſK K k", "ΑΣ σς ς Σ", "İstanbul ıI i", "x{2} a{x [a] -]", "Ǆǅǆΐᾳµμ ﬀﬁ", "A B\tC\x0b\x0c\x1c\x85\u180e\u200b\u3000", "aaabbb abcd",
               "𐐀𐐨 \U00010428", "١٢٣ ½ ² 五 _", "a\nb\n", "\x07\x08\x00", "xx yy zz", "ABC\x00 ABÉé", "a-b a_b c"]


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_patterns_match_as_in_python():
    answers = ask_all(["regex"], [{"pattern": pattern, "texts": REGEX_TEXTS} for pattern in REGEXES])
    for pattern, ours in zip(REGEXES, answers):
        theirs = [[list(match.span()) for match in re.finditer(pattern, text)] for text in REGEX_TEXTS]
        assert ours == theirs, pattern


@pytest.mark.parametrize("pattern", BAD_REGEXES)
def test_patterns_that_python_refuses_are_refused_by_name(pattern):
    with pytest.raises(re.error):
        re.compile(pattern)
    [answer] = ask_all(["regex"], [{"pattern": pattern, "texts": []}])
    assert "pattern" in answer["error"]


# ---- characters and ids


def test_every_code_point_has_pythons_properties():
    from re import compile as regex

    expressions = [regex(r"\w").match, regex(r"\d").match, regex(r"\s").match, regex(r"[^\W]").match, regex(r"\S").match]
    done = subprocess.run([str(program("tokens")), "characters"], capture_output=True, check=True)
    lines = done.stdout.decode().split("\n")[:-1]
    assert len(lines) == 0x110000 - 0x800
    for line in lines:
        number, flags, matches, lower = line.split(" ", 3)
        c, bits = chr(int(number)), int(flags)
        category = unicodedata.category(c)
        expected = [c.isalpha(), c.isdecimal(), c.isdigit(), c.isnumeric(), c.islower(), c.isupper(), category == "Lt", c.isspace(),
                    category[0] == "P"]
        assert [bool(bits >> i & 1) for i in range(9)] == expected, number
        assert [bool(int(matches) >> i & 1) for i in range(5)] == [bool(match(c)) for match in expressions], number
        assert (json.loads(lower) if lower else c) == c.lower(), number


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.lists(st.text(alphabet="aAbΣσς.'\u00ad\u0301İIiǅǆß \u03a0-\u1fbc", min_size=1, max_size=12), min_size=100, max_size=100))
def test_case_follows_python(texts):
    for text, rows in zip(texts, ask_all(["rules"], [{"rules": {"exceptions": {}, "faster_heuristics": True}, "texts": texts}])[0]):
        words = [row for row in rows]
        for row in words:
            word = row[0]
            assert row[6] == word.lower(), text
            assert (bool(row[4] >> 7 & 1), bool(row[4] >> 6 & 1), bool(row[4] >> 5 & 1)) == (word.istitle(), word.isupper(), word.islower())


def test_string_ids_are_spacys():
    texts = [*symbols.IDS, "", "a", "ü", "😀", "Apple", "x" * 1000, *hostile_texts(500)]
    store = spacy.strings.StringStore()
    assert ask_all(["ids"], texts) == [store[text] for text in texts]
    assert [symbols.NAMES[i] for i in ask_all(["ids"], symbols.NAMES)] == symbols.NAMES


def test_generated_tables_are_up_to_date(tmp_path):
    for tool, table in [("make_unicode_tables.py", "unicode_tables.inc"), ("make_language_tables.py", "language_tables.inc")]:
        subprocess.run([PYTHON, str(SOURCE / "tools" / tool), str(tmp_path / table)], check=True, capture_output=True)
        assert (tmp_path / table).read_bytes() == (SOURCE / "src" / "text" / table).read_bytes(), table


# ---- files


def files_below(path):
    return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}


def test_a_vocabulary_is_written_back_byte_for_byte(small_english, tmp_path):
    _, path = small_english
    subprocess.run([str(program("tokens")), "save", "en", str(path / "vocab"), str(path / "tokenizer"), str(tmp_path)], check=True)
    assert files_below(tmp_path / "vocab") == files_below(path / "vocab")
    assert (tmp_path / "tokenizer").read_bytes() == (path / "tokenizer").read_bytes()
    assert (tmp_path / "tokenizer.rewritten").read_bytes() == (path / "tokenizer").read_bytes()


def test_a_language_pack_that_was_written_back_opens_in_spacy(tmp_path):
    pack = tmp_path / "pack"
    assert export_pack("de", pack).returncode == 0
    before = spacy_tokens(spacy.load(pack)("Das ist z.B. ein Test."))
    out = tmp_path / "out"
    subprocess.run([str(program("tokens")), "save", "de", str(pack / "vocab"), str(pack / "tokenizer"), str(out)], check=True)
    for name in ["config.cfg", "meta.json"]:
        (out / name).write_bytes((pack / name).read_bytes())
    (out / "tokenizer").write_bytes((out / "tokenizer.rewritten").read_bytes())
    assert spacy_tokens(spacy.load(out)("Das ist z.B. ein Test.")) == before


def test_the_file_of_another_tokenizer_is_refused(small_english, tmp_path):
    _, path = small_english
    (tmp_path / "tokenizer").write_bytes(srsly.msgpack_dumps({"cfg": b"{}"}))
    done = subprocess.run([str(program("tokens")), "tokens", "zh", str(path / "vocab"), str(tmp_path / "tokenizer")],
                          capture_output=True, text=True)
    assert done.returncode == 1 and str(tmp_path / "tokenizer") in done.stderr and "tokenizer" in done.stderr


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, *sys.argv[1:]]))
