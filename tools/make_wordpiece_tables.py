#!/usr/bin/env python3
"""Writes src/text/wordpiece_tables.inc: what the `tokenizers` package does to single characters.

Its BertNormalizer and BertPreTokenizer rest on several Unicode versions at once, so their behaviour is asked for,
character by character. Needs the packages of tools/requirements-encoder.lock.
usage: tools/make_wordpiece_tables.py > src/text/wordpiece_tables.inc
"""
import unicodedata

from tokenizers import __version__
from tokenizers.normalizers import NFD, BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
HANGUL = range(0xAC00, 0xD7A4)


def normalizer(**on):
    names = ("clean_text", "handle_chinese_chars", "strip_accents", "lowercase")
    return BertNormalizer(**{name: name in on for name in names}).normalize_str


def ranges(chosen):
    """Inclusive ranges of rising code points; surrogates, which never occur, join what is around them."""
    out = []
    for c in sorted(chosen):
        if out and (c == out[-1][1] + 1 or (c == 0xE000 and out[-1][1] == 0xD7FF)):
            out[-1][1] = c
        else:
            out.append([c, c])
    return out


def combining_class(c, nfd):
    """Of a character that does not decompose. U+0334 has class 1, U+0345 has 240, the highest."""
    text = chr(c)
    if c == 0x334 or c == 0x345:
        return unicodedata.combining(text)
    above_lowest = nfd("a" + text + "\u0334") == "a\u0334" + text
    below_highest = nfd("a\u0345" + text) == "a" + text + "\u0345"
    if not above_lowest and not below_highest:
        return 0
    value = unicodedata.combining(text)
    assert above_lowest == (value > 1) and below_highest == (0 < value < 240), hex(c)
    return value


def emit(name, kind, items, per_line):
    print(f"constexpr {kind} {name}[] = {{")
    for i in range(0, len(items), per_line):
        print("    " + " ".join(item + "," for item in items[i:i + per_line]))
    print("};")


def emit_ranges(name, chosen):
    emit(name, "Range", [f"{{0x{a:X}, 0x{b:X}}}" for a, b in ranges(chosen)], 5)


def main():
    clean, cjk = normalizer(clean_text=1), normalizer(handle_chinese_chars=1)
    strip, lower = normalizer(strip_accents=1), normalizer(lowercase=1)
    split = BertPreTokenizer().pre_tokenize_str
    nfd = NFD().normalize_str
    cleaned = {c: clean("a" + chr(c) + "b")[1:-1] for c in CODE_POINTS}
    pieces = {c: [piece for piece, _ in split("a" + chr(c) + "b")] for c in CODE_POINTS}
    decomposed = {c: nfd(chr(c)) for c in CODE_POINTS if c not in HANGUL and nfd(chr(c)) != chr(c)}
    atoms = [c for c in CODE_POINTS if c not in HANGUL and c not in decomposed]
    classes = {c: combining_class(c, nfd) for c in atoms}

    print(f"// Written by tools/make_wordpiece_tables.py from tokenizers {__version__}.")
    emit_ranges("kRemoved", [c for c in CODE_POINTS if cleaned[c] == ""])
    emit_ranges("kSpaces", [c for c in CODE_POINTS if cleaned[c] == " "])
    emit_ranges("kIdeographs", [c for c in CODE_POINTS if cjk(chr(c)) == f" {chr(c)} "])
    emit_ranges("kSeparators", [c for c in CODE_POINTS if pieces[c] == ["a", "b"]])
    emit_ranges("kPunctuation", [c for c in CODE_POINTS if pieces[c] == ["a", chr(c), "b"]])
    emit_ranges("kMarks", [c for c in atoms if strip(chr(c)) == ""])
    grouped = []
    for value in sorted({v for v in classes.values() if v}):
        grouped += [(a, b, value) for a, b in ranges([c for c in atoms if classes[c] == value])]
    emit("kClasses", "ClassRange", [f"{{0x{a:X}, 0x{b:X}, {v}}}" for a, b, v in sorted(grouped)], 4)
    items = []
    for c, text in sorted(decomposed.items()):
        assert len(text) <= 4, hex(c)
        items.append(f"{{0x{c:X}, {{{', '.join(f'0x{ord(x):X}' for x in text)}}}}}")
    emit("kDecompositions", "Decomposition", items, 3)
    lowered = {c: lower(chr(c)) for c in CODE_POINTS if lower(chr(c)) != chr(c)}
    assert [c for c in lowered if len(lowered[c]) != 1] == [0x130]
    emit("kLower", "LowerPair", [f"{{0x{c:X}, 0x{ord(t[0]):X}}}" for c, t in sorted(lowered.items())], 5)


if __name__ == "__main__":
    main()
