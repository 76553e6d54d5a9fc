"""The model in which arms differ alike in every state: statsmodels, identities, its own size."""

import warnings

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from statsmodels.genmod.families.links import Identity

from pathlift.errors import NotEstimableError
from pathlift.inference.additive import additivity, readable


def by_statsmodels(x: np.ndarray, n: np.ndarray) -> float:
    """Pearson's statistic of a binomial model with identity link, levels and arms as factors."""
    levels, arms = x.shape
    design = np.zeros((levels, arms, levels + arms - 1))
    for level in range(levels):
        for a in range(arms):
            design[level, a, level] = 1
            if a:
                design[level, a, levels + a - 1] = 1
    start = np.r_[(x.sum(1) / n.sum(1)), np.zeros(arms - 1)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns that the identity link may leave (0, 1)
        model = sm.GLM(
            np.column_stack([x.ravel(), (n - x).ravel()]),
            design.reshape(levels * arms, -1),
            family=sm.families.Binomial(link=Identity()),
        )
        return float(model.fit(start_params=start, tol=1e-14, maxiter=300).pearson_chi2)


@pytest.mark.parametrize("seed", range(8))
def test_the_statistic_is_that_of_statsmodels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = rng.integers(60, 4000, (5, 3))
    x = rng.binomial(n, rng.uniform(0.1, 0.4, (5, 1)) + rng.uniform(0, 0.1, (1, 3)))
    found = additivity(x, n)
    # two iterations that stop at 1e-13 and at 1e-14 of the rates
    assert float(found.statistic) == pytest.approx(by_statsmodels(x, n), rel=1e-8)
    assert float(found.df) == 8


def test_two_levels_and_two_arms_are_the_difference_of_differences() -> None:
    x, n = np.array([[300, 380], [120, 90]]), np.array([[1000, 1000], [600, 500]])
    found = additivity(x, n)
    # the fitted model is constrained: hold it against a fine grid of constrained fits
    best = np.inf
    for p in np.linspace(0.28, 0.33, 101):
        for q in np.linspace(0.17, 0.23, 121):
            d = np.linspace(-0.02, 0.10, 241)
            rates = np.array([np.full_like(d, p), p + d, np.full_like(d, q), q + d])
            likelihood = -(
                x.ravel()[:, None] * np.log(rates) + (n - x).ravel()[:, None] * np.log(1 - rates)
            ).sum(0)
            at = likelihood.argmin()
            if likelihood[at] < best:
                best = likelihood[at]
                fit = rates[:, at]
    expected = ((x.ravel() - n.ravel() * fit) ** 2 / (n.ravel() * fit * (1 - fit))).sum()
    # the grid is 5e-4 wide, and errors of a rate are about .015: the statistic moves with their
    # square, and with the slope of Pearson's away from the likelihood's optimum
    assert float(found.statistic) == pytest.approx(expected, rel=0.02)


@given(
    level=st.lists(st.integers(20, 60), min_size=2, max_size=8),
    arm=st.lists(st.integers(-10, 30), min_size=1, max_size=3),
    scale=st.integers(1, 50),
)
def test_arms_that_differ_alike_everywhere_give_zero(
    level: list[int], arm: list[int], scale: int
) -> None:
    x = scale * np.add.outer(level, [0, *arm])
    n = np.full(x.shape, 100 * scale)
    found = additivity(x, n)
    assert float(found.statistic) == pytest.approx(0, abs=1e-9)  # rounding of rates near 1e-13
    assert float(found.p_value) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    "counts",
    [
        pytest.param(([[1, 2]], [[9, 9]]), id="one level"),
        pytest.param(([[1], [2]], [[9], [9]]), id="one arm"),
        pytest.param(([[1, 0], [2, 3]], [[9, 0], [9, 9]]), id="a cell without units"),
    ],
)
def test_what_has_no_interaction_is_refused(counts: tuple[object, object]) -> None:
    with pytest.raises(NotEstimableError):
        additivity(*counts)  # type: ignore[arg-type]


def test_levels_are_chosen_by_expected_counts() -> None:
    x = np.array([[50, 60], [4, 9], [0, 12], [95, 99], [0, 0]])
    n = np.array([[500, 500], [100, 100], [100, 100], [100, 100], [0, 0]])
    # pooled rates .11, .065, .06, .97: 5 expected conversions and 5 units without in every arm
    assert readable(x, n).tolist() == [True, True, True, False, False]


@pytest.mark.parametrize(
    ("units", "rate"),
    [
        # states as large as in the worked example, then small ones: methods 3.3 needs both
        pytest.param([19700, 1250, 2450, 180, 1150, 90, 170], 0.09, id="as the worked example"),
        pytest.param([200] * 8, 0.05, id="eight small states"),
    ],
)
def test_a_true_null_is_rejected_as_often_as_alpha_says(units: list[int], rate: float) -> None:
    rng = np.random.default_rng(20260302)
    runs, rejected = 1500, 0
    for _ in range(runs):
        n = np.maximum(rng.poisson(np.repeat(np.array(units)[:, None], 3, 1)), 1)
        x = rng.binomial(n, rate + np.array([0, 0.01, 0.005]))
        kept = readable(x, n)
        rejected += float(additivity(x[kept], n[kept]).p_value) < 0.05
    # the target band of K9, 5 +- .5 points, judged by the binomial error of its nearer edge
    below = binomtest(rejected, runs, 0.045, alternative="less").pvalue
    above = binomtest(rejected, runs, 0.055, alternative="greater").pvalue
    assert min(below, above) > 0.001
