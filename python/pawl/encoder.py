"""Sentence vectors of an encoder that pawl imported, in numpy (src/pipeline/encoder/sentence_encoder.h).

int8 weights are read as the float32 values they stand for: vectors differ a little from pawl's, which rounds
activations too.
"""

from __future__ import annotations

import copy
import hashlib
import json
import math
import os
import struct
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .checked_map import Array, CheckedMap, naming
from .wordpiece import WordPiece

MAX_WINDOWS = 16
_DTYPES = {"F32": "<f4", "F16": "<f2", "I8": "i1", "U32": "<u4", "I64": "<i8"}


def read_safetensors(data: bytes) -> dict[str, Array]:
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = (8 + length + offset for offset in entry["data_offsets"])
            tensors[name] = np.frombuffer(data[begin:end], _DTYPES[entry["dtype"]]).reshape(entry["shape"])
    return tensors


def as_floats(tensors: Mapping[str, Array]) -> dict[str, Array]:
    weights = {}
    for name, value in tensors.items():
        if name.endswith((".scale", ".exact", ".exact_weights")):
            continue
        if value.dtype == np.int8:
            value = value.astype(np.float32) * tensors[name + ".scale"][:, None]
            exact = tensors.get(name + ".exact")
            if exact is not None:
                value[:, exact.astype(np.int64)] = tensors[name + ".exact_weights"].T
        weights[name] = value.astype(np.float32)
    return weights


# Abramowitz and Stegun 7.1.26, absolute error below 1.5e-7.
def erf(x: Array) -> Array:
    t = 1 / (1 + 0.3275911 * np.abs(x))
    p = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t
    result: Array = np.sign(x) * (1 - p * np.exp(-x * x))
    return result


def read_weights(data: bytes) -> dict[str, Array]:
    try:
        return as_floats(read_safetensors(data))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, struct.error) as error:
        raise ValueError(f"is no safetensors file of an encoder ({type(error).__name__}: {error})") from error


def read_config(text: bytes) -> CheckedMap:
    config = CheckedMap(json.loads(text))
    if config.value.get("format") != "pawl-sentence-encoder" or config.value.get("version") != 1:
        raise ValueError("is not an encoder that this pawl reads")
    return config


def read_checked(folder: Path, name: str, config: CheckedMap) -> bytes:
    """The bytes of a file that is still the one which was imported."""
    data = (folder / name).read_bytes()
    if digest(data) != config.part("blake2b").text(name):
        raise ValueError(f"{folder / name}: is not the file that was imported; import the encoder again")
    return data


def digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=32).hexdigest()


def check_layers(weights: Mapping[str, Array], layers: Iterable[int], model: Mapping[str, Array]) -> None:
    """Every layer has the tensors that the model's first has, with numbers in them."""
    for i in layers:
        for first in (name for name in model if name.startswith("encoder.layer.0.")):
            name = first.replace(".0.", f".{i}.", 1)
            if name not in weights:
                raise ValueError(f"tensor '{name}' is missing")
            if weights[name].shape != model[first].shape:
                raise ValueError(f"tensor '{name}' has shape {weights[name].shape} instead of {model[first].shape}")
            if not np.isfinite(weights[name]).all():
                raise ValueError(f"tensor '{name}' holds a value that is not finite")


def read_tokenizer(options: CheckedMap, tokens: list[str]) -> WordPiece:
    for key in ("clean_text", "handle_chinese_chars", "strip_accents", "lowercase"):
        options.flag(key)
    for key in ("unknown", "begin", "end"):
        if options.text(key) not in tokens:
            options.fail(key, "is not in vocab.txt")
    options.text("continuation")
    options.size("max_word_characters", 0, (1 << 64) - 1)
    options.texts("special")
    return WordPiece(tokens, options.value)


