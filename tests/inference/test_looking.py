"""Several looks through the functions that `analyze` uses: boundaries, agreement, errors."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats
from tests.support.experiments import conversion, experiment, metric
from tests.support.looks import Counts, counted, looked, planned

from pathlift.inference.at_look import as_statistic, as_z
from pathlift.inference.estimates import Inferred, estimate_all
from pathlift.inference.spending import Spending
from pathlift.judgement.families import declare_families
from pathlift.registry.experiment import DecisionRule, Margin
from pathlift.result.model import ContrastLook, Estimate

ID = "itt/conversion///treated-control"
TWO = ("control", "treated")
THREE = ("control", "treated", "other")


def flat(looks: int, units: int, rate: float = 0.1, arms: Sequence[str] = TWO) -> list[Counts]:
    """Equal steps of information: the same rate everywhere."""
    sizes = [units * k // looks for k in range(1, looks + 1)]
    return [{arm: (round(n * rate), n) for arm in arms} for n in sizes]


def of(found: Inferred, id: str = ID) -> ContrastLook:
    return next(each for each in found.looks if each.id == id)


def estimate(found: Inferred, id: str = ID) -> Estimate:
    return next(each for each in found.estimates if each.id == id)


@pytest.mark.parametrize(
    ("spending", "expected"),
    [
        # methods 3.7, golden values of two-sided 0.05 at equal looks (gsDesign, rpact agree)
        ("obf", (4.3326, 2.9631, 2.3590, 2.0141)),
        ("pocock", (2.3683, 2.3675, 2.3582, 2.3500)),
    ],
)
def test_four_equal_looks_have_the_published_boundaries(
    spending: str, expected: tuple[float, ...]
) -> None:
    units = 40_000_000
    exp = planned(
        experiment(TWO, [conversion()]),
        kind="group_sequential",
        planned_units=2 * units,
        spending=spending,
    )
    found, _ = looked(exp, flat(4, units))
    last = of(found[-1])
    # variances divide by n - 1: fractions are off by 1e-8, boundaries by less than printed
    assert last.fractions == pytest.approx((0.25, 0.5, 0.75, 1.0), abs=1e-6)
    assert last.boundaries == pytest.approx(expected, abs=5e-5)
    assert [of(each).boundary for each in found] == pytest.approx(expected, abs=5e-5)
    assert [of(each).stage for each in found] == [1, 2, 3, 4]


def test_alpha_is_shared_equally_by_the_contrasts() -> None:
    units = 30_000_000
    exp = planned(
        experiment(THREE, [conversion()]), kind="group_sequential", planned_units=3 * units
    )
    found, _ = looked(exp, flat(2, units, arms=THREE))
    # another way to the boundaries of alpha / 2: the bivariate normal distribution of scipy
    for each in ("treated", "other"):
        look = of(found[-1], f"itt/conversion///{each}-control")
        first, last = look.boundaries
        spent = Spending(kind="obrien_fleming").spent([0.5, 1.0], 0.025)
        assert first is not None
        assert last is not None
        assert 2 * stats.norm.sf(first) == pytest.approx(spent[0], rel=1e-5)
        inside = stats.multivariate_normal([0, 0], [[1, 0.5**0.5], [0.5**0.5, 1]]).cdf(
            [first, last], lower_limit=[-first, -last]
        )
        assert 1 - inside == pytest.approx(0.025, abs=1e-6)  # the integral's own error
        family = estimate(found[-1], look.id).simultaneous
        assert family is not None
        assert family.members == 2
        assert family.method.startswith("Bonferroni")
        assert family.critical_value == pytest.approx(last)


@st.composite
def growing(draw: st.DrawFn, arms: Sequence[str] = THREE) -> list[Counts]:
    steps = draw(st.integers(1, 4))
    units, hits = dict.fromkeys(arms, 0), dict.fromkeys(arms, 0)
    looks: list[Counts] = []
    for _ in range(steps):
        for arm in arms:
            more = draw(st.integers(300, 800))
            units[arm] += more
            hits[arm] += draw(st.integers(20, 110))
        looks.append({arm: (hits[arm], units[arm]) for arm in arms})
    return looks


@pytest.mark.parametrize("kind", ["group_sequential", "anytime"])
@given(looks=growing())
def test_intervals_and_p_values_agree_at_every_look(kind: str, looks: list[Counts]) -> None:
    guard = metric(
        "conversion", "proportion", role="guardrail", better="lower", margin=Margin(
            scale="absolute", value=0.02)
    )  # fmt: skip
    for chosen in (conversion(), guard):
        exp = planned(experiment(THREE, [chosen]), kind=kind, planned_units=6000)
        found, _ = looked(exp, looks)
        for each in found:
            for one in each.estimates:
                if one.not_estimated is not None:
                    continue
                assert one.absolute is not None
                assert one.p_value is not None
                low, high = one.absolute.low, one.absolute.high
                assert low is not None
                assert high is not None
                if one.role == "guardrail":
                    assert (high < one.null_value) == (one.p_value < one.alpha)
                    continue
                assert (low > 0 or high < 0) == (one.p_value < one.alpha)
                family = one.simultaneous
                assert family is not None
                assert family.absolute is not None
                assert family.p_adjusted is not None
                wide = family.absolute
                assert wide.low is not None
                assert wide.high is not None
                assert (wide.low > 0 or wide.high < 0) == (family.p_adjusted < one.alpha)
                assert wide.low <= low
                assert high <= wide.high


def test_a_look_that_learnt_nothing_is_not_spent() -> None:
    exp = planned(experiment(TWO, [conversion()]), kind="group_sequential", planned_units=8000)
    looks: list[Counts] = [
        {"control": (100, 1000), "treated": (110, 1000)},
        {"control": (300, 1010), "treated": (310, 1010)},  # more variance: information shrinks
        {"control": (200, 2000), "treated": (220, 2000)},
    ]
    found, _ = looked(exp, looks)
    reason = estimate(found[1]).not_estimated
    assert reason is not None
    assert reason["reason"].startswith("information shrank from 0.25 to 0.1")
    assert reason["reason"].endswith("this look is not spent")
    assert of(found[1]).stage is None
    # the third look goes on where the first was, as if the second had not been
    assert of(found[2]).stage == 2
    assert of(found[2]).fractions == pytest.approx((0.25, 0.5), abs=0.01)


def test_information_is_planned_once() -> None:
    exp = planned(experiment(TWO, [conversion()]), kind="group_sequential", planned_units=8000)
    found, _ = looked(
        exp,
        [
            {"control": (100, 1000), "treated": (100, 1000)},
            {"control": (400, 2000), "treated": (400, 2000)},
        ],
    )
    first, second = of(found[0]), of(found[1])
    assert first.planned_information == second.planned_information
    # rates rose to 20%: 0.25 * 2 * (0.1 * 0.9) / (0.2 * 0.8), by hand
    assert second.information_fraction == pytest.approx(0.28125, rel=1e-3)


def test_too_little_information_has_no_boundary() -> None:
    exp = planned(experiment(TWO, [conversion()]), kind="group_sequential", planned_units=400_000)
    found, _ = looked(exp, [{"control": (100, 1000), "treated": (140, 1000)}])
    reason = estimate(found[0]).not_estimated
    assert reason is not None
    assert "only 0.50% of the planned information has been seen" in reason["reason"]


def test_after_the_planned_information_a_look_is_read_at_the_one_that_saw_it() -> None:
    exp = planned(experiment(TWO, [conversion()]), kind="group_sequential", planned_units=4000)
    found, _ = looked(exp, flat(1, 2000) + flat(1, 3000))
    assert estimate(found[1]).not_estimated is not None
    assert of(found[1]).running == of(found[0]).interval
    assert of(found[1]).running_look == 1
    assert of(found[0]).final is not None
    assert of(found[1]).final == of(found[0]).final


def test_a_single_look_at_all_information_is_a_fixed_test() -> None:
    fixed = experiment(TWO, [conversion()])
    whole = planned(fixed, kind="group_sequential", planned_units=4000)
    counts: Counts = {"control": (200, 2000), "treated": (250, 2000)}
    families = declare_families(fixed)
    alone = estimate_all(fixed, counted(counts), families).estimates[0]
    once = estimate_all(whole, counted(counts), families)
    assert once.estimates[0].p_value == pytest.approx(alone.p_value, rel=1e-9)  # the solver's
    for one, other in zip(once.estimates, (alone,), strict=True):
        assert one.absolute is not None
        assert other.absolute is not None
        assert one.absolute.low == pytest.approx(other.absolute.low, rel=1e-9)
        assert one.absolute.high == pytest.approx(other.absolute.high, rel=1e-9)
    final = of(once).final
    assert final is not None
    assert final.p_value == pytest.approx(alone.p_value, rel=1e-9)


def test_anytime_starts_with_twenty_conversions() -> None:
    exp = planned(experiment(TWO, [conversion()]), kind="anytime", planned_units=4000)
    found, _ = looked(
        exp,
        [
            {"control": (9, 100), "treated": (10, 100)},
            {"control": (10, 110), "treated": (10, 110)},
        ],
    )
    reason = estimate(found[0]).not_estimated
    assert reason is not None
    assert "starts at 20 conversions in the two arms, and there are 19" in reason["reason"]
    assert estimate(found[1]).not_estimated is None


def test_anytime_keeps_the_smallest_p_and_what_no_interval_excluded() -> None:
    exp = planned(experiment(TWO, [conversion()]), kind="anytime", planned_units=8000)
    looks: list[Counts] = [
        {"control": (100, 1000), "treated": (190, 1000)},
        {"control": (200, 2000), "treated": (250, 2000)},
    ]
    found, _ = looked(exp, looks)
    first, second = of(found[0]), of(found[1])
    assert first.p_value is not None
    assert second.p_value is not None
    assert first.p_value < 0.05 < second.p_value  # the first look alone was convincing
    assert second.running_p == first.p_value
    assert second.running_look == 1
    assert second.running is not None
    assert first.interval is not None
    assert second.interval is not None
    assert first.interval.low is not None
    assert second.interval.low is not None
    assert second.running.low == max(first.interval.low, second.interval.low)
    # methods 3.7: at the planned end the multiplier is 3.0351
    whole, _ = looked(exp, [{"control": (400, 4000), "treated": (400, 4000)}])
    assert of(whole[0]).boundary == pytest.approx(3.0351, abs=5e-5)


def test_anytime_refuses_a_look_at_data_that_shrank_and_goes_on_from_those_before() -> None:
    exp = planned(experiment(TWO, [conversion()]), kind="anytime", planned_units=8000)
    looks: list[Counts] = [
        {"control": (100, 1000), "treated": (190, 1000)},
        {"control": (100, 999), "treated": (90, 999)},
        {"control": (100, 1000), "treated": (190, 1000)},  # the units are back
        {"control": (200, 2000), "treated": (250, 2000)},
    ]
    found, _ = looked(exp, looks)
    reason = estimate(found[1]).not_estimated
    assert reason is not None
    assert reason["reason"].startswith("mature units of the two arms fell from 2,000 to 1,998")
    first, second, *_, last = (of(each) for each in found)
    assert (second.stage, second.p_value) == (None, None)
    # what the look before it showed stands, and nothing of this one enters
    assert (second.running_p, second.running) == (first.p_value, first.running)
    without, _ = looked(exp, [looks[0], looks[3]])
    assert (last.running_p, last.running) == (of(without[1]).running_p, of(without[1]).running)


def test_intervals_without_a_common_value_are_inconsistent() -> None:
    exp = planned(experiment(TWO, [conversion()]), kind="anytime", planned_units=8000)
    looks: list[Counts] = [
        {"control": (100, 1000), "treated": (300, 1000)},
        {"control": (1200, 8000), "treated": (600, 8000)},
    ]
    found, _ = looked(exp, looks)
    assert of(found[1]).inconsistent
    assert of(found[1]).running is None


def test_everything_that_does_not_decide_is_flagged() -> None:
    exp = planned(
        experiment(
            TWO,
            [conversion(), metric("clicks", "proportion")],
            decision=DecisionRule(success=("conversion",)),
        ),
        kind="group_sequential",
        planned_units=4000,
    )
    both = counted({"control": (200, 2000), "treated": (250, 2000)})
    clicks = counted({"control": (300, 2000), "treated": (350, 2000)}, "clicks").moments
    moments = both.moments
    joined = type(moments)(
        variables=(*moments.variables, *clicks.variables),
        pairs=(*moments.pairs, *clicks.pairs),
        groups=moments.groups,
        units=moments.units,
        sums=np.hstack([moments.sums, clicks.sums]),
        products=np.hstack([moments.products, clicks.products]),
        cubes=np.hstack([moments.cubes, clicks.cubes]),
        cubed=("conversion", "clicks"),
    )
    statistics = replace(both, moments=joined, metric_class={"conversion": 0, "clicks": 0})
    found = estimate_all(exp, statistics, declare_families(exp))
    flags = {each.metric: each.flags for each in found.estimates}
    assert "not_protected_against_peeking" in flags["clicks"]
    assert "not_protected_against_peeking" not in flags["conversion"]
    assert {each.id for each in found.looks} == {ID}


@given(looks=growing(TWO))
def test_more_looks_never_give_more_than_one(looks: list[Counts]) -> None:
    """The repeated p of a look that others came before is at least that of one look at it."""
    exp = planned(experiment(TWO, [conversion()]), kind="group_sequential", planned_units=6000)
    found, _ = looked(exp, looks)
    last = found[-1]
    assume(estimate(last).not_estimated is None)
    p, z = estimate(last).p_value, of(last).statistic
    assert p is not None
    assert z is not None
    assert p >= 2 * stats.norm.sf(abs(z)) * (1 - 1e-9)  # rounding of two tails


SIZES = (2_000, 4_000, 7_000)
RATES = {"control": 0.100, "treated": 0.112, "other": 0.090}


def two_arms(kind: str, role: str) -> tuple[list[Inferred], int]:
    """Three looks at two contrasts, with 30,000 units planned over three arms of equal weight."""
    margin = {"margin": Margin(scale="absolute", value=0.02)} if role == "guardrail" else {}
    success = () if role == "guardrail" else ("conversion",)
    exp = planned(
        experiment(
            THREE, [conversion(role=role, **margin)], decision=DecisionRule(success=success)
        ),
        kind=kind,
        planned_units=30_000,
    )
    counts = [{arm: (round(n * RATES[arm]), n) for arm in THREE} for n in SIZES]
    return looked(exp, counts)[0], 20_000  # of the two arms of a contrast


@pytest.mark.parametrize("role", ["primary", "guardrail"])
@pytest.mark.parametrize("kind", ["group_sequential", "anytime"])
def test_every_field_of_a_look_is_that_of_its_counts(kind: str, role: str) -> None:
    found, whole = two_arms(kind, role)
    guard, sequential = role == "guardrail", kind == "group_sequential"
    share = 0.025  # half of alpha: on one side, or by each of two contrasts
    for arm in ("treated", "other"):
        id = f"itt/conversion///{arm}-control"
        errors = [
            np.sqrt(sum(p * (1 - p) / (n - 1) for p in (RATES[arm], RATES["control"])))
            for n in SIZES
        ]
        planned_information = whole / (2 * SIZES[0]) / errors[0] ** 2
        for place, (each, n) in enumerate(zip(found, SIZES, strict=True)):
            look, row = of(each, id), estimate(each, id)
            assert look.units == 2 * n
            assert look.stage == place + 1
            assert look.estimate == pytest.approx(RATES[arm] - RATES["control"], rel=1e-9)
            assert look.standard_error == pytest.approx(errors[place], rel=1e-9)
            assert look.information == pytest.approx(errors[place] ** -2, rel=1e-9)
            assert look.statistic == row.statistic
            assert look.alpha == share
            assert look.not_estimated is None
            shared = row.simultaneous
            assert (shared is None) == guard
            assert look.p_value == (row.p_value if shared is None else shared.p_adjusted)
            assert look.interval == (row.absolute if shared is None else shared.absolute)
            assert look.relative == (row.relative if shared is None else shared.relative)
            if shared is not None:
                assert shared.members == 2
                assert shared.p_adjusted is not None
                assert row.p_value is not None
                if sequential:
                    assert shared.p_adjusted == pytest.approx(min(1.0, 2 * row.p_value))
                else:  # another mixture suits another alpha, so that it is not just twice as large
                    assert row.p_value <= shared.p_adjusted <= 1.0
                assert shared.critical_value == look.boundary
                words = row.method.removeprefix("Miettinen-Nurminen score interval, ")
                assert shared.method == (
                    f"Bonferroni: alpha is shared equally, each contrast {words}"
                )
            assert row.alpha == (0.025 if guard else 0.05)
            if sequential:
                assert "repeated over looks (group-sequential, O'Brien-Fleming" in row.method
                shares = [e**-2 / planned_information for e in errors[: place + 1]]
                assert look.planned_information == pytest.approx(planned_information, rel=1e-9)
                assert look.fractions == pytest.approx(shares, rel=1e-9)
                assert look.information_fraction == look.fractions[-1]
                # Lan and DeMets (1983): 2 - 2 Phi(z(alpha / 2) / sqrt(t)), or on one side alone
                # half of the two-sided spending of twice the level
                sides = 1 if guard else 2
                level = share if guard else share / 2
                spent = sides * 2 * stats.norm.sf(stats.norm.isf(level / 2) / np.sqrt(shares[-1]))
                assert look.spent == pytest.approx(spent, rel=1e-6)
                assert look.boundary == look.boundaries[-1]
                if place == 0:
                    assert look.boundary == pytest.approx(stats.norm.isf(spent / sides), rel=1e-6)
                assert (look.running, look.running_p, look.running_look) == (None, None, None)
            else:
                assert "valid at every look (asymptotic confidence sequence)" in row.method
                assert look.information_fraction == pytest.approx(2 * n / whole, rel=1e-12)
                assert (look.planned_information, look.spent) == (None, None)
                assert (look.fractions, look.boundaries) == ((), ())
                past = [of(before, id) for before in found[: place + 1]]
                p = [one.p_value for one in past]
                assert look.running_p == min(p)  # type: ignore[type-var]
                assert look.running_look == 1 + p.index(look.running_p)
                for running, spans in (
                    (look.running, [one.interval for one in past]),
                    (look.running_relative, [one.relative for one in past]),
                ):
                    assert running is not None
                    assert spans[-1] is not None
                    assert running.estimate == spans[-1].estimate
                    assert running.low == max(s.low for s in spans if s)  # type: ignore[type-var]
                    assert running.high == min(s.high for s in spans if s)  # type: ignore[type-var]
                assert not look.inconsistent


@pytest.mark.parametrize("df", [2.5, 12.0, 400.0, np.inf])
@pytest.mark.parametrize("z", [0.0, 1e-3, 0.6, 0.99, 1.0, 2.3, 6.0])
def test_a_normal_deviate_and_its_t_have_one_tail(z: float, df: float) -> None:
    t = as_statistic(z, df)
    expected = stats.t.isf(stats.norm.sf(z), df)
    assert t == pytest.approx(expected, rel=1e-8, abs=1e-12)
    for sign in (1, -1):  # and back again
        assert as_z(sign * t, df) == pytest.approx(sign * z, rel=1e-8, abs=1e-12)
    assert as_statistic(np.inf, df) == np.inf
