"""What is wrong is said at once, in one hierarchy, naming what and where; nothing is lost."""

import builtins
import signal
import subprocess
import sys
import threading
import time

import pytest
from conftest import PACKAGE, PIPELINE, QUICK, cli, python, run, two_intents

import pawl
from pawl import errors
from pawl.engine import Engine
from pawl.learning import AutonomousLearner, ConversationMetadata, TrainingExample, WebUIMemoryService

NOT_A_NUMBER = float("nan")


@pytest.fixture
def learner(workspace):
    return AutonomousLearner(workspace=workspace, settings=QUICK, create_tenants=False)


def fails(kind, words, call):
    with pytest.raises(kind, match=words) as told:
        result = call()
        if hasattr(result, "__await__"):
            run(as_coroutine(result))
    assert isinstance(told.value, pawl.Error)
    return told.value


async def as_coroutine(awaitable):
    return await awaitable


def test_every_error_is_of_one_root_and_of_a_builtin_kind():
    kinds = [getattr(errors, name) for name in errors.__all__ if name != "Error"]
    for kind in kinds:
        assert issubclass(kind, pawl.Error)
        assert any(base.__module__ == "builtins" and base not in (Exception, BaseException, object) for base in kind.__mro__)
    assert issubclass(errors.InterruptedError, builtins.InterruptedError)
    assert issubclass(errors.UnknownKeyError, KeyError) and str(errors.UnknownKeyError("a 'b'")) == "a 'b'"


@pytest.mark.parametrize("text", [None, 1, b"bytes", ["list"], object()])
def test_a_text_of_another_type_is_refused(text, learner, engine):
    nlp = pawl.load(PIPELINE)
    fails(TypeError, "text", lambda: nlp(text))
    fails(TypeError, "text", lambda: list(nlp.pipe([text])))
    fails(TypeError, "text", lambda: engine.analyze([text]))
    fails(TypeError, "user_text", lambda: learner.collect_conversation_metadata("default", text, "a", "u"))
    fails(TypeError, "tenant_id", lambda: learner.trigger_learning_cycle(text))


def test_one_text_is_no_list_of_texts(engine):
    nlp = pawl.load(PIPELINE)
    fails(TypeError, "iterable", lambda: list(nlp.pipe("one text")))
    fails(TypeError, "iterable", lambda: engine.analyze("one text"))
    fails(TypeError, "iterable", lambda: engine.analyze(None))
    fails(ValueError, "batch_size", lambda: list(nlp.pipe(["a"], batch_size=0)))
    fails(TypeError, "documents", lambda: pawl.to_docbin(["no document"]))
    fails(TypeError, "vocab", lambda: nlp("a").to_spacy(None))


def test_half_a_surrogate_pair_is_refused_and_not_repeated(learner):
    nlp = pawl.load(PIPELINE)
    assert "secret" not in str(fails(ValueError, "surrogate", lambda: nlp("secret \ud800")))
    fails(ValueError, "surrogate", lambda: learner.collect_conversation_metadata("default", "x \udfff", "a", "u"))


def test_an_error_in_the_callers_stream_is_the_callers():
    def texts():
        yield "fine"
        raise ZeroDivisionError("mine")

    nlp = pawl.load(PIPELINE)
    with pytest.raises(ZeroDivisionError, match="mine"):
        list(nlp.pipe(texts()))


@pytest.mark.parametrize(
    "feedback, kind, words",
    [
        ({"satisfaction_score": NOT_A_NUMBER}, ValueError, "satisfaction_score"),
        ({"satisfaction_score": float("inf")}, ValueError, "satisfaction_score"),
        ({"response_quality": 1.5}, ValueError, "response_quality"),
        ({"response_quality": "0.5"}, TypeError, "response_quality"),
        ({"satisfaction_score": True}, TypeError, "satisfaction_score"),
        ({"satisfaction": 0.5}, KeyError, "satisfaction_score"),
        ({1: 0.5}, TypeError, "key"),
        ({"needs_correction": 1}, TypeError, "needs_correction"),
        ({"corrected_intent": 3}, TypeError, "corrected_intent"),
        ({"corrected_entities": [(4, 2, "X")]}, ValueError, "corrected_entities"),
        ({"corrected_entities": [(0, 99, "X")]}, ValueError, "corrected_entities|entit"),
        ({"corrected_entities": "X"}, TypeError, "corrected_entities"),
        ([("satisfaction_score", 1)], TypeError, "user_feedback"),
    ],
)
def test_feedback_that_cannot_be_kept_names_its_key(feedback, kind, words, learner, engine):
    fails(kind, words, lambda: learner.collect_conversation_metadata("default", "hi there", "a", "u", user_feedback=feedback))
    assert engine.metrics()["turns"] == 0


