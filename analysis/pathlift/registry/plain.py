"""What does an experiment come to, as plain values for machines? Defaults filled in, no places."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from pathlift.registry.durations import say_duration
from pathlift.registry.experiment import Experiment

_LEFT_OUT: Final = ("at", "definition")  # places in the file, and the file as it was read


def as_plain(experiment: Experiment) -> dict[str, Any]:
    """Turn an experiment into values that JSON can hold.

    Parameters
    ----------
    experiment : Experiment

    Returns
    -------
    dict
        By the names of `Experiment` and its parts: what was left out in the file has its default,
        days and moments are ISO 8601, durations are written as in a definition.
    """
    plain: dict[str, Any] = _plain(experiment)
    return plain


def _plain(value: Any) -> Any:
    match value:
        case timedelta():
            return say_duration(value)
        case date() | datetime():
            return value.isoformat()
        case Path():
            return str(value)
        case Mapping():
            return {str(key): _plain(one) for key, one in value.items()}
        case tuple() | list() | frozenset():
            return [_plain(one) for one in value]
        case _ if is_dataclass(value):
            return {
                field.name: _plain(getattr(value, field.name))
                for field in fields(value)
                if field.name not in _LEFT_OUT
            }
        case _:
            return value
