"""The values that go into learning and come out of it.

Times are aware datetimes in UTC, offsets are Unicode code points (half open), scores and shares lie in 0..1.
"""

from __future__ import annotations

import dataclasses
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from . import checks
from .errors import FormatError, InvalidInputError, InvalidTypeError, UnknownKeyError

_LONGEST_TENANT = 256
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_Kind = TypeVar("_Kind", bound=Enum)


class LearningDataType(str, Enum):
    """What learning can use of a turn."""

    CONVERSATION = "conversation"
    USER_FEEDBACK = "user_feedback"
    INTENT_CORRECTION = "intent_correction"
    PERSONA_PREFERENCE = "persona_preference"
    ENTITY_ANNOTATION = "entity_annotation"
    SENTIMENT_CORRECTION = "sentiment_correction"


class TrainingStatus(str, Enum):
    """Where a cycle is, or how it ended."""

    PENDING = "pending"
    COLLECTING_DATA = "collecting_data"
    PREPROCESSING = "preprocessing"
    TRAINING = "training"
    VALIDATING = "validating"
    COMPLETED = "completed"
    FAILED = "failed"
    ROLLED_BACK = "rolled_back"
    SKIPPED = "skipped"


class MemoryType(str, Enum):
    """Kinds of memories; a service may be given any other text, too."""

    GENERAL = "general"
    FACT = "fact"
    PREFERENCE = "preference"
    CONTEXT = "context"
    CONVERSATION = "conversation"
    INSIGHT = "insight"


def now() -> datetime:
    return datetime.now(timezone.utc)


