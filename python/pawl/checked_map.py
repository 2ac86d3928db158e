"""Reading of what somebody else wrote: a map whose values are checked, and whose ValueErrors name the key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

UNBOUNDED = 1e30  # written for bounds that mean "always" or "never"


@contextmanager
def naming(what: object) -> Iterator[None]:
    """Errors in what a file or a part of it holds name it."""
    try:
        yield
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{what}: {error}") from error


class CheckedMap:
    """A map; errors name its own key, too."""

    def __init__(self, value: Any, where: str = "") -> None:
        self.value, self.where = value, where
        if not isinstance(value, dict):
            raise ValueError(f"{where.removesuffix(': ') or 'the whole'}: is not a map")

    def __contains__(self, key: str) -> bool:
        return key in self.value

    def fail(self, key: str, what: str) -> NoReturn:
        raise ValueError(f"{self.where}{key}: {what}")

    def get(self, key: str) -> Any:
        return self.value[key] if key in self.value else self.fail(key, "is missing")

    def part(self, key: str) -> CheckedMap:
        return CheckedMap(self.get(key), f"{self.where}{key}: ")

    def number(self, key: str, low: float = -UNBOUNDED, high: float = UNBOUNDED) -> float:
        value = self.get(key)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self.fail(key, "is not a number")
        return value if low <= value <= high else self.fail(key, "is out of range")

    def size(self, key: str, low: int, high: int) -> int:
        value = self.get(key)
        if not isinstance(value, int):
            self.fail(key, "is not an integer")
        self.number(key, low, high)
        return value

    def text(self, key: str) -> str:
        value = self.get(key)
        return value if isinstance(value, str) else self.fail(key, "is not a string")

    def texts(self, key: str) -> list[str]:
        value = self.get(key)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.fail(key, "is not a list of strings")
        return value

    def flag(self, key: str) -> bool:
        value = self.get(key)
        return value if isinstance(value, bool) else self.fail(key, "is neither true nor false")

    def array(self, key: str, dtype: str, *shape: int) -> Array:
        """Of this shape, or of any one dimension."""
        value = self.get(key)
        if not isinstance(value, np.ndarray) or value.dtype != np.dtype(dtype):
            self.fail(key, f"is not an array of {dtype}")
        if value.shape != shape if shape else value.ndim != 1:
            self.fail(key, "has a shape that does not fit the other parts")
        return value

    def floats(self, key: str, *shape: int) -> Array:
        value = self.array(key, "<f4", *shape)
        return value if np.isfinite(value).all() else self.fail(key, "holds a value that is not finite")
