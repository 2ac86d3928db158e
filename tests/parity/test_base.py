"""msgpack against srsly and numpy, JSON against Python's json: byte for byte."""

import json
import random
import struct
import subprocess

import numpy
import srsly
from conftest import program


def rewrite(mode, documents):
    packed = b"".join(struct.pack("<I", len(d)) + d for d in documents)
    out = subprocess.run([program("base"), mode], input=packed, stdout=subprocess.PIPE, check=True).stdout
    answers, at = [], 0
    while at < len(out):
        (size,) = struct.unpack_from("<I", out, at)
        answers.append(out[at + 4 : at + 4 + size])
        at += 4 + size
    assert len(answers) == len(documents)
    return answers


def random_value(rng, depth, msgpack):
    kinds = ["int", "float", "str", "none", "bool"] + (["bytes", "array"] if msgpack else [])
    if depth < 4:
        kinds += ["list", "dict", "dict"]
    kind = rng.choice(kinds)
    if kind == "int":
        return rng.choice([-1, 1]) * rng.getrandbits(rng.randrange(1, 63))
    if kind == "float":
        return rng.choice([rng.uniform(-1, 1), rng.uniform(-1, 1) * 10.0 ** rng.randrange(-300, 300), float(rng.randrange(99)), 0.1, -0.0])
    if kind == "str":
        alphabet = "abc\"\\\n\t\x01\x7f/é€😀 "
        return "".join(rng.choice(alphabet) for _ in range(rng.choice([0, 3, 31, 32, 300])))
    if kind == "bytes":
        return rng.randbytes(rng.choice([0, 5, 255, 256, 70000 if rng.random() < 0.1 else 7]))
    if kind == "array":
        shape = rng.choice([(0,), (3,), (2, 3), (2, 0, 4), ()])
        dtype = rng.choice(["f4", "f8", "i4", "u8", "i8", "u1", "bool"])
        return numpy.asarray(numpy.random.default_rng(rng.getrandbits(32)).integers(0, 2, shape)).astype(dtype)
    if kind == "list":
        return [random_value(rng, depth + 1, msgpack) for _ in range(rng.choice([0, 2, 15, 16]))]
    if kind == "dict":
        return {f"k{i}é": random_value(rng, depth + 1, msgpack) for i in range(rng.choice([0, 2, 15, 16]))}
    return None if kind == "none" else rng.random() < 0.5


def test_msgpack_is_rewritten_as_srsly_wrote_it():
    rng = random.Random(1)
    documents = [srsly.msgpack_dumps(random_value(rng, 0, True)) for _ in range(500)]
    assert rewrite("msgpack", documents) == documents


def test_truncated_msgpack_is_refused():
    whole = srsly.msgpack_dumps({"W": numpy.arange(6, dtype="f4").reshape(2, 3), "b": [1, "x", None]})
    documents = [whole[:size] for size in range(len(whole))]
    assert rewrite("msgpack", documents) == [b""] * len(documents)


def test_json_is_rewritten_as_python_writes_it():
    rng = random.Random(2)
    documents = [json.dumps(random_value(rng, 0, False)).encode() for _ in range(500)]
    assert rewrite("json", documents) == documents


def test_every_float_has_the_digits_of_repr():
    rng = random.Random(3)
    values = [struct.unpack("<d", rng.randbytes(8))[0] for _ in range(20000)]
    values = [v for v in values if v == v and abs(v) != float("inf")]
    values += [10.0**e for e in range(-20, 25)] + [5e-324, 1.7976931348623157e308, 2.0**53, 1e16, 9999999999999998.0]
    documents = [json.dumps(v).encode() for v in values]
    assert rewrite("json", documents) == documents


def test_damaged_json_is_refused_as_python_refuses_it():
    rng = random.Random(4)
    documents = []
    for _ in range(2000):
        text = json.dumps(random_value(rng, 2, False))
        at = rng.randrange(len(text) + 1)
        documents.append((text[:at] + rng.choice(["", ",", "}", "]", '"', "1", "x", "\\"]) + text[at + 1 :]).encode())
    for document, answer in zip(documents, rewrite("json", documents)):
        try:
            expected = json.loads(document)
        except ValueError:
            assert answer == b"", document
        else:
            # Python also takes NaN, lone surrogates, large integers and repeated keys.
            assert answer == b"" or json.loads(answer) == expected, document
