"""Experiments on how shoppers meet need, touchpoint and trust.

The names meant for users; each loads what it needs when it is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlift.comparison.comparing import compare
    from pathlift.errors import DataError, DefinitionError, PathliftError
    from pathlift.pipeline import analyze
    from pathlift.registry.experiment import Experiment
    from pathlift.registry.loading import load_experiment
    from pathlift.result.model import Result

__all__ = [
    "DataError",
    "DefinitionError",
    "Experiment",
    "PathliftError",
    "Result",
    "analyze",
    "compare",
    "load_experiment",
]

_HOME = {
    "DataError": "pathlift.errors",
    "DefinitionError": "pathlift.errors",
    "Experiment": "pathlift.registry.experiment",
    "PathliftError": "pathlift.errors",
    "Result": "pathlift.result.model",
    "analyze": "pathlift.pipeline",
    "compare": "pathlift.comparison.comparing",
    "load_experiment": "pathlift.registry.loading",
}


def __getattr__(name: str) -> Any:
    """Load a public name on first use, so that importing the package costs nothing."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
