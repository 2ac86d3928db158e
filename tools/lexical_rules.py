"""What spaCy's languages say of words in Python code: stop words, LIKE_NUM, NORM, as data for vocab/lex_attrs.json.

  {"lang": "de", "stop_words": [...], "like_num": [STEP, ...], "norm": NORM, "approximate": [names of attributes]}

A STEP is one statement of the language's like_num function; they run in order on the text:
  {"drop_prefix": [strings]}            the first that the text starts with is cut off, one code point
  {"drop_suffix": string}               cut off when the text ends with it
  {"remove": [strings]}                 every occurrence is removed, in order
  {"trim_lower": true}                  from now on without blanks around it and in lower case
  {"strip_accents": true}               from now on decomposed and without its non-spacing marks
  {"digits": true}                      true when all is digits
  {"fraction": "/"}                     true for digits on both sides of exactly one separator
  {"words": [...], "lower": bool}       true for one of the words; "lower": the text is lower-cased first
  {"first_words": [...]}                true when the lower-cased text up to its first blank is one of the words
  {"digit_suffixes": [...], "cut": [n, ...]}  true when the lower-cased text ends with one of the suffixes and is all
                                              digits without its last n code points
  {"word_suffixes": [...], "cut": n, "words": [...], "lower": bool}  the same with words instead of digits
  {"swap_suffixes": [[from, to], ...], "words": [...]}  true when the text with the first of these suffixes exchanged
                                              is one of the words; suffixes behind one that is longer than the text
                                              are not looked at
  {"after": "-", "words": [...]}        true when what follows the only separator is digits or one of the words
  {"contains": [strings]}               true when one of them is part of the text
  {"pattern": string}                   true when this expression (Python re) matches at the start
A text that passes every step is not like a number.

NORM is absent where a word's norm is its lower-case form, else
  {"table": {form: norm}, "suffixes": [{"of": [...], "cut": n}, ...], "short": "skip" | "stop", "lower": bool}
The table comes first. Then the groups of suffixes in their order: one of whose suffixes the text ends with cuts off its
last n code points. A text of at most n code points skips the group, or stops. What is left is the norm, lower-cased
where "lower" says so.

"approximate" names what could not be expressed; pawl then uses spaCy's language-independent rule.
"""
import ast
import hashlib
import inspect
import textwrap

BASE_STEPS = [{"drop_prefix": ["+", "-", "±", "~"]}, {"remove": [",", "."]}, {"digits": True}, {"fraction": "/"}]


class NotExpressible(Exception):
    pass


