"""Two orderings at once: two-stage least squares, and the joint set by brute force."""

import numpy as np
import pytest
from linearmodels.iv import IV2SLS
from scipy import stats

from pathlift.inference.pieces import pieces_at_or_above_zero
from pathlift.inference.polynomials import least_ratio, times
from pathlift.inference.structural import System, shadow

CRITICAL = stats.chi2.isf(0.05, 2)


def statistic(system: System, effects: np.ndarray) -> np.ndarray:
    """Anderson and Rubin's statistic of pairs of effects, straight from its definition."""
    w = np.concatenate((np.ones((len(effects), 1)), -effects), axis=1)
    off = system.y - effects @ system.m.T
    v = np.einsum("np,pqij,nq->nij", w, system.covariance, w)
    return np.asarray(np.einsum("ni,ni->n", off, np.linalg.solve(v, off[..., None])[..., 0]))


def random_system(rng: np.random.Generator, strength: float) -> System:
    root = rng.normal(size=(6, 6))
    covariance = (root @ root.T / 6).reshape(3, 2, 3, 2).transpose(0, 2, 1, 3)
    return System(y=rng.normal(size=2), m=strength * rng.normal(size=(2, 2)), covariance=covariance)


@pytest.mark.parametrize("strength", [0.3, 2.0, 5.0, 30.0])
@pytest.mark.parametrize("treatment", [0, 1])
def test_a_shadow_is_every_value_for_which_some_value_of_the_other_is_not_rejected(
    strength: float, treatment: int
) -> None:
    rng = np.random.default_rng(int(10 * strength) + treatment)
    other = np.tan(np.linspace(-np.pi / 2 + 1e-5, np.pi / 2 - 1e-5, 20_001))
    for _ in range(2):
        system = random_system(rng, strength)
        found, p_value = shadow(system, treatment, alpha=0.05)
        solution, error = system.solution[treatment], system.standard_errors[treatment]
        values = np.concatenate((solution + error * np.linspace(-6, 6, 25), [0.0, 40.0, -40.0]))
        for value in values:
            effects = np.empty((len(other), 2))
            effects[:, treatment], effects[:, 1 - treatment] = value, other
            least = statistic(system, effects).min()
            if abs(least - CRITICAL) > 0.02:  # the grid misses its least value by less than that
                assert found.holds(float(value)) == (least < CRITICAL), value
            if value == 0.0:
                assert p_value == pytest.approx(stats.chi2.sf(least, 2), abs=0.002)
        assert found.holds(float(solution))


def test_units_of_measurement_do_not_matter() -> None:
    system = random_system(np.random.default_rng(3), 5.0)
    found, p_value = shadow(system, 1, alpha=0.05)
    scale = np.array([100.0, 1.0, 0.01])  # outcome and treatments counted otherwise
    other = System(
        y=100 * system.y,
        m=system.m * scale[1:],
        covariance=system.covariance * (scale[:, None] * scale)[:, :, None, None],
    )
    again, same = shadow(other, 1, alpha=0.05)
    assert same == pytest.approx(p_value, rel=1e-9)
    ends = np.array(found.pieces) * 100 / 0.01
    assert np.array(again.pieces) == pytest.approx(ends, rel=1e-9)


def test_solution_and_errors_are_those_of_two_stage_least_squares() -> None:
    n = 500
    rng = np.random.default_rng(5)
    arm = np.repeat([0, 1, 2], n)
    z = np.column_stack((arm == 1, arm == 2)).astype(float)
    shares = ((0.6, 0.3, 0.1), (0.3, 0.6, 0.1), (0.5, 0.2, 0.3))
    label = np.concatenate([rng.choice(3, n, p=p) for p in shares])
    d = np.column_stack((label == 1, label == 2)).astype(float)
    y = (rng.random(3 * n) < 0.1 + d @ [0.1, 0.3]).astype(float)
    outcomes = np.column_stack((y, d))
    means = np.array([outcomes[arm == a].mean(axis=0) for a in range(3)])
    spread = [np.cov(outcomes[arm == a].T) / n for a in range(3)]
    covariance = np.zeros((3, 3, 2, 2))
    for i in range(2):
        for j in range(2):
            covariance[:, :, i, j] = spread[0] + (spread[1 + i] if i == j else 0)
    system = System(
        y=means[1:, 0] - means[0, 0], m=means[1:, 1:] - means[0, 1:], covariance=covariance
    )
    fit = IV2SLS(y, np.ones_like(y), d, z).fit(cov_type="robust")
    assert system.solution == pytest.approx(fit.params.to_numpy()[1:], rel=1e-9)
    robust = fit.std_errors.to_numpy()[1:] * np.sqrt(n / (n - 1))  # n there, n - 1 here
    assert system.standard_errors == pytest.approx(robust, rel=1e-9)


def test_the_strength_of_a_system_is_the_delta_methods() -> None:
    system = random_system(np.random.default_rng(8), 4.0)
    step = 1e-6
    gradient = np.zeros((2, 2))
    for i in range(2):
        for p in range(2):
            up, down = system.m.copy(), system.m.copy()
            up[i, p] += step
            down[i, p] -= step
            gradient[i, p] = (np.linalg.det(up) - np.linalg.det(down)) / (2 * step)
    flat = system.covariance[1:, 1:].transpose(2, 0, 3, 1).reshape(4, 4)  # (instrument, treatment)
    variance = gradient.reshape(4) @ flat @ gradient.reshape(4)
    assert system.f == pytest.approx(np.linalg.det(system.m) ** 2 / variance, rel=1e-6)


def test_a_singular_system_has_no_solution() -> None:
    system = random_system(np.random.default_rng(1), 1.0)
    singular = System(y=system.y, m=np.ones((2, 2)), covariance=system.covariance)
    assert np.isnan(singular.solution).all()


def test_a_narrow_gap_and_a_narrow_piece_are_found() -> None:
    def bumps(x: np.ndarray) -> np.ndarray:
        return np.maximum(1e-4 - (x - 0.33) ** 2, 1e-4 - (x - 0.71) ** 2)

    # half as wide as the points are apart: seen only by the bend
    points = np.linspace(0, 1, 26)
    found = pieces_at_or_above_zero(bumps, points)
    expected = ((0.32, 0.34), (0.70, 0.72))
    assert np.array(found) == pytest.approx(np.array(expected), abs=1e-9)
    gaps = pieces_at_or_above_zero(lambda x: -bumps(x), points)
    assert np.array(gaps) == pytest.approx(
        np.array(((0.0, 0.32), (0.34, 0.70), (0.72, 1.0))), abs=1e-9
    )


def test_the_least_ratio_of_polynomials_is_that_of_a_grid() -> None:
    rng = np.random.default_rng(2)
    above, root = rng.normal(size=(20, 5)), rng.normal(size=(20, 3))
    below = times(root, root) + 0.1 * np.array([1, 0, 1, 0, 1])
    t = np.tan(np.linspace(-np.pi / 2 + 1e-6, np.pi / 2 - 1e-6, 200_001))
    grid = np.array(
        [
            (np.polynomial.polynomial.polyval(t, a) / np.polynomial.polynomial.polyval(t, b)).min()
            for a, b in zip(above, below, strict=True)
        ]
    )
    # a grid can only miss the least value, and by no more than its step's square
    assert np.all(least_ratio(above, below) <= grid + 1e-12)
    assert least_ratio(above, below) == pytest.approx(grid, rel=1e-6, abs=1e-6)
