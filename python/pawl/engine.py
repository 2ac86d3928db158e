"""A workspace: a folder in which tenants' models answer and learn. Blocking calls; pawl.learning has the awaitable ones."""

from __future__ import annotations

import json
import math
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from pathlib import Path
from types import TracebackType
from typing import Any

from . import _native, checks
from .errors import ClosedError, Error, InvalidInputError, InvalidTypeError, LearningCycleError, UnknownKeyError
from .pipeline import Pipeline, site_packages
from .values import (
    Analysis,
    ConversationMetadata,
    Generation,
    LearningCycleResult,
    Memory,
    TrainingExample,
    TrainingStatus,
    ValidationResult,
    analysis_of,
    cycle_from_json,
    cycle_of,
    generation_of,
    memory_of,
    metadata_of,
    parse_time,
    plain,
    tenant_name,
    to_micros,
    validation_of,
)

Observer = Callable[[str, str, int], object]

FEEDBACK_KEYS = (
    "satisfaction_score",
    "response_quality",
    "needs_correction",
    "corrected_intent",
    "corrected_sentiment",
    "corrected_entities",
    "preferred_persona",
    "comment",
)


ANALYSIS_KEYS = ("intent", "sentiment", "persona", "intent_confidence", "sentiment_confidence", "entities")


def checked_feedback(feedback: object) -> dict[str, Any]:
    """Feedback as the engine takes it. Raises an error that names the key."""
    given = checks.mapping(feedback, "user_feedback")
    checks.known_keys(given, FEEDBACK_KEYS, "user_feedback")
    out: dict[str, Any] = {}
    for key, value in given.items():
        if value is None:
            continue
        if key in ("satisfaction_score", "response_quality"):
            out[key] = checks.share(value, key)
        elif key == "needs_correction":
            out[key] = checks.flag(value, key)
        elif key == "corrected_entities":
            out[key] = checks.entity_spans(value, key)
        else:
            out[key] = checks.text(value, key)
    return out


def checked_analysis(analysis: object, text: str) -> dict[str, Any]:
    """What an analyzer made of a text, as the engine takes it. Raises an error that names the key."""
    given = checks.mapping(analysis, "analysis")
    checks.known_keys(given, ANALYSIS_KEYS, "analysis")
    out: dict[str, Any] = {key: checks.text(given.get(key, ""), key) for key in ("intent", "sentiment", "persona")}
    for key in ("intent_confidence", "sentiment_confidence"):
        out[key] = checks.share(given.get(key, 0.0), key)
    spans = checks.entity_spans(given.get("entities", ()), "entities")
    if any(end > len(text) for _, end, _ in spans):
        raise InvalidInputError('"entities" has one that ends behind the text')
    out["entities"] = [(text[start:end], label, start, end) for start, end, label in spans]
    return out


def checked_examples(examples: object) -> list[dict[str, Any]]:
    if isinstance(examples, (str, bytes, Mapping)) or not isinstance(examples, Iterable):
        raise InvalidTypeError(f'"examples" must be an iterable of TrainingExample, not {checks.type_name(examples)}')
    out = []
    for example in examples:
        if not isinstance(example, TrainingExample):
            raise InvalidTypeError(f'"examples" must hold TrainingExample, not {checks.type_name(example)}')
        out.append(example.checked())
    return out


