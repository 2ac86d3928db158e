"""The learner: what a conversational program holds in its hands. All calls that work are coroutines.

    learner = create_autonomous_learner(workspace="pawl-workspace")
    await learner.collect_conversation_metadata("tenant", "my build broke", "Which error?", "user", consent=True)
    result = await learner.trigger_learning_cycle("tenant")

Native work runs in threads with the GIL released, so that the event loop goes on. One learner may be used by any
number of tasks and threads; one cycle at a time runs per tenant, over all processes that use the workspace.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from . import _native, checks
from .default_services import (
    SERVICE_SECONDS,
    SpacyAnalyzer,
    TenantId,
    WebUIMemoryService,
    create_spacy_analyzer,
    tenant_engine,
)
from .engine import Engine, Observer, Settings, checked_examples, checked_feedback
from .errors import Error, LearningCycleError, NotFoundError
from .running import in_thread, long_run
from .services import (
    BrokenAnswer,
    Failures,
    analyse,
    check_analyzer,
    check_memory,
    recall,
    remember,
)
from .swapping import put_back
from .values import (
    Analysis,
    ConversationMetadata,
    LearningCycleResult,
    LearningDataType,
    Memory,
    MemoryType,
    TrainingExample,
    TrainingStatus,
    ValidationResult,
    parse_time,
    tenant_name,
    to_micros,
)
from .workspaces import Workspace

__all__ = [
    "Analysis",
    "AutonomousLearner",
    "ConversationMetadata",
    "ConversationMetadataCollector",
    "IncrementalTrainingPipeline",
    "LearningCycleError",
    "LearningCycleResult",
    "LearningDataType",
    "Memory",
    "MemoryType",
    "ModelValidator",
    "SpacyAnalyzer",
    "TrainingExample",
    "TrainingStatus",
    "ValidationResult",
    "WebUIMemoryService",
    "create_autonomous_learner",
    "create_spacy_analyzer",
]


class _Parts:
    """What the parts of one learner share."""

    def __init__(
        self,
        analyzer: Any,
        memory: Any,
        workspace: str | os.PathLike[str] | Engine | Workspace | None,
        *,
        backups: str | os.PathLike[str] | None = None,
        settings: Mapping[str, Any] | None = None,
        add_tenants: bool = True,
        seconds: float = SERVICE_SECONDS,
        observer: Observer | None = None,
    ) -> None:
        checks.maybe_callable(observer, "observer")
        self.analyzer, self.memory, self.observer = analyzer, memory, observer
        self.seconds, self.failures = checks.seconds(seconds, "service_timeout"), Failures()
        if analyzer is not None:
            check_analyzer(analyzer)
        if memory is not None:
            check_memory(memory)
        folder = None if backups is None else Path(checks.path(backups, "model_backup_dir"))
        self.workspace = self._find_workspace(workspace, folder, settings, add_tenants)
        for service in (analyzer, memory):
            if isinstance(service, (SpacyAnalyzer, WebUIMemoryService)) and service._workspace is None:
                service._workspace = self.workspace

    def _find_workspace(
        self,
        given: str | os.PathLike[str] | Engine | Workspace | None,
        backups: Path | None,
        settings: Mapping[str, Any] | None,
        add_tenants: bool,
    ) -> Workspace:
        if isinstance(given, Workspace):
            return given
        engine = given if isinstance(given, Engine) else None
        folder = Path(checks.path(given, "workspace")) if given is not None and engine is None else None
        for service in (self.analyzer, self.memory):
            own = getattr(service, "_workspace", None)
            if given is None and isinstance(own, Workspace):
                folder = own.folder
        return Workspace(
            folder,
            engine=engine,
            analyzer=self.analyzer,
            backups=backups,
            settings=settings,
            add_tenants=checks.flag(add_tenants, "create_tenants"),
        )

    async def engine_with(self, tenant: str) -> Engine:
        return await tenant_engine(self.workspace, tenant, self.observer)

    @property
    def native_analyzer(self) -> bool:
        """Whether the live model itself answers."""
        return self.analyzer is None or isinstance(self.analyzer, SpacyAnalyzer)

    async def analysis(self, text: str, warnings: list[str]) -> dict[str, Any] | None:
        """Of the program's analyzer; None where the live model is to answer."""
        if self.native_analyzer:
            return None
        try:
            return await analyse(self.analyzer, text, self.seconds)
        except BrokenAnswer as problem:
            self.failures.count("analyzer", str(problem))
            warnings.append(f"{problem}; the live model answered in the analyzer's place")
            return None

    async def tell(self, told: dict[str, Any] | None, metadata: ConversationMetadata) -> None:
        if self.memory is None or told is None:
            return
        try:
            await remember(self.memory, told, metadata.to_dict(), self.seconds)
        except BrokenAnswer as problem:
            self.failures.count("memory", str(problem))
            metadata.warnings.append(f"{problem}; the turn is stored in the workspace all the same")

    def put_back(self, engine: Engine, tenant: str, warnings: list[str]) -> None:
        """Gives the analyzer what is live. It is tried, for what fails there is not the cycle's failure."""
        try:
            put_back(engine, tenant, self.analyzer)
        except Exception as error:
            self.failures.count("analyzer", type(error).__name__)
            warnings.append(f"the analyzer keeps its earlier pipeline: {error}")