@pytest.mark.parametrize(
    "change, kind",
    [
        ({"nonsense": 1}, KeyError),
        ({"quality_threshold": "high"}, TypeError),
        ({"quality_threshold": NOT_A_NUMBER}, ValueError),
        ({"quality_threshold": 7}, ValueError),
        ({"min_data_threshold": 1.5}, TypeError),
        ({"min_data_threshold": True}, TypeError),
        ({"min_data_threshold": 2**70}, ValueError),
        ({"default_consent": 1}, TypeError),
    ],
)
@pytest.mark.parametrize("opened", [False, True])
def test_a_wrong_setting_is_an_error_that_names_it_and_changes_nothing(change, kind, opened, learner, tmp_path):
    if not opened:
        learner = AutonomousLearner(workspace=tmp_path / "not yet")
    else:
        run(learner.get_learning_metrics())
    before = learner.learning_config.copy()
    key = next(iter(change))
    fails(kind, key, lambda: learner.learning_config.update({"backup_retention_days": 3, **change}))
    assert learner.learning_config.copy() == before
    fails(ValueError, "removed", lambda: learner.learning_config.__delitem__("quality_threshold"))
    fails(KeyError, "nonsense", lambda: learner.training_pipeline.training_config["nonsense"])


def test_a_foreign_tenant_is_not_found(learner, engine):
    fails(LookupError, "stranger", lambda: engine.analyze(["hi"], "stranger"))
    fails(LookupError, "stranger", lambda: engine.learn("stranger"))
    fails(LookupError, "stranger", lambda: engine.pipeline("stranger"))
    fails(LookupError, "stranger", lambda: learner.trigger_learning_cycle("stranger"))
    fails(LookupError, "stranger", lambda: learner.get_learning_metrics("stranger"))
    fails(LookupError, "stranger", lambda: learner.collect_conversation_metadata("stranger", "hi", "a", "u"))
    assert engine.tenants() == ["default"]


@pytest.mark.parametrize("name", ["", "x" * 300, "nul\0", "two\nlines"])
def test_a_tenant_has_a_plain_name(name, workspace):
    learner = AutonomousLearner(workspace=workspace, settings=QUICK)
    fails(ValueError, "tenant", lambda: learner.collect_conversation_metadata(name, "hi", "a", "u", consent=True))


def test_a_workspace_that_is_missing_or_closed_says_so(tmp_path, workspace):
    fails(LookupError, "nowhere", lambda: Engine.open(tmp_path / "nowhere"))
    fails(LookupError, "nowhere", lambda: pawl.load(tmp_path / "nowhere"))
    fails(TypeError, "path", lambda: Engine.open(7))
    engine = Engine.open(workspace)
    pipeline = engine.pipeline()
    engine.close()
    fails(ValueError, "closed", lambda: engine.analyze(["hi"]))
    fails(ValueError, "closed", lambda: engine.settings("learning"))
    assert pipeline("still usable").cats
    learner = AutonomousLearner(workspace=workspace)
    learner.close()
    fails(ValueError, "closed", lambda: learner.collect_conversation_metadata("default", "hi", "a", "u"))
    fails(ValueError, "closed", lambda: learner.learning_config["min_data_threshold"])
    fails(ValueError, "closed", lambda: learner.trigger_learning_cycle())


def test_a_damaged_workspace_says_so(workspace):
    (workspace / "pawl.db").write_bytes(b"no database at all, but long enough to be looked at" * 100)
    fails(Exception, "pawl.db", lambda: Engine.open(workspace))


def test_examples_and_records_are_checked(engine, tmp_path):
    fails(TypeError, "TrainingExample", lambda: engine.validate([{"text": "a"}]))
    fails(ValueError, "confidence", lambda: engine.validate([TrainingExample("a", "b", confidence=NOT_A_NUMBER)]))
    fails(ValueError, "expected_entities", lambda: TrainingExample("a", expected_entities=[(3, 1, "X")]).to_spacy_format())
    fails(ValueError, "nothing to measure", lambda: engine.validate([TrainingExample("a")]))
    fails(KeyError, "mood", lambda: ConversationMetadata.from_dict({"conversation_id": "c", "user_id": "u", "mood": 1}))
    fails(KeyError, "user_id", lambda: ConversationMetadata.from_dict({"conversation_id": "c"}))
    fails(ValueError, "user_satisfaction",
          lambda: ConversationMetadata.from_dict({"conversation_id": "c", "user_id": "u", "user_satisfaction": NOT_A_NUMBER}))
    fails(ValueError, "timestamp",
          lambda: ConversationMetadata.from_dict({"conversation_id": "c", "user_id": "u", "timestamp": "yesterday"}))
    fails(LookupError, "backup", lambda: engine.rollback_to_backup("b-nothing"))
    fails(ValueError, "generation", lambda: Engine.init(engine.workspace, examples=two_intents(), settings=QUICK))
    fails(LookupError, "no_such_pipeline", lambda: Engine.init(tmp_path / "w", pipeline="no_such_pipeline"))


