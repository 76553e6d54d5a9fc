"""Likelihood ratios of grouped logistic models against statsmodels, and where there are none."""

import numpy as np
import pytest
import statsmodels.api as sm

from pathlift.errors import NotEstimableError
from pathlift.inference.grouped_logistic import likelihood_ratio


def designs(arms: int, strata: int, orderings: int) -> tuple[np.ndarray, np.ndarray]:
    """Arm by stratum and ordering; the same with arm by ordering. Redundant columns and all."""
    arm, stratum, ordering = (part.ravel() for part in np.indices((arms, strata, orderings)))
    cell = np.eye(arms * strata)[arm * strata + stratum]
    by_arm = np.eye(arms * orderings)[arm * orderings + ordering]
    return np.hstack([cell, np.eye(orderings)[ordering]]), np.hstack([cell, by_arm])


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("largest", "rate"), [(400, 0.3), (400, 0.02), (12, 0.2)])
def test_twice_the_gain_in_likelihood_is_that_of_statsmodels(
    seed: int, largest: int, rate: float
) -> None:
    rng = np.random.default_rng([seed, largest])
    smaller, larger = designs(3, 2, 6)
    units = rng.integers(1, largest, len(smaller))
    converted = rng.binomial(units, rate)
    found = likelihood_ratio(converted, units, smaller, larger)
    outcome = np.column_stack([converted, units - converted])
    # statsmodels wants full rank: contrasts with the first ordering, and with the first arm
    first = np.eye(18)[:, [18 // 3 + o for o in range(1, 6)] + [12 + o for o in range(1, 6)]]
    by_arm = larger[:, 6:] @ first
    full = [np.delete(smaller, 6, axis=1), np.hstack([np.delete(smaller, 6, axis=1), by_arm])]
    deviance = [
        sm.GLM(outcome, design, family=sm.families.Binomial()).fit(maxiter=500, tol=1e-12).deviance
        for design in full
    ]
    # where a group never converts the best fit lies at infinity: both stop short of it by 1e-6
    assert found.statistic == pytest.approx(deviance[0] - deviance[1], abs=1e-5)
    assert found.df == 2 * 5  # (arms - 1)(orderings - 1)


def test_rates_that_differ_by_ordering_alike_in_every_arm_leave_nothing() -> None:
    smaller, larger = designs(3, 1, 6)
    units = np.full(18, 1_000)
    odds = np.exp(np.add.outer([-1.0, -0.5, 0.0], np.linspace(0, 1, 6))).ravel()
    found = likelihood_ratio(units * odds / (1 + odds), units, smaller, larger)
    assert found.statistic == pytest.approx(0, abs=1e-6)  # the model holds: no gain but rounding
    assert found.p_value == pytest.approx(1, abs=1e-6)


def test_groups_that_were_never_seen_cost_degrees_of_freedom() -> None:
    smaller, larger = designs(2, 1, 3)
    seen = np.array([True, True, True, True, True, False])  # an arm without the third ordering
    units, converted = np.full(5, 200), np.array([20, 30, 40, 25, 20])
    assert likelihood_ratio(converted, units, smaller[seen], larger[seen]).df == 1


def test_one_arm_has_no_interaction() -> None:
    smaller, larger = designs(1, 2, 3)
    with pytest.raises(NotEstimableError, match="no two orderings"):
        likelihood_ratio(np.full(6, 5), np.full(6, 50), smaller, larger)
