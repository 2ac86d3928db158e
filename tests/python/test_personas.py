"""Who answers: the workspace's rules, then the user's own preference; it goes with the user."""

import json

from conftest import cli

TEXT = "the job fails with an error"


def chosen(engine, user=""):
    analysis = engine.analyze([TEXT], user_id=user)[0]
    return analysis.persona, analysis.persona_reason


def rate(engine, user, persona, score, count):
    for i in range(count):
        engine.collect(f"hello {persona} {i}", user_id=user, persona=persona, consent=True,
                       user_feedback={"satisfaction_score": score})


def test_the_rules_are_a_file_of_the_workspace(engine, workspace):
    assert chosen(engine) == ("support-assistant", "line 6 of personas.txt: debug_error, *")
    rules = workspace / "personas.txt"
    rules.write_text("debug_error, negative, calm-helper\n")
    assert chosen(engine) == ("calm-helper", "line 1 of personas.txt: debug_error, negative")
    assert engine.collect(TEXT, user_id="u", consent=True).persona_selected == "calm-helper"
    assert json.loads(cli(workspace, "analyze", lines=json.dumps(TEXT)))["persona"] == "calm-helper"
    rules.write_text("nonsense\n")
    analysis = engine.analyze([TEXT])[0]
    assert analysis.persona == "support-assistant" and "personas.txt, line 1" in analysis.warnings[0]
    rules.unlink()
    assert chosen(engine) == ("support-assistant", "usual rule: debug_error, *")


def test_what_a_user_names_counts_for_him_alone_until_he_is_erased(engine, workspace):
    turn = engine.collect("hi there", user_id="jane.doe@example.org", consent=True)
    engine.add_feedback({"preferred_persona": "casual-friend"}, turn_id=turn.turn_id)
    assert chosen(engine, "jane.doe@example.org") == ("casual-friend", "the user named it")
    assert chosen(engine, "somebody") == chosen(engine)
    metadata = engine.collect(TEXT, user_id="jane.doe@example.org", consent=True)
    assert (metadata.persona_selected, metadata.persona_reason) == ("casual-friend", "the user named it")


def test_what_a_user_is_content_with_counts_once_it_is_clear(engine):
    rate(engine, "u", "support-assistant", 0.1, 3)
    rate(engine, "u", "technical-expert", 1.0, 3)
    assert chosen(engine, "u")[0] == "support-assistant"
    rate(engine, "u", "support-assistant", 0.1, 9)
    rate(engine, "u", "technical-expert", 1.0, 9)
    persona, reason = chosen(engine, "u")
    assert persona == "technical-expert" and "ratings" in reason
    assert chosen(engine, "v")[0] == "support-assistant"

