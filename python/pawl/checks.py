"""Checks of what callers hand over, with messages that name the argument."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from typing import Any

from .errors import InvalidInputError, InvalidTypeError, UnknownKeyError

_MOST = 2**31 - 1


def type_name(value: object) -> str:
    return type(value).__name__


def text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise InvalidTypeError(f'"{name}" must be a str, not {type_name(value)}')
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidInputError(f'"{name}" holds half a surrogate pair, which is no character') from None
    return value


def maybe_text(value: object, name: str) -> str | None:
    return None if value is None else text(value, name)


def texts(values: object, name: str) -> list[str]:
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise InvalidTypeError(f'"{name}" must be an iterable of str, not {type_name(values)}')
    return [text(value, name) for value in values]


def flag(value: object, name: str) -> bool:
    if not isinstance(value, bool):
        raise InvalidTypeError(f'"{name}" must be a bool, not {type_name(value)}')
    return value


def share(value: object, name: str) -> float:
    """A number from 0 to 1."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidTypeError(f'"{name}" must be a number from 0 to 1, not {type_name(value)}')
    if not (math.isfinite(value) and 0 <= value <= 1):
        raise InvalidInputError(f'"{name}" must be a number from 0 to 1, not {value}')
    return float(value)


def seconds(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidTypeError(f'"{name}" must be a number of seconds, not {type_name(value)}')
    if not (math.isfinite(value) and value > 0):
        raise InvalidInputError(f'"{name}" must be a number of seconds above 0, not {value}')
    return float(value)


def count(value: object, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidTypeError(f'"{name}" must be an int, not {type_name(value)}')
    if value < 0:
        raise InvalidInputError(f'"{name}" must not be below 0, and is {value}')
    if value > _MOST:
        raise InvalidInputError(f'"{name}" must not be above {_MOST}')
    return value


def maybe_callable(value: object, name: str) -> None:
    if value is not None and not callable(value):
        raise InvalidTypeError(f'"{name}" must be callable, not {type_name(value)}')


def path(value: object, name: str) -> str:
    if not isinstance(value, (str, os.PathLike)):
        raise InvalidTypeError(f'"{name}" must be a path, not {type_name(value)}')
    given = os.fspath(value)
    if not isinstance(given, str):
        raise InvalidTypeError(f'"{name}" must be a path of text, not of bytes')
    return text(given, name)


def mapping(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidTypeError(f'"{name}" must be a mapping, not {type_name(value)}')
    for key in value:
        text(key, f"{name}: a key")
    return value


def known_keys(value: Mapping[str, Any], known: Iterable[str], name: str) -> None:
    names = list(known)
    for key in value:
        if key not in names:
            raise UnknownKeyError(f'"{name}" has no key "{key}"; there are {", ".join(names)}')


def entity_spans(values: object, name: str) -> list[tuple[int, int, str]]:
    """Of (start, end, label) or (text, label, start, end), code points, half open."""
    if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Iterable):
        raise InvalidTypeError(f'"{name}" must be a list of (start, end, label), not {type_name(values)}')
    return [_entity_span(value, name) for value in values]


def _entity_span(value: object, name: str) -> tuple[int, int, str]:
    parts = list(value) if isinstance(value, (list, tuple)) else []
    if len(parts) == 4:
        parts = [parts[2], parts[3], parts[1]]
    if len(parts) != 3:
        raise InvalidTypeError(f'"{name}" must be a list of (start, end, label) or (text, label, start, end)')
    start, end = count(parts[0], name), count(parts[1], name)
    if start >= end:
        raise InvalidInputError(f'"{name}" has an entity that ends where it starts, or before ({start}, {end})')
    return start, end, text(parts[2], name)
