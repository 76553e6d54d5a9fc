"""Cumulative incidence with open windows: statsmodels, special cases, exact truth, coverage."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import expm
from scipy.optimize import brentq
from scipy.stats import binomtest
from statsmodels.duration.survfunc import CumIncidenceRight

from pathlift.inference.clusters import cr2_covariance
from pathlift.inference.cumulative import cumulative_incidence, influence_sums

Array = np.ndarray


def counted(time: Array, cause: Array, causes: int, bins: int) -> tuple[Array, Array]:
    """Events by cause and bin, and ends of follow-up by bin, of one row a unit; cause 0: none."""
    events, censored = np.zeros((causes, bins)), np.zeros(bins)
    for t, c in zip(time, cause, strict=True):
        if c:
            events[c - 1, t - 1] += 1
        else:
            censored[t - 1] += 1
    return events, censored


def rows(seed: int, n: int = 400, causes: int = 4, bins: int = 9) -> tuple[Array, Array]:
    """Random units in random bins, so that many are censored in every bin."""
    rng = np.random.default_rng(seed)
    time = np.r_[rng.integers(1, bins + 1, n - causes), np.full(causes, bins)]
    cause = np.where(rng.random(n) < 0.4, rng.integers(1, causes + 1, n), 0)
    cause[-causes:] = np.arange(1, causes + 1)  # every cause is seen in the last bin
    return time, cause


@pytest.mark.parametrize("seed", range(6))
def test_estimates_and_errors_are_those_of_statsmodels(seed: int) -> None:
    time, cause = rows(seed)
    found = cumulative_incidence(*counted(time, cause, 4, 9))
    oracle = CumIncidenceRight(time, cause)
    for j in range(4):
        # methods 2.4: agreement to 1e-12, both in double precision
        assert found.value[j] == pytest.approx(oracle.cinc[j][-1], rel=1e-12)
        assert found.covariance[j, j] == pytest.approx(oracle.cinc_se[j][-1] ** 2, rel=1e-12)


def test_covariances_are_those_of_sums_of_causes() -> None:
    time, cause = rows(7)
    found = cumulative_incidence(*counted(time, cause, 4, 9))
    for one in range(4):
        for other in range(one):
            # statsmodels on two causes taken together: Var(F_j + F_l) holds Cov(F_j, F_l)
            merged = np.where(cause == other + 1, one + 1, cause)
            codes = {c: i for i, c in enumerate(sorted(set(merged) - {0}), start=1)}
            oracle = CumIncidenceRight(time, np.array([codes.get(c, 0) for c in merged]))
            both = oracle.cinc_se[codes[one + 1] - 1][-1] ** 2
            own = found.covariance[one, one] + found.covariance[other, other]
            assert own + 2 * found.covariance[one, other] == pytest.approx(both, rel=1e-9)


@given(
    st.lists(st.lists(st.integers(0, 40), min_size=5, max_size=5), min_size=1, max_size=6),
    st.integers(1, 300),
)
def test_without_open_windows_it_is_the_share(events: list[list[int]], others: int) -> None:
    d = np.array(events, dtype=float)
    found = cumulative_incidence(d, [0, 0, 0, 0, others])
    n = d.sum() + others
    share = d.sum(axis=1) / n
    assert found.value == pytest.approx(share, abs=1e-13)
    multinomial = (np.diag(share) - np.outer(share, share)) / n
    assert found.covariance == pytest.approx(multinomial, abs=1e-13)
    assert bool(found.known)


@given(
    st.lists(st.lists(st.integers(0, 9), min_size=4, max_size=4), min_size=2, max_size=4),
    st.lists(st.integers(0, 9), min_size=4, max_size=4),
)
def test_all_causes_together_are_one_minus_kaplan_meier(
    events: list[list[int]], censored: list[int]
) -> None:
    d, c = np.array(events, dtype=float), np.array([*censored[:-1], censored[-1] + 1], dtype=float)
    found = cumulative_incidence(d, c)
    survival = np.cumprod(
        [1 - d[:, b].sum() / at_risk if at_risk else 1.0 for b, at_risk in enumerate(found.at_risk)]
    )
    assert found.value.sum() == pytest.approx(1 - survival[-1], abs=1e-12)
    # Greenwood's formula: S^2 sum d / (Y (Y - d))
    greenwood = survival[-1] ** 2 * sum(
        d[:, b].sum() / (y * (y - d[:, b].sum()))
        for b, y in enumerate(found.at_risk)
        if y > d[:, b].sum()
    )
    assert found.covariance.sum() == pytest.approx(greenwood, rel=1e-9, abs=1e-13)


@pytest.mark.parametrize(
    ("events", "censored", "known"),
    [
        pytest.param([[1, 0, 0]], [0, 4, 0], False, id="nobody followed into the last bin"),
        pytest.param([[1, 0, 0]], [0, 3, 1], True, id="one unit followed to the end"),
        pytest.param([[3, 2, 0]], [0, 0, 0], True, id="all had the event before"),
        pytest.param([[0, 0, 0]], [0, 0, 0], False, id="nobody at all"),
    ],
)
def test_it_says_when_the_end_of_the_window_was_not_reached(
    events: list[list[int]], censored: list[int], *, known: bool
) -> None:
    assert bool(cumulative_incidence(events, censored).known) is known


def test_many_arms_at_once_are_each_as_alone() -> None:
    counts = [counted(*rows(seed), 4, 9) for seed in range(3)]
    together = cumulative_incidence([d for d, _ in counts], [c for _, c in counts])
    for arm, (d, c) in enumerate(counts):
        alone = cumulative_incidence(d, c)
        assert together.value[arm].tolist() == alone.value.tolist()
        assert together.covariance[arm].tolist() == alone.covariance.tolist()


def test_influence_functions_square_to_the_variance() -> None:
    time, cause = rows(3, n=3000)
    d, c = counted(time, cause, 4, 9)
    found = cumulative_incidence(d, c)
    each = [counted(time[[i]], cause[[i]], 4, 9) for i in range(len(time))]
    sums = influence_sums(found, [one for one, _ in each], [one for _, one in each])
    assert sums.sum(axis=0) == pytest.approx(np.zeros(4), abs=1e-8)  # of 3,000 terms near 1
    # squared influence uses realised events where Greenwood's uses hazards: equal to O(1/sqrt n)
    assert np.diag(sums.T @ sums) / len(time) ** 2 == pytest.approx(
        np.diag(found.covariance), rel=0.05
    )


def test_influence_without_open_windows_is_the_distance_from_the_share() -> None:
    time, cause = rows(4)
    d, c = counted(np.where(cause, time, 9), cause, 4, 9)
    found = cumulative_incidence(d, c)
    one = influence_sums(found, [[[0] * 9, [0] * 4 + [1] + [0] * 4, [0] * 9, [0] * 9]], [[0] * 9])
    assert one[0] == pytest.approx(np.array([0, 1, 0, 0]) - found.value, abs=1e-12)


# The world of methods 6.4, E: speeds of 6.3's search arm; the fast arm has all of them twice over,
# and purchases just so much slower that both arms convert .2346 by day 14.
SLOW = {"n": 0.5, "t": 0.25, "r": 0.12}
BUY, LEAVE, WINDOW, ENTRY = 0.08, 0.04, 14, 28
ORDERS = ("ntr", "nrt", "tnr", "trn", "rnt", "rtn")


def chain(speed: float, buy: float) -> Array:
    """Prefixes, then purchases by complete ordering, then gone: a generator of 23 states."""
    live = sorted({order[:k] for order in ORDERS for k in range(4)}, key=lambda s: (len(s), s))
    Q = np.zeros((len(live) + 7, len(live) + 7))
    for i, prefix in enumerate(live):
        for stage, rate in SLOW.items():
            if stage not in prefix:
                Q[i, live.index(prefix + stage)] = rate * speed
        if len(prefix) == 3:
            Q[i, len(live) + ORDERS.index(prefix)] = buy
        Q[i, -1] = LEAVE
    np.fill_diagonal(Q, -Q.sum(axis=1))
    return Q


def bought(Q: Array, days: float) -> Array:
    """Probability of having bought by each ordering, so many days after exposure."""
    return np.asarray(expm(Q * days)[0, -7:-1])


FAST = brentq(
    lambda buy: bought(chain(2, buy), WINDOW).sum() - bought(chain(1, BUY), WINDOW).sum(), 0.01, 0.1
)
ARMS = {"slow": chain(1, BUY), "fast": chain(2, FAST)}


def crude(Q: Array, day: int) -> float:
    """Share of those exposed so far that have bought so far: as many enter on each of 28 days."""
    since = day - np.arange(min(day, ENTRY))
    return float(np.mean([bought(Q, min(days, WINDOW)).sum() for days in since.tolist()]))


def test_the_crude_share_of_open_windows_favours_the_faster_of_two_equal_arms() -> None:
    assert bought(ARMS["slow"], WINDOW).sum() == pytest.approx(0.23457, abs=5e-6)  # methods 6.2
    # methods 6.4 E, printed to whole percents and to tenths: a true difference of 0
    for days, digits in (((4, 7, 10, 14), 2), ((21, 28, 35, 42), 3)):
        lifts = [crude(ARMS["fast"], day) / crude(ARMS["slow"], day) - 1 for day in days]
        printed = {2: [0.93, 0.49, 0.28, 0.13], 3: [0.060, 0.039, 0.015, 0.0]}[digits]
        assert lifts == pytest.approx(printed, abs=0.5 * 10**-digits)


def drawn(
    Q: Array, day: int, units: int, runs: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Counts of many experiments on a day before all windows have ended, from the exact truth."""
    cumulated = np.array([bought(Q, b) for b in range(WINDOW + 1)])
    each = np.diff(cumulated, axis=0).T  # (orderings, bins)
    followed = np.minimum(day - np.arange(min(day, ENTRY)), WINDOW)
    events = np.zeros((runs, 6, WINDOW))
    censored = np.zeros((runs, WINDOW))
    for days in np.unique(followed):
        share = np.count_nonzero(followed == days) / len(followed)
        p = np.r_[each[:, :days].ravel(), 0]
        p[-1] = 1 - p.sum()
        counts = rng.multinomial(round(units * share), p, runs)
        events[:, :, :days] += counts[:, :-1].reshape(runs, 6, days)
        censored[:, days - 1] += counts[:, -1]
    return events, censored