class ConversationMetadataCollector:
    """Collects conversation turns: analyses, cleans and stores them, and tells the memory service."""

    def __init__(
        self,
        memory_service: Any = None,
        spacy_analyzer: Any = None,
        *,
        workspace: str | os.PathLike[str] | Engine | None = None,
        _parts: _Parts | None = None,
    ) -> None:
        self._parts = _parts if _parts is not None else _Parts(spacy_analyzer, memory_service, workspace)
        self.memory_service, self.spacy_analyzer = self._parts.memory, self._parts.analyzer

    async def collect_from_conversation(
        self,
        tenant_id: TenantId,
        user_text: str,
        assistant_response: str = "",
        user_id: str = "",
        session_id: str | None = None,
        conversation_id: str | None = None,
        user_feedback: Mapping[str, Any] | None = None,
        *,
        consent: bool | None = None,
        persona: str | None = None,
        context_used: Iterable[str] = (),
        timestamp: Any = None,
    ) -> ConversationMetadata:
        """See AutonomousLearner.collect_conversation_metadata()."""
        turn = {
            "user_text": checks.text(user_text, "user_text"),
            "assistant_response": checks.text(assistant_response, "assistant_response"),
            "user_id": checks.text(user_id, "user_id"),
            "session_id": checks.maybe_text(session_id, "session_id"),
            "conversation_id": checks.maybe_text(conversation_id, "conversation_id"),
            "persona": checks.maybe_text(persona, "persona"),
            "context_used": checks.texts(context_used, "context_used"),
            "said_at": None if timestamp is None else to_micros(parse_time(timestamp, "timestamp")),
            "consent": None if consent is None else checks.flag(consent, "consent"),
            "user_feedback": None if user_feedback is None else checked_feedback(user_feedback),
        }
        tenant, warnings = tenant_name(tenant_id), []  # type: tuple[str, list[str]]
        engine = await self._parts.engine_with(tenant)
        analysis = await self._parts.analysis(user_text, warnings)
        metadata, told = await in_thread(engine.collect_turn, tenant, turn, analysis)
        metadata.warnings[:0] = warnings
        if not metadata.stored:
            metadata.warnings.append("nothing of the turn is kept: there is no consent (learning.default_consent)")
        await self._parts.tell(told, metadata)
        return metadata

    async def curate_training_data(
        self, tenant_id: TenantId, min_confidence: float = 0.7, max_examples: int = 1000
    ) -> list[ConversationMetadata]:
        """Turns that the memory service remembers and that nobody found fault with.

        ``min_confidence`` is the least satisfaction and quality, 0..1. What the service fails at gives an empty list
        and is counted; a memory that is no turn's is left out.
        """
        least = checks.share(min_confidence, "min_confidence")
        most, tenant = checks.count(max_examples, "max_examples"), tenant_name(tenant_id)
        if self._parts.memory is None:
            return []
        try:
            memories = await recall(self._parts.memory, tenant, "", self._parts.seconds)
        except BrokenAnswer as problem:
            self._parts.failures.count("memory", str(problem))
            return []
        found = [metadata for memory in memories if (metadata := _remembered(memory)) is not None]
        return [metadata for metadata in found if _is_good(metadata, least)][:most]


def _remembered(memory: object) -> ConversationMetadata | None:
    values = memory.get("metadata") if isinstance(memory, Mapping) else getattr(memory, "metadata", None)
    if not isinstance(values, Mapping):
        return None
    try:
        return ConversationMetadata.from_dict(values)
    except Error:
        return None


