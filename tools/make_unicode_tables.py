#!/usr/bin/env python3
"""Write src/text/unicode_tables.inc: what Python's str methods know of every code point.

usage: make_unicode_tables.py OUT_FILE

The interpreter that runs this decides the version of Unicode; spaCy's behaviour follows it. Parity with the
running interpreter is tested over all code points (tests/parity/test_unicode.py).
"""
import sys
import unicodedata
from re import _casefix

MAX = 0x110000
FLAGS = ["kAlpha", "kDecimal", "kDigit", "kNumeric", "kLower", "kUpper", "kTitle", "kSpace", "kPunct",
         "kCased", "kIgnorable"]


def is_surrogate(cp):
    return 0xD800 <= cp <= 0xDFFF


def flags_of(cp):
    """The flags of one code point, bit i for FLAGS[i]."""
    c = chr(cp)
    final = lambda text: text.lower().endswith("\u03c2")
    cased = final(c + "\u03a3")
    ignorable = not cased and final("A" + c + "\u03a3")
    title = unicodedata.category(c) == "Lt"
    values = [c.isalpha(), c.isdecimal(), c.isdigit(), c.isnumeric(), c.islower(), c.isupper(), title,
              c.isspace(), unicodedata.category(c).startswith("P"), cased, ignorable]
    return sum(1 << i for i, value in enumerate(values) if value)


def lower_delta(cp):
    """Distance to the first code point of the lower-cased form."""
    return ord(chr(cp).lower()[0]) - cp


def runs():
    """(length, flags, delta) of maximal runs with equal values, covering all code points."""
    out = []
    for cp in range(MAX):
        value = (0, 0) if is_surrogate(cp) else (flags_of(cp), lower_delta(cp))
        if out and out[-1][1:] == value:
            out[-1] = (out[-1][0] + 1, *value)
        else:
            out.append((1, *value))
    return out


def expanding_lowers():
    return [(cp, chr(cp).lower()) for cp in range(MAX) if not is_surrogate(cp) and len(chr(cp).lower()) > 1]


def wrapped(items, width=110):
    lines, line = [], ""
    for item in items:
        if len(line) + len(item) + 1 > width:
            lines.append(line)
            line = ""
        line += item
    return "\n".join(lines + [line])


def case_pairs():
    """(lower, other lower) pairs that re.IGNORECASE holds equal although str.lower keeps them apart."""
    return [(a, b) for a, others in sorted(_casefix._EXTRA_CASES.items()) for b in others]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    all_runs = runs()
    records = sorted({run[1:] for run in all_runs})
    index = {record: i for i, record in enumerate(records)}
    expanding = expanding_lowers()
    assert [cp for cp, _ in expanding] == [0x130], expanding
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        out.write(f"// Unicode {unicodedata.unidata_version} as Python sees it. "
                  "Written by tools/make_unicode_tables.py; do not edit.\n// clang-format off\n")
        out.write(f'constexpr char kUnicodeVersion[] = "{unicodedata.unidata_version}";\n')
        out.write("// {flags, distance to the lower-case form}\nconstexpr Record kRecords[] = {\n")
        out.write(wrapped(["{%d,%d}," % record for record in records]) + "\n};\n")
        out.write("// length and record of each run, from U+0000 on\nconstexpr Run kRuns[] = {\n")
        out.write(wrapped(["{%d,%d}," % (run[0], index[run[1:]]) for run in all_runs]) + "\n};\n")
        out.write("// lower-case forms that Python's re.IGNORECASE holds equal\nconstexpr CasePair kCasePairs[] = {\n")
        out.write(wrapped(["{%d,%d}," % pair for pair in case_pairs()]) + "\n};\n// clang-format on\n")
    print(len(all_runs), "runs", len(records), "records", file=sys.stderr)


if __name__ == "__main__":
    main()
