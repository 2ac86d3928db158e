#!/usr/bin/env python3
"""Write src/learn/privacy/name_tables.inc: given names and surnames of many countries, in small letters.

usage: make_name_tables.py OUT_FILE        (with Faker 40.54.0 installed: pip install faker==40.54.0)

Names of one word, of scripts that have capitals; those that are everyday words besides stand in src/learn/privacy/full_names.cc.
"""
import importlib
import pkgutil
import re
import sys
import unicodedata

import faker
from faker.providers import person

MOST = {"given": 350, "surnames": 350}  # of one country; those of the most people, where a list says so
WORD = re.compile(r"[^\W\d_]{3,}", re.UNICODE)
COLUMNS = 480


def names_of(provider, kind):
    wanted = ("first_names", "first_names_female", "first_names_male") if kind == "given" else (
        "last_names", "last_names_female", "last_names_male")
    for attribute in wanted:
        listed = getattr(provider, attribute, None)
        if not listed or isinstance(listed, property):
            continue
        if isinstance(listed, dict):
            listed = sorted(listed, key=lambda name: -listed[name])
        yield from list(dict.fromkeys(listed))[:MOST[kind]]


def collected(kind):
    found = set()
    for module in pkgutil.iter_modules(person.__path__):
        provider = importlib.import_module(f"faker.providers.person.{module.name}").Provider
        if provider.__module__ != f"faker.providers.person.{module.name}":
            continue
        for name in names_of(provider, kind):
            lower = name.lower()
            if not WORD.fullmatch(name) or lower == name or len(lower) != len(name):
                continue
            found.add(lower)
            # As people type them.
            plain = "".join(c for c in unicodedata.normalize("NFD", lower) if not unicodedata.combining(c))
            if plain.isascii():
                found.add(plain)
    return sorted(found)


def lines_of(words):
    line = ""
    for word in words:
        if len(line) + len(word) > COLUMNS:
            yield line
            line = ""
        line += word + " "
    yield line


def main():
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        out.write(f"// From Faker {faker.VERSION}. Written by tools/make_name_tables.py; do not edit.\n// clang-format off\n")
        for kind, constant in (("given", "kGivenNames"), ("surnames", "kSurnames")):
            out.write(f"constexpr std::string_view {constant} =\n")
            out.write("\n".join(f'"{line}"' for line in lines_of(collected(kind))) + ";\n")
        out.write("// clang-format on\n")


if __name__ == "__main__":
    main()
