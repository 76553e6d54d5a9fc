"""Where two values of statistics differ: whole numbers exactly, floats by a share of themselves."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

# Both engines add floats in an order of their own: 1e-9 is what the issue allows, and far above
# the rounding of a million of them.
FLOATS = 1e-9
# What ran and on what is said to differ.
_SAID = frozenset({"sql", "engine"})


def differences(one: Any, other: Any, at: str = "") -> Iterator[str]:
    """Every place at which they differ, with both values."""
    if is_dataclass(one) and type(one) is type(other):
        for field in fields(one):
            if field.name not in _SAID:
                yield from differences(
                    getattr(one, field.name), getattr(other, field.name), f"{at}.{field.name}"
                )
    elif isinstance(one, Mapping):
        if list(one) != list(other):
            yield f"{at}: {list(one)} and {list(other)}"
            return
        for key in one:
            yield from differences(one[key], other[key], f"{at}[{key}]")
    elif isinstance(one, np.ndarray):
        if one.shape != other.shape:
            yield f"{at}: {one.shape} and {other.shape}"
            return
        for place, (a, b) in enumerate(zip(one.ravel(), other.ravel(), strict=True)):
            yield from differences(a, b, f"{at}[{place}]")
    elif isinstance(one, tuple | list):
        if len(one) != len(other):
            yield f"{at}: {len(one)} and {len(other)}"
            return
        for place, (a, b) in enumerate(zip(one, other, strict=True)):
            yield from differences(a, b, f"{at}[{place}]")
    elif isinstance(one, float) and isinstance(other, float):
        if one != other and not abs(one - other) <= FLOATS * max(abs(one), abs(other)):
            yield f"{at}: {one!r} and {other!r}"
    elif one != other or isinstance(one, float) != isinstance(other, float):
        yield f"{at}: {one!r} and {other!r}"
