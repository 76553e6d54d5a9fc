"""How often looks at data without an effect show one: thousands of experiments at once.

Statistics, information, spending and boundaries come from the functions that `analyze` uses, for
all experiments together; that nothing lies between them and a result is tested on a few.
"""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from tests.support.experiments import conversion, experiment, metric
from tests.support.looks import Counts, looked, planned

from pathlift.errors import NotEstimableError
from pathlift.inference.anytime import LEAST_CONVERSIONS, Sequence
from pathlift.inference.arrays import Floats
from pathlift.inference.at_look import as_z
from pathlift.inference.clusters import arm_clusters, contrast_df, cr2_covariance
from pathlift.inference.group_sequential import (
    boundaries,
    growing_information,
    information_share,
    planned_information,
)
from pathlift.inference.proportions import difference_score
from pathlift.inference.spending import Kind, Sides, Spending
from pathlift.registry.experiment import Margin

RATE = 0.2
TWO = ("control", "treated")


def conversions(
    seed: int, runs: int, looks: int, per_look: int, rates: tuple[float, ...] = (RATE, RATE)
) -> tuple[Floats, Floats]:
    """Converted units by arm, run and look, and the units behind them, both accumulating."""
    rng = np.random.default_rng(seed)
    hits = np.stack([rng.binomial(per_look, rate, (runs, looks)) for rate in rates])
    return hits.cumsum(axis=-1).astype(float), per_look * np.arange(1.0, looks + 1)


def error_of(x1: Floats, x0: Floats, n: Floats) -> Floats:
    """Standard error of a difference of shares, convention n - 1, as results have it."""
    variance = [x / n * (1 - x / n) / (n - 1) for x in (x1, x0)]
    return np.asarray(np.sqrt(variance[0] + variance[1]))


def crossed(
    z: Floats, information: Floats, spending: Spending, *, alpha: float, sides: Sides = 2
) -> tuple[np.ndarray, Floats]:
    """Whether each run crosses a boundary at its own information, and alpha spent by the last look.

    Boundaries take a millisecond a run. Those at the mean information differ by a few hundredths,
    so that only runs that come near one of them need their own; that they do is asserted.
    """
    size = np.abs(z) if sides == 2 else z
    typical = boundaries(information.mean(axis=0), spending, alpha=alpha, sides=sides).critical
    nearest = (size / typical).max(axis=1)
    found = nearest > 1
    for run in np.flatnonzero(np.abs(nearest - 1) < 0.08):
        own = boundaries(information[run], spending, alpha=alpha, sides=sides).critical
        assert bool(np.all(np.abs(own / typical - 1)[np.isfinite(own)] < 0.07))
        found[run] = bool(np.any(size[run] >= own))
    return found, spending.spent(information[:, -1], alpha, sides=sides)


def assert_share(found: np.ndarray, expected: float) -> None:
    """Within four of its own binomial standard errors of what was expected."""
    runs = len(found)
    error = np.sqrt(expected * (1 - expected) / runs)
    assert abs(float(found.mean()) - expected) < 4 * error, (found.mean(), expected, error)


@pytest.mark.parametrize(
    ("kind", "gamma"),
    [("obrien_fleming", 0.0), ("pocock", 0.0), ("hwang_shih_decani", -4.0)],
)
def test_group_sequential_looks_spend_alpha_and_no_more(kind: Kind, gamma: float) -> None:
    runs, looks, per_look, alpha = 20_000, 4, 2_000, 0.05
    (x0, x1), n = conversions(20260302, runs, looks, per_look)
    z = difference_score(x1, n, x0, n)
    errors = error_of(x1, x0, n)
    # the plan is frozen at the first look, and information is what was seen (methods 3.7)
    plan = planned_information(errors[:, 0], 2 * n[0], 2 * n[-1])
    information = information_share(errors, plan[:, None])
    found, spent = crossed(z, information, Spending(kind=kind, gamma=gamma), alpha=alpha)
    # a run that saw 98% of its plan has spent a little less than alpha
    assert 0.047 < spent.mean() <= alpha
    assert_share(found, float(spent.mean()))
    naive = np.any(np.abs(z) > stats.norm.isf(alpha / 2), axis=1).mean()
    assert naive > 0.11  # Armitage, McPherson and Rowe 1969: 0.126 for four equal looks


