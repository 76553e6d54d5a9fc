"""Does the effect on conversion differ with what was held before exposure? One test, made first.

By Pearson's test of the model without interaction; where an arm has clusters, whose units stand
in several states, by Wald's test with the variance between clusters.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.additive import EXPECTED, additivity, readable
from pathlift.inference.baseline_states import States
from pathlift.inference.between_levels import (
    Influences,
    cluster_influences,
    differs_between_levels,
)
from pathlift.inference.clustering import clusters_in
from pathlift.inference.measured import Measured
from pathlift.inference.reading import Slice
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Omnibus
from pathlift.statistics.baseline import BASELINE_STATE, NOTHING
from pathlift.statistics.cells import all_codes
from pathlift.statistics.clusters import centred_sums
from pathlift.statistics.collected import Statistics
from pathlift.statistics.moments import Group

PEARSON = "Pearson's test that contrasts of conversion are the same in all baseline states"
WALD = "Wald's test, between clusters, of the same contrasts of conversion in all baseline states"

Known = Mapping[Slice, Measured]


def baseline_interactions(
    experiment: Experiment, statistics: Statistics, states: States
) -> tuple[Omnibus, ...]:
    """Test whether the contrasts of conversion differ between baseline states.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics
    states : sequence of (Slice, Measured or str)
        From `measured_states`.

    Returns
    -------
    tuple of Omnibus
        One test, or none where nobody carries anything in. Degrees of freedom
        (states - 1)(arms - 1) over the states in which every arm is expected to have at least
        5 conversions and 5 units without; the others are named.
    """
    if not states:
        return ()
    measured = {which: found for which, found in states if isinstance(found, Measured)}
    known = _readable(measured)
    clustered = any(found.grouped.any() for found in known.values())
    name = WALD if clustered else PEARSON
    left_out = [which.level or NOTHING for which, _ in states if which not in known]
    if left_out:
        name += (
            f"; not read: {', '.join(left_out)}, where an arm is expected to have fewer than "
            f"{EXPECTED:g} conversions, or units without"
        )
    try:
        if len(known) < 2:
            raise NotEstimableError(
                f"fewer than two states have {EXPECTED:g} expected conversions, and as many units "
                "without, in every arm"
            )
        found = _by_cluster(experiment, statistics, known) if clustered else _by_unit(known)
    except NotEstimableError as refusal:
        return (_omnibus(experiment, name, (None, None, None), str(refusal)),)
    return (_omnibus(experiment, name, found),)


def _omnibus(
    experiment: Experiment,
    test: str,
    found: tuple[float | None, float | None, float | None],
    reason: str = "",
) -> Omnibus:
    statistic, df, p_value = found
    return Omnibus(
        estimand="interaction",
        metric=experiment.conversion,
        ordering=None,
        segment=BASELINE_STATE,
        test=test,
        statistic=statistic,
        df=df,
        p_value=p_value,
        causal_status="causal",
        not_estimated={"reason": reason} if reason else None,
    )


def _readable(measured: Known) -> dict[Slice, Measured]:
    if not measured:
        return {}
    units = np.array([found.units for found in measured.values()])
    converted = np.array([found.value for found in measured.values()]) * units
    enough = readable(np.rint(converted), units)
    return {
        which: found
        for (which, found), kept in zip(measured.items(), enough, strict=True)
        if kept and not found.lost
    }


def _by_unit(known: Known) -> tuple[float, float, float]:
    units = np.array([found.units for found in known.values()])
    converted = np.rint(np.array([found.value for found in known.values()]) * units)
    test = additivity(converted, units)
    return float(test.statistic), float(test.df), float(test.p_value)


def _by_cluster(
    experiment: Experiment, statistics: Statistics, known: Known
) -> tuple[float, float, float]:
    """Hotelling's correction of Wald's statistic, as where all arms are compared at once."""
    arms = tuple(arm.name for arm in experiment.analyzed_arms)
    influences = {
        place: [_influences(statistics, which, arm, arms) for which in known]
        for place, arm in enumerate(arms)
        if any(found.grouped[place] for found in known.values())
    }
    test = differs_between_levels(tuple(known.values()), influences)
    return float(test.statistic) / test.df, float(test.df), float(test.p_value)


def _influences(statistics: Statistics, which: Slice, arm: str, arms: Sequence[str]) -> Influences:
    """What each cluster adds to an arm's conversion in a state."""
    clusters = clusters_in(statistics, which, arms)
    if clusters is None:
        raise ValueError("an arm without clusters has no covariance between states")
    codes = [code for code in all_codes() if code in clusters.table.labels]
    sums = centred_sums(clusters.table, Group(arm=arm), (), label_converted=codes)
    return cluster_influences(sums, clusters.names(arm), sums.residuals.sum(axis=1))
