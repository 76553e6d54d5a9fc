"""Mix and rate: they add up exactly, their errors are those of the delta method and of clusters."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pathlift.errors import NotEstimableError
from pathlift.inference.kitagawa import ArmCounts, Decomposition, decompose

LABELS = 7
EVERY = np.eye(LABELS)
NOBODY = {"cluster_units": np.zeros(0), "residuals": np.zeros((0, 2, LABELS))}


def arm(units: np.ndarray, converted: np.ndarray) -> ArmCounts:
    return ArmCounts(units=units.astype(float), converted=converted.astype(float), **NOBODY)


@st.composite
def arms(draw: st.DrawFn, *, least: int = 0) -> ArmCounts:
    units = draw(arrays(np.int64, LABELS, elements=st.integers(least, 3_000)))
    share = draw(arrays(np.float64, LABELS, elements=st.floats(0, 1)))
    assume(units.sum() > 1)
    return arm(units, np.floor(units * share))


def rate_of(one: ArmCounts) -> float:
    return float(one.converted.sum() / one.units.sum())


@given(treated=arms(), control=arms())
def test_parts_add_up_to_the_difference_also_where_labels_are_missing(
    treated: ArmCounts, control: ArmCounts
) -> None:
    found = decompose(treated, control, EVERY)
    effect = rate_of(treated) - rate_of(control)
    # design 1 and the issue: 1e-12, on estimates of size 1
    assert found.mix[-1] + found.rate[-1] == pytest.approx(effect, abs=1e-12)
    assert found.mix[:-1].sum() == pytest.approx(found.mix[-1], abs=1e-12)
    assert found.rate[:-1].sum() == pytest.approx(found.rate[-1], abs=1e-12)
    assert bool((found.rate[:-1][found.borrowed.any(axis=0)] == 0).all())


@given(treated=arms(least=1), control=arms(least=1))
def test_swapping_the_arms_changes_signs_only(treated: ArmCounts, control: ArmCounts) -> None:
    there, back = decompose(treated, control, EVERY), decompose(control, treated, EVERY)
    assert there.mix == pytest.approx(-back.mix, abs=1e-15)
    assert there.rate_variance == pytest.approx(back.rate_variance[::-1], rel=1e-9, abs=1e-18)


@given(treated=arms(least=1), control=arms(least=1))
def test_one_label_leaves_the_rate_alone(treated: ArmCounts, control: ArmCounts) -> None:
    whole = [
        ArmCounts(
            units=each.units.sum(keepdims=True),
            converted=each.converted.sum(keepdims=True),
            cluster_units=np.zeros(0),
            residuals=np.zeros((0, 2, 1)),
        )
        for each in (treated, control)
    ]
    found = decompose(whole[0], whole[1], np.eye(1))
    p = [rate_of(treated), rate_of(control)]
    n = [treated.units.sum(), control.units.sum()]
    assert found.mix[-1] == 0
    # the variance of a difference of two shares, n - 1 as for every metric
    expected = [x * (1 - x) / (m - 1) for x, m in zip(p, n, strict=True)]
    assert found.rate_variance[:, -1] == pytest.approx(expected, rel=1e-9, abs=1e-15)


def parts_of(theta: np.ndarray) -> np.ndarray:
    """Mix and rate by label from shares and incidences of both arms, as one function."""
    p1, x1, p0, x0 = theta.reshape(4, LABELS)
    r1, r0 = x1 / p1, x0 / p0
    return np.concatenate([(p1 - p0) * (r1 + r0) / 2, (r1 - r0) * (p1 + p0) / 2])


@given(treated=arms(least=5), control=arms(least=5))
def test_variances_are_those_of_the_delta_method_by_finite_differences(
    treated: ArmCounts, control: ArmCounts
) -> None:
    """The full multinomial of label by converted, differentiated numerically."""
    n = [treated.units.sum(), control.units.sum()]
    shares = [each.units / m for each, m in zip((treated, control), n, strict=True)]
    came = [each.converted / m for each, m in zip((treated, control), n, strict=True)]
    theta = np.concatenate([shares[0], came[0], shares[1], came[1]])
    step = 1e-6
    gradient = np.array(
        [
            (parts_of(theta + step * unit) - parts_of(theta - step * unit)) / (2 * step)
            for unit in np.eye(4 * LABELS)
        ]
    ).T
    covariance = np.zeros((4 * LABELS, 4 * LABELS))
    for place, (p, x, m) in enumerate(zip(shares, came, n, strict=True)):
        both = np.concatenate([p, x])
        second = np.block([[np.diag(p), np.diag(x)], [np.diag(x), np.diag(x)]])
        block = slice(2 * LABELS * place, 2 * LABELS * (place + 1))
        covariance[block, block] = (second - np.outer(both, both)) / (m - 1)
    expected = np.einsum("io,op,ip->i", gradient, covariance, gradient)
    found = decompose(treated, control, EVERY)
    seen = np.concatenate(
        [found.mix_variance.sum(axis=0)[:-1], found.rate_variance.sum(axis=0)[:-1]]
    )
    # central differences of a quadratic over a share of at least 5/21,000: relative 1e-5
    assert seen == pytest.approx(expected, rel=1e-4, abs=1e-14)


def test_rows_may_hold_several_labels() -> None:
    rng = np.random.default_rng(5)
    units = rng.integers(20, 200, (2, LABELS))
    treated, control = (arm(n, rng.binomial(n, 0.3)) for n in units)
    rows = np.eye(3)[[0, 1, 2, 2, 2, 2, 2]]
    found, fine = decompose(treated, control, rows), decompose(treated, control, EVERY)
    assert found.mix[2] == pytest.approx(fine.mix[2:7].sum(), abs=1e-15)
    assert found.mix[-1] == pytest.approx(fine.mix[-1], abs=1e-15)


def units_of(seed: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, LABELS, size)
    return labels, rng.binomial(1, 0.2 + 0.05 * labels)


def clustered(labels: np.ndarray, converted: np.ndarray, cluster: np.ndarray) -> ArmCounts:
    """Counts and residual sums by cluster, written out unit by unit."""
    shows = np.eye(LABELS)[labels]
    both = np.stack([shows, shows * converted[:, None]], axis=1)
    away = both - both.mean(axis=0)
    names = np.unique(cluster)
    return ArmCounts(
        units=shows.sum(axis=0),
        converted=(shows * converted[:, None]).sum(axis=0),
        cluster_units=np.array([(cluster == name).sum() for name in names], dtype=float),
        residuals=np.array([away[cluster == name].sum(axis=0) for name in names]),
    )


def errors(found: Decomposition) -> np.ndarray:
    variances = np.array([found.mix_variance, found.rate_variance]).sum(axis=1)
    return np.asarray(np.sqrt(variances))


def test_clusters_of_one_unit_give_the_variance_of_independent_units() -> None:
    one, zero = units_of(1, 600), units_of(2, 500)
    counted = [
        arm(np.bincount(codes, minlength=LABELS), np.bincount(codes, y, minlength=LABELS))
        for codes, y in (one, zero)
    ]
    alone = decompose(counted[0], counted[1], EVERY)
    each = decompose(clustered(*one, np.arange(600)), clustered(*zero, np.arange(500)), EVERY)
    assert each.mix == pytest.approx(alone.mix, abs=1e-14)
    # CR2 of clusters of one is (n/(n-1)) / n = 1/(n-1), as above
    assert errors(each) == pytest.approx(errors(alone), rel=1e-10)


def test_units_repeated_in_clusters_of_four_know_only_a_quarter_as_much() -> None:
    one, zero = units_of(3, 400), units_of(4, 400)
    repeated = [(np.repeat(codes, 4), np.repeat(y, 4)) for codes, y in (one, zero)]
    names = np.repeat(np.arange(400), 4)
    honest = decompose(clustered(*repeated[0], names), clustered(*repeated[1], names), EVERY)
    single = decompose(clustered(*one, np.arange(400)), clustered(*zero, np.arange(400)), EVERY)
    assert errors(honest) == pytest.approx(errors(single), rel=1e-10)


def test_an_arm_of_one_unit_is_refused() -> None:
    nobody = arm(np.eye(LABELS)[0], np.zeros(LABELS))
    with pytest.raises(NotEstimableError, match="fewer than two mature units"):
        decompose(nobody, nobody, EVERY)