def test_open_windows_bias_nothing_and_intervals_hold_the_truth() -> None:
    rng = np.random.default_rng(20260321)
    runs = 2000
    difference, variance = np.zeros((runs, 7)), np.zeros((runs, 7))
    for sign, (name, Q) in zip((-1, 1), ARMS.items(), strict=True):
        found = cumulative_incidence(*drawn(Q, 21, 4000, runs, rng))
        assert found.known.all(), name
        difference[:, :6] += sign * found.value
        difference[:, 6] += sign * found.value.sum(axis=-1)
        variance[:, :6] += np.einsum("...jj->...j", found.covariance)
        variance[:, 6] += found.covariance.sum(axis=(-2, -1))
    one, zero = bought(ARMS["fast"], WINDOW), bought(ARMS["slow"], WINDOW)
    truth = np.r_[one - zero, 0.0]
    error = np.sqrt(variance)
    # K18: no bias beyond 2 Monte-Carlo errors; 7 of them at once, so 3 each
    bias = difference.mean(axis=0) - truth
    assert np.all(np.abs(bias) < 3 * difference.std(axis=0) / np.sqrt(runs))
    # the crude reading of the same day is 6% ahead (methods 6.4 E): .86 points of nothing
    assert crude(ARMS["fast"], 21) - crude(ARMS["slow"], 21) > 0.008
    assert abs(bias[6]) < 0.001
    # K18: 95 +- .7%, each judged by the binomial error of the nearer edge at .001 over 7 checks
    for held in (np.abs(difference - truth) < 1.959964 * error).sum(axis=0):
        below = binomtest(int(held), runs, 0.943, alternative="less").pvalue
        above = binomtest(int(held), runs, 0.957, alternative="greater").pvalue
        assert min(below, above) > 0.001 / 7
    # methods 2.4: the spread of the estimate is what its error says
    assert error.mean(axis=0) == pytest.approx(difference.std(axis=0), rel=0.08)