def from_micros(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


def to_micros(moment: datetime) -> int:
    """A datetime without a time zone counts as UTC."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=timezone.utc)
    return (aware - _EPOCH) // timedelta(microseconds=1)


def parse_time(value: object, name: str) -> datetime:
    if isinstance(value, datetime):
        moment = value
    else:
        if not isinstance(value, str):
            raise InvalidTypeError(f'"{name}" must be a datetime or an ISO 8601 time, not {checks.type_name(value)}')
        given = checks.text(value, name)
        try:
            moment = datetime.fromisoformat(given.replace("Z", "+00:00"))
        except ValueError as error:
            raise InvalidInputError(f'"{name}" must be an ISO 8601 time') from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=timezone.utc)


def kind_of(kind: type[_Kind], value: object, name: str) -> _Kind:
    try:
        return kind(value)
    except ValueError as error:
        known = ", ".join(str(k.value) for k in kind)
        raise InvalidInputError(f'"{name}" must be one of {known}') from error


def plain(value: Any) -> Any:
    """What json.dumps() takes: dataclasses, enumerations, times and paths as plain values."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


@dataclass(frozen=True)
class Entity:
    """A stretch of a text: code points [start, end)."""

    text: str
    label: str
    start: int
    end: int


@dataclass(frozen=True)
class Analysis:
    """What is made of one utterance. A head that there is not leaves an empty label.

    ``out_of_scope_score`` is from 0 to 1; from 0.5 on ``intent`` is ``none_of_these``, and ``guess`` the likeliest label.
    """

    text: str
    intent: str
    sentiment: str
    persona: str
    intent_confidence: float
    sentiment_confidence: float
    guess: str
    out_of_scope_score: float
    entities: list[Entity]
    linguistic_features: dict[str, Any]
    generation: str
    degraded: bool
    warnings: list[str]
    persona_reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        return dict(plain(self))


@dataclass
class ConversationMetadata:
    """What is known of a turn once it was collected.

    ``entities_extracted`` are pairs of text and label. ``stored`` is False for a turn without consent, of which nothing
    is kept; ``warnings`` say what services failed at.
    """

    conversation_id: str
    user_id: str
    session_id: str | None = None
    timestamp: datetime = field(default_factory=now)
    intent_detected: str = ""
    sentiment_detected: str = ""
    persona_selected: str = ""
    user_satisfaction: float | None = None
    response_quality: float | None = None
    entities_extracted: list[tuple[str, str]] = field(default_factory=list)
    linguistic_features: dict[str, Any] = field(default_factory=dict)
    context_used: list[str] = field(default_factory=list)
    feedback_provided: bool = False
    correction_needed: bool = False
    tenant_id: str = ""
    turn_id: str = ""
    intent_confidence: float = 0.0
    sentiment_confidence: float = 0.0
    data_types: list[LearningDataType] = field(default_factory=list)
    generation: str = ""
    stored: bool = False
    redactions: int = 0
    warnings: list[str] = field(default_factory=list)
    persona_reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain values that json.dumps() takes."""
        return dict(plain(self))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ConversationMetadata:
        """The way back. Raises an error naming a key that is unknown, missing, or of another type."""
        given = dict(checks.mapping(values, "metadata"))
        checks.known_keys(given, [f.name for f in dataclasses.fields(cls)], "metadata")
        for name in ("conversation_id", "user_id"):
            if name not in given:
                raise UnknownKeyError(f'"metadata" lacks the key "{name}"')
        return cls(**{name: _metadata_value(name, value) for name, value in given.items()})


def _metadata_value(name: str, value: Any) -> Any:
    if name in ("user_satisfaction", "response_quality"):
        return None if value is None else checks.share(value, name)
    if name in ("intent_confidence", "sentiment_confidence"):
        return checks.share(value, name)
    if name in ("feedback_provided", "correction_needed", "stored"):
        return checks.flag(value, name)
    if name == "timestamp":
        return parse_time(value, name)
    if name == "session_id":
        return checks.maybe_text(value, name)
    if name == "redactions":
        return checks.count(value, name)
    if name == "linguistic_features":
        return dict(checks.mapping(value, name))
    if name in ("context_used", "warnings"):
        return checks.texts(value, name)
    if name == "data_types":
        return [kind_of(LearningDataType, item, name) for item in checks.texts(value, name)]
    if name == "entities_extracted":
        return [_pair(item) for item in _items(value, name)]
    return checks.text(value, name)


def _items(value: object, name: str) -> list[Any]:
    if not isinstance(value, (list, tuple)):
        raise InvalidTypeError(f'"{name}" must be a list, not {checks.type_name(value)}')
    return list(value)


def _pair(value: object) -> tuple[str, str]:
    name = "entities_extracted"
    if not isinstance(value, (list, tuple)) or len(value) < 2:
        raise InvalidTypeError(f'"{name}" must be a list of pairs of text and label')
    return checks.text(value[0], name), checks.text(value[1], name)


@dataclass
class TrainingExample:
    """A labelled text. What is None is not known, not wrong.

    ``expected_entities`` are (start, end, label) or (text, label, start, end), code points, half open.
    """

    text: str
    expected_intent: str | None = None
    expected_sentiment: str | None = None
    expected_entities: list[tuple[Any, ...]] | None = None
    expected_persona: str | None = None
    confidence: float = 1.0
    source: LearningDataType | str = LearningDataType.CONVERSATION
    metadata: dict[str, Any] = field(default_factory=dict)
    created_at: datetime = field(default_factory=now)

    def spans(self) -> list[tuple[int, int, str]]:
        return checks.entity_spans(self.expected_entities or [], "expected_entities")

    def to_spacy_format(self) -> tuple[str, dict[str, Any]]:
        """``(text, {"entities": [(start, end, label)], "cats": {"INTENT_X": 1.0, "SENTIMENT_Y": 1.0}})``"""
        cats: dict[str, float] = {}
        if self.expected_intent is not None:
            cats["INTENT_" + self.expected_intent] = 1.0
        if self.expected_sentiment is not None:
            cats["SENTIMENT_" + self.expected_sentiment] = 1.0
        given, spans = self.checked(), self.spans()
        if any(end > len(self.text) for _, end, _ in spans):
            raise InvalidInputError('"expected_entities" has one that ends behind the text')
        return given["text"], {"entities": spans, "cats": cats}

    def to_dict(self) -> dict[str, Any]:
        return dict(plain(self))

    def checked(self) -> dict[str, Any]:
        """As the engine takes it."""
        checks.share(self.confidence, "confidence")
        return {
            "text": checks.text(self.text, "text"),
            "expected_intent": checks.maybe_text(self.expected_intent, "expected_intent"),
            "expected_sentiment": checks.maybe_text(self.expected_sentiment, "expected_sentiment"),
            "expected_persona": checks.maybe_text(self.expected_persona, "expected_persona"),
            "expected_entities": None if self.expected_entities is None else self.spans(),
        }


@dataclass(frozen=True)
class ValidationScores:
    """Figures of one model on held-out examples, means over the heads that were judged. None: no such head was."""

    accuracy: float = 0.0
    precision: float = 0.0
    recall: float = 0.0
    f1_score: float = 0.0
    intent_accuracy: float | None = None
    sentiment_accuracy: float | None = None
    entity_accuracy: float | None = None

    def to_dict(self) -> dict[str, Any]:
        return dict(plain(self))


@dataclass(frozen=True)
class ValidationTest:
    """One statistical test of the candidate against what is live."""

    name: str
    statistic: float
    p_value: float
    passed: bool


@dataclass(frozen=True)
class ValidationResult(ValidationScores):
    """The candidate's figures, the live model's on the same examples, and the tests that decided."""

    passed_threshold: bool = False
    validation_examples: int = 0
    incumbent: ValidationScores = field(default_factory=ValidationScores)
    tests: list[ValidationTest] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    per_label: dict[str, Any] = field(default_factory=dict)


@dataclass
class LearningCycleResult:
    """How a cycle ended. ``error_message`` says what went wrong, or why the live model stays; None when it improved."""

    cycle_id: str
    started_at: datetime
    completed_at: datetime | None
    status: TrainingStatus
    data_collected: int = 0
    examples_created: int = 0
    training_time: float | None = None
    validation_result: ValidationResult | None = None
    model_improved: bool = False
    rollback_performed: bool = False
    error_message: str | None = None
    tenant_id: str = ""
    training_success: bool = False
    generation: str = ""
    backup_id: str = ""
    backup_path: Path | None = None
    resumed: bool = False
    reason: str = ""
    timings: dict[str, float] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        return dict(plain(self))


@dataclass(frozen=True)
class Generation:
    """One version of a tenant's pipeline."""

    id: str
    parent: str
    cycle_id: str
    state: str
    reason: str
    backup_id: str
    created_at: datetime
    live_since: datetime | None
    live: bool


@dataclass(frozen=True)
class Memory:
    """What a memory service found: ``score`` is greater the nearer it is."""

    id: str
    tenant_id: str
    user_id: str
    content: str
    memory_type: str
    tags: list[str]
    ai_generated: bool
    metadata: dict[str, Any]
    created_at: datetime
    score: float


def analysis_of(values: dict[str, Any]) -> Analysis:
    return Analysis(**{**values, "entities": [Entity(*entity) for entity in values["entities"]]})


def metadata_of(values: dict[str, Any]) -> ConversationMetadata:
    entities = values.pop("entities")
    return ConversationMetadata(
        **{
            **values,
            "session_id": values["session_id"] or None,
            "timestamp": from_micros(values["timestamp"]),
            "entities_extracted": [(text, label) for text, label, _, _ in entities],
            "data_types": [LearningDataType(kind) for kind in values["data_types"]],
        }
    )


def generation_of(values: dict[str, Any]) -> Generation:
    since = values["live_since"]
    times = {
        "created_at": from_micros(values["created_at"]),
        "live_since": None if since is None else from_micros(since),
    }
    return Generation(**{**values, **times})


def memory_of(values: dict[str, Any]) -> Memory:
    return Memory(**{**values, "created_at": from_micros(values["created_at"])})


def _scores(values: Mapping[str, Any]) -> dict[str, Any]:
    return {f.name: values.get(f.name, f.default) for f in dataclasses.fields(ValidationScores)}


def validation_of(values: Mapping[str, Any], examples: int = 0) -> ValidationResult:
    tests = [
        ValidationTest(t["name"], float(t.get("statistic") or 0), float(t.get("p_value", 1)), bool(t["passed"]))
        for t in values.get("tests") or []
    ]
    return ValidationResult(
        **_scores(values),
        passed_threshold=bool(values.get("passed_threshold")),
        validation_examples=examples,
        incumbent=ValidationScores(**_scores(values.get("incumbent") or {})),
        tests=tests,
        per_label=dict(values.get("per_label") or {}),
    )


def _time(value: Any, name: str) -> datetime | None:
    return None if value is None else parse_time(value, name)


def cycle_of(values: Mapping[str, Any], backups: Path | None = None) -> LearningCycleResult:
    """From the contract's shape."""
    started = _time(values.get("started_at"), "started_at")
    if started is None:
        raise FormatError("a cycle's record has no time of its start")
    timings = {str(step): float(seconds) for step, seconds in (values.get("timings") or {}).items()}
    validation = values.get("validation")
    improved, reason = bool(values.get("model_improved")), str(values.get("reason") or "")
    backup = str(values.get("backup_id") or "")
    return LearningCycleResult(
        cycle_id=str(values["cycle_id"]),
        tenant_id=str(values.get("tenant_id") or ""),
        started_at=started,
        completed_at=_time(values.get("finished_at"), "finished_at"),
        status=kind_of(TrainingStatus, values["status"], "status"),
        data_collected=int(values.get("data_collected") or 0),
        examples_created=int(values.get("examples_created") or 0),
        training_time=timings.get("train"),
        training_success=bool(values.get("training_success")),
        validation_result=validation_of(validation) if isinstance(validation, Mapping) else None,
        model_improved=improved,
        rollback_performed=bool(values.get("rollback_performed")),
        error_message=values.get("error_message") or (None if improved else reason or None),
        reason=reason,
        generation=str(values.get("generation") or ""),
        backup_id=backup,
        backup_path=backups / f"{backup}.json" if backup and backups is not None else None,
        timings=timings,
    )


def cycle_from_json(text: str, backups: Path | None = None) -> LearningCycleResult:
    return cycle_of(json.loads(text), backups)


def tenant_name(value: object) -> str:
    """A tenant is named by a text of at most 256 bytes, or a UUID."""
    if isinstance(value, uuid.UUID):
        return str(value)
    name = checks.text(value, "tenant_id")
    if not 0 < len(name.encode()) <= _LONGEST_TENANT or any(ord(c) < 0x20 or ord(c) == 0x7F for c in name):
        raise InvalidInputError(f'"tenant_id" must have 1 to {_LONGEST_TENANT} bytes, and no control characters')
    return name
