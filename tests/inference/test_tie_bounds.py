"""Bounds of ties, against every way in which the ties of a small log could be read."""

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.experiments import conversion, experiment
from tests.support.units import statistics_of

from pathlift.inference.estimates import estimate_all
from pathlift.inference.tie_bounds import tie_bounds
from pathlift.judgement.families import declare_families
from pathlift.statistics.cells import all_codes, label

STAGES = ("need", "touchpoint", "trust")
TWO = experiment(("control", "treated"), [conversion()], stages=STAGES)
COMPLETE = [">".join(order) for order in permutations(STAGES)]
CODES = [code for code in all_codes() if code != 63]


def readings(code: int) -> list[str]:
    """All strict orderings that a label may stand for; itself where nothing is tied."""
    read = label(code)
    if not read.tied:
        return [read.ordering]
    steps = [list(permutations(step.split("="))) for step in read.ordering.split(">")]
    return [">".join(stage for step in chosen for stage in step) for chosen in product(*steps)]


@given(
    units=st.lists(
        st.tuples(st.sampled_from(CODES), st.booleans(), st.booleans()), min_size=4, max_size=7
    )
)
def test_bounds_are_the_extremes_over_all_readings(units: list[tuple[int, bool, bool]]) -> None:
    units = [*units, (0, True, False), (0, False, False)]  # both arms have somebody
    arms = ["treated" if treated else "control" for _, treated, _ in units]
    bought = np.array([int(converted) for _, _, converted in units])
    statistics = statistics_of(arms, {"conversion": bought}, labels=[code for code, _, _ in units])
    found = {row.of: row.absolute for row in tie_bounds(TWO, statistics)}
    n = {arm: arms.count(arm) for arm in ("control", "treated")}
    choices = [readings(code) for code, _, _ in units]
    for ordering in COMPLETE:
        differences = []
        for read in product(*choices):
            counts = dict.fromkeys(n, 0)
            for arm, one, converted in zip(arms, read, bought, strict=True):
                counts[arm] += int(converted and one == ordering)
            differences.append(counts["treated"] / n["treated"] - counts["control"] / n["control"])
        span = found.get(f"incidence/conversion/{ordering}//treated-control")
        if span is None:
            assert max(differences) == min(differences)
        else:
            assert span.low == pytest.approx(min(differences))
            assert span.high == pytest.approx(max(differences))


def test_without_ties_nothing_is_shown_and_with_them_the_result_holds_it() -> None:
    strict, tied = 27, next(c for c in CODES if label(c).ordering == "need=touchpoint>trust")
    arms = ["control"] * 40 + ["treated"] * 40
    bought = np.array([1, 0] * 40)
    for codes, shown in (([strict] * 80, 0), ([strict] * 60 + [tied] * 20, 2)):
        statistics = statistics_of(arms, {"conversion": bought}, labels=codes)
        result = estimate_all(TWO, statistics, declare_families(TWO))
        rows = [row for row in result.sensitivity if row.reading == "ties"]
        # need > touchpoint > trust and touchpoint > need > trust could both be it
        assert len(rows) == shown
