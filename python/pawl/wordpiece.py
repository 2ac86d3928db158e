"""BERT's WordPiece as the package `tokenizers` does it; options as pawl writes them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_IDEOGRAPHS = (
    (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F),
    (0x2B920, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F),
)


def _is_ideograph(c: str) -> bool:
    return any(low <= ord(c) <= high for low, high in _IDEOGRAPHS)


def _is_punctuation(c: str) -> bool:
    return c in "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~" or unicodedata.category(c).startswith("P")


def _is_control(c: str) -> bool:
    return c not in "\t\n\r" and unicodedata.category(c) in ("Cc", "Cf", "Cn", "Co")


class WordPiece:
    def __init__(self, tokens: Sequence[str], options: Mapping[str, Any]) -> None:
        self.ids, self.options = {token: i for i, token in enumerate(tokens)}, options
        self.begin, self.end = self.ids[options["begin"]], self.ids[options["end"]]
        self.unknown = self.ids[options["unknown"]]
        special = sorted((t for t in options["special"] if t in self.ids), key=len, reverse=True)
        self.special = re.compile("(" + "|".join(map(re.escape, special)) + ")") if special else None

    def normalize(self, text: str) -> str:
        o = self.options
        if o["clean_text"]:
            kept = (c for c in text if c not in "\0\ufffd" and not _is_control(c))
            text = "".join(" " if c.isspace() else c for c in kept)
        if o["handle_chinese_chars"]:
            text = "".join(f" {c} " if _is_ideograph(c) else c for c in text)
        if o["strip_accents"]:
            text = "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")
        return "".join(c.lower() for c in text) if o["lowercase"] else text

    def words(self, text: str) -> Iterator[str]:
        word = ""
        for c in text:
            if not c.isspace() and not _is_punctuation(c):
                word += c
                continue
            if word:
                yield word
            word = ""
            if not c.isspace():
                yield c
        if word:
            yield word

    def pieces(self, text: str) -> list[int]:
        parts = self.special.split(text) if self.special else [text]
        out: list[int] = []
        for i, part in enumerate(parts):
            if i % 2:
                out.append(self.ids[part])
                continue
            for word in self.words(self.normalize(part)):
                out.extend(self.split(word))
        return out

    def split(self, word: str) -> list[int]:
        if len(word) > self.options["max_word_characters"]:
            return [self.unknown]
        out: list[int] = []
        first = 0
        while first < len(word):
            mark = self.options["continuation"] if first else ""
            for last in range(len(word), first, -1):
                piece = self.ids.get(mark + word[first:last])
                if piece is not None:
                    break
            else:
                return [self.unknown]
            out.append(piece)
            first = last
        return out
