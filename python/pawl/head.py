"""The hybrid text classifier's head: two linear tiers with their calibration (src/pipeline/hybrid/head.h)."""

import math

import numpy as np

from .head_bytes import read_head
from .ngrams import NgramTable

STEEPNESS = 4.0


class Answer:
    def __init__(self, probabilities, best, tier, surplus):
        self.probabilities, self.best, self.tier, self.surplus = probabilities, best, tier, surplus

    @property
    def none_probability(self):
        exponent = -STEEPNESS * self.surplus
        if exponent > 700:
            return 1.0
        odds = float(self.probabilities[self.best]) * math.exp(exponent)
        return odds / (1 + odds)


class HybridHead:
    def __init__(self, data):
        model = read_head(data)
        self.table, self.classes = NgramTable(*model["table"]), model["classes"]
        self.constant, self.fingerprint = np.float32(model["constant"]), model["fingerprint"]
        self.acceptance, self.typical_length = model["acceptance"], model["typical_length"]
        self.first, self.second, self.tuned = model["first"], model["second"], model["tuned"]

    def uses(self, vectors):
        return (
            vectors is not None
            and self.second is not None
            and len(self.first["vector_means"]) in (0, 2 * vectors.hidden)
            and vectors.width == len(self.second["vector_means"])
            and vectors.fingerprint == self.fingerprint
        )

    def dense(self, tier, vector):
        means = tier["vector_means"]
        if vector is None or len(means) == 0:
            return np.append(np.zeros(len(means), np.float32), self.constant)
        out = (vector - means).reshape(-1, tier["block_width"])
        lengths = np.sqrt((out.astype(np.float64) ** 2).sum(1, keepdims=True))
        factors = np.divide(tier["vector_scales"][:, None], lengths, out=np.zeros_like(lengths), where=lengths > 0)
        return np.append((out * factors).ravel(), self.constant).astype(np.float32)

    def judge(self, features, vector, tier, number):
        columns, values = features
        dense = self.dense(tier, vector)
        weights, width = tier["weights"], len(dense)
        scores = dense @ weights[:width]
        scores = scores + (np.float32(tier["ngram_scale"]) * values) @ weights[width + columns]
        best = int(scores.argmax())
        e = np.exp((scores - scores[best]).astype(np.float64) / tier["temperature"])
        return Answer(e / e.sum(), best, number, float(scores[best]) - tier["floor"])

    def trust(self, confidence, length):
        if self.typical_length <= 0:
            return confidence
        factor = min(max(length / self.typical_length, 0.5), 2.0)
        return factor * confidence / (factor * confidence + (1 - confidence))

    def answer(self, text, vectors=None):
        features = self.table.transform(text)
        uses_vectors = self.uses(vectors)
        has_words = uses_vectors and len(self.first["vector_means"]) > 0
        answer = self.judge(features, vectors.encode_words(text) if has_words else None, self.first, 1)
        trust = self.trust(answer.probabilities[answer.best], len(text.encode("utf8")))
        sure = answer.surplus >= 0 and trust >= self.acceptance
        if sure or not uses_vectors:
            return answer
        return self.judge(features, vectors.encode(text), self.second, 2)