def test_memories_are_checked(workspace):
    memory = WebUIMemoryService(workspace)
    fails(TypeError, "content", lambda: memory.store_web_ui_memory("default", 7))
    fails(ValueError, "content", lambda: memory.store_web_ui_memory("default", ""))
    fails(TypeError, "tags", lambda: memory.store_web_ui_memory("default", "a", tags="one"))
    fails(ValueError, "metadata", lambda: memory.store_web_ui_memory("default", "a", metadata={"x": NOT_A_NUMBER}))
    fails(ValueError, "metadata", lambda: memory.store_web_ui_memory("default", "a", metadata={"x": object()}))
    fails(TypeError, "query", lambda: memory.query_memories("default", None))
    fails(TypeError, "store_memory", lambda: WebUIMemoryService(object()))


def test_services_that_lack_calls_are_refused_at_once(workspace):
    fails(TypeError, "_detect_intent_async", lambda: AutonomousLearner(object(), workspace=workspace))
    fails(TypeError, "store_web_ui_memory", lambda: AutonomousLearner(None, object(), workspace=workspace))
    fails(ValueError, "service_timeout", lambda: AutonomousLearner(workspace=workspace, service_timeout=0))


# Programs whose cycle takes long: it is stopped from outside, and the next one resumes it.
LONG = {**QUICK, "training.n_iter": 10000, "training.min_updates": 1000000, "learning.min_data_threshold": 1}
SETTING_UP = f"""
import asyncio, sys, threading, time
from pawl.engine import Engine
from pawl.learning import AutonomousLearner
trains = threading.Event()

def observer(event, text, number):
    if event == "begin":
        print(text, file=sys.stderr, flush=True)
    if event == "advance" and not trains.is_set():
        trains.set()
        print("training", flush=True)
        time.sleep(1)  # the cycle must not be over before anybody stops it

learner = AutonomousLearner(workspace="workspace", settings={LONG!r}, observer=observer)
"""


def with_a_correction(workspace):
    with Engine.open(workspace, settings=QUICK) as engine:
        for i in range(12):
            engine.collect(f"refund my payment number {i}", user_id=f"u{i}", conversation_id=f"c{i}",
                           user_feedback={"corrected_intent": "billing"})
    return workspace


def resumes(workspace):
    """The next cycle, wherever it runs."""
    with Engine.open(workspace, settings=QUICK) as engine:
        return engine.learn(force=True).resumed


def test_an_interpreter_that_exits_during_a_cycle_stops_it(workspace, tmp_path):
    with_a_correction(workspace)
    begun = time.monotonic()
    done = python(SETTING_UP + """
async def main():
    asyncio.get_running_loop().create_task(learner.trigger_learning_cycle(force_training=True))
    while not trains.is_set():
        await asyncio.sleep(0.01)
    threading.Thread(target=lambda: None).start()
    sys.exit(7)
asyncio.run(main())
""", cwd=tmp_path)
    assert done.returncode == 7, done.stderr
    assert time.monotonic() - begun < 60 and resumes(workspace)


def test_an_interpreter_whose_loop_is_gone_stops_the_cycle_at_its_end(workspace, tmp_path):
    with_a_correction(workspace)
    done = python(SETTING_UP + """
loop = asyncio.new_event_loop()
task = loop.create_task(learner.trigger_learning_cycle(force_training=True))
async def wait():
    while not trains.is_set():
        await asyncio.sleep(0.01)
loop.run_until_complete(wait())
print("the end")
""", cwd=tmp_path)
    assert done.returncode == 0 and "the end" in done.stdout, done.stderr
    assert resumes(workspace)


@pytest.mark.parametrize("call", [
    "asyncio.run(learner.trigger_learning_cycle(force_training=True))",
    f"Engine.open('workspace', settings={LONG!r}).learn(force=True, observer=observer)",
])
def test_ctrl_c_stops_a_cycle_and_the_next_one_resumes_it(call, workspace, tmp_path):
    with_a_correction(workspace)
    program = subprocess.Popen([sys.executable, "-c", SETTING_UP + call], cwd=tmp_path, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, env={"PYTHONPATH": str(PACKAGE)})
    assert program.stdout.readline() == "training\n"
    program.send_signal(signal.SIGINT)
    _, told = program.communicate(timeout=60)
    assert "KeyboardInterrupt" in told and program.returncode != 0
    assert resumes(workspace)


