"""Services that a program brings to the learner: an analyzer and a memory. Both are duck-typed, and nothing that they
fail at, hang at or return broken ends a call: it is counted, and told of as a warning."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from . import checks
from .errors import Error, InvalidTypeError
from .running import in_daemon
from .values import MemoryType, plain

_ANALYZER_CALLS = ("_detect_intent_async", "_sentiment_async", "_entities_async")
MEMORY_TAGS = ("autonomous_learning", "conversation_metadata")


class BrokenAnswer(Exception):
    """What a service gave back is not what it should be."""


@dataclass
class Failures:
    """How often services failed, and at what last."""

    analyzer: int = 0
    memory: int = 0
    last: dict[str, str] = field(default_factory=dict)

    def count(self, service: str, problem: str) -> None:
        setattr(self, service, getattr(self, service) + 1)
        self.last[service] = problem


def _told(error: BaseException) -> str:
    """An error as one line. The message of a stranger's error may hold a user's text: only its kind is told."""
    return str(error) if isinstance(error, (BrokenAnswer, Error)) else type(error).__name__


async def ask(call: Callable[[], Any], limit: float) -> Any:
    """The answer of a coroutine function, or of a plain one; within the limit (seconds) where it lets go of the loop.

    A call that is not a coroutine runs in a thread, so that the loop goes on.
    """
    if inspect.iscoroutinefunction(call):
        return await asyncio.wait_for(call(), limit)
    answer = await asyncio.wait_for(in_daemon(call), limit)
    return await asyncio.wait_for(answer, limit) if isinstance(answer, Awaitable) else answer


def _method(service: object, name: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> Callable[[], Any]:
    found = getattr(service, name)
    if inspect.iscoroutinefunction(found):

        async def awaited() -> Any:
            return await found(*arguments, **named)

        return awaited
    return lambda: found(*arguments, **named)


async def guarded(service: object, name: str, limit: float, *arguments: Any, **named: Any) -> Any:
    """Raises BrokenAnswer, with a sentence for a person, for whatever goes wrong but a cancellation of the caller."""
    try:
        return await ask(_method(service, name, arguments, named), limit)
    except asyncio.TimeoutError:
        raise BrokenAnswer(f"{name}() gave no answer within {limit:g} s") from None
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and getattr(task, "cancelling", lambda: 1)():
            raise
        raise BrokenAnswer(f"{name}() was cancelled") from None
    except Exception as error:
        raise BrokenAnswer(f"{name}() failed ({_told(error)})") from error


def check_analyzer(analyzer: object) -> None:
    for name in _ANALYZER_CALLS:
        if not callable(getattr(analyzer, name, None)):
            raise InvalidTypeError(f'"spacy_analyzer" has no {name}(); see docs/python.md for what one needs')


def check_memory(memory: object) -> None:
    for name in ("store_web_ui_memory", "query_memories"):
        if not callable(getattr(memory, name, None)):
            raise InvalidTypeError(f'"memory_service" has no {name}(); see docs/python.md for what one needs')


def _label(value: object, name: str) -> tuple[str, float]:
    """A label and its confidence, out of a text, an enumeration, a pair, or a mapping."""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, Mapping):
        value = (value.get("label") or value.get(name), value.get("confidence", 1.0))
    if isinstance(value, (tuple, list)) and len(value) == 2:
        label, confidence = value
    else:
        label, confidence = value, 1.0
    try:
        if not label:
            raise BrokenAnswer(f"the analyzer gave no {name}")
        return checks.text(label, name), checks.share(confidence, f"confidence of the {name}")
    except Error as error:
        raise BrokenAnswer(f"the analyzer's {name} is broken: {error}") from error


def _entity(value: object, text: str) -> tuple[str, str, int, int]:
    if isinstance(value, Mapping):
        parts = [value.get("text"), value.get("label"), value.get("start"), value.get("end")]
    elif isinstance(value, (tuple, list)):
        parts = [*value, None, None][:4]
    else:
        raise BrokenAnswer(f"the analyzer's entities are broken: one is {checks.type_name(value)}")
    try:
        found, label = checks.text(parts[0], "text of an entity"), checks.text(parts[1], "label of an entity")
        start = text.find(found) if parts[2] is None else checks.count(parts[2], "start of an entity")
        end = start + len(found) if parts[3] is None else checks.count(parts[3], "end of an entity")
    except Error as error:
        raise BrokenAnswer(f"the analyzer's entities are broken: {error}") from error
    if start < 0 or end > len(text) or text[start:end] != found:
        raise BrokenAnswer("the analyzer's entities are broken: one is not in the text")
    return found, label, start, end


def _entities(value: object, text: str) -> list[tuple[str, str, int, int]]:
    found = value.get("entities", []) if isinstance(value, Mapping) else value
    if not isinstance(found, (list, tuple)):
        raise BrokenAnswer(f"the analyzer's entities are broken: {checks.type_name(found)}, not a list")
    return [_entity(entity, text) for entity in found]


async def analyse(analyzer: object, text: str, limit: float) -> dict[str, Any]:
    """What the program's analyzer makes of a text, as the engine takes it. Raises BrokenAnswer."""
    asked = [asyncio.ensure_future(guarded(analyzer, name, limit, text)) for name in _ANALYZER_CALLS]
    try:
        answers = [await task for task in asked]
    finally:
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
    intent, intent_confidence = _label(answers[0], "intent")
    sentiment, sentiment_confidence = _label(answers[1], "sentiment")
    persona = ""
    if callable(getattr(analyzer, "select_persona", None)):
        persona, _ = _label(await guarded(analyzer, "select_persona", limit, intent, sentiment), "persona")
    return {
        "intent": intent,
        "sentiment": sentiment,
        "persona": persona,
        "intent_confidence": intent_confidence,
        "sentiment_confidence": sentiment_confidence,
        "entities": _entities(answers[2], text),
    }


async def remember(memory: object, told: dict[str, Any], metadata: dict[str, Any], limit: float) -> Any:
    """Tells the program's memory of a turn. Raises BrokenAnswer."""
    return await guarded(
        memory,
        "store_web_ui_memory",
        limit,
        tenant_id=told["tenant_id"],
        content=told["content"],
        user_id=told["user_id"],
        memory_type=MemoryType.INSIGHT,
        tags=list(MEMORY_TAGS),
        ai_generated=True,
        metadata=plain(metadata),
    )


async def recall(memory: object, tenant: str, query: str, limit: float) -> list[Any]:
    """What the program's memory finds. Raises BrokenAnswer."""
    found = await guarded(memory, "query_memories", limit, tenant, query)
    if not isinstance(found, (list, tuple)):
        raise BrokenAnswer(f"query_memories() gave {checks.type_name(found)}, not a list")
    return list(found)
