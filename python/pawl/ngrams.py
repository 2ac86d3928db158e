"""Hashed n-grams of a text, as src/pipeline/text_features.h defines them."""

import re
from collections import Counter

import numpy as np
from spacy.strings import hash_string

# What Python's \w and str.isspace call a word and a blank.
_WORDS = re.compile(r"\w+|\S")
_WORD = re.compile(r"\w")


def count_ngrams(text, hash_bits):
    """Buckets of words and pairs, and of character n-grams, with their counts."""
    mask = (1 << hash_bits) - 1
    words, characters = Counter(), Counter()
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
    def __init__(self, hash_bits, buckets, idf):
        self.hash_bits, self.idf = hash_bits, idf
        self.columns = {int(bucket): i for i, bucket in enumerate(buckets)}

    def transform(self, text):
        """Columns and values; words and characters each of length 1."""
        columns, values = [], []
        for group in count_ngrams(text, self.hash_bits):
            known = [(self.columns[b], n) for b, n in group.items() if b in self.columns]
            at = np.array([c for c, _ in known], np.int64)
            value = (1 + np.log(np.array([n for _, n in known], np.float32))) * self.idf[at]
            length = float(np.sqrt((value.astype(np.float64) ** 2).sum()))
            columns.append(at)
            values.append(value / np.float32(length) if length else value)
        return np.concatenate(columns), np.concatenate(values).astype(np.float32)
