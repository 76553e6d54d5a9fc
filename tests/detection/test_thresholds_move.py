"""No threshold that a definition may set does nothing: each turns its check on some drawn data."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from tests.detection.drawing import World, content, drawn, every_arm, made_experiment
from tests.detection.faults import FAULTS, NOT_DRAWN, Fault, clustered, clusters_of

from pathlift.judgement.checks import CHECKS
from pathlift.registry.thresholds import THRESHOLDS, Kind
from pathlift.result.model import Check
from pathlift.statistics.collected import Count, Statistics

# from one end of what may be declared to the other
ENDS: dict[Kind, tuple[float, float]] = {
    "p": (1e-300, 0.4999),
    "share": (1e-9, 0.999999),
    "above0": (1e-9, 1e9),
    "count": (1, 10**9),
}
# tests/judgement/test_twyman.py and test_estimate_checks.py move their thresholds
_READS_ESTIMATES = ("instrument", "precision", "twyman")
SETTINGS = [
    (check, name)
    for check in THRESHOLDS
    if check not in NOT_DRAWN and check not in _READS_ESTIMATES
    for name in THRESHOLDS[check]
]


def _astray(made: Statistics, _: np.random.Generator) -> Statistics:
    one = Count(name="exposed_not_assigned", arm="search", count=10)
    return replace(made, quality=(*made.quality, one))


_NOBODY = np.tile([0.6, 0.6, 0.0], (3, 1))
# Runs that no check has to call a fault, but that lie between its thresholds.
BETWEEN = (
    Fault(rule="", check="srm", size="", severity="", world=World(lost=content(0.03, 0))),
    Fault(rule="", check="clusters", size="", severity="", experiment=clustered,
          tables=clusters_of(40, strayed=0.005)),
    Fault(rule="", check="purchase_ties", size="", severity="",
          world=World(purchase_tied=content(0.15, 0.1))),
    Fault(rule="", check="missing_outcome", size="", severity="",
          world=World(no_value=content(0.0135, 0.01))),
    Fault(rule="", check="triggering", size="", severity="", tables=_astray),
    Fault(rule="", check="stages", size="", severity="",
          world=World(met=_NOBODY, met_by_converted=_NOBODY)),
    Fault(rule="", check="carry_in", size="", severity="", world=World(held=every_arm(1.0))),
)  # fmt: skip
RUNS = (*FAULTS, *BETWEEN)


@cache
def tables(place: int) -> Statistics:
    """One run with a fault; a sound one beyond the last."""
    rng = np.random.default_rng(place)
    if place == len(RUNS):
        return drawn(World(), rng)
    return RUNS[place].tables(drawn(RUNS[place].world, rng), rng)


def told(check: str, name: str, value: float) -> Iterator[list[tuple[str, str]]]:
    sound = Fault(rule="", check=check, size="", severity="")
    for place, run in enumerate((*RUNS, sound)):
        if run.check == check:
            about = replace(run.experiment(made_experiment()), checks={check: {name: value}})
            found: list[Check] = list((run.run or CHECKS[check])(about, tables(place)))
            yield [(each.severity, each.scope) for each in found if each.id == check]


@pytest.mark.parametrize(("check", "name"), SETTINGS, ids=[f"{c}.{n}" for c, n in SETTINGS])
def test_a_threshold_from_end_to_end_turns_its_check(check: str, name: str) -> None:
    low, high = ENDS[THRESHOLDS[check][name].kind]
    assert list(told(check, name, low)) != list(told(check, name, high))