def _is_good(metadata: ConversationMetadata, least: float) -> bool:
    scores = (metadata.user_satisfaction, metadata.response_quality)
    return not metadata.correction_needed and all(score is None or score >= least for score in scores)


class IncrementalTrainingPipeline:
    """Settings of training, backups of models, and the way back to an earlier one."""

    def __init__(
        self,
        spacy_service: Any = None,
        model_backup_dir: str | os.PathLike[str] | None = None,
        *,
        workspace: str | os.PathLike[str] | Engine | None = None,
        _parts: _Parts | None = None,
    ) -> None:
        analyzer = None if spacy_service is None else SpacyAnalyzer(spacy_service)
        self._parts = _parts if _parts is not None else _Parts(analyzer, None, workspace, backups=model_backup_dir)

    @property
    def training_config(self) -> Settings:
        """[training], live: n_iter, batch_size, dropout, learn_rate, validation_split and so on."""
        return self._parts.workspace.settings("training")

    @property
    def model_backup_dir(self) -> Path:
        return self._parts.workspace.backups

    async def backup_current_model(self, tenant_id: TenantId = "default") -> str:
        """Backs up the live model, unless it is already. Gives back the backup's path."""
        tenant = tenant_name(tenant_id)
        engine = await in_thread(self._parts.workspace.engine)
        await in_thread(engine.back_up, tenant)
        backup = next(g.backup_id for g in await in_thread(engine.generations, tenant) if g.live)
        return str(self.model_backup_dir / f"{backup}.json")

    async def rollback_model(self, backup_path: str | os.PathLike[str], tenant_id: TenantId | None = None) -> bool:
        """Makes the model of a backup live again, out of the backup where its folder is gone.

        ``backup_path`` is what LearningCycleError, a cycle's result, or backup_current_model() named; ``tenant_id``
        None: whichever tenant's backup it is. Gives back True. Raises NotFoundError for a backup that there is not.
        """
        wanted = Path(checks.path(backup_path, "backup_path")).stem
        engine = await in_thread(self._parts.workspace.engine)
        tenants = await in_thread(engine.tenants) if tenant_id is None else [tenant_name(tenant_id)]
        for tenant in tenants:
            if any(g.backup_id == wanted for g in await in_thread(engine.generations, tenant)):
                await in_thread(engine.rollback_to_backup, wanted, tenant)
                await in_thread(self._parts.put_back, engine, tenant, [])
                return True
        raise NotFoundError(f'there is no backup "{wanted}" in {self.model_backup_dir}')


class ModelValidator:
    """The bars that a candidate has to pass, and a measurement of what is live."""

    def __init__(
        self,
        spacy_analyzer: Any = None,
        *,
        workspace: str | os.PathLike[str] | Engine | None = None,
        _parts: _Parts | None = None,
    ) -> None:
        self._parts = _parts if _parts is not None else _Parts(spacy_analyzer, None, workspace)

    @property
    def validation_thresholds(self) -> Settings:
        """[validation], live: accuracy, intent_accuracy, sentiment_accuracy, entity_accuracy and so on."""
        return self._parts.workspace.settings("validation")

    @property
    def thresholds(self) -> Settings:
        return self.validation_thresholds

    async def validate_model(
        self, validation_examples: Iterable[TrainingExample], tenant_id: TenantId = "default"
    ) -> ValidationResult:
        """The live model on labelled examples; ``errors`` are those it gets wrong, by their place in the list."""
        examples = list(validation_examples)
        checked_examples(examples)
        tenant = tenant_name(tenant_id)
        engine = await self._parts.engine_with(tenant)
        result = await in_thread(engine.validate, examples, tenant)
        analyses = await in_thread(engine.analyze, [example.text for example in examples], tenant)
        for i, (example, analysis) in enumerate(zip(examples, analyses, strict=True)):
            if wrong := _what_is_wrong(example, analysis):
                result.errors.append({"example": i, **wrong})
        return result


def _what_is_wrong(example: TrainingExample, analysis: Analysis) -> dict[str, Any]:
    wrong: dict[str, Any] = {}
    for head, expected, said in (
        ("intent", example.expected_intent, analysis.intent),
        ("sentiment", example.expected_sentiment, analysis.sentiment),
    ):
        if expected is not None and expected != said:
            wrong |= {f"expected_{head}": expected, f"predicted_{head}": said}
    if example.expected_entities is not None:
        found = sorted((e.start, e.end, e.label) for e in analysis.entities)
        if found != sorted(example.spans()):
            wrong |= {"expected_entities": example.spans(), "predicted_entities": found}
    return wrong