def test_it_is_surer_than_mature_units_alone() -> None:
    events, censored = drawn(ARMS["slow"], 21, 400_000, 1, np.random.default_rng(1))
    found = cumulative_incidence(events[0], censored[0])
    mature = 400_000 * 8 / 21  # exposed on the first eight of 21 days
    p = bought(ARMS["slow"], WINDOW).sum()
    assert found.covariance.sum() < 0.8 * p * (1 - p) / mature


def test_errors_between_clusters_are_as_large_as_the_spread_of_the_estimate() -> None:
    rng = np.random.default_rng(8)
    runs, clusters, units, bins = 400, 40, 25, 10
    values, variances = np.zeros((runs, 2)), np.zeros((runs, 2))
    for run in range(runs):
        rate = np.minimum(rng.gamma(2.0, 0.02, clusters), 0.3)  # per bin; clusters differ widely
        events, censored = np.zeros((clusters, 2, bins)), np.zeros((clusters, bins))
        followed = rng.integers(1, bins + 1, (clusters, units))
        happened = rng.geometric(rate[:, None], (clusters, units))
        cause = rng.integers(0, 2, (clusters, units))
        for g in range(clusters):
            seen = happened[g] <= followed[g]
            np.add.at(events[g], (cause[g][seen], happened[g][seen] - 1), 1)
            np.add.at(censored[g], followed[g][~seen] - 1, 1)
        found = cumulative_incidence(events.sum(axis=0), censored.sum(axis=0))
        sums = influence_sums(found, events, censored)
        values[run] = found.value
        variances[run] = np.diag(cr2_covariance(np.full(clusters, units), sums))
    # a variance of 400 runs has an error of 7%; of units alone it would be half as large
    assert variances.mean(axis=0) == pytest.approx(values.var(axis=0, ddof=1), rel=0.25)
