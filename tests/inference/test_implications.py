"""Testable implications against four one-sided tests of shares, written out for two arms."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pathlift.inference.encouraged import Encouraged
from pathlift.inference.implications import contradicted
from pathlift.registry.experiment import Contrast

ARMS = ("search", "content", "influencer")
ORDERINGS = ("need>trust", "trust>need")
CONTRAST = Contrast(arm="influencer", control="content")

Counts = tuple[int, int, int, int]  # took and converted, took only, converted only, neither


def read(one: Counts, zero: Counts, *, grouped: tuple[str, ...] = ()) -> Encouraged:
    """The contrast is of the second and third arm and ordering: other places hold other numbers."""
    counts = {"search": (30, 30, 30, 30), "content": zero, "influencer": one}
    units = np.array([sum(counts[a]) for a in ARMS], dtype=float)
    took = np.array([[0.3, (counts[a][0] + counts[a][1])] for a in ARMS])
    both = np.array([[0.2, counts[a][0]] for a in ARMS], dtype=float)
    took[:, 1] /= units
    both[:, 1] /= units
    return Encouraged(
        arms=ARMS,
        orderings=ORDERINGS,
        units=units,
        converted=np.array([counts[a][0] + counts[a][2] for a in ARMS]) / units,
        took=took,
        took_and_converted=both,
        covariance=np.zeros((3, 3, 3, 3)),
        residual_variance=np.ones(3),
        residual_df=units - 1,
        grouped=np.array([a in grouped for a in ARMS]),
        lost={},
    )


def by_hand(one: Counts, zero: Counts, alpha: float) -> bool:
    """Huber and Mellace (2015): of four shares none may move against the assumptions.

    Brought to the ordering, those that take it only gain (converted or not), others only lose.
    """
    n, m = sum(one), sum(zero)
    gain = np.sign((one[0] + one[1]) / n - (zero[0] + zero[1]) / m)
    for place, way in enumerate((1, 1, -1, -1)):
        p, q = one[place] / n, zero[place] / m
        error = np.sqrt(p * (1 - p) / (n - 1) + q * (1 - q) / (m - 1))
        against = way * gain * (q - p)
        if error > 0 and stats.norm.sf(against / error) < alpha / 4:
            return True
    return False


@given(
    one=st.tuples(*[st.integers(0, 80)] * 4).filter(lambda c: sum(c) > 1),
    zero=st.tuples(*[st.integers(0, 80)] * 4).filter(lambda c: sum(c) > 1),
    alpha=st.sampled_from([0.01, 0.05, 0.2]),
)
def test_it_is_four_one_sided_tests_at_a_quarter_of_alpha(
    one: Counts, zero: Counts, alpha: float
) -> None:
    found = contradicted(read(one, zero), CONTRAST, ORDERINGS[1], alpha=alpha)
    assert found == by_hand(one, zero, alpha)


@pytest.mark.parametrize(
    ("one", "zero", "said"),
    [
        pytest.param((90, 90, 60, 160), (50, 50, 100, 200), False, id="as the assumptions say"),
        pytest.param((20, 160, 60, 160), (80, 20, 100, 200), True, id="fewer take it and convert"),
        pytest.param((160, 20, 60, 160), (20, 80, 100, 200), True, id="fewer take it and do not"),
        pytest.param((90, 90, 150, 70), (50, 50, 60, 240), True, id="more convert without it"),
        pytest.param((90, 90, 20, 200), (50, 50, 240, 60), True, id="more do neither"),
        pytest.param((50, 50, 100, 200), (90, 90, 60, 160), False, id="the reverse, as they say"),
        pytest.param((80, 20, 100, 200), (20, 160, 60, 160), True, id="the reverse, against them"),
        pytest.param((100, 0, 0, 300), (100, 0, 0, 300), False, id="nothing moves"),
        pytest.param((0, 0, 400, 0), (0, 0, 400, 0), False, id="nothing varies"),
    ],
)
def test_each_of_the_four_shares_can_contradict(one: Counts, zero: Counts, *, said: bool) -> None:
    assert by_hand(one, zero, 0.05) == said
    assert contradicted(read(one, zero), CONTRAST, ORDERINGS[1], alpha=0.05) == said


def test_where_an_arm_of_the_contrast_has_clusters_it_is_not_tested() -> None:
    one, zero = (20, 160, 60, 160), (80, 20, 100, 200)
    for grouped, said in ((("influencer",), False), (("content",), False), (("search",), True)):
        given_ = read(one, zero, grouped=grouped)
        assert contradicted(given_, CONTRAST, ORDERINGS[1], alpha=0.05) == said
    assert not contradicted(
        replace(read(one, zero), took=np.zeros((3, 2))), CONTRAST, ORDERINGS[1], alpha=0.05
    )