class AutonomousLearner:
    """Collects conversations, learns from them, and deploys only what is measurably better.

    Args:
        spacy_analyzer: what understands; None: the workspace's live model. Any object with the coroutines
            ``_detect_intent_async``, ``_sentiment_async`` and ``_entities_async`` is asked in its place (and
            ``select_persona``, if it has that); where it has a spaCy pipeline as ``nlp`` or ``spacy_service.nlp``,
            tenants begin with that pipeline, and what is learnt takes its place there.
        memory_service: is told of every turn that is stored; any object with the coroutines ``store_web_ui_memory``
            and ``query_memories``. None: nothing is remembered beside the turns.
        model_backup_dir: where the workspace's backups of models are kept from now on; None: where they are. Readable
            by the owner alone.
        workspace: folder or Engine; None: that of the services, or else $PAWL_WORKSPACE or ./pawl-workspace. It is
            made when a call first needs it.
        settings: "group.key" to value, over the workspace's pawl.toml and the environment.
        service_timeout: seconds that analyzer and memory have for an answer.
        create_tenants: whether a tenant that there is not is made by its first call; else NotFoundError.
        observer: called by cycles with an event ("begin", "advance", "note", "end"), a text and a number, from the
            thread that works.
    """

    def __init__(
        self,
        spacy_analyzer: Any = None,
        memory_service: Any = None,
        model_backup_dir: str | os.PathLike[str] | None = None,
        *,
        workspace: str | os.PathLike[str] | Engine | None = None,
        settings: Mapping[str, Any] | None = None,
        service_timeout: float = SERVICE_SECONDS,
        create_tenants: bool = True,
        observer: Observer | None = None,
    ) -> None:
        self._parts = _Parts(
            spacy_analyzer,
            memory_service,
            workspace,
            backups=model_backup_dir,
            settings=settings,
            add_tenants=create_tenants,
            seconds=service_timeout,
            observer=observer,
        )
        self.spacy_analyzer, self.memory_service = spacy_analyzer, memory_service
        self.metadata_collector = ConversationMetadataCollector(_parts=self._parts)
        self.training_pipeline = IncrementalTrainingPipeline(_parts=self._parts)
        self.model_validator = ModelValidator(_parts=self._parts)

    @property
    def learning_config(self) -> Settings:
        """[learning], live: min_data_threshold, quality_threshold, validation_threshold and so on."""
        return self._parts.workspace.settings("learning")

    @property
    def validator(self) -> ModelValidator:
        return self.model_validator

    @property
    def service_failures(self) -> Failures:
        """How often the program's services failed, and at what last."""
        return self._parts.failures

    @property
    def workspace(self) -> Path:
        return self._parts.workspace.folder

    async def collect_conversation_metadata(
        self,
        tenant_id: TenantId,
        user_text: str,
        assistant_response: str = "",
        user_id: str = "",
        session_id: str | None = None,
        conversation_id: str | None = None,
        user_feedback: Mapping[str, Any] | None = None,
        *,
        consent: bool | None = None,
        persona: str | None = None,
        context_used: Iterable[str] = (),
        timestamp: Any = None,
    ) -> ConversationMetadata:
        """Analyses a turn, removes personal data, and stores it with its feedback: durable on return.

        Args:
            user_feedback: satisfaction_score and response_quality (0..1), needs_correction, corrected_intent,
                corrected_sentiment, corrected_entities ((start, end, label), code points of the text as it was said),
                preferred_persona, comment; everything may be absent.
            consent: without it nothing of the turn is kept. None: as learning.default_consent says.
            persona: that answered. context_used: ids of what the answer was made of. timestamp: datetime or ISO 8601.

        Raises:
            InvalidInputError, InvalidTypeError, UnknownKeyError: naming what cannot be stored.

        A service that fails is survived, counted in ``service_failures``, and told of in ``warnings``.
        """
        return await self.metadata_collector.collect_from_conversation(
            tenant_id,
            user_text,
            assistant_response,
            user_id,
            session_id,
            conversation_id,
            user_feedback,
            consent=consent,
            persona=persona,
            context_used=context_used,
            timestamp=timestamp,
        )

    async def add_feedback(
        self,
        tenant_id: TenantId,
        feedback: Mapping[str, Any],
        *,
        turn_id: str = "",
        conversation_id: str = "",
    ) -> str:
        """Feedback that arrives later, of a turn or of a conversation. Gives back the turn's id."""
        engine = await in_thread(self._parts.workspace.engine)
        return await in_thread(
            engine.add_feedback,
            feedback,
            turn_id=turn_id,
            conversation_id=conversation_id,
            tenant=tenant_name(tenant_id),
        )

    async def analyze(self, text: str, tenant_id: TenantId = "default") -> Analysis:
        """What the tenant's live model makes of a text."""
        tenant, given = tenant_name(tenant_id), checks.text(text, "text")
        engine = await self._parts.engine_with(tenant)
        return (await in_thread(engine.analyze, [given], tenant))[0]

    async def trigger_learning_cycle(
        self, tenant_id: TenantId = "default", force_training: bool = False
    ) -> LearningCycleResult:
        """Runs one cycle, or resumes one that was cut off. The result says what became of it.

        Args:
            force_training: run with less data than learning.min_data_threshold.

        Raises:
            LearningCycleError: the cycle failed; carries ``result`` and ``backup_path``. What was live is live still.
            BusyError: another cycle of the tenant runs, here or in another process.
            InterruptedError: it was asked to stop.

        Cancelling it stops the cycle, which the next call resumes.
        """
        tenant, force = tenant_name(tenant_id), checks.flag(force_training, "force_training")
        engine = await self._parts.engine_with(tenant)

        def cycle(run: _native.Run) -> LearningCycleResult:
            result = engine.learn(tenant, force=force, run=run)
            if result.model_improved:
                self._parts.put_back(engine, tenant, result.warnings)
            return result

        return await long_run(cycle, self._parts.observer)

    async def get_learning_metrics(self, tenant_id: TenantId | None = None) -> dict[str, Any]:
        """Metrics and history of a tenant, or of all: total_cycles, successful_cycles, failed_cycles, skipped_cycles,
        model_improvements, average_training_time (seconds), turns, last_cycle, recent_cycles (newest first), and so on.
        """
        try:
            engine = await in_thread(self._parts.workspace.engine)
        except NotFoundError:
            if tenant_id is not None:
                raise
            return _sum_of([], self._parts.failures)
        if tenant_id is not None:
            values = await in_thread(engine.metrics, tenant_name(tenant_id))
            return {**values, "service_failures": _counted(self._parts.failures)}
        return _sum_of(
            [await in_thread(engine.metrics, t) for t in await in_thread(engine.tenants)], self._parts.failures
        )

    async def aclose(self) -> None:
        """Ends the use of the workspace; calls after it raise ClosedError."""
        await in_thread(self._parts.workspace.close)

    def close(self) -> None:
        self._parts.workspace.close()

    async def __aenter__(self) -> AutonomousLearner:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


