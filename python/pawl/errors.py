"""What pawl raises: one root, and each error is also of the built-in kind that a program may already catch.

Messages are one sentence for a person: what, where (file, key or tenant), and what to do. They never hold a text of
a user.
"""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from .values import LearningCycleResult

__all__ = [
    "BusyError",
    "ClosedError",
    "Error",
    "FormatError",
    "InternalError",
    "InterruptedError",
    "InvalidInputError",
    "InvalidTypeError",
    "IoError",
    "LearningCycleError",
    "NotFoundError",
    "UnknownKeyError",
    "UnsupportedError",
]


class Error(Exception):
    """The root of all."""


class InvalidInputError(Error, ValueError):
    """A value that the caller gave: a label, a score, a setting."""


class InvalidTypeError(Error, TypeError):
    """A value of a type that is not taken there."""


class UnknownKeyError(InvalidInputError, KeyError):
    """A key that there is not: of a setting, of feedback, of a stored record."""

    def __str__(self) -> str:
        return Error.__str__(self)


class ClosedError(Error, ValueError):
    """An engine or a learner that was closed."""


class FormatError(Error, ValueError):
    """A file that is not what it should be."""


class NotFoundError(Error, LookupError):
    """A workspace, tenant, generation, component or file that there is not."""


class UnsupportedError(Error, NotImplementedError):
    """Well-formed, but not something pawl can do."""


class IoError(Error, OSError):
    """The operating system said no."""


class BusyError(Error, RuntimeError):
    """Somebody else holds it, for instance another cycle of the same tenant; try again later."""


class InterruptedError(Error, builtins.InterruptedError):
    """The work was asked to stop and left nothing half done; a cycle is resumed by the next one."""


class InternalError(Error, RuntimeError):
    """Broken state that is nobody else's fault."""


class LearningCycleError(Error, RuntimeError):
    """A learning cycle that failed. What was live before it is live still.

    Attributes:
        result: the cycle's result, with status ``failed`` and its error message.
        backup_path: backup of the model that is live; ``training_pipeline.rollback_model()`` takes it. Absent
            where none could be made.
    """

    backup_path: Path

    def __init__(self, message: str, result: LearningCycleResult, backup_path: Path | None = None) -> None:
        super().__init__(message)
        self.result = result
        if backup_path is not None:
            self.backup_path = backup_path
