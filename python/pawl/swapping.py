"""The spaCy pipeline of a program's analyzer: taken into a workspace, and put back better."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from .engine import Engine


def holder_of(analyzer: object) -> Any | None:
    """The object whose ``nlp`` is the analyzer's spaCy pipeline: itself, or its spacy_service. None without one."""
    for holder in (analyzer, getattr(analyzer, "spacy_service", None)):
        nlp = getattr(holder, "nlp", None)
        if nlp is not None and hasattr(nlp, "to_disk") and hasattr(nlp, "pipe_names"):
            return holder
    return None


def save_pipeline(analyzer: object, folder: Path) -> Path | None:
    """Writes the analyzer's pipeline below ``folder``; None when it has none."""
    holder = holder_of(analyzer)
    if holder is None:
        return None
    holder.nlp.to_disk(folder / "pipeline")
    return folder / "pipeline"


def put_back(engine: Engine, tenant: str, analyzer: object) -> bool:
    """Makes the live pipeline the analyzer's own. It is loaded whole before it takes the place of the old one."""
    holder = holder_of(analyzer)
    if holder is None:
        return False
    import spacy

    with tempfile.TemporaryDirectory(prefix="pawl-") as scratch:
        engine.export_pipeline(Path(scratch) / "live", tenant)
        holder.nlp = spacy.load(Path(scratch) / "live")
    clear = getattr(holder, "clear_cache", None)
    if callable(clear):
        clear()
    return True
