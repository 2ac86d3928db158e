"""The hybrid text classifier's head: two linear tiers with their calibration (src/pipeline/hybrid_head.h)."""

import math

import numpy as np
import srsly

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
        model = srsly.msgpack_loads(data)
        if model["version"] != 1:
            raise ValueError("the model has a version that this pawl does not know")
        self.table = NgramTable(model["hash_bits"], model["buckets"], model["idf"])
        self.classes, self.constant = model["classes"], np.float32(model["constant"])
        self.block_width = model["block_width"]
        self.scales, self.means = model["vector_scales"], model["vector_means"]
        self.acceptance, self.fingerprint = model["acceptance"], model["fingerprint"]
        self.first, self.second = model["first"], model.get("second")

    def uses(self, vectors):
        return (
            vectors is not None
            and self.second is not None
            and vectors.width == len(self.means)
            and vectors.fingerprint == self.fingerprint
        )

    def dense(self, vector):
        out = (vector - self.means).reshape(-1, self.block_width)
        lengths = np.sqrt((out.astype(np.float64) ** 2).sum(1, keepdims=True))
        factors = np.divide(self.scales[:, None], lengths, out=np.zeros_like(lengths), where=lengths > 0)
        return np.append((out * factors).ravel(), self.constant).astype(np.float32)

    def judge(self, features, dense, tier, number):
        columns, values = features
        weights, width = tier["weights"], len(dense)
        scores = dense @ weights[:width]
        scores = scores + (np.float32(tier["ngram_scale"]) * values) @ weights[width + columns]
        best = int(scores.argmax())
        e = np.exp((scores - scores[best]).astype(np.float64) / tier["temperature"])
        return Answer(e / e.sum(), best, number, float(scores[best]) - tier["floor"])

    def answer(self, text, vectors=None):
        features = self.table.transform(text)
        answer = self.judge(features, np.array([self.constant]), self.first, 1)
        sure = answer.surplus >= 0 and answer.probabilities[answer.best] >= self.acceptance
        if sure or not self.uses(vectors):
            return answer
        return self.judge(features, self.dense(vectors.encode(text)), self.second, 2)