class LikeNumReader:
    """Reads a like_num function's statements into steps; raises NotExpressible at one that it does not know."""

    def __init__(self, function):
        self.names = function.__globals__
        self.lowered = {"text.lower()"}
        body = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0].body
        self.steps = [step for statement in body for step in self.read(statement)]

    def read(self, statement):
        source = ast.unparse(statement)
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            return []
        if source == "return False":
            return []
        if source.startswith("text_lower = text.lower()"):
            self.lowered.add("text_lower")
            return []
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "text":
            return [{"remove": self.removed(statement.value)}]
        if isinstance(statement, ast.If) and not statement.orelse:
            return self.read_if(statement)
        raise NotExpressible(source)

    def removed(self, value):
        """The arguments of text.replace(X, "").replace(Y, "")..., in order."""
        if ast.unparse(value) == "text":
            return []
        if not (isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute)
                and value.func.attr == "replace" and ast.literal_eval(value.args[1]) == ""):
            raise NotExpressible(ast.unparse(value))
        return self.removed(value.func.value) + [ast.literal_eval(value.args[0])]

    def read_if(self, statement):
        test, body = ast.unparse(statement.test), "\n".join(ast.unparse(s) for s in statement.body)
        if test.startswith("text.startswith(") and body == "text = text[1:]":
            return [{"drop_prefix": list(self.value(statement.test.args[0]))}]
        if test.startswith("text.endswith(") and body == "text = text[:-1]":
            return [{"drop_suffix": self.value(statement.test.args[0])}]
        if test == "text.isdigit()" and body == "return True":
            return [{"digits": True}]
        if test.startswith("text.count(") and test.endswith(") == 1"):
            return [self.fraction(statement, body)]
        if body == "return True":
            tests = statement.test.values if isinstance(statement.test, ast.BoolOp) else [statement.test]
            if isinstance(statement.test, ast.BoolOp) and not isinstance(statement.test.op, ast.Or):
                raise NotExpressible(test)
            return [self.words(t) for t in tests]
        if test.startswith("text_lower.endswith(") and "text_lower" in self.lowered:
            return [self.digit_suffixes(statement)]
        raise NotExpressible(test)

    def fraction(self, statement, body):
        separator = ast.literal_eval(statement.test.left.args[0])
        wanted = (f"num, denom = text.split({separator!r})\n"
                  "if num.isdigit() and denom.isdigit():\n    return True")
        if body != wanted:
            raise NotExpressible(body)
        return {"fraction": separator}

    def words(self, test):
        if not (isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.In)):
            raise NotExpressible(ast.unparse(test))
        left = ast.unparse(test.left)
        if left != "text" and left not in self.lowered:
            raise NotExpressible(left)
        words = self.value(test.comparators[0])
        if isinstance(words, str) or not all(isinstance(word, str) for word in words):
            raise NotExpressible(ast.unparse(test))
        return {"words": sorted(set(words)), "lower": left != "text"}

    def digit_suffixes(self, statement):
        inner = statement.body[0]
        if len(statement.body) != 1 or not isinstance(inner, ast.If) or ast.unparse(inner.body[0]) != "return True":
            raise NotExpressible(ast.unparse(statement))
        tests = inner.test.values if isinstance(inner.test, ast.BoolOp) else [inner.test]
        cuts = []
        for test in tests:
            cut = ast.unparse(test).removeprefix("text_lower[:-").removesuffix("].isdigit()")
            if not cut.isdigit():
                raise NotExpressible(ast.unparse(test))
            cuts.append(int(cut))
        suffixes = self.value(statement.test.args[0])
        return {"digit_suffixes": [suffixes] if isinstance(suffixes, str) else list(suffixes), "cut": cuts}

    def value(self, node):
        if isinstance(node, ast.Name):
            return self.names[node.id]
        return ast.literal_eval(node)


def words(names, *lists, lower=True):
    return {"words": sorted({word for name in lists for word in names[name]}), "lower": lower}


def greek(names):
    return [*BASE_STEPS, {"fraction": "^"}, words(names, "_num_words"), {"first_words": sorted(set(names["_num_words"]))},
            words(names, "_num_words", lower=False)]


def malay(names):
    return [*BASE_STEPS, words(names, "_num_words"), {"after": "-", "words": sorted(set(names["_num_words"]))}]


def kurmanji(names):
    endings = ("em", "yem", "emîn", "yemîn")
    return [*BASE_STEPS, words(names, "_num_words", "_ordinal_words"),
            *({"digit_suffixes": [ending], "cut": [len(ending)]} for ending in endings)]


def latin(names):
    return [{"digits": True}, {"pattern": names["roman_numerals_compile"].pattern},
            words(names, "_num_words", "_ordinal_words")]


def macedonian(names):
    endings = [("а", "о", "и"), ("ти", "та", "то", "на"), ("ата", "иот", "ите", "ина", "чки"), ("мина", "тина")]
    known = sorted(set(names["_num_words"]))
    return [*BASE_STEPS, words(names, "_num_words"),
            *({"word_suffixes": list(group), "cut": cut, "words": known, "lower": True}
              for cut, group in enumerate(endings, 1))]


