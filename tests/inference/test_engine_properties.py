"""What must hold of every estimate, whatever the data: whole experiments, drawn by hypothesis.

The functions below have properties of their own; these are those of the engine, from statistics
to estimates: proportions, means and ratios, adjusted or not, alone and in families.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.experiments import conversion, experiment, metric, ratio
from tests.support.units import statistics_of

from pathlift.inference.estimates import estimate_all
from pathlift.judgement.families import declare_families
from pathlift.result.model import Estimate, Span

few = settings(max_examples=25)  # each draws whole experiments, five numbers or more in each
ROUNDING = 1e-9
"""Relative: what the engine promises of its numbers (issue 2, numerics)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows:
    """Units of an experiment: their arms, in the order of the definition, and numbers."""

    declared: tuple[str, ...]
    arms: tuple[str, ...]
    columns: Mapping[str, np.ndarray]

    def estimates(self, *, alpha: float = 0.05) -> dict[str, Estimate]:
        """By id."""
        about = experiment(
            self.declared,
            [conversion(), metric("spend"), metric("orders"), ratio("value", "spend", "orders")],
            alpha=alpha,
        )
        tables = statistics_of(self.arms, self.columns, declared=self.declared)
        found = estimate_all(about, tables, declare_families(about)).estimates
        # nothing of a metric that does not vary is estimated; of conversion something always is
        assert any(one.metric == "conversion" and one.not_estimated is None for one in found)
        return {one.id: one for one in found if one.not_estimated is None}


@st.composite
def rows(draw: st.DrawFn, *, arms: Sequence[str] = ("a", "b"), fewest: int = 5) -> Rows:
    """Arms of any sizes; a covariate in half of them, which `spend` leans on."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    sizes = [draw(st.integers(fewest, 40)) for _ in arms]
    n = sum(sizes)
    x = rng.integers(0, 50, n)
    rate = draw(st.floats(0, 1))
    columns = {
        "conversion": (rng.random(n) < rate).astype(int),
        "spend": rng.integers(0, draw(st.integers(2, 2000)), n) + draw(st.integers(0, 9)) * x,
        "orders": rng.integers(1, 6, n),
    }
    if draw(st.booleans()):
        columns["x:prior"] = x
    names = [name for name, size in zip(arms, sizes, strict=True) for _ in range(size)]
    return Rows(declared=tuple(arms), arms=tuple(names), columns=columns)


def ends(span: Span | None) -> tuple[float, float]:
    assert span is not None
    return (
        -np.inf if span.low is None else span.low,
        np.inf if span.high is None else span.high,
    )


def near(expected: float, scale: float) -> object:
    return pytest.approx(expected, rel=ROUNDING, abs=ROUNDING * scale)


def beside(
    one: Mapping[str, Estimate], other: Mapping[str, Estimate]
) -> Iterator[tuple[Estimate, Estimate]]:
    assert set(one) == set(other)
    for id, estimate in one.items():
        yield estimate, other[id]


@few
@given(given_rows=rows())
def test_turning_the_arms_round_mirrors_every_interval(given_rows: Rows) -> None:
    turned = replace(given_rows, declared=("b", "a")).estimates()
    for one in given_rows.estimates().values():
        other = turned[one.id.replace("b-a", "a-b")]
        (low, high), (back_low, back_high) = ends(one.absolute), ends(other.absolute)
        assert (back_low, back_high) == (near(-high, high - low), near(-low, high - low))
        assert other.p_value == pytest.approx(one.p_value, rel=1e-7, abs=1e-300)
        assert other.method == one.method


@few
@given(given_rows=rows(), factor=st.integers(2, 10**6))
def test_another_currency_scales_money_and_nothing_else(given_rows: Rows, factor: int) -> None:
    spend = given_rows.columns["spend"] * factor
    scaled = replace(given_rows, columns={**given_rows.columns, "spend": spend})
    for one, other in beside(given_rows.estimates(), scaled.estimates()):
        by = factor if one.metric in ("spend", "value") else 1
        for mine, theirs in zip(ends(one.absolute), ends(other.absolute), strict=True):
            assert theirs == near(mine * by, by * (one.standard_error or 0))
        assert other.p_value == pytest.approx(one.p_value, rel=1e-7, abs=1e-300)
        if one.relative is not None and other.relative is not None:
            size = max((abs(end) for end in ends(one.relative) if np.isfinite(end)), default=1)
            for mine, theirs in zip(ends(one.relative), ends(other.relative), strict=True):
                assert theirs == near(mine, size)


@few
@given(given_rows=rows(), shift=st.integers(1, 10**6))
def test_a_bonus_for_everybody_changes_no_difference(given_rows: Rows, shift: int) -> None:
    spend = given_rows.columns["spend"] + shift
    moved = replace(given_rows, columns={**given_rows.columns, "spend": spend})
    for one, other in beside(given_rows.estimates(), moved.estimates()):
        if one.metric == "value":
            continue  # money per order does change
        scale = (one.standard_error or 0) + 1e-7 * shift  # digits that the larger mean takes
        for mine, theirs in zip(ends(one.absolute), ends(other.absolute), strict=True):
            assert theirs == near(mine, scale)


@few
@given(given_rows=rows(arms=("a", "b", "c")))
def test_the_order_in_which_arms_are_declared_does_not_matter(given_rows: Rows) -> None:
    other = replace(given_rows, declared=("a", "c", "b")).estimates()
    for one, again in beside(given_rows.estimates(), other):
        width = ends(one.absolute)[1] - ends(one.absolute)[0]
        assert again.absolute is not None
        assert ends(again.absolute) == tuple(near(end, width) for end in ends(one.absolute))
        if one.simultaneous is not None and again.simultaneous is not None:
            assert again.simultaneous.p_adjusted == pytest.approx(
                one.simultaneous.p_adjusted, rel=1e-6, abs=1e-12
            )


@few
@given(
    given_rows=rows(arms=("a", "b", "c")),
    alphas=st.tuples(st.floats(1e-4, 0.5), st.floats(1e-4, 0.5)).map(sorted),
)
def test_intervals_nest_and_families_are_at_least_as_wide(
    given_rows: Rows, alphas: Sequence[float]
) -> None:
    wide, narrow = (given_rows.estimates(alpha=alpha) for alpha in alphas)
    for outer, inner in beside(wide, narrow):
        _holds(outer.absolute, inner.absolute)
        if outer.relative is not None and inner.relative is not None:
            _holds(outer.relative, inner.relative)
        for one in (outer, inner):
            if one.simultaneous is not None:
                _holds(one.simultaneous.absolute, one.absolute)
        if outer.simultaneous is not None and inner.simultaneous is not None:
            _holds(outer.simultaneous.absolute, inner.simultaneous.absolute)


def _holds(outer: Span | None, inner: Span | None) -> None:
    (low, high), (least, most) = ends(outer), ends(inner)
    slack = ROUNDING * max((abs(end) for end in (least, most) if np.isfinite(end)), default=0)
    assert low <= least + slack
    assert most - slack <= high