def test_a_guardrail_at_its_margin_is_passed_by_half_of_alpha() -> None:
    runs, looks, per_look, alpha, margin = 20_000, 3, 3_000, 0.05, 0.03
    (x0, x1), n = conversions(4, runs, looks, per_look, (RATE, RATE - margin))
    z = difference_score(x1, n, x0, n, null=-margin)
    errors = error_of(x1, x0, n)
    plan = planned_information(errors[:, 0], 2 * n[0], 2 * n[-1])
    information = information_share(errors, plan[:, None])
    spending = Spending(kind="obrien_fleming")
    found, spent = crossed(z, information, spending, alpha=alpha / 2, sides=1)
    assert_share(found, float(spent.mean()))


def test_contrasts_that_share_alpha_keep_it_together() -> None:
    """Two arms against one control, each at half of alpha: either shows an effect too seldom."""
    runs, looks, per_look, alpha = 12_000, 3, 2_000, 0.05
    (x0, x1, x2), n = conversions(5, runs, looks, per_look, (RATE,) * 3)
    spending = Spending(kind="obrien_fleming")
    either = np.zeros(runs, dtype=bool)
    for x in (x1, x2):
        errors = error_of(x, x0, n)
        plan = planned_information(errors[:, 0], 2 * n[0], 2 * n[-1])
        found, _ = crossed(
            difference_score(x, n, x0, n),
            information_share(errors, plan[:, None]),
            spending,
            alpha=alpha / 2,
        )
        either |= found
    error = np.sqrt(alpha * (1 - alpha) / runs)
    assert either.mean() < alpha + 3 * error
    # with correlation 1/2 Bonferroni gives away some of alpha at one look: 0.0465 (Dunnett)
    assert either.mean() > 0.04


