"""What takes minutes, tuning layers of the encoder, comes after what was learnt is live."""

import json

import pytest
from conftest import Pawl, read_data, without_entities, write_examples


@pytest.fixture
def with_encoder(small_encoder, tmp_path):
    pawl = Pawl(tmp_path / "workspace")
    examples = write_examples(tmp_path / "e.jsonl", without_entities(read_data("cold_start.jsonl", 300)))
    said = pawl.json("init", "--examples", examples, "--set", f"training.encoder={small_encoder}")
    assert "tunes the encoder's layers" in said["heads"][0]
    (pawl.workspace / "pawl.toml").write_text(f"[training]\nencoder = {json.dumps(str(small_encoder))}\nmin_updates = 20\n")
    return pawl


def tuned(pawl, head):
    """Whether the live head has layers of its own: their names are in its file."""
    return b"layers" in (pawl.workspace / "generations" / pawl.live() / "pipeline" / head / "model").read_bytes()


def test_a_second_cycle_tunes_and_is_judged_like_any_other(with_encoder):
    with_encoder.run("collect", lines=read_data("conversations.jsonl", 300))
    result = with_encoder.json("learn", "--force", "--json")
    assert result["tuning_is_due"] and result["tuning"]["status"] == "completed"
    assert result["tuning"]["cycle_id"] != result["cycle_id"] and not result["tuning"]["tuning_is_due"]
    assert set(result["tuning"]["candidates"]) == {"intent", "sentiment"}
    assert with_encoder.json("status", "--json")["total_cycles"] == 2
    # Whatever came of it, it is due again only when the examples have grown by half.
    with_encoder.run("collect", lines=read_data("conversations.jsonl")[300:340])
    again = with_encoder.json("learn", "--force", "--json")
    assert not again["tuning_is_due"] and "tuning" not in again


def test_switched_off_it_is_said_to_be_due_and_asked_for_by_name(with_encoder):
    with_encoder.run("collect", lines=read_data("conversations.jsonl", 100))
    result = with_encoder.json("learn", "--force", "--json", "--set", "training.tune_after_cycle=false")
    assert result["tuning_is_due"] and "tuning" not in result
    assert not tuned(with_encoder, "intent")
    asked = with_encoder.json("learn", "--tune", "--json")
    assert asked["status"] == "completed" and asked["data_collected"] == 0
    assert tuned(with_encoder, "intent") == any(asked["validation"]["heads"][h]["deployed"] for h in ("intent",))
