"""The hybrid text classifier's head: two linear tiers with their calibration (src/pipeline/hybrid/head.h)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .checked_map import Array
from .head_bytes import read_head
from .ngrams import NgramTable

if TYPE_CHECKING:
    from .encoder import Encoder

STEEPNESS = 4.0


class Answer:
    def __init__(self, probabilities: Array, best: int, tier: int, surplus: float) -> None:
        self.probabilities, self.best, self.tier, self.surplus = probabilities, best, tier, surplus

    @property
    def none_probability(self) -> float:
        exponent = -STEEPNESS * self.surplus
        if exponent > 700:
            return 1.0
        odds = float(self.probabilities[self.best]) * math.exp(exponent)
        return odds / (1 + odds)


class HybridHead:
    def __init__(self, data: bytes) -> None:
        model = read_head(data)
        self.table, self.classes = NgramTable(*model["table"]), model["classes"]
        self.support = model["support"]
        self.constant, self.fingerprint = np.float32(model["constant"]), model["fingerprint"]
        self.acceptance, self.typical_length = model["acceptance"], model["typical_length"]
        self.first, self.second, self.tuned = model["first"], model["second"], model["tuned"]

    def uses(self, vectors: Encoder | None) -> bool:
        return bool(
            vectors is not None
            and self.second is not None
            and len(self.first["vector_means"]) in (0, 2 * vectors.hidden)
            and vectors.width == len(self.second["vector_means"])
            and vectors.fingerprint == self.fingerprint
        )

    def dense(self, tier: dict[str, Any], vector: Array | None) -> Array:
        means = tier["vector_means"]
        if vector is None or len(means) == 0:
            return np.append(np.zeros(len(means), np.float32), self.constant)
        out = (vector - means).reshape(-1, tier["block_width"])
        lengths = np.sqrt((out.astype(np.float64) ** 2).sum(1, keepdims=True))
        factors = np.divide(tier["vector_scales"][:, None], lengths, out=np.zeros_like(lengths), where=lengths > 0)
        return np.append((out * factors).ravel(), self.constant).astype(np.float32)

    def judge(self, features: tuple[Array, Array], vector: Array | None, tier: dict[str, Any], number: int) -> Answer:
        columns, values = features
        dense = self.dense(tier, vector)
        weights, width = tier["weights"], len(dense)
        scores = dense @ weights[:width]
        scores = scores + (np.float32(tier["ngram_scale"]) * values) @ weights[width + columns]
        best = int(scores.argmax())
        e = np.exp((scores - scores[best]).astype(np.float64) / tier["temperature"])
        floor = tier["floor"] + tier["floor_slope"] * math.log1p(float(self.support[best]))
        return Answer(e / e.sum(), best, number, float(scores[best]) - floor)

    def trust(self, confidence: float, length: int) -> float:
        typical = float(self.typical_length)
        if typical <= 0:
            return confidence
        factor = min(max(length / typical, 0.5), 2.0)
        return factor * confidence / (factor * confidence + (1 - confidence))

    def answer(self, text: str, vectors: Encoder | None = None) -> Answer:
        features = self.table.transform(text)
        if not self.uses(vectors):
            vectors = None
        has_words = len(self.first["vector_means"]) > 0
        words = vectors.encode_words(text) if vectors is not None and has_words else None
        answer = self.judge(features, words, self.first, 1)
        trust = self.trust(answer.probabilities[answer.best], len(text.encode("utf8")))
        sure = answer.surplus >= 0 and trust >= self.acceptance
        if sure or vectors is None:
            return answer
        return self.judge(features, vectors.encode(text), self.second, 2)