def read_examples(path: str | os.PathLike[str]) -> list[TrainingExample]:
    """From JSON lines ``{"text", "intent"?, "sentiment"?, "entities"?: [[start, end, label], ...]}``."""
    out = []
    with open(checks.path(path, "path"), encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = checks.mapping(json.loads(line), "example")
                checks.known_keys(row, ("text", "intent", "sentiment", "entities"), "example")
                out.append(
                    TrainingExample(
                        checks.text(row.get("text"), "text"),
                        checks.maybe_text(row.get("intent"), "intent"),
                        checks.maybe_text(row.get("sentiment"), "sentiment"),
                        checks.entity_spans(row["entities"], "entities") if "entities" in row else None,
                    )
                )
            except (ValueError, TypeError) as error:
                raise InvalidInputError(f"{os.fspath(path)}, line {number}: {error}") from error
    return out


class Settings(MutableMapping[str, Any]):
    """The settings of one group, live: what is written holds from the next call on.

    Reads and writes like a dictionary with the documented keys (docs/settings.md). A key that there is not raises
    UnknownKeyError, a value that is not allowed InvalidInputError or InvalidTypeError; both name it, and nothing
    changes then. Keys can be neither added nor removed.
    """

    def __init__(
        self, group: str, read: Callable[[str], dict[str, Any]], write: Callable[[dict[str, Any]], None]
    ) -> None:
        self._group, self._read, self._write = group, read, write

    def _known(self, key: object, values: Mapping[str, Any]) -> str:
        name = checks.text(key, "key")
        if name not in values:
            raise UnknownKeyError(f'[{self._group}] has no setting "{name}"; there are {", ".join(values)}')
        return name

    def __getitem__(self, key: str) -> Any:
        values = self._read(self._group)
        return values[self._known(key, values)]

    def __setitem__(self, key: str, value: Any) -> None:
        self.update({key: value})

    def __delitem__(self, key: str) -> None:
        raise InvalidInputError(f'[{self._group}] "{key}" can be changed, not removed')

    def __iter__(self) -> Iterator[str]:
        return iter(self._read(self._group))

    def __len__(self) -> int:
        return len(self._read(self._group))

    def __contains__(self, key: object) -> bool:
        return key in self._read(self._group)

    def update(self, *given: Any, **named: Any) -> None:
        """All of the changes, or none."""
        if len(given) > 1:
            raise InvalidTypeError("update() takes one mapping")
        changes = {**dict(*given), **named}
        values = self._read(self._group)
        checked = {}
        for key, value in changes.items():
            name = self._known(key, values)
            checked[f"{self._group}.{name}"] = self._typed(name, value, values[name])
        self._write(checked)

    def _typed(self, name: str, value: Any, now: Any) -> Any:
        if isinstance(now, float) and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if type(value) is not type(now):
            wanted, got = checks.type_name(now), checks.type_name(value)
            raise InvalidTypeError(f'[{self._group}] "{name}" must be {wanted}, not {got}')
        if isinstance(value, float) and not math.isfinite(value):
            raise InvalidInputError(f'[{self._group}] "{name}" must be a finite number, not {value}')
        return value

    def copy(self) -> dict[str, Any]:
        return dict(self._read(self._group))

    def __repr__(self) -> str:
        return repr(self._read(self._group))


class Engine:
    """One process's use of a workspace; several processes may use the same one at once.

    Safe for any number of threads. Every call raises NotFoundError for a tenant that there is not, and ClosedError
    after close().
    """

    def __init__(self, native: _native.Engine) -> None:
        """Engine.open() and Engine.init() make one."""
        self._native: _native.Engine | None = native

    @classmethod
    def open(
        cls,
        workspace: str | os.PathLike[str] = "pawl-workspace",
        *,
        settings: Mapping[str, Any] | None = None,
        read_environment: bool = True,
    ) -> Engine:
        """Opens a workspace. Raises NotFoundError when there is none: init() makes one.

        Args:
            settings: "group.key" to value; they come after the workspace's pawl.toml and the environment.
            read_environment: whether PAWL_LEARNING_... and so on count.
        """
        folder = checks.path(workspace, "workspace")
        return cls(
            _native.Engine.open(folder, typed_settings(settings), checks.flag(read_environment, "read_environment"))
        )

    @classmethod
    def init(
        cls,
        workspace: str | os.PathLike[str] = "pawl-workspace",
        *,
        pipeline: str | os.PathLike[str] | None = None,
        lang: str = "en",
        examples: Iterable[TrainingExample] = (),
        tenant: str = "default",
        settings: Mapping[str, Any] | None = None,
        read_environment: bool = True,
        observer: Observer | None = None,
        run: _native.Run | None = None,
    ) -> Engine:
        """Makes a workspace, or adds a tenant to one, and trains its first generation.

        Args:
            pipeline: folder or installed package; None: a blank one of ``lang``.
            examples: what the first generation is trained on.
            observer: called with an event ("begin", "advance", "note", "end"), a text and a number while it works.

        Raises:
            InvalidInputError: the tenant has a generation already.
        """
        given = {
            "pipeline": None if pipeline is None else checks.path(pipeline, "pipeline"),
            "lang": checks.text(lang, "lang"),
            "examples": checked_examples(examples),
            "site_packages": site_packages(),
        }
        folder, watch = checks.path(workspace, "workspace"), run if run is not None else _run_of(observer)
        environment = checks.flag(read_environment, "read_environment")
        return cls(
            _native.Engine.init(folder, typed_settings(settings), environment, given, tenant_name(tenant), watch)
        )

    def close(self) -> None:
        """Ends the use of the workspace; pipelines and documents that were given out stay usable."""
        self._native = None

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self) -> _native.Engine:
        if self._native is None:
            raise ClosedError("the workspace was closed; open it again")
        return self._native

    @property
    def closed(self) -> bool:
        return self._native is None

    @property
    def workspace(self) -> Path:
        return Path(self._open().workspace)

    @property
    def warnings(self) -> list[str]:
        """Of opening."""
        return self._open().warnings

    def tenants(self) -> list[str]:
        return self._open().tenants()

    def analyze(self, texts: Iterable[str], tenant: str = "default", *, user_id: str = "") -> list[Analysis]:
        """One analysis for each text, in order. ``user_id``: who is to be answered, whose preferences count for the
        persona."""
        user = checks.text(user_id, "user_id")
        return [analysis_of(values) for values in self._open().analyze(texts, tenant_name(tenant), user)]

    def pipeline(self, tenant: str = "default") -> Pipeline:
        """The tenant's live pipeline, whichever that is at the time of a call."""
        return Pipeline(self._open().pipeline(tenant_name(tenant)))

    def generations(self, tenant: str = "default") -> list[Generation]:
        """Newest first."""
        return [generation_of(values) for values in self._open().generations(tenant_name(tenant))]

    def rollback(self, to: str = "", tenant: str = "default", reason: str = "asked for by the program") -> str:
        """One step back, or to the generation named. Gives back the id of what is live then."""
        return self._open().rollback(checks.text(to, "to"), tenant_name(tenant), checks.text(reason, "reason"))

    def rollback_to_backup(self, backup: str | os.PathLike[str], tenant: str = "default") -> str:
        """Makes the generation of a backup (its id, or its path) live. Gives back the generation's id."""
        return self._open().rollback_to_backup(checks.path(backup, "backup"), tenant_name(tenant))

    def back_up(self, tenant: str = "default") -> Path:
        """Backs up the live generation, unless it is already. Gives back the backup's path."""
        return self.backups / f"{self._open().back_up(tenant_name(tenant))}.json"

    @property
    def backups(self) -> Path:
        """Where backups of models are kept."""
        own = self.workspace / "backups"
        return own.resolve() if own.is_symlink() else own

    def export_pipeline(self, folder: str | os.PathLike[str], tenant: str = "default") -> str:
        """Copies the live pipeline to a folder that spacy.load() opens. Gives back the generation's id."""
        return self._open().export_pipeline(checks.path(folder, "folder"), tenant_name(tenant))

    def settings(self, group: str) -> Settings:
        """The live settings of a group: "learning", "training", "validation" and so on."""
        self.read_settings(checks.text(group, "group"))
        return Settings(group, self.read_settings, self.change_settings)

    def read_settings(self, group: str) -> dict[str, Any]:
        """The settings of a group as they are now, by key."""
        return self._open().settings(group)

    def change_settings(self, values: Mapping[str, Any]) -> None:
        """By full names, "learning.min_data_threshold": all of them or none."""
        self._open().change_settings(dict(checks.mapping(values, "values")))

    def collect(
        self,
        user_text: str,
        *,
        tenant: str = "default",
        assistant_response: str = "",
        user_id: str = "",
        conversation_id: str | None = None,
        session_id: str | None = None,
        persona: str | None = None,
        context_used: Iterable[str] = (),
        timestamp: Any = None,
        consent: bool | None = None,
        user_feedback: Mapping[str, Any] | None = None,
        analysis: Mapping[str, Any] | None = None,
    ) -> ConversationMetadata:
        """Stores a conversation turn with its feedback: durable on return, personal data removed.

        Without consent nothing of the turn is kept; ``consent=None`` is as learning.default_consent says. ``analysis``
        is what an analyzer of the program made of the text, in the place of the live model: intent, sentiment, persona,
        intent_confidence, sentiment_confidence, and entities as (start, end, label).
        """
        turn = {
            "user_text": checks.text(user_text, "user_text"),
            "assistant_response": checks.text(assistant_response, "assistant_response"),
            "user_id": checks.text(user_id, "user_id"),
            "conversation_id": checks.maybe_text(conversation_id, "conversation_id"),
            "session_id": checks.maybe_text(session_id, "session_id"),
            "persona": checks.maybe_text(persona, "persona"),
            "context_used": checks.texts(context_used, "context_used"),
            "said_at": None if timestamp is None else to_micros(parse_time(timestamp, "timestamp")),
            "consent": None if consent is None else checks.flag(consent, "consent"),
            "user_feedback": None if user_feedback is None else checked_feedback(user_feedback),
        }
        given = None if analysis is None else checked_analysis(analysis, user_text)
        return self.collect_turn(tenant, turn, given)[0]

    def collect_turn(
        self, tenant: str, turn: dict[str, Any], analysis: Mapping[str, Any] | None
    ) -> tuple[ConversationMetadata, dict[str, Any] | None]:
        """A turn that was checked; and what a memory service is to be told of it."""
        values, told = self._open().collect(tenant_name(tenant), turn, analysis)
        return metadata_of(values), told

    def add_feedback(
        self,
        feedback: Mapping[str, Any],
        *,
        turn_id: str = "",
        conversation_id: str = "",
        tenant: str = "default",
    ) -> str:
        """Feedback that arrives later, of a turn or of a conversation. Gives back the turn's id."""
        given = checked_feedback(feedback)
        turn, conversation = checks.text(turn_id, "turn_id"), checks.text(conversation_id, "conversation_id")
        return self._open().add_feedback(tenant_name(tenant), turn, given, conversation)

    def learn(
        self,
        tenant: str = "default",
        *,
        force: bool = False,
        observer: Observer | None = None,
        raise_on_failure: bool = True,
        run: _native.Run | None = None,
    ) -> LearningCycleResult:
        """Runs one learning cycle, or resumes one that was cut off; the live model is replaced when it returns.

        Ctrl-C stops it, and the next call resumes it.

        Raises:
            LearningCycleError: the cycle failed; ``raise_on_failure=False`` gives its result back instead.
            BusyError: another cycle of the tenant runs.
            InterruptedError: it was asked to stop.
        """
        name, forced = tenant_name(tenant), checks.flag(force, "force")
        text, resumed, warnings = self._open().learn(name, forced, run if run is not None else _run_of(observer))
        result = cycle_from_json(text, self.backups)
        result.resumed, result.warnings = resumed, warnings
        if result.status is TrainingStatus.FAILED and raise_on_failure:
            message = f"learning cycle {result.cycle_id} failed: {result.error_message}"
            raise LearningCycleError(message, result, self._backup_of_live(name))
        return result

    def _backup_of_live(self, tenant: str) -> Path | None:
        try:
            return self.back_up(tenant)
        except Error:
            return None  # what made the cycle fail may be in the way of this, too

    def metrics(self, tenant: str = "default") -> dict[str, Any]:
        """Learning metrics and history in the contract's shape; times in seconds."""
        return dict(json.loads(self._open().metrics(tenant_name(tenant))))

    def cycles(self, tenant: str = "default") -> list[LearningCycleResult]:
        """The latest cycles, newest first, at most ten."""
        return [cycle_of(values, self.backups) for values in self.metrics(tenant)["recent_cycles"]]

    def validate(self, examples: Iterable[TrainingExample], tenant: str = "default") -> ValidationResult:
        """The live model on labelled examples, against the bars of [validation]."""
        given = checked_examples(examples)
        return validation_of(self._open().validate(given, tenant_name(tenant)), len(given))

    def store_memory(
        self,
        content: str,
        *,
        tenant: str = "default",
        user_id: str = "",
        memory_type: str = "insight",
        tags: Iterable[str] = (),
        ai_generated: bool = False,
        metadata: Mapping[str, Any] | None = None,
    ) -> str:
        """Remembers a text, without personal data; it is found again by its words. Gives back its id."""
        given = checks.mapping({} if metadata is None else metadata, "metadata")
        memory = {
            "tenant_id": tenant_name(tenant),
            "user_id": checks.text(user_id, "user_id"),
            "content": checks.text(content, "content"),
            "memory_type": checks.text(memory_type, "memory_type"),
            "tags": checks.texts(tags, "tags"),
            "ai_generated": checks.flag(ai_generated, "ai_generated"),
            "metadata": _as_texts(given),
        }
        return self._open().store_memory(memory)

    def query_memories(self, query: str, *, tenant: str = "default", limit: int = 10) -> list[Memory]:
        """The nearest first, at most ``limit``; the newest first for an empty query."""
        found = self._open().query_memories(
            tenant_name(tenant), checks.text(query, "query"), checks.count(limit, "limit")
        )
        return [memory_of({**values, "metadata": _as_values(values["metadata"])}) for values in found]


