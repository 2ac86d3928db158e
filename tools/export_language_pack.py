#!/usr/bin/env python3
"""Write a language pack: what spacy.blank(LANG).to_disk() writes, and vocab/lex_attrs.json.

usage: export_language_pack.py LANG OUT_DIR

spaCy keeps stop words and the rules of LIKE_NUM in a language's Python code, not in the pipeline folder. The pack
carries them in vocab/lex_attrs.json, which spaCy ignores and pawl reads:

  {"lang": "de", "stop_words": [...], "like_num": [STEP, ...], "approximate": [names of attributes]}

A STEP is one statement of the language's like_num function; they run in order on the text:
  {"drop_prefix": [strings]}            the first that the text starts with is cut off, one code point
  {"drop_suffix": string}               cut off when the text ends with it
  {"remove": [strings]}                 every occurrence is removed, in order
  {"digits": true}                      true when all is digits
  {"fraction": "/"}                     true for digits on both sides of exactly one separator
  {"words": [...], "lower": bool}       true for one of the words; "lower": the text is lower-cased first
  {"digit_suffixes": [...], "cut": [n, ...]}  true when the lower-cased text ends with one of the suffixes and is all
                                              digits without its last n code points
A text that passes every step is not like a number. "approximate" names what could not be expressed; pawl then
uses spaCy's language-independent rule.
"""
import ast
import inspect
import json
import pathlib
import sys
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


def like_num_steps(function):
    """The steps of a like_num function, or None when they cannot express it."""
    try:
        return LikeNumReader(function).steps
    except NotExpressible:
        return None


def lexical_rules(defaults, lang):
    """The content of vocab/lex_attrs.json for a Language.Defaults."""
    from spacy import attrs
    from spacy.lang.lex_attrs import LEX_ATTRS

    getters = defaults.lex_attr_getters
    if getters.get(attrs.NORM, LEX_ATTRS[attrs.NORM]) is not LEX_ATTRS[attrs.NORM]:
        raise SystemExit(f"error: the norms of '{lang}' are computed by Python code of their own, "
                         "which pawl does not have")
    like_num = getters.get(attrs.LIKE_NUM, LEX_ATTRS[attrs.LIKE_NUM])
    steps = BASE_STEPS if like_num is LEX_ATTRS[attrs.LIKE_NUM] else like_num_steps(like_num)
    return {
        "lang": lang,
        "stop_words": sorted(defaults.stop_words),
        "like_num": steps if steps is not None else BASE_STEPS,
        "approximate": [] if steps is not None else ["LIKE_NUM"],
    }


def load_blank(lang):
    import spacy
    from spacy.tokenizer import Tokenizer

    try:
        nlp = spacy.blank(lang)
    except ImportError as error:
        raise SystemExit(f"error: the tokenizer of '{lang}' is not spaCy's rule tokenizer and its own library is "
                         f"not installed: {str(error).splitlines()[0]}")
    if type(nlp.tokenizer) is not Tokenizer:
        raise SystemExit(f"error: '{lang}' uses {type(nlp.tokenizer).__name__}, which pawl does not have; "
                         "only languages with spaCy's rule tokenizer can be exported")
    return nlp


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    lang, out_dir = sys.argv[1], pathlib.Path(sys.argv[2])
    nlp = load_blank(lang)
    rules = lexical_rules(nlp.Defaults, lang)
    out_dir.parent.mkdir(parents=True, exist_ok=True)
    nlp.to_disk(out_dir)
    text = json.dumps(rules, ensure_ascii=False, indent=1)
    (out_dir / "vocab" / "lex_attrs.json").write_text(text, encoding="utf-8")
    if rules["approximate"]:
        print(f"warning: '{lang}': {', '.join(rules['approximate'])} uses the language-independent rule",
              file=sys.stderr)


if __name__ == "__main__":
    main()
