"""What is remembered is found again, by words and by what it means."""

import pytest
from conftest import BUILD, QUICK, two_intents

from pawl.engine import Engine

ENCODER = BUILD.parent / "encoder"
SAID = (
    "prefers short answers",
    "the invoice of march was paid twice",
    "has a dog called Rex",
    "works on a compiler in Rust",
    "is allergic to peanuts",
)


@pytest.fixture(scope="module")
def with_encoder(tmp_path_factory):
    if not (ENCODER / "config.json").is_file():
        pytest.skip("there is no sentence encoder ('make encoder' imports it)")
    settings = {**QUICK, "training.encoder": str(ENCODER)}
    folder = tmp_path_factory.mktemp("with encoder") / "workspace"
    with Engine.init(folder, examples=two_intents(), settings=settings) as engine:
        for content in SAID:
            engine.store_memory(content, user_id="u")
        yield engine


@pytest.mark.parametrize(
    "query, content",
    [
        ("refund a payment", SAID[1]),
        ("which pet", SAID[2]),
        ("food that is dangerous", SAID[4]),
        ("programming languages", SAID[3]),
        ("answers", SAID[0]),
    ],
)
def test_memories_are_found_by_what_they_mean(with_encoder, query, content):
    found = with_encoder.query_memories(query, limit=3)
    assert found and found[0].content == content, [(m.content, m.score) for m in found]
    assert all(a.score >= b.score > 0 for a, b in zip(found, found[1:], strict=False))


def test_what_has_nothing_to_do_with_a_query_is_not_found(with_encoder):
    assert with_encoder.query_memories("quantum chromodynamics lattice") == []
    assert [m.content for m in with_encoder.query_memories("", limit=2)] == list(SAID[:-3:-1])


def test_without_an_encoder_words_alone_count(tmp_path):
    with Engine.init(tmp_path / "workspace", examples=two_intents(), settings=QUICK) as engine:
        engine.store_memory(SAID[2])
        assert engine.query_memories("which pet") == []
        assert [m.score for m in engine.query_memories("dog")] == [1.0]
