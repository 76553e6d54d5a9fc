"""Are standard errors right on this experiment's own data? V26 is a command of its own."""

from collections.abc import Iterator

from pathlift.judgement.checks.facts import not_checked
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Check
from pathlift.statistics.collected import Statistics


def aa(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Say how to have it checked.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
        ``not_checked``: a thousand experiments without an effect take a minute, so that no
        analysis runs them unasked.
    """
    del experiment, statistics
    yield not_checked(
        "aa",
        "`pathlift aa NAME` deals these units anew a thousand times, and says how often each test "
        "finds what is not there.",
    )