@pytest.mark.parametrize("looks", [14, 140])
def test_confidence_sequences_hold_at_every_look(looks: int) -> None:
    runs, alpha, at_end = 10_000, 0.05, 14_000
    (x0, x1), n = conversions(7, runs, looks, at_end // looks)
    z = difference_score(x1, n, x0, n)
    sequence = Sequence.tuned(2 * n[-1], alpha=alpha)
    begun = x0 + x1 >= LEAST_CONVERSIONS
    reached = begun & (np.abs(z) >= sequence.multiplier(2 * n))
    by_p = begun & (sequence.p_value(z, 2 * n) <= alpha)
    assert bool(np.all(reached == by_p))  # interval and p are one test
    ever = reached.any(axis=1).mean()
    # methods 3.7 [sim], with four of our own standard errors: 1.2% of 14 looks, 2.0 to 2.2% of 140
    published = {14: 0.012, 140: 0.021}[looks]
    assert abs(ever - published) < 0.001 + 4 * np.sqrt(published * (1 - published) / runs)
    assert ever < alpha
    assert np.any(np.abs(z) > 1.96, axis=1).mean() > 0.2  # what would have happened without


def test_clusters_that_arrive_in_waves_keep_their_error() -> None:
    """Drawn clusters, three looks, t turned into z by its tail; the plan frozen at few clusters.

    Twelve clusters an arm at the first look know their variance to a quarter, so the information
    foreseen then is off by as much, and looks whose error grew are refused and not spent.
    """
    runs, alpha = 1_500, 0.05
    waves, size = np.array([12, 24, 36]), 40
    rng = np.random.default_rng(11)
    # a cluster's mean: between clusters 0.3, within 1 over its units
    means = rng.normal(0, np.hypot(0.3, size**-0.5), (2, runs, waves[-1]))
    spending = Spending(kind="obrien_fleming")
    units = np.full(waves[-1], float(size))
    df: list[float] = []
    for seen in waves:
        each = [arm_clusters(units[:seen]).df] * 2
        many = [float(seen * size)] * 2
        clustered = np.array([True, True])
        df.append(float(contrast_df([[-1.0, 1.0]], [1.0, 1.0], many, each, clustered=clustered)[0]))
    assert df == pytest.approx(list(2.0 * (waves - 1)))  # equal clusters: a t test of their means
    found, naive, spent = np.zeros(runs, dtype=bool), np.zeros(runs, dtype=bool), []
    for run in range(runs):
        kept: list[float] = []
        z: list[float] = []
        plan = 0.0
        for look, seen in enumerate(waves):
            arms = means[:, run, :seen]
            variance = 0.0
            for arm in arms:
                residuals = (arm - arm.mean())[:, None] * size
                variance += float(cr2_covariance(units[:seen], residuals)[0, 0])
            error = variance**0.5
            t = float(arms[1].mean() - arms[0].mean()) / error
            naive[run] |= abs(t) > stats.t.isf(alpha / 2, df[look])
            seen_units = 2.0 * seen * size
            if look == 0:
                last = 2.0 * waves[-1] * size
                plan = float(planned_information(error, seen_units, last))
            share = float(information_share(error, plan))
            try:
                growing_information([*kept, share])
            except NotEstimableError:
                continue  # refused, as `analyze` does: not spent, read at the look before
            kept.append(share)
            z.append(as_z(t, df[look]))
        own = boundaries(kept, spending, alpha=alpha).critical
        found[run] = bool(np.any(np.abs(np.array(z)) >= own))
        spent.append(float(spending.spent(kept[-1], alpha)))
    # many runs end below the information foreseen, and have spent less than alpha
    assert_share(found, float(np.mean(spent)))
    assert naive.mean() > 0.08


def test_results_say_what_these_simulations_say() -> None:
    """Ten of the experiments, look by look through the whole of inference."""
    looks, per_look, alpha = 3, 1_000, 0.05
    (x0, x1), n = conversions(3, 10, looks, per_look)
    z, errors = difference_score(x1, n, x0, n), error_of(x1, x0, n)
    plan = planned_information(errors[:, 0], 2 * n[0], 2 * n[-1])
    information = information_share(errors, plan[:, None])
    spending = Spending(kind="obrien_fleming")
    units = int(2 * n[-1])
    guard = metric(
        "conversion", "proportion", role="guardrail", margin=Margin(scale="absolute", value=0.03)
    )
    sequential = planned(
        experiment(TWO, [conversion()]), kind="group_sequential", planned_units=units
    )
    always = planned(experiment(TWO, [conversion()]), kind="anytime", planned_units=units)
    guarded = replace(sequential, metrics=(guard,))
    for run in range(10):
        data: list[Counts] = [
            {"control": (int(x0[run, k]), int(n[k])), "treated": (int(x1[run, k]), int(n[k]))}
            for k in range(looks)
        ]
        try:
            growing_information(information[run])
        except NotEstimableError:
            continue
        own = boundaries(information[run], spending, alpha=alpha).critical
        for k, found in enumerate(looked(sequential, data)[0]):
            [look] = found.looks
            [one] = found.estimates
            assert look.boundary == pytest.approx(float(own[k]), rel=1e-9)
            assert one.statistic == pytest.approx(float(z[run, k]), rel=1e-9)
            assert one.standard_error == pytest.approx(float(errors[run, k]), rel=1e-9)
            assert (one.conclusion != "no_difference_shown") == (abs(z[run, k]) >= own[k])
        multiplier = Sequence.tuned(2 * n[-1], alpha=alpha).multiplier(2 * n)
        for k, found in enumerate(looked(always, data)[0]):
            assert found.looks[0].boundary == pytest.approx(float(multiplier[k]), rel=1e-9)
        margin = difference_score(x1[run], n, x0[run], n, null=-0.03)
        one_sided = boundaries(information[run], spending, alpha=alpha / 2, sides=1).critical
        for k, found in enumerate(looked(guarded, data)[0]):
            passed = found.estimates[0].conclusion == "non_inferior"
            assert passed == (float(margin[k]) >= one_sided[k])