class Encoder:
    def __init__(self, path: str | os.PathLike[str]) -> None:
        folder = Path(path)
        text = (folder / "config.json").read_bytes()
        with naming(folder / "config.json"):
            config = read_config(text)
            self.read_sizes(config)
            tokens = read_checked(folder, "vocab.txt", config).decode("utf8").split("\n")
            self.tokenizer = read_tokenizer(config.part("tokenizer"), tokens[:-1] if tokens[-1] == "" else tokens)
            data = read_checked(folder, "model.safetensors", config)
        with naming(folder / "model.safetensors"):
            self.w = read_weights(data)
            check_layers(self.w, range(self.layers), self.w)
        self.fingerprint = digest(text)
        self.inner_end, self.width = self.layers - 1, 2 * self.hidden

    def read_sizes(self, config: CheckedMap) -> None:
        model = config.part("model")
        self.layers, self.hidden = model.size("num_hidden_layers", 1, 1 << 10), model.size("hidden_size", 1, 1 << 16)
        self.heads, self.eps = model.size("num_attention_heads", 1, self.hidden), model.number("layer_norm_eps", 0, 1)
        self.window = config.size("window", 3, model.size("max_position_embeddings", 3, 1 << 16))
        if self.hidden % self.heads:
            model.fail("num_attention_heads", "does not divide hidden_size")

    def with_layers(self, tuned: Mapping[str, Any]) -> Encoder:
        """This encoder with layers that a head has tuned in place of its own from their first on."""
        data = tuned["weights"].tobytes()
        end = tuned["first"] + tuned["count"]
        if tuned["first"] > self.layers:
            raise ValueError("tuned: first: is beyond the encoder's layers")
        with naming("tuned: weights"):
            layers = read_weights(data)
            check_layers(layers, range(tuned["first"], end), self.w)
        other = copy.copy(self)
        other.fingerprint = digest((self.fingerprint + digest(data)).encode())
        other.w = {**self.w, **layers}
        other.layers, other.inner_end = end, tuned["first"]
        return other

    def linear(self, x: Array, name: str) -> Array:
        result: Array = x @ self.w[name + ".weight"].T + self.w[name + ".bias"]
        return result

    def norm(self, x: Array, name: str) -> Array:
        centred = x - x.mean(-1, keepdims=True)
        hat = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + np.float32(self.eps))
        result: Array = hat * self.w[name + ".LayerNorm.weight"] + self.w[name + ".LayerNorm.bias"]
        return result

    def attention(self, x: Array, name: str) -> Array:
        query, key, value = (
            self.linear(x, f"{name}.self.{part}").reshape(len(x), self.heads, -1).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 2, 1) / np.float32(math.sqrt(query.shape[-1]))
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = (weights / weights.sum(-1, keepdims=True)) @ value
        mixed = mixed.transpose(1, 0, 2).reshape(len(x), -1)
        return self.norm(x + self.linear(mixed, f"{name}.output.dense"), f"{name}.output")

    def embeddings(self, ids: list[int]) -> Array:
        names = [f"embeddings.{part}_embeddings.weight" for part in ("word", "position", "token_type")]
        word, position, kind = (self.w[name] for name in names)
        return self.norm(word[ids] + position[: len(ids)] + kind[0], "embeddings")

    def states(self, ids: list[int]) -> tuple[Array, Array]:
        """The last states of one sequence, and the mean of those of the inner layers (src/nn/bert.h)."""
        x = self.embeddings(ids)
        inner = np.zeros_like(x)
        for i in range(self.layers):
            name = f"encoder.layer.{i}"
            x = self.attention(x, f"{name}.attention")
            wide = self.linear(x, f"{name}.intermediate.dense")
            wide = wide * np.float32(0.5) * (1 + erf(wide / np.float32(math.sqrt(2)))).astype(np.float32)
            x = self.norm(x + self.linear(wide, f"{name}.output.dense"), f"{name}.output")
            if 0 < i < self.inner_end:
                inner += x
        return x, inner / (max(self.inner_end, 2) - 1)

    def windows(self, text: str) -> Iterator[list[int]]:
        most = self.window - 2
        pieces = self.tokenizer.pieces(text)[: MAX_WINDOWS * most]
        for at in range(0, max(len(pieces), 1), most):
            yield [self.tokenizer.begin, *pieces[at : at + most], self.tokenizer.end]

    def encode_words(self, text: str) -> Array:
        """The mean of what goes into the first layer, and the greatest values."""
        states = np.concatenate([self.embeddings(ids) for ids in self.windows(text)])
        result: Array = np.concatenate([states.mean(0), states.max(0)]).astype(np.float32)
        return result

    def encode(self, text: str) -> Array:
        """The mean of the last states, of length 1, and the mean of the inner ones."""
        last: Array = np.zeros(self.hidden)
        inner: Array = np.zeros(self.hidden)
        tokens = 0
        for ids in self.windows(text):
            states, between = self.states(ids)
            last, inner, tokens = last + states.sum(0), inner + between.sum(0), tokens + len(ids)
        result: Array = np.concatenate([last / np.linalg.norm(last), inner / tokens]).astype(np.float32)
        return result
