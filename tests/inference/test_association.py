"""Rows of the descriptive panel: E-values, references, refusals, clusters, two stages."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from tests.support.experiments import arm
from tests.support.lots import (
    ARMS,
    CODES,
    counts_of,
    eligible_counts,
    journeys,
    statistics_of_counts,
)

from pathlift.inference.associating import associate
from pathlift.inference.association_variance import hotelling_df, rate_variance
from pathlift.inference.describing import Described, describe, eligible_units
from pathlift.inference.e_values import e_value, e_value_of_end
from pathlift.inference.landmark import LandmarkClusters, Landmarks, landmarks
from pathlift.inference.standardising import standardise
from pathlift.registry.experiment import Analysis, Experiment
from pathlift.simulation import scenario
from pathlift.simulation.chain import COMPLETE
from pathlift.simulation.landmarks import lots
from pathlift.statistics.cells import Cell, CellTable
from pathlift.statistics.clusters import Cluster, ClusterTable
from pathlift.statistics.collected import Statistics
from pathlift.statistics.landmarks import ClusterCell, LandmarkTable
from pathlift.statistics.moments import Group, objects

WORLD = lots(scenario("intent"), landmark=7)


def drawn(units: int, seed: int = 1) -> Statistics:
    return statistics_of_counts(WORLD, counts_of(WORLD, units, np.random.default_rng(seed)))


def described(statistics: Statistics, experiment: Experiment | None = None) -> Described:
    found = describe(experiment or journeys(), statistics)
    assert found is not None
    return found


# VanderWeele & Ding (2017), the example of their introduction: 3.9 (1.8, 8.7) gives 7.26 and 3.0
def test_e_values_are_those_of_vanderweele_and_ding() -> None:
    assert e_value(3.9) == pytest.approx(7.26, abs=0.005)
    assert e_value_of_end(1.8, 8.7) == pytest.approx(3.0, abs=0.05)


def test_the_e_value_of_an_interval_is_that_of_its_end_nearer_to_one() -> None:
    assert e_value_of_end(0.5, 0.8) == e_value(0.8) == pytest.approx(e_value(1.25))
    assert e_value_of_end(0.9, 1.2) == 1
    assert e_value_of_end(1.1, None) == e_value(1.1)
    assert e_value_of_end(None, None) is None


def test_an_interval_leaves_zero_out_exactly_when_p_is_below_alpha() -> None:
    for seed in range(5):
        for row in described(drawn(3_000, seed)).association:
            if row.absolute is None:
                continue
            assert row.ratio is not None
            assert row.p_value is not None
            low, high = row.absolute.low, row.absolute.high
            assert low is not None
            assert high is not None
            assert (low > 0 or high < 0) == (row.p_value < 0.05)
            assert row.ratio.low is not None
            assert row.ratio.high is not None
            assert (row.ratio.low > 1 or row.ratio.high < 1) == (row.p_value < 0.05)


def test_rates_differences_and_ratios_are_those_of_the_arrays() -> None:
    counts = counts_of(WORLD, 20_000, np.random.default_rng(2))
    rows = described(statistics_of_counts(WORLD, counts)).association
    found = standardise(*eligible_counts(counts))  # nothing is thin at this size
    v = found.covariance
    assert [row.ordering for row in rows] == list(COMPLETE)
    for place, row in enumerate(rows):
        assert row.causal_status == "descriptive"
        assert row.rate is not None
        assert row.rate.estimate == pytest.approx(found.rate[place], abs=1e-12)
        assert row.standard_error == pytest.approx(np.sqrt(v[place, place]), rel=1e-9)
        if place == 0:
            assert row.reference
            assert (row.absolute, row.ratio, row.p_value) == (None, None, None)
            continue
        error = np.sqrt(v[place, place] + v[0, 0] - 2 * v[place, 0])
        gap = found.rate[place] - found.rate[0]
        assert row.absolute is not None
        assert row.ratio is not None
        assert row.absolute_standard_error == pytest.approx(error, rel=1e-9)
        assert row.p_value == pytest.approx(2 * norm.sf(abs(gap / error)), rel=1e-9)
        assert row.p_adjusted == pytest.approx(min(1, 5 * float(row.p_value or 0)), rel=1e-12)
        assert row.ratio.estimate == pytest.approx(found.rate[place] / found.rate[0], rel=1e-12)
        assert row.e_value == pytest.approx(e_value(float(row.ratio.estimate or 0)))


def test_the_reference_is_what_the_control_intends_else_the_most_frequent() -> None:
    statistics = drawn(5_000)
    assert associate(journeys(), statistics).reference == "need>touchpoint>trust"
    other = journeys(
        arms=(
            arm("search", control=True, ordering=("trust", "touchpoint", "need")),
            *(arm(name, ordering=ARMS[name]) for name in ("content", "influencer")),
        )
    )
    assert associate(other, statistics).reference == "trust>touchpoint>need"
    none = journeys(arms=tuple(arm(name, control=name == "search") for name in ARMS))
    counts = associate(none, statistics).counts
    most = counts.orderings[int(np.argmax(counts.units.sum(axis=1)))]
    assert associate(none, statistics).reference == most


def test_an_ordering_that_too_few_took_in_too_many_strata_is_not_standardised() -> None:
    rows = described(drawn(200)).association
    lost = [row for row in rows if row.not_estimated]
    assert lost
    for row in lost:
        assert row.rate is None or row.absolute is None
        assert row.units is not None  # its counts stay
        reason = (row.not_estimated or {})["reason"]
        assert "fewer than 10 units" in reason
        assert row.p_value is None
    cells = drawn(20_000).cells  # of one ordering hardly anybody is left
    rare = np.array([cell.label == CODES["trust>need>touchpoint"] for cell in cells.cells])
    few = replace(
        cells,
        lm_elig=np.where(rare, 0, cells.lm_elig),
        lm_conv=np.where(rare, 0, cells.lm_conv),
    )
    kept = described(replace(drawn(20_000), cells=few)).association
    assert [row.ordering for row in kept if row.not_estimated] == ["trust>need>touchpoint"]
    for row in (each for each in kept if not each.not_estimated):
        assert row.rate is not None
        assert row.standard_error is not None
        assert row.standard_error > 0


def test_without_a_window_nothing_is_made_up() -> None:
    experiment = journeys(window=None)
    experiment = replace(experiment, analysis=replace(experiment.analysis, landmark=None))
    found = described(drawn(2_000), experiment)
    assert found.landmark is None
    assert {(row.not_estimated or {})["reason"] for row in found.association} == {
        "without a window nobody can be given the same time to convert"
    }
    assert all(test.not_estimated for test in found.omnibus)
    assert found.naive.standardised_ratio is None
    assert found.decomposition[-1].total is not None  # accounting needs no landmark


def test_an_outcome_that_the_data_cannot_give_leaves_reasons_everywhere() -> None:
    statistics = replace(drawn(2_000), not_estimated={"conversion": "no event is a purchase"})
    found = described(statistics)
    reasons = [row.not_estimated for row in found.association]
    reasons += [row.not_estimated for row in found.decomposition]
    assert all(reason == {"reason": "no event is a purchase"} for reason in reasons)
    last = [step for step in found.funnel if step.stage == "conversion"]
    assert len(last) == 3
    assert all(step.not_estimated and step.share is None for step in last)
    assert all(step.share is not None for step in found.funnel if step.stage != "conversion")


def test_checks_only_and_experiments_without_stages_have_no_panel() -> None:
    assert describe(journeys(conversion=None, metrics=()), drawn(100)) is None
    assert describe(journeys(stages=()), drawn(100)) is None


def test_the_tests_of_association_say_association_and_are_descriptive() -> None:
    tests = described(drawn(5_000)).omnibus
    assert [test.estimand for test in tests] == ["association", "association_by_arm"]
    assert "association" in tests[0].test
    assert {test.metric for test in tests} == {"conversion"}
    assert tests[0].df == 5
    assert tests[1].df == 10  # (arms - 1)(orderings - 1)
    assert {test.causal_status for test in tests} == {"descriptive"}


def test_who_is_eligible_is_counted_by_arm() -> None:
    counts = counts_of(WORLD, 4_000, np.random.default_rng(3))
    arms = eligible_units(journeys(), statistics_of_counts(WORLD, counts))
    for place, seen in enumerate(arms):
        six = counts[place, :, -6:]
        assert seen.units == 4_000
        assert seen.complete == six.sum()
        assert seen.eligible == six[:, :, 2:].sum()
        assert seen.converted == six[:, :, 4].sum()
        assert seen.share_of_complete == seen.eligible / seen.complete


def clustered_counts(n: np.ndarray, x: np.ndarray) -> Landmarks:
    """Arm b of two strata, its units dealt into clusters; arm a stands alone."""
    return Landmarks(
        orderings=("need>trust", "trust>need"),
        strata=(("a", 0, ""), ("b", 0, ""), ("b", 1, "")),
        units=n,
        converted=x,
    )


def test_clusters_of_one_unit_each_give_the_variance_of_independent_units() -> None:
    n = np.array([[40.0, 30, 20], [50, 25, 35]])
    x = np.array([[12.0, 6, 9], [10, 10, 14]])
    base = clustered_counts(n, x)
    rates = standardise(n, x)
    units, converted = [], []
    for column in (1, 2):
        for ordering in (0, 1):
            for unit in range(int(n[ordering, column])):
                each = np.zeros((2, 2))
                each[ordering, column - 1] = 1
                units.append(each)
                converted.append(each * (unit < x[ordering, column]))
    size = len(units)
    one_each = LandmarkClusters(
        columns=np.array([1, 2]), units=np.array(units), converted=np.array(converted)
    )
    plain = rate_variance(base, rates, ("a", "b"), {})
    single = rate_variance(
        replace(base, clusters={"b": one_each}), rates, ("a", "b"), {"b": size - 1.0}
    )
    scale = size / (size - 1)  # a total of G clusters
    assert single.by_arm[1] == pytest.approx(plain.by_arm[1] * scale, rel=1e-9)
    assert single.by_arm[0] == pytest.approx(plain.by_arm[0], rel=1e-12)
    weights = np.array([1.0, -1.0])
    parts = np.einsum("o,aop,p->a", weights, single.by_arm, weights)
    # Satterthwaite: only the arm with clusters costs degrees of freedom
    assert single.df_of(weights) == pytest.approx(parts.sum() ** 2 * (size - 1) / parts[1] ** 2)
    assert plain.df_of(weights) == np.inf


def test_whole_clusters_that_repeat_their_units_know_less() -> None:
    n = np.array([[40.0, 32, 20], [52, 24, 36]])
    x = np.array([[12.0, 8, 8], [12, 12, 16]])
    base, rates = clustered_counts(n, x), standardise(n, x)
    fours = [
        (column - 1, ordering, group < x[ordering, column] / 4)
        for column in (1, 2)
        for ordering in (0, 1)
        for group in range(int(n[ordering, column] / 4))
    ]
    units = np.zeros((len(fours), 2, 2))
    converted = np.zeros((len(fours), 2, 2))
    for row, (column, ordering, bought) in enumerate(fours):
        units[row, ordering, column] = 4
        converted[row, ordering, column] = 4 * bought
    together = LandmarkClusters(columns=np.array([1, 2]), units=units, converted=converted)
    plain = rate_variance(base, rates, ("a", "b"), {}).by_arm[1]
    found = rate_variance(
        replace(base, clusters={"b": together}), rates, ("a", "b"), {"b": 27.0}
    ).by_arm[1]
    # clusters of four equal units: four times the variance, G / (G - 1) apart
    assert found == pytest.approx(plain * 4 * len(fours) / (len(fours) - 1), rel=1e-9)


def with_creators(statistics: Statistics, arm_name: str, creators: int, seed: int) -> Statistics:
    """Deal the units of an arm to creators at random, as the tables of a run hold them."""
    rng = np.random.default_rng(seed)
    names = [f"creator {place}" for place in range(creators)]
    dealt = np.full(creators, 1 / creators)
    cells = statistics.cells
    codes = tuple(sorted({cell.label for cell in cells.cells}))
    label_units = np.zeros((creators, len(codes)), dtype=np.int64)
    label_converted = np.zeros_like(label_units)
    rows: dict[ClusterCell, tuple[int, int]] = {}
    for row, cell in enumerate(cells.cells):
        if cell.arm != arm_name:
            continue
        units, converted = int(cells.units[row]), int(cells.converted[row])
        eligible, soon = int(cells.lm_elig[row]), int(cells.lm_conv[row])
        column = codes.index(cell.label)
        label_units[:, column] += rng.multinomial(units, dealt)
        label_converted[:, column] += rng.multinomial(converted, dealt)
        both = rng.multinomial(soon, dealt), rng.multinomial(eligible - soon, dealt)
        for place, (bought, rest) in enumerate(zip(*both, strict=True)):
            if bought + rest:
                rows[ClusterCell(cell=cell, cluster=names[place])] = (bought + rest, bought)
    return replace(
        statistics,
        clusters=ClusterTable(
            variables=(),
            labels=codes,
            clusters=tuple(Cluster(group=Group(arm=arm_name), name=name) for name in names),
            units=label_units.sum(axis=1),
            sums=objects(([] for _ in names), 0),
            label_units=label_units,
            label_converted=label_converted,
        ),
        landmarks=LandmarkTable(
            rows=tuple(rows),
            lm_elig=np.array([n for n, _ in rows.values()], dtype=np.int64),
            lm_conv=np.array([x for _, x in rows.values()], dtype=np.int64),
        ),
    )


def test_creators_without_an_effect_of_their_own_hardly_move_an_interval() -> None:
    statistics = drawn(20_000)
    alone = described(statistics)
    found = described(with_creators(statistics, "influencer", 60, seed=5))
    for row, other in zip(found.association, alone.association, strict=True):
        assert row.rate is not None
        assert other.rate is not None
        assert row.rate.estimate == other.rate.estimate
        # the variance of one arm of three is estimated from 60 clusters: 18% of a third, doubled
        assert row.standard_error == pytest.approx(other.standard_error, rel=0.12)
        assert "between clusters" in row.method
    assert found.omnibus[0].df == 5
    assert "variance between clusters" in found.omnibus[0].test
    reason = (found.omnibus[1].not_estimated or {})["reason"]
    assert "likelihood" in reason
    for step, before in zip(found.funnel, alone.funnel, strict=True):
        assert step.share is not None
        assert before.share is not None
        assert (step.method == "Wilson") == (step.arm != "influencer")
        assert step.share.estimate == before.share.estimate
    for part, same in zip(found.decomposition, alone.decomposition, strict=True):
        assert part.total == same.total
        assert ("clusters" in part.method) == (part.arm == "influencer")


def test_too_few_creators_leave_counts_and_a_reason() -> None:
    found = described(with_creators(drawn(5_000), "influencer", 4, seed=5))
    wanted = "an arm of clusters needs at least 6 of them, and influencer has 4"
    assert {(row.not_estimated or {})["reason"] for row in found.association} == {wanted}
    by_arm = {row.arm: row for row in found.decomposition}
    assert by_arm["influencer"].not_estimated == {"reason": wanted}
    assert by_arm["content"].not_estimated is None
    lost = [step for step in found.funnel if step.arm == "influencer"]
    assert all(step.not_estimated == {"reason": wanted} for step in lost)
    assert all(step.share is not None and step.share.low is None for step in lost)


def test_degrees_of_freedom_of_a_form_are_those_of_satterthwaite_for_one_direction() -> None:
    # one direction: (v1 + v2)^2 / (v1^2 / df1), the other known for certain
    v1, v2 = 3.0, 5.0
    both = np.diag([v1 + v2, 0.0])
    assert hotelling_df(both, [np.diag([v1, 0.0])], [7.0]) == pytest.approx(
        (v1 + v2) ** 2 / (v1**2 / 7)
    )
    # all of it estimated with one df: that df, whatever the rank
    whole = np.diag([2.0, 3.0, 4.0])
    assert hotelling_df(whole, [whole], [11.0]) == pytest.approx(11.0)
    assert hotelling_df(whole, [], []) == np.inf


def test_strata_are_known_by_arm_baseline_state_and_declared_levels() -> None:
    base = drawn(50)
    cells = base.cells
    moved = replace(
        cells,
        cells=tuple(
            Cell(arm=c.arm, maturity=0, label=c.label, baseline=place % 3, stratum=c.stratum)
            for place, c in enumerate(cells.cells)
        ),
    )
    found = landmarks(journeys(), replace(base, cells=moved), COMPLETE)
    whole = landmarks(journeys(), base, COMPLETE)
    assert found.units.sum() == whole.units.sum()
    assert len(found.strata) > len(whole.strata)
    without_state, without_arm = found.coarser()
    for one, other in np.ndindex(len(found.strata), len(found.strata)):
        a, b = found.strata[one], found.strata[other]
        assert (without_state[one] == without_state[other]) == ((a[0], a[2]) == (b[0], b[2]))
        assert (without_arm[one] == without_arm[other]) == (a[2] == b[2])


def test_immature_units_and_held_out_arms_are_in_no_rate() -> None:
    base = drawn(3_000)
    cells = base.cells
    extra = [
        (Cell(arm="search", maturity=0, label=CODES["need>touchpoint>trust"]), 1),
        (Cell(arm="held", maturity=1, label=CODES["need>touchpoint>trust"]), 1),
    ]
    mature = tuple(replace(cell, maturity=1) for cell in cells.cells)
    grown = replace(
        cells,
        cells=(*mature, *(cell for cell, _ in extra)),
        units=np.append(cells.units, [500, 500]),
        converted=np.append(cells.converted, [400, 400]),
        lm_elig=np.append(cells.lm_elig, [500, 500]),
        lm_conv=np.append(cells.lm_conv, [400, 400]),
        covariate_sums=objects(([] for _ in range(len(mature) + 2)), 0),
        converted_covariate_sums=objects(([] for _ in range(len(mature) + 2)), 0),
    )
    arms = (*journeys().arms, arm("held", analyzed=False))
    found = described(replace(base, cells=grown, label_class=1), journeys(arms=arms))
    assert found == described(base)


def test_two_stages_have_two_orderings() -> None:
    experiment = replace(
        journeys(),
        stages=tuple(s for s in journeys().stages if s.name != "touchpoint"),
        arms=(
            arm("search", control=True, ordering=("need", "trust")),
            arm("content", ordering=("trust", "need")),
        ),
        analysis=Analysis(contrasts=journeys().analysis.contrasts[:1], landmark=timedelta(days=7)),
    )
    base = drawn(10)
    # codes 16 * need + trust: need first is 16 + 2 = 18, trust first 32 + 1 = 33
    table = {
        ("search", 33): (300, 90, 150, 50),
        ("search", 18): (100, 40, 60, 30),
        ("content", 33): (200, 80, 90, 50),
        ("content", 18): (250, 50, 120, 40),
        ("content", 0): (400, 4, 0, 0),
    }
    columns = [objects(([row[place]] for row in table.values()), 1)[:, 0] for place in range(4)]
    cells = replace(
        base.cells,
        cells=tuple(Cell(arm=name, maturity=0, label=code) for name, code in table),
        units=columns[0],
        converted=columns[1],
        lm_elig=columns[2],
        lm_conv=columns[3],
        covariate_sums=objects(([] for _ in table), 0),
        converted_covariate_sums=objects(([] for _ in table), 0),
    )
    found = described(replace(base, cells=cells), experiment)
    assert [row.ordering for row in found.association] == ["need>trust", "trust>need"]
    assert [row.units for row in found.association] == [180, 240]
    weights = np.array([210, 210]) / 420
    assert found.association[0].rate is not None
    assert found.association[0].rate.estimate == pytest.approx(weights @ [30 / 60, 40 / 120])
    assert found.omnibus[0].df == 1
    assert [step.stage for step in found.funnel if step.arm == "search"] == [
        "need",
        "trust",
        "conversion",
    ]


@st.composite
def odd_statistics(draw: st.DrawFn) -> Statistics:
    """Cells as odd as data can be: arms without units, nobody or everybody converted."""
    size = draw(st.integers(0, 12))
    keys = draw(
        st.lists(
            st.builds(
                Cell,
                arm=st.sampled_from(list(ARMS)),
                maturity=st.just(0),
                label=st.sampled_from([0, 16, 20, 27, 39, 45, 54, 63]),
                baseline=st.integers(0, 2),
                stratum=st.sampled_from(["new", "known"]),
            ),
            min_size=size,
            max_size=size,
            unique=True,
        )
    )
    rows = []
    for cell in keys:
        units = draw(st.sampled_from([1, 2, 9, 10, 11, 400]))
        followed = draw(st.sampled_from([0, 1, units])) if cell.label in (27, 39, 45, 54) else 0
        soon = draw(st.sampled_from([0, followed]))
        rows.append((units, draw(st.sampled_from([soon, units])), followed, soon))
    columns = [objects(([row[place]] for row in rows), 1)[:, 0] for place in range(4)]
    return replace(
        drawn(1),
        cells=CellTable(
            covariates=(),
            cells=tuple(keys),
            units=columns[0],
            converted=columns[1],
            lm_elig=columns[2],
            lm_conv=columns[3],
            covariate_sums=objects(([] for _ in rows), 0),
            converted_covariate_sums=objects(([] for _ in rows), 0),
        ),
    )


@given(statistics=odd_statistics())
def test_odd_data_give_numbers_or_reasons_never_nan(statistics: Statistics) -> None:
    found = described(statistics)
    for row in found.association:
        assert row.rate is not None or row.not_estimated
        assert row.reference or row.absolute is not None or row.not_estimated
    for part in found.decomposition:
        assert part.total is not None or part.not_estimated
    for test in found.omnibus:
        assert test.p_value is not None or test.not_estimated
    values = [*found.association, *found.decomposition, *found.funnel, *found.omnibus, found.naive]
    assert [v.model_dump() for v in values if not _finite(v.model_dump())] == []


def _finite(value: object) -> bool:
    match value:
        case float():
            return bool(np.isfinite(value))
        case dict():
            return all(_finite(part) for part in value.values())
        case list() | tuple():
            return all(_finite(part) for part in value)
    return True


def test_an_ordering_that_nobody_took_has_no_interval_and_one_that_few_took_says_so() -> None:
    cells = drawn(20_000).cells
    gone = [c.label == CODES["trust>touchpoint>need"] for c in cells.cells]
    rare = np.array([c.label == CODES["trust>need>touchpoint"] for c in cells.cells])
    kept = np.flatnonzero(~np.array(gone))
    few = replace(
        cells,
        cells=tuple(cells.cells[place] for place in kept),
        units=np.where(rare, 2, cells.units)[kept],
        converted=np.where(rare, 1, cells.converted)[kept],
        lm_elig=np.where(rare, 0, cells.lm_elig)[kept],
        lm_conv=np.where(rare, 0, cells.lm_conv)[kept],
        covariate_sums=cells.covariate_sums[kept],
        converted_covariate_sums=cells.converted_covariate_sums[kept],
    )
    rows = described(replace(drawn(20_000), cells=few)).decomposition
    by_ordering = {row.ordering: row for row in rows if row.arm == "content"}
    nobody, two = by_ordering["trust>touchpoint>need"], by_ordering["trust>need>touchpoint"]
    assert nobody.not_estimated == {"reason": "no unit of either arm took it"}
    assert (nobody.mix, nobody.rate, nobody.total) == (None, None, 0.0)
    assert two.flags == ("few_counts",)
    assert by_ordering["need>touchpoint>trust"].flags == ()
    parts = [row.total for row in rows if row.arm == "content" and row.ordering is not None]
    assert sum(part or 0 for part in parts) == pytest.approx(by_ordering[None].total, abs=1e-12)


def test_shares_and_rates_of_the_accounting_are_those_of_the_units() -> None:
    counts = counts_of(WORLD, 3_000, np.random.default_rng(7))
    statistics = statistics_of_counts(WORLD, counts)
    rows = described(statistics).decomposition
    units: dict[tuple[str, str], int] = {}
    bought: dict[tuple[str, str], int] = {}
    codes = {code: name for name, code in CODES.items()}
    for cell, (n, x) in statistics.cells.counts().items():
        for name in (codes[cell.label], "all"):  # its ordering, and all of them
            units[cell.arm, name] = units.get((cell.arm, name), 0) + n
            bought[cell.arm, name] = bought.get((cell.arm, name), 0) + x
    assert {(row.arm, row.control) for row in rows} == {
        ("content", "search"), ("influencer", "search"),
    }  # fmt: skip
    read = [row for row in rows if row.ordering in (None, *COMPLETE)]
    assert len(read) == 2 * 7
    for row in read:
        name = row.ordering or "all"
        for name_of, share, rate in (
            (row.arm, row.arm_share, row.arm_rate),
            (row.control, row.control_share, row.control_rate),
        ):
            n = units.get((name_of, name), 0)
            assert share == pytest.approx(n / units[name_of, "all"], rel=1e-12)
            assert rate == pytest.approx(bought[name_of, name] / n, rel=1e-12)
        assert row.causal_status == "descriptive"
