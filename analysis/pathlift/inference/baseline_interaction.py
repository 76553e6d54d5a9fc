"""Does the effect on conversion differ with what was held before exposure? One test, made first.

By Pearson's test of the model without interaction; where an arm has clusters, whose units stand
in several states, by Wald's test with the variance between clusters.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.additive import EXPECTED, additivity, readable
from pathlift.inference.arrays import Floats, as_floats
from pathlift.inference.baseline_states import States
from pathlift.inference.clustering import clusters_in
from pathlift.inference.clusters import contrast_df
from pathlift.inference.measured import Measured
from pathlift.inference.omnibus import wald
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
    value = np.array([found.value for found in known.values()])
    covariance = np.zeros((len(known), len(arms), len(known), len(arms)))
    for place, found in enumerate(known.values()):
        covariance[place, :, place, :] = found.covariance
    for a, arm in enumerate(arms):
        if any(found.grouped[a] for found in known.values()):
            covariance[:, a, :, a] = _between_states(statistics, tuple(known), arm, arms)
    over = _differences(len(known)), _differences(len(arms))
    contrasts = as_floats(np.kron(*over))
    size = value.size
    theta = contrasts @ value.ravel()
    v = contrasts @ covariance.reshape(size, size) @ contrasts.T
    q, least = len(theta), _least_df(known, over[1])
    if not least - q + 1 > 0:
        raise NotEstimableError(f"{least:.1f} degrees of freedom are too few for {q} comparisons")
    test = wald(theta, v * (least / (least - q + 1)), residual_df=least - q + 1)
    return float(test.statistic) / q, float(q), float(test.p_value)


def _differences(size: int) -> Floats:
    return np.hstack((-np.ones((size - 1, 1)), np.eye(size - 1)))


def _least_df(known: Known, contrasts: Floats) -> float:
    """Smallest degrees of freedom of a contrast in a state."""
    return float(
        min(
            contrast_df(
                contrasts,
                found.residual_variance,
                found.units,
                found.residual_df,
                clustered=found.grouped,
            ).min()
            for found in known.values()
        )
    )


def _between_states(
    statistics: Statistics, states: Sequence[Slice], arm: str, arms: Sequence[str]
) -> Floats:
    """Covariance of an arm's conversion over states: CR2, with clusters that stand in several."""
    scaled: list[dict[str, float]] = []
    for which in states:
        clusters = clusters_in(statistics, which, arms)
        if clusters is None:
            raise ValueError("an arm without clusters has no covariance between states")
        codes = [code for code in all_codes() if code in clusters.table.labels]
        group = Group(arm=arm)
        sums = centred_sums(clusters.table, group, (), label_converted=codes)
        names = sorted(c.name for c in clusters.table.clusters if c.group == group)
        total = sums.units.sum()
        each = sums.residuals.sum(axis=1) / np.sqrt(1 - sums.units / total) / total
        scaled.append(dict(zip(names, each.tolist(), strict=True)))
    everyone = sorted({name for state in scaled for name in state})
    e = np.array([[state.get(name, 0.0) for name in everyone] for state in scaled])
    return np.asarray(e @ e.T)