def test_a_cycle_while_another_runs_is_busy_and_may_be_cancelled(workspace):
    import asyncio

    with_a_correction(workspace)
    trains = threading.Event()
    learner = AutonomousLearner(workspace=workspace, settings=LONG,
                                observer=lambda event, text, number: trains.set() if event == "advance" else None)

    async def main():
        task = asyncio.create_task(learner.trigger_learning_cycle(force_training=True))
        while not trains.is_set():
            await asyncio.sleep(0.01)
        with pytest.raises(errors.BusyError):
            await learner.trigger_learning_cycle(force_training=True)
        analysis = await learner.analyze("hello there")
        assert analysis.intent
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(main())
    assert resumes(workspace)
    assert "cycle_id" in cli(workspace, "status", "--json")


def test_what_an_observer_raises_ends_the_cycle_and_reaches_the_caller(workspace):
    with_a_correction(workspace)

    def observer(event, text, number):
        raise ZeroDivisionError("the observer's own")

    with Engine.open(workspace, settings=LONG) as engine, pytest.raises(ZeroDivisionError, match="own"):
        engine.learn(force=True, observer=observer)
    assert resumes(workspace)


def test_an_encoder_that_is_none_is_refused_by_name(learner, tmp_path):
    run(learner.get_learning_metrics())
    config = learner.training_pipeline.training_config
    fails(ValueError, "training.encoder.*nowhere", lambda: config.update({"encoder": str(tmp_path / "nowhere")}))
    assert config["encoder"] == "none"


def test_a_service_that_always_hangs_does_not_take_all_threads(workspace, monkeypatch):
    monkeypatch.setattr("pawl.running._MOST_STRANGERS", 3)
    go = threading.Event()

    class Hanging:
        def _hang(self, text):
            go.wait()
            return "late"

        _detect_intent_async = _sentiment_async = _entities_async = _hang

    learner = AutonomousLearner(Hanging(), workspace=workspace, settings=QUICK, service_timeout=0.05)
    try:
        told = [run(learner.collect_conversation_metadata("default", "hi there", "a", "u")).warnings[0] for _ in range(3)]
    finally:
        go.set()
    assert "within 0.05 s" in told[0] and "earlier calls have not come back" in told[-1]
    assert learner.service_failures.analyzer == 3


@pytest.mark.parametrize(
    "analysis, kind, words",
    [
        ([1], TypeError, "analysis"),
        ({"mood": "a"}, KeyError, "mood"),
        ({"intent": 3}, TypeError, "intent"),
        ({"intent": "a", "intent_confidence": NOT_A_NUMBER}, ValueError, "intent_confidence"),
        ({"entities": [(0, 99, "X")]}, ValueError, "entities"),
        ({"entities": "X"}, TypeError, "entities"),
    ],
)
def test_an_analysis_that_cannot_be_kept_names_its_key(analysis, kind, words, engine):
    fails(kind, words, lambda: engine.collect("hi there", consent=True, analysis=analysis))
    assert engine.metrics()["turns"] == 0
    assert engine.collect("hi there", consent=True, analysis={"intent": "a", "entities": [(0, 2, "X")]}).stored


def test_what_no_call_takes_is_refused_before_anything_begins(engine, workspace):
    nlp = pawl.load(PIPELINE)
    fails(TypeError, "int or a slice", lambda: nlp("a b")["a"])
    fails(TypeError, "int or a slice", lambda: nlp("a b")[0:1]["a"])
    fails(NotImplementedError, "n_process", lambda: list(nlp.pipe(["a"], n_process=2)))
    fails(TypeError, "pairs", lambda: list(nlp.pipe(["a"], as_tuples=True)))
    fails(ValueError, "limit", lambda: engine.query_memories("a", limit=10**30))
    fails(TypeError, "observer", lambda: engine.learn(observer=3))
    fails(TypeError, "observer", lambda: AutonomousLearner(workspace=workspace, observer=3))
    fails(TypeError, "datetime", lambda: engine.collect("a", consent=True, timestamp=-1))
    fails(TypeError, "text", lambda: TrainingExample(3).to_spacy_format())
    fails(ValueError, "expected_entities", lambda: TrainingExample("abc", expected_entities=[(0, 9, "X")]).to_spacy_format())
