"""pawl: language understanding that learns from every conversation and deploys only what is measurably better.

Three levels, usable apart: pipelines (`load`), workspaces (`Engine`), and the asynchronous learner (`pawl.learning`).
Importing this loads neither spaCy nor asyncio.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import errors
from ._native import Doc, Span, Token
from ._native import version as _version
from .errors import Error
from .pipeline import Pipeline, load, to_docbin, to_spacy

if TYPE_CHECKING:
    from . import learning
    from .engine import Engine
    from .learning import AutonomousLearner, create_autonomous_learner

__version__ = _version()

__all__ = [
    "AutonomousLearner",
    "Doc",
    "Engine",
    "Error",
    "Pipeline",
    "Span",
    "Token",
    "create_autonomous_learner",
    "errors",
    "learning",
    "load",
    "to_docbin",
    "to_spacy",
]

_LATER = {
    "AutonomousLearner": "learning",
    "Engine": "engine",
    "create_autonomous_learner": "learning",
    "learning": "",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    module = importlib.import_module(f"{__name__}.{_LATER[name] or name}")
    value = getattr(module, name) if _LATER[name] else module
    globals()[name] = value
    return value
