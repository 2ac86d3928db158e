"""Hashed n-grams of a text, as src/pipeline/hybrid/text_features.h defines them."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
from spacy.strings import hash_string  # type: ignore[attr-defined]

from .checked_map import Array

# What Python's \w and str.isspace call a word and a blank.
_WORDS = re.compile(r"\w+|\S")
_WORD = re.compile(r"\w")


def count_ngrams(text: str, hash_bits: int) -> tuple[Counter[int], Counter[int]]:
    """Buckets of words and pairs, and of character n-grams, with their counts."""
    mask = (1 << hash_bits) - 1
    words: Counter[int] = Counter()
    characters: Counter[int] = Counter()
    previous = None
    for form in _WORDS.findall(text.lower()):
        words[hash_string("w" + form) & mask] += 1
        if previous is not None:
            words[hash_string(f"b{previous} {form}") & mask] += 1
        previous = form
        if _WORD.match(form):
            padded = f" {form} "
            for first in range(len(padded) - 1):
                for last in range(first + 2, min(first + 5, len(padded)) + 1):
                    characters[hash_string("c" + padded[first:last]) & mask] += 1
    return words, characters


class NgramTable:
    def __init__(self, hash_bits: int, buckets: Array, idf: Array) -> None:
        self.hash_bits, self.idf = hash_bits, idf
        self.rarest = np.float32(max([1.0, *idf]))
        self.columns = {int(bucket): i for i, bucket in enumerate(buckets)}

    def transform(self, text: str) -> tuple[Array, Array]:
        """Columns and values; words and characters each divided by their length, what is unknown included."""
        columns, values = [], []
        for group in count_ngrams(text, self.hash_bits):
            at = np.array([self.columns.get(bucket, -1) for bucket in group], np.int64)
            idf = np.where(at >= 0, self.idf[at], self.rarest) if len(self.idf) else np.full(len(at), self.rarest)
            value = (1 + np.log(np.array(list(group.values()), np.float32))) * idf
            length = float(np.sqrt((value.astype(np.float64) ** 2).sum()))
            known = at >= 0
            columns.append(at[known])
            values.append(value[known] / np.float32(length or 1))
        return np.concatenate(columns), np.concatenate(values).astype(np.float32)