def tamil(names):
    return [*BASE_STEPS[1:], words(names, "_num_words"),
            {"swap_suffixes": [list(pair) for pair in names["_numeral_suffixes"].items()],
             "words": sorted(set(names["_num_words"]))}]


def yoruba(names):
    strip = names["strip_accents_text"]
    known = sorted({strip(word) for word in names["_num_words"]})
    return [BASE_STEPS[1], {"contains": ["dí", "dọ", "lé", "dín", "di", "din", "le", "do"]}, {"strip_accents": True},
            {"digits": True}, {"words": known, "lower": False}, {"words": known, "lower": True}]


def hindi(names):
    suffix = names["_ordinal_suffix"]
    return [*BASE_STEPS, words(names, "_num_words"), words(names, "_ordinal_words_one_to_ten", lower=False),
            {"word_suffixes": [suffix], "cut": len(suffix), "words": sorted(set(names["_eleven_to_beyond"])), "lower": False}]


def haitian(names):
    return [{"trim_lower": True}, *BASE_STEPS, words(names, "_num_words", "_ordinal_words"),
            {"digit_suffixes": ["yèm"], "cut": [3]}]


def stems(names, short):
    groups = reversed(names["_stem_suffixes"])
    return {"table": {}, "suffixes": [{"of": group, "cut": len(group[0])} for group in groups], "short": short,
            "lower": False}


# Functions the reader does not follow, by the digest of their source: another source is another function.
LIKE_NUMS = {
    "f8cf57cd9150cb8f": greek,
    "5cd5d388aa29c4c9": malay,
    "4623e58a7d6c9fa2": kurmanji,
    "e4de44afa4c3e046": latin,
    "86d30eb605b8cd5c": macedonian,
    "fee81f6cdffead45": tamil,
    "09f7ca6b603a76c5": yoruba,
    "96224b95a0cbca32": hindi,
    "4d7fc4486456ad75": haitian,
}
NORMS = {
    "8c8118f324509b1d": lambda names: stems(names, "skip"),
    "a9b4d5320b6d104b": lambda names: stems(names, "stop"),
    "f95066f6c0e3cc6a": lambda names: {"table": names["NORM_MAP"], "suffixes": [], "short": "skip", "lower": True},
}


def by_digest(table, function):
    """What the table has for a function's source, made from the names it sees; None when there is nothing."""
    digest = hashlib.sha256(inspect.getsource(function).encode()).hexdigest()[:16]
    return table[digest](function.__globals__) if digest in table else None


def like_num_steps(function):
    """The steps of a like_num function, or None when they cannot express it."""
    known = by_digest(LIKE_NUMS, function)
    if known is not None:
        return known
    try:
        return LikeNumReader(function).steps
    except NotExpressible:
        return None


def norm_rule(function, lang):
    known = by_digest(NORMS, function)
    if known is None:
        raise SystemExit(f"error: the norms of '{lang}' are computed by Python code of their own, "
                         "which pawl does not have")
    return known


def lexical_rules(defaults, lang):
    """The content of vocab/lex_attrs.json for a Language.Defaults."""
    from spacy import attrs
    from spacy.lang.lex_attrs import LEX_ATTRS

    getters = {**LEX_ATTRS, **defaults.lex_attr_getters}
    own = {attr for attr in getters if getters[attr] is not LEX_ATTRS.get(attr)} - {attrs.LANG, attrs.IS_STOP}
    steps = like_num_steps(getters[attrs.LIKE_NUM]) if attrs.LIKE_NUM in own else BASE_STEPS
    rules = {"lang": lang, "stop_words": sorted(defaults.stop_words),
             "like_num": steps if steps is not None else BASE_STEPS}
    if attrs.NORM in own:
        rules["norm"] = norm_rule(getters[attrs.NORM], lang)
    approximate = sorted(attrs.NAMES[attr] for attr in own - {attrs.NORM, attrs.LIKE_NUM})
    return {**rules, "approximate": approximate + (["LIKE_NUM"] if steps is None else [])}
