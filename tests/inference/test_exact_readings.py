"""Sparse contrasts are read exactly as well, and nothing else is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from tests.support.experiments import conversion, experiment, metric
from tests.support.units import statistics_of

from pathlift.inference.drafts import Counts, Draft, Identity
from pathlift.inference.estimates import estimate_all
from pathlift.inference.exact_readings import exact_readings
from pathlift.judgement.checks.sparse import counts as check_counts
from pathlift.judgement.families import declare_families
from pathlift.registry.experiment import Margin
from pathlift.result.model import Sensitivity
from pathlift.statistics.cells import all_codes


def draft(x1: int, n1: int, x0: int, n0: int, **changes: object) -> Draft:
    given_: dict[str, object] = {
        "estimand": "itt", "metric": "conversion", "kind": "proportion", "role": "primary",
        "better": "higher", "arm": "treated", "control": "control",
    }  # fmt: skip
    return Draft(
        identity=Identity(**given_ | changes),  # type: ignore[arg-type]
        arm_units=n1,
        control_units=n0,
        counts=Counts(x1=x1, n1=n1, x0=x0, n0=n0),
    )


def read(*drafts: Draft) -> list[Sensitivity]:
    return list(exact_readings(drafts))


def test_small_arms_are_read_by_boschloo() -> None:
    (found,) = read(draft(12, 15, 7, 15))
    table = np.array([[12, 7], [3, 8]])
    sides = (stats.boschloo_exact(table, alternative=side).pvalue for side in ("less", "greater"))
    # the two-sided p is twice the smaller one, as documented; the search over rates is numeric
    assert found.p_value == pytest.approx(2 * min(sides), rel=1e-6)
    assert "Boschloo" in found.method
    assert found.reading == "exact"
    assert found.absolute is None
    assert (found.arm_value, found.control_value) == (0.8, 7 / 15)


def test_larger_arms_are_read_by_fisher() -> None:
    (found,) = read(draft(9, 20_000, 1, 19_000))
    oracle = stats.fisher_exact(np.array([[9, 1], [19_991, 18_999]])).pvalue
    assert found.p_value == pytest.approx(oracle, rel=1e-9)
    assert "Fisher" in found.method


@settings(max_examples=25)  # Boschloo's test takes some hundredths of a second
@given(x=st.integers(0, 12), y=st.integers(0, 12), n1=st.integers(12, 30), n0=st.integers(12, 30))
def test_boschloo_never_asks_for_more_than_fisher(x: int, y: int, n1: int, n0: int) -> None:
    """Uniformly more powerful one-sided; two-sided, doubled, at most twice Fisher's p."""
    for found in read(draft(x, n1, y, n0)):
        assert found.p_value is not None
        fisher = stats.fisher_exact(np.array([[x, y], [n1 - x, n0 - y]])).pvalue
        assert found.p_value <= min(1.0, 2 * fisher) + 1e-9  # its search over rates is numeric


@pytest.mark.parametrize(
    "given_",
    [
        pytest.param(draft(5, 40, 6, 40), id="five cases each"),
        pytest.param(draft(1, 40, 6, 40, segment=("country", "DE")), id="a segment"),
        pytest.param(draft(1, 40, 6, 40, estimand="ordering_share"), id="an ordering taken"),
        pytest.param(
            draft(1, 40, 6, 40, role="guardrail", margin=Margin(scale="absolute", value=0.1)),
            id="a margin",
        ),
    ],
)
def test_what_is_not_sparse_or_not_about_zero_is_not_read(given_: Draft) -> None:
    assert read(given_) == []


def test_counts_beyond_both_tests_say_so() -> None:
    (found,) = read(draft(3, 5_000_000, 4_000_000, 6_000_000))
    assert found.p_value is None
    assert found.method.startswith("not estimated")


def test_sparse_metrics_and_incidences_reach_the_result() -> None:
    codes = [c for c in all_codes() if c != 63]
    arms = ["control"] * 150 + ["treated"] * 150
    y = [1] * 3 + [0] * 147 + [1] * 12 + [0] * 138
    exp = experiment(metrics=[conversion(), metric("n")], stages=("need", "touchpoint", "trust"))
    statistics = statistics_of(
        arms, {"conversion": y, "n": y}, labels=[codes[i % 26] for i in range(300)]
    )
    found = estimate_all(exp, statistics, declare_families(exp))
    known = {estimate.id for estimate in found.estimates if estimate.not_estimated is None}
    exact = [each for each in found.sensitivity if each.reading == "exact"]
    assert exact[0].of == "itt/conversion///treated-control"
    assert {each.of for each in exact} <= known
    assert any(each.of.startswith("incidence/") for each in exact)
    (check,) = check_counts(exp, statistics)
    assert "`sensitivity` has the exact test" in check.message