_COUNTS = ("total_cycles", "successful_cycles", "failed_cycles", "skipped_cycles", "model_improvements", "turns")


def _counted(failures: Failures) -> dict[str, int]:
    return {"analyzer": failures.analyzer, "memory": failures.memory}


def _sum_of(tenants: list[dict[str, Any]], failures: Failures) -> dict[str, Any]:
    """Over all tenants: counts are added, cycles are merged by time."""
    cycles = sorted((c for t in tenants for c in t["recent_cycles"]), key=lambda c: str(c["started_at"]), reverse=True)
    trained = [t for t in tenants if t["average_training_time"]]
    weights = [t["successful_cycles"] + t["failed_cycles"] or 1 for t in trained]
    times = [t["average_training_time"] * weight for t, weight in zip(trained, weights, strict=True)]
    return {
        **{name: sum(t[name] for t in tenants) for name in _COUNTS},
        "average_training_time": sum(times) / sum(weights) if trained else 0.0,
        "average_training_time_unit": "seconds",
        "last_cycle": cycles[0] if cycles else None,
        "recent_cycles": cycles[:10],
        "tenants": {t["tenant_id"]: t for t in tenants},
        "service_failures": _counted(failures),
    }


def create_autonomous_learner(
    spacy_analyzer: Any = None,
    memory_service: Any = None,
    model_backup_dir: str | os.PathLike[str] | None = None,
    **options: Any,
) -> AutonomousLearner:
    """AutonomousLearner(spacy_analyzer, memory_service, model_backup_dir, **options)."""
    return AutonomousLearner(spacy_analyzer, memory_service, model_backup_dir, **options)
