"""A generation that people complain of is taken back while a program collects, and the metrics say so."""

from conftest import QUICK

from pawl.engine import Engine

EAGER = {
    **QUICK,
    "training.min_updates": 200,
    "training.validation_split": 0.5,
    "validation.alpha": 0.5,
    "validation.margin": 0.3,
    **{f"validation.{bar}": 0.0 for bar in ("accuracy", "intent_accuracy", "sentiment_accuracy")},
    "learning.validation_threshold": 0.0,
}
NEW = "where is my parcel number {}"


def test_the_last_cycle_is_rolled_back_when_people_complain_of_what_it_deployed(workspace):
    with Engine.open(workspace, settings=EAGER) as engine:
        before = engine.analyze([NEW.format(1000)])[0].intent
        for i in range(90):
            engine.collect(NEW.format(i), user_id=f"teacher-{i}", user_feedback={"corrected_intent": "track_parcel"})
        for i in range(60):
            engine.collect(f"hello there number {i}", user_id=f"content-{i}", user_feedback={"satisfaction_score": 1.0})
        result = engine.learn()
        assert result.model_improved, result.reason
        for i in range(50):
            engine.collect(NEW.format(1000 + i), user_id=f"victim-{i}", user_feedback={"corrected_intent": before})
        metrics = engine.metrics()
        assert metrics["last_cycle"]["status"] == "rolled_back", metrics["rollout"]
        assert metrics["last_cycle"]["cycle_id"] == result.cycle_id
        assert metrics["live_generation"] != result.generation
        assert engine.cycles()[0].status == "rolled_back"
