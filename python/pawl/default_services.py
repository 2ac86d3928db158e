"""The services of pawl's own that a learner is given by default: an analyzer and a memory on a workspace."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from . import _native, checks
from .engine import Engine, Observer
from .errors import Error, InvalidTypeError
from .running import in_thread, long_run
from .services import (
    BrokenAnswer,
    guarded,
)
from .swapping import holder_of
from .values import (
    Analysis,
    MemoryType,
    tenant_name,
)
from .workspaces import Workspace

TenantId = str | uuid.UUID
SERVICE_SECONDS = 10.0


class SpacyAnalyzer:
    """The analyzer of pawl's own: a workspace's live model answers, and learns.

    Args:
        spacy_service: an object with a spaCy pipeline as ``nlp``. nlp: such a pipeline itself. Tenants begin with it,
            and what is learnt takes its place. None: a blank English pipeline, and the utterances pawl brings along.
        workspace: folder; None: the learner's, or else $PAWL_WORKSPACE or ./pawl-workspace.
        tenant: whose live model answers; None: the only one there is, or else "default".
    """

    def __init__(
        self,
        spacy_service: Any = None,
        *,
        nlp: Any = None,
        workspace: str | os.PathLike[str] | None = None,
        tenant: TenantId | None = None,
    ) -> None:
        self.spacy_service, self.nlp = spacy_service, nlp
        self.tenant = None if tenant is None else tenant_name(tenant)
        if spacy_service is not None and holder_of(self) is None:
            raise InvalidTypeError('"spacy_service" has no spaCy pipeline as "nlp"')
        if nlp is not None and holder_of(self) is not self:
            raise InvalidTypeError(f'"nlp" must be a spaCy pipeline, not {checks.type_name(nlp)}')
        self._workspace: Workspace | None = None
        if workspace is not None:
            self._workspace = Workspace(Path(checks.path(workspace, "workspace")), analyzer=self)

    def _where(self) -> Workspace:
        if self._workspace is None:
            self._workspace = Workspace(analyzer=self)
        return self._workspace

    async def analyze(self, text: str, tenant_id: TenantId | None = None) -> Analysis:
        """What the live model makes of a text."""
        given = checks.text(text, "text")
        tenant = tenant_name(tenant_id) if tenant_id is not None else self.tenant
        if tenant is None:
            tenant = await in_thread(self._where().usual_tenant)
        engine = await tenant_engine(self._where(), tenant)
        return (await in_thread(engine.analyze, [given], tenant))[0]

    async def detect_intent(self, text: str) -> str:
        return (await self.analyze(text)).intent

    async def sentiment(self, text: str) -> str:
        return (await self.analyze(text)).sentiment

    async def entities(self, text: str) -> dict[str, Any]:
        """``{"entities": [{"text", "label", "start", "end"}], "metadata": {...}}``"""
        values = (await self.analyze(text)).to_dict()
        return {"entities": values["entities"], "metadata": values["linguistic_features"]}

    async def _detect_intent_async(self, text: str) -> str:
        return await self.detect_intent(text)

    async def _sentiment_async(self, text: str) -> str:
        return await self.sentiment(text)

    async def _entities_async(self, text: str) -> dict[str, Any]:
        return await self.entities(text)

    def select_persona(self, intent: str, sentiment: str = "") -> str:
        """The persona that answers an intent; "support-assistant" for those of a workspace's own."""
        checks.text(sentiment, "sentiment")
        return _native.persona_for(checks.text(intent, "intent"))


def create_spacy_analyzer(spacy_service: Any = None, **options: Any) -> SpacyAnalyzer:
    """SpacyAnalyzer(spacy_service, **options)."""
    return SpacyAnalyzer(spacy_service, **options)


class WebUIMemoryService:
    """The memory of pawl's own: in the workspace's file, without personal data, found again by its words.

    Args:
        base_memory_manager: None: the learner's workspace, or else $PAWL_WORKSPACE or ./pawl-workspace. A path or an
            Engine: that workspace. Any other object with the coroutines ``store_memory`` and ``query_memories``: it
            keeps and finds.
        timeout: seconds that such an object has for an answer.
    """

    def __init__(self, base_memory_manager: Any = None, *, timeout: float = SERVICE_SECONDS) -> None:
        self.base_manager, self._timeout = base_memory_manager, checks.seconds(timeout, "timeout")
        self._workspace: Workspace | None = None
        self._base: Any = None
        if isinstance(base_memory_manager, Engine):
            self._workspace = Workspace(engine=base_memory_manager)
        elif isinstance(base_memory_manager, (str, os.PathLike)):
            self._workspace = Workspace(Path(checks.path(base_memory_manager, "base_memory_manager")))
        elif base_memory_manager is not None:
            for name in ("store_memory", "query_memories"):
                if not callable(getattr(base_memory_manager, name, None)):
                    raise InvalidTypeError(f'"base_memory_manager" is no workspace, and has no {name}()')
            self._base = base_memory_manager

    async def _engine(self, tenant: str) -> Engine:
        if self._workspace is None:
            self._workspace = Workspace()
        return await tenant_engine(self._workspace, tenant)

    async def store_web_ui_memory(
        self,
        tenant_id: TenantId,
        content: str,
        user_id: str = "",
        *,
        memory_type: MemoryType | str = MemoryType.GENERAL,
        tags: Iterable[str] | None = None,
        ai_generated: bool = False,
        metadata: Mapping[str, Any] | None = None,
    ) -> str:
        """Remembers a text of at most 64 KiB. Gives back its id."""
        tenant = tenant_name(tenant_id)
        kind = memory_type.value if isinstance(memory_type, MemoryType) else checks.text(memory_type, "memory_type")
        marks = checks.texts([] if tags is None else tags, "tags")
        if self._base is not None:
            return str(
                await self._asked(
                    "store_memory",
                    tenant_id=tenant,
                    content=checks.text(content, "content"),
                    user_id=user_id,
                    metadata={
                        **checks.mapping({} if metadata is None else metadata, "metadata"),
                        "memory_type": kind,
                        "tags": marks,
                        "ai_generated": ai_generated,
                    },
                )
            )
        engine = await self._engine(tenant)
        return await in_thread(
            engine.store_memory,
            content,
            tenant=tenant,
            user_id=user_id,
            memory_type=kind,
            tags=marks,
            ai_generated=ai_generated,
            metadata=metadata,
        )

    async def query_memories(self, tenant_id: TenantId, query: Any, limit: int = 10) -> list[Any]:
        """The nearest first. ``query`` is a text, or an object with one as ``text``."""
        tenant, words = tenant_name(tenant_id), getattr(query, "text", query)
        if self._base is not None:
            found = await self._asked("query_memories", tenant, query)
            return list(found)
        engine = await self._engine(tenant)
        return await in_thread(engine.query_memories, words, tenant=tenant, limit=limit)

    async def _asked(self, name: str, *arguments: Any, **named: Any) -> Any:
        try:
            return await guarded(self._base, name, self._timeout, *arguments, **named)
        except BrokenAnswer as problem:
            raise Error(f"the base memory manager's {problem}") from problem


async def tenant_engine(workspace: Workspace, tenant: str, observer: Observer | None = None) -> Engine:
    """Making a tenant trains its first generation: a long run."""
    if await in_thread(workspace.has, tenant):
        return workspace.engine()
    return await long_run(lambda run: workspace.engine_with(tenant, run), observer)
