#!/usr/bin/env python3
"""Write language packs: what spacy.blank(LANG).to_disk() writes, and vocab/lex_attrs.json.

usage: export_language_pack.py LANG OUT_DIR
       export_language_pack.py --all OUT_DIR    one folder a language below OUT_DIR

spaCy keeps stop words and the rules of LIKE_NUM and NORM in a language's Python code, not in the pipeline folder. The
pack carries them in vocab/lex_attrs.json, which spaCy ignores and pawl reads (lexical_rules.py has its format).
Languages whose tokenizer is not spaCy's rule tokenizer are refused; --all leaves them out.
"""
import json
import pathlib
import pkgutil
import sys

from lexical_rules import lexical_rules


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


def all_languages():
    """The codes of all of spaCy's languages whose tokenizer is its rule tokenizer."""
    import spacy.lang
    from spacy.util import get_lang_class

    codes = sorted(module.name for module in pkgutil.iter_modules(spacy.lang.__path__) if module.ispkg)
    rule = "spacy.Tokenizer.v1"
    return [code for code in codes
            if get_lang_class(code).default_config["nlp"]["tokenizer"]["@tokenizers"] == rule]


def export(lang, out_dir):
    nlp = load_blank(lang)
    rules = lexical_rules(nlp.Defaults, lang)
    out_dir.parent.mkdir(parents=True, exist_ok=True)
    nlp.to_disk(out_dir)
    text = json.dumps(rules, ensure_ascii=False, indent=1)
    (out_dir / "vocab" / "lex_attrs.json").write_text(text, encoding="utf-8")
    if rules["approximate"]:
        print(f"warning: '{lang}': {', '.join(rules['approximate'])} uses the language-independent rule",
              file=sys.stderr)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    out_dir = pathlib.Path(sys.argv[2])
    if sys.argv[1] != "--all":
        export(sys.argv[1], out_dir)
        return
    for lang in all_languages():
        export(lang, out_dir / lang)


if __name__ == "__main__":
    main()
