#!/usr/bin/env python3
"""Write src/text/language_tables.inc: spaCy's constants that no pipeline folder carries.

usage: make_language_tables.py OUT_FILE

Symbol ids, base norms, top-level domains and the URL rule of LIKE_URL, and English's stop words and LIKE_NUM, from
the installed spaCy (MIT licence, Explosion). tests/parity compares them with the spaCy that the tests run beside.
"""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lexical_rules import lexical_rules  # noqa: E402


def quoted(text):
    out = []
    for byte in text.encode("utf-8"):
        plain = 32 <= byte < 127 and chr(byte) not in '"\\?'
        out.append(chr(byte) if plain else f"\\{byte:03o}")
    return '"' + "".join(out) + '"'


def wrapped(items, width=110):
    lines, line = [], ""
    for item in items:
        if len(line) + len(item) + 1 > width:
            lines.append(line)
            line = ""
        line += item
    return "\n".join(lines + [line])


def pieces(text, width=100):
    """Adjacent string literals that make up the text."""
    return "\n".join(quoted(text[i:i + width]) for i in range(0, len(text), width))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    from spacy import symbols
    from spacy.lang.en import English
    from spacy.lang.lex_attrs import _tlds
    from spacy.lang.norm_exceptions import BASE_NORMS
    from spacy.lang.tokenizer_exceptions import URL_PATTERN

    english = json.dumps(lexical_rules(English.Defaults, "en"), ensure_ascii=True, separators=(",", ":"))
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        out.write("// Constants of spaCy (MIT licence, Explosion). Written by tools/make_language_tables.py; "
                  "do not edit.\n// clang-format off\n")
        out.write("// the name of each symbol id\nconstexpr std::string_view kSymbols[] = {\n")
        out.write(wrapped(quoted(name) + "," for name in symbols.NAMES) + "\n};\n")
        out.write("constexpr std::pair<std::string_view, std::string_view> kBaseNorms[] = {\n")
        out.write(wrapped("{%s,%s}," % (quoted(a), quoted(b)) for a, b in BASE_NORMS.items()) + "\n};\n")
        out.write("constexpr std::string_view kTopLevelDomains[] = {\n")
        out.write(wrapped(quoted(name) + "," for name in sorted(_tlds)) + "\n};\n")
        out.write("// the rule of LIKE_URL, Python re\nconstexpr char kUrlPattern[] =\n" + pieces(URL_PATTERN) + ";\n")
        out.write("// lex_attrs.json of English\nconstexpr char kEnglish[] =\n" + pieces(english) + ";\n")
        out.write("// clang-format on\n")


if __name__ == "__main__":
    main()