# Names of the metadata that are no texts, and are kept as JSON.
_JSON_KEYS = "json_keys"


def _as_texts(metadata: Mapping[str, Any]) -> dict[str, str]:
    out = {key: value if isinstance(value, str) else _json(key, value) for key, value in metadata.items()}
    if others := [key for key, value in metadata.items() if not isinstance(value, str)]:
        out[_JSON_KEYS] = json.dumps(others)
    return out


def _as_values(metadata: Mapping[str, str]) -> dict[str, Any]:
    try:
        others = set(json.loads(metadata.get(_JSON_KEYS, "[]")))
        return {k: json.loads(v) if k in others else v for k, v in metadata.items() if k != _JSON_KEYS}
    except (ValueError, TypeError):
        return dict(metadata)  # written by somebody else


def _json(key: str, value: Any) -> str:
    try:
        return json.dumps(plain(value), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InvalidInputError(f'"metadata" cannot keep the value of "{key}": {error}') from error


def typed_settings(settings: Mapping[str, Any] | None) -> dict[str, str]:
    """As a person types them."""
    out = {}
    for key, value in checks.mapping({} if settings is None else settings, "settings").items():
        if not isinstance(value, (bool, int, float, str)):
            raise InvalidTypeError(f'"{key}" must be a bool, int, float or str, not {checks.type_name(value)}')
        out[key] = str(value).lower() if isinstance(value, bool) else str(value)
    return out


def _run_of(observer: Observer | None) -> _native.Run:
    """A run that Ctrl-C stops where Python sees it: in the main thread."""
    checks.maybe_callable(observer, "observer")
    return _native.Run(observer, threading.current_thread() is threading.main_thread())
