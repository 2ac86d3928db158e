"""A hybrid head's bytes as checked values (src/pipeline/hybrid/head_bytes.cc).

Errors are ValueErrors that name the key.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import srsly  # type: ignore[import-untyped]

from .checked_map import Array, CheckedMap

Part = dict[str, Any]

NEWEST_VERSION = 5
MAX_HASH_BITS = 24
MAX_CLASSES = 1 << 16
MAX_BLOCKS = 64
MAX_LAYERS = 1 << 10


def read_transform(part: CheckedMap) -> Part:
    scales, block_width = part.floats("vector_scales"), part.size("block_width", 0, 1 << 16)
    if len(scales) > MAX_BLOCKS:
        part.fail("vector_scales", "is too long")
    means = part.floats("vector_means", len(scales) * block_width)
    return {"vector_scales": scales, "block_width": block_width, "vector_means": means}


def read_tier(model: CheckedMap, key: str, columns: int, classes: int) -> Part:
    part = model.part(key)
    if "vector_scales" in part:
        tier = read_transform(part)
    elif key == "second":  # version 1: a transform for the second tier alone, beside the tiers
        tier = read_transform(model)
    else:
        nothing = np.zeros(0, np.float32)
        tier = {"vector_scales": nothing, "block_width": 0, "vector_means": nothing}
    tier["weights"] = part.floats("weights", len(tier["vector_means"]) + 1 + columns, classes)
    tier["ngram_scale"] = part.number("ngram_scale", 0, 1e6)
    tier["temperature"] = part.number("temperature", 1e-6, 1e6)
    tier["floor"] = part.number("floor")
    tier["floor_slope"] = part.number("floor_slope", 0) if "floor_slope" in part else 0.0
    return tier


def read_tuned(part: CheckedMap) -> Part:
    if part.text("precision") not in ("float32", "int8"):
        part.fail("precision", "is neither float32 nor int8")
    return {
        "first": part.size("first", 0, MAX_LAYERS),
        "count": part.size("count", 1, MAX_LAYERS),
        "encoder": part.text("encoder"),
        "examples": part.size("examples", 0, 1 << 40),
        "weights": part.array("weights", "|u1"),
    }


def read_table(model: CheckedMap) -> tuple[int, Array, Array]:
    """Bits of the hash, buckets and their inverse document frequencies."""
    hash_bits, buckets = model.size("hash_bits", 1, MAX_HASH_BITS), model.array("buckets", "<u4")
    idf = model.floats("idf", len(buckets))
    if len(np.unique(buckets)) < len(buckets) or (buckets >= 1 << hash_bits).any():
        model.fail("buckets", "a bucket repeats or is out of range")
    if (idf <= 0).any():
        model.fail("idf", "is not positive throughout")
    return hash_bits, buckets, idf


def read_head(data: bytes) -> Part:
    try:
        value = srsly.msgpack_loads(data)
    except Exception as error:  # msgpack and numpy have no common one
        raise ValueError(f"is no whole msgpack ({type(error).__name__}: {error})") from error
    model = CheckedMap(value)
    model.size("version", 1, NEWEST_VERSION)
    classes, table = model.size("classes", 1, MAX_CLASSES), read_table(model)
    columns = len(table[1])
    support = model.floats("support", classes) if "support" in model else np.zeros(classes, np.float32)
    if (support < 0).any():
        model.fail("support", "is negative")
    if "tuned_acceptance" in model:
        model.number("tuned_acceptance")
    return {
        "classes": classes,
        "support": support,
        "table": table,
        "constant": model.number("constant", -1e6, 1e6),
        "acceptance": model.number("acceptance"),
        "typical_length": model.number("typical_length", 0) if "typical_length" in model else 0.0,
        "fingerprint": model.text("fingerprint"),
        "first": read_tier(model, "first", columns, classes),
        "second": read_tier(model, "second", columns, classes) if "second" in model else None,
        "tuned": read_tuned(model.part("tuned")) if "tuned" in model else None,
    }
