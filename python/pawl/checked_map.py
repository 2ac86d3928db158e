"""Reading of what somebody else wrote: a map whose values are checked, and whose ValueErrors name the key."""

from contextlib import contextmanager

import numpy as np

UNBOUNDED = 1e30  # written for bounds that mean "always" or "never"


@contextmanager
def naming(what):
    """Errors in what a file or a part of it holds name it."""
    try:
        yield
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{what}: {error}") from error


class CheckedMap:
    """A map; errors name its own key, too."""

    def __init__(self, value, where=""):
        self.value, self.where = value, where
        if not isinstance(value, dict):
            raise ValueError(f"{where.removesuffix(': ') or 'the whole'}: is not a map")

    def __contains__(self, key):
        return key in self.value

    def fail(self, key, what):
        raise ValueError(f"{self.where}{key}: {what}")

    def get(self, key):
        return self.value[key] if key in self.value else self.fail(key, "is missing")

    def part(self, key):
        return CheckedMap(self.get(key), f"{self.where}{key}: ")

    def number(self, key, low=-UNBOUNDED, high=UNBOUNDED):
        value = self.get(key)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self.fail(key, "is not a number")
        return value if low <= value <= high else self.fail(key, "is out of range")

    def size(self, key, low, high):
        if not isinstance(self.get(key), int):
            self.fail(key, "is not an integer")
        return self.number(key, low, high)

    def text(self, key):
        value = self.get(key)
        return value if isinstance(value, str) else self.fail(key, "is not a string")

    def texts(self, key):
        value = self.get(key)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.fail(key, "is not a list of strings")
        return value

    def flag(self, key):
        value = self.get(key)
        return value if isinstance(value, bool) else self.fail(key, "is neither true nor false")

    def array(self, key, dtype, *shape):
        """Of this shape, or of any one dimension."""
        value = self.get(key)
        if not isinstance(value, np.ndarray) or value.dtype != np.dtype(dtype):
            self.fail(key, f"is not an array of {dtype}")
        if value.shape != shape if shape else value.ndim != 1:
            self.fail(key, "has a shape that does not fit the other parts")
        return value

    def floats(self, key, *shape):
        value = self.array(key, "<f4", *shape)
        return value if np.isfinite(value).all() else self.fail(key, "holds a value that is not finite")
