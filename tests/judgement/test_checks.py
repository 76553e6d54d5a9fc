"""Each rule of validity on statistics that can be checked by eye."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from pathlift.judgement.checks import CHECK_IDS, run_checks
from pathlift.registry.experiment import (
    Analysis,
    Arm,
    Column,
    Covariate,
    Experiment,
    Metric,
    Source,
    UnitColumn,
)
from pathlift.result.model import Check
from pathlift.statistics.collected import Cap, Count, RuleCount, Statistics

Make = Callable[..., Any]
SHAPES = ("journeys", "units", "totals")
THREE = (
    Arm(name="search", value="search", control=True),
    Arm(name="content", value="content"),
    Arm(name="influencer", value="influencer"),
)


def _only(id: str, experiment: Experiment, statistics: Statistics, scope: str = "") -> Check:
    found = [
        check
        for check in run_checks(experiment, statistics)
        if check.id == id and (not scope or check.scope == scope)
    ]
    assert len(found) == 1, [check.scope for check in found]
    return found[0]


def _by_arm(name: str, search: int, content: int, other: str = "") -> tuple[Count, Count]:
    return (
        Count(name=name, arm="search", count=search, other=other),
        Count(name=name, arm="content", count=content, other=other),
    )


@pytest.mark.parametrize("shape", SHAPES)
def test_every_check_is_present_for_every_shape(
    shape: str, experiment: Make, statistics: Make
) -> None:
    checks = run_checks(experiment(shape=shape), statistics(lengths=(), metric_class={}))
    assert list(dict.fromkeys(check.id for check in checks)) == list(CHECK_IDS)
    assert all(check.message for check in checks)


@pytest.mark.parametrize("shape", SHAPES)
def test_clean_data_raise_no_alarm(shape: str, experiment: Make, statistics: Make) -> None:
    ordered = {
        (arm, 1, label): counts
        for arm in ("search", "content")
        for label, counts in ((27, (800, 100)), (0, (200, 0)))
    }
    clean = statistics(lengths=(), metric_class={}, cells=ordered)
    checks = run_checks(experiment(shape=shape), clean)
    assert {check.severity for check in checks} <= {"pass", "info", "not_checked"}


def test_what_cannot_be_read_is_not_checked_and_says_what_to_declare(
    experiment: Make, statistics: Make
) -> None:
    checks = {
        check.id: check
        for check in run_checks(experiment(shape="units", unit=None), statistics())
        if check.severity == "not_checked"
    }
    expected = {
        "crossover": "Declare `unit:`",
        "delivery": "Declare `arms.*.received`",
        "duplicates": "Declare `data.exposures`",
        "excluded_units": "Declare `data.exclude_units`",
        "ties": "no `stages:`",
        "measurement": "no `stages:`",
        "mechanical": "no `stages:`",
        "winsorising": "`winsorize:`",
        "missing_covariate": "no `covariates:`",
        "missing_outcome": "`null: exclude`",
        "clock": "Declare `data.exposures`",
        "coverage": "Declare `data.exposures`",
    }
    for id, words in expected.items():
        assert words in checks[id].message


# --- srm -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("search", "content", "severity"),
    [
        # scipy.stats.chisquare: with p-values of .180, .0061 and .00049
        pytest.param(5000, 5135, "pass", id="fair"),
        pytest.param(5000, 5278, "warn", id="below-.01"),
        pytest.param(5000, 5355, "fail", id="below-.001"),
    ],
)
def test_srm_grows_with_the_imbalance(
    search: int, content: int, severity: str, experiment: Make, statistics: Make
) -> None:
    check = _only("srm", experiment(), statistics({"search": search, "content": content}))
    assert check.severity == severity
    assert check.scope == "experiment"
    assert f"search {search:,}" in check.message
    assert f"content {content:,}" in check.message
    assert check.figures["units"] == {"search": search, "content": content}
    assert check.figures["expected"]["search"] == (search + content) / 2


def test_srm_holds_units_against_declared_weights(experiment: Make, statistics: Make) -> None:
    arms = (
        Arm(name="search", value="s", control=True, weight=3),
        Arm(name="content", value="c", weight=1),
    )
    units = {"search": 2747, "content": 928}  # the real test that fails at 1:1 (R: 8.26e-198)
    declared = _only("srm", experiment(arms=arms), statistics(units))
    assert declared.severity == "pass"
    assumed = _only("srm", experiment(weights_declared=False), statistics(units))
    assert assumed.severity == "fail"
    assert "equal ones were assumed" in assumed.message
    assert "p = 8.3e−198" in assumed.message
    assert assumed.figures["p_value"] == pytest.approx(8.26472816865274e-198, rel=1e-8, abs=0)


def test_srm_leaves_holdouts_out(experiment: Make, statistics: Make) -> None:
    arms = (*THREE[:2], Arm(name="held", value="held", analyzed=False))
    units = {"search": 1000, "content": 1000, "held": 17}
    check = _only("srm", experiment(arms=arms), statistics(units))
    assert check.severity == "pass"
    assert "held" not in check.figures["units"]


def test_an_empty_arm_fails_with_its_name(experiment: Make, statistics: Make) -> None:
    check = _only("srm", experiment(), statistics({"search": 3, "content": 0}))
    assert check.severity == "fail"
    assert "No unit of arm 'content'" in check.message


def test_one_unit_in_an_arm_is_judged_by_the_other(experiment: Make, statistics: Make) -> None:
    few = _only("srm", experiment(), statistics({"search": 2, "content": 1}))
    many = _only("srm", experiment(), statistics({"search": 2000, "content": 1}))
    assert (few.severity, many.severity) == ("pass", "fail")


def test_srm_does_not_depend_on_the_order_of_arms(experiment: Make, statistics: Make) -> None:
    units = {"search": 1000, "content": 1100, "influencer": 990}
    for arms in permutations(THREE):
        check = _only("srm", experiment(arms=arms), statistics(units))
        # By hand: 3 * (1000**2 + 1100**2 + 990**2) / 3090 - 3090.
        assert check.figures["statistic"] == pytest.approx(9_570_300 / 3090 - 3090, rel=1e-12)
        assert check.severity == "pass"


# --- crossover -------------------------------------------------------------------------------


def _crossed(there: int, back: int) -> tuple[Count, Count]:
    return (
        Count(name="crossed", arm="search", other="content", count=there),
        Count(name="crossed", arm="content", other="search", count=back),
    )


@pytest.mark.parametrize(
    ("there", "back", "severity"),
    [
        pytest.param(0, 0, "pass", id="none"),
        pytest.param(5, 4, "info", id="below-.1%"),
        pytest.param(60, 50, "warn", id="above-.1%"),
        pytest.param(600, 580, "fail", id="above-1%"),
        pytest.param(11, 0, "fail", id="one-way"),  # binomial: 2 / 2^11 = .00098
        pytest.param(10, 0, "info", id="one-way-by-chance"),  # 2 / 2^10 = .00195
    ],
)
def test_crossover_counts_units_and_asks_which_way(
    there: int, back: int, severity: str, experiment: Make, statistics: Make
) -> None:
    units = {"search": 50_000, "content": 50_000}
    check = _only("crossover", experiment(), statistics(units, _crossed(there, back)))
    assert check.severity == severity
    assert check.figures["crossed"] == there + back
    if there + back:
        assert f"Units seen in several arms: {there + back:,} (" in check.message


def test_exclusion_under_uneven_weights_warns(experiment: Make, statistics: Make) -> None:
    arms = (
        Arm(name="search", value="s", control=True, weight=9),
        Arm(name="content", value="c", weight=1),
    )
    analysis = Analysis(crossovers="exclude")
    units = {"search": 90_000, "content": 10_000}
    check = _only(
        "crossover", experiment(arms=arms, analysis=analysis), statistics(units, _crossed(5, 4))
    )
    assert check.severity == "warn"
    assert "biases the split" in check.message


def test_policy_fail_accepts_no_crossover(experiment: Make, statistics: Make) -> None:
    made = experiment(analysis=Analysis(crossovers="fail"))
    assert _only("crossover", made, statistics(counts=_crossed(1, 0))).severity == "fail"


# --- delivery, exposures ---------------------------------------------------------------------


def _delivering(experiment: Make, policy: str) -> Experiment:
    arms = (
        Arm(name="search", value="s", control=True, received="old_page"),
        Arm(name="content", value="c", received="new_page"),
    )
    made: Experiment = experiment(arms=arms, analysis=Analysis(misdelivered=policy))  # type: ignore[arg-type]
    return made


@pytest.mark.parametrize(
    ("policy", "rows", "severity"),
    [
        ("keep", (0, 0), "pass"),
        ("keep", (10, 12), "warn"),
        ("exclude", (10, 12), "info"),
        ("exclude", (10, 60), "warn"),
        ("fail", (0, 0), "pass"),
    ],
)
def test_delivery_counts_rows_of_each_arm(
    policy: str, rows: tuple[int, int], severity: str, experiment: Make, statistics: Make
) -> None:
    counts = _by_arm("misdelivered", *rows)
    check = _only("delivery", _delivering(experiment, policy), statistics(counts=counts))
    assert check.severity == severity
    assert check.figures["counts"] == {"search": rows[0], "content": rows[1]}
    if sum(rows):
        assert f"search {rows[0]}" in check.message


@pytest.mark.parametrize("rows", [(0, 1), (10, 12), (10, 60)])
def test_policy_fail_accepts_no_misdelivered_row(
    rows: tuple[int, int], experiment: Make, statistics: Make
) -> None:
    made, counts = _delivering(experiment, "fail"), _by_arm("misdelivered", *rows)
    check = _only("delivery", made, statistics(counts=counts))
    assert (check.severity, check.scope) == ("fail", "experiment")
    assert "`misdelivered: fail` accepts none" in check.message


def test_outside_period_fails_when_one_arm_started_earlier(
    experiment: Make, statistics: Make
) -> None:
    one = (Count(name="units_outside_period", arm="search", other="early", count=100),)
    check = _only("outside_period", experiment(), statistics(counts=one))
    assert check.severity == "fail"
    assert "did not run at the same time" in check.message
    both = _by_arm("units_outside_period", 50, 52, other="late")
    check = _only("outside_period", experiment(), statistics(counts=both))
    assert check.severity == "warn"
    assert "102 (4.85%; 0 before, 102 after)" in check.message


def test_excluded_units_fail_when_the_list_knows_the_arm(
    experiment: Make, statistics: Make
) -> None:
    made = experiment()
    sources = (*made.data.sources, Source(name="exclude_units"))
    made = replace(made, data=replace(made.data, sources=sources))
    for counts, severity in (((40, 44), "info"), ((10, 80), "fail")):
        check = _only("excluded_units", made, statistics(counts=_by_arm("excluded_units", *counts)))
        assert check.severity == severity
        assert f"Units left out by the list: {sum(counts)} (" in check.message


def test_units_first_seen_in_two_arms_are_counted(experiment: Make, statistics: Make) -> None:
    counts = (Count(name="ambiguous_first_arm", count=12),)
    check = _only("ambiguous_first_arm", experiment(), statistics(counts=counts))
    assert check.severity == "warn"
    assert "at the same instant: 12 (0.596%)" in check.message


def test_conflicting_columns_are_named(experiment: Make, statistics: Make) -> None:
    counts = (Count(name="conflicting_columns", count=1, other="country"),)
    check = _only("conflicting_columns", experiment(), statistics(counts=counts))
    assert check.severity == "info"
    assert "country 1" in check.message


# --- maturity --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("open_units", "severity", "words"),
    [
        (0, "pass", "All 2,000 units are mature"),
        (400, "info", "Interim: mature for conversion are 1,200 of 2,000 units (60%)."),
        (600, "warn", "no decision"),
    ],
)
def test_maturity_says_for_how_many_units_a_metric_is_read(
    open_units: int, severity: str, words: str, experiment: Make, statistics: Make
) -> None:
    made = statistics(open_units={"search": open_units, "content": open_units})
    check = _only("maturity", experiment(), made)
    assert check.severity == severity
    assert words in check.message


def test_a_silent_end_of_the_log_warns(experiment: Make, statistics: Make) -> None:
    made = statistics(last_event=datetime(2026, 4, 18, 12, tzinfo=UTC))
    check = _only("maturity", experiment(), made)
    assert check.severity == "warn"
    assert "1.5 days before" in check.message


# --- events ----------------------------------------------------------------------------------


def test_duplicates_are_not_checked_without_an_event_id(experiment: Make, statistics: Make) -> None:
    check = _only("duplicates", experiment(), statistics())
    assert check.severity == "not_checked"
    assert "Declare `columns.event_id`" in check.message


@pytest.mark.parametrize(
    ("copies", "severity"),
    [
        pytest.param((0, 0), "pass", id="none"),
        pytest.param((20, 22), "info", id="few"),
        pytest.param((200, 210), "warn", id="many"),
        pytest.param((10, 60), "warn", id="uneven-but-tiny"),
        pytest.param((100, 400), "fail", id="uneven"),
    ],
)
def test_duplicates_warn_above_a_thousandth_and_fail_where_arms_differ(
    copies: tuple[int, int], severity: str, experiment: Make, statistics: Make
) -> None:
    counts = (
        *_by_arm("duplicate_events", *copies),
        Count(name="event_rows_read", count=200_000 + sum(copies)),
        *_by_arm("event_rows", 100_000, 100_000),
    )
    check = _only("duplicates", experiment(), statistics(counts=counts))
    assert check.severity == severity
    assert check.figures["duplicate_events"] == sum(copies)


def test_rows_without_arms_are_not_compared_between_arms(
    experiment: Make, statistics: Make
) -> None:
    counts = (
        *_by_arm("duplicate_events", 0, 90),
        Count(name="event_rows_read", count=200_000),
    )
    check = _only("duplicates", experiment(), statistics(counts=counts))
    assert check.severity == "info"
    assert check.figures["by_arm"] is None


def test_later_exposures_to_the_same_arm_are_told(experiment: Make, statistics: Make) -> None:
    counts = (*_by_arm("duplicate_exposures", 3, 5), *_by_arm("duplicate_events", 0, 0))
    check = _only("duplicates", experiment(), statistics(counts=counts))
    assert "search 3, content 5" in check.message


def test_purchases_at_exposure_invalidate_conversion_where_arms_differ(
    experiment: Make, statistics: Make
) -> None:
    even = statistics(counts=_by_arm("purchase_at_exposure", 3, 2))
    assert _only("purchase_at_exposure", experiment(), even).severity == "info"
    uneven = statistics(counts=_by_arm("purchase_at_exposure", 3, 40))
    check = _only("purchase_at_exposure", experiment(), uneven)
    assert (check.severity, check.scope) == ("fail", "metric:conversion")


def test_the_clock_is_read_only_where_rows_say_when_they_arrived(
    experiment: Make, statistics: Make
) -> None:
    assert _only("clock", experiment(), statistics()).severity == "not_checked"
    rows = (Count(name="event_rows_read", count=2000), *_by_arm("event_rows", 1000, 1000))
    counts = (*_by_arm("clock_skewed", 2, 1), *rows)
    check = _only("clock", experiment(), statistics(counts=counts))
    assert check.severity == "info"
    assert "3 (0.15%)" in check.message
    counts = (*_by_arm("clock_skewed", 2, 30), *rows)
    assert _only("clock", experiment(), statistics(counts=counts)).severity == "warn"


def test_rows_of_strangers_do_not_hide_copies(experiment: Make, statistics: Make) -> None:
    counts = (
        *_by_arm("duplicate_events", 10, 10),
        Count(name="event_rows_read", count=1_000_000),
        Count(name="events_without_exposed_unit", count=990_000),
    )
    check = _only("duplicates", experiment(), statistics(counts=counts))
    assert check.severity == "warn"
    assert "copies: 20 (0.2%)" in check.message


def test_coverage_names_the_condition_that_never_holds(experiment: Make, statistics: Make) -> None:
    counts = (
        Count(name="event_rows_read", count=1000),
        Count(name="events_without_exposed_unit", count=250),
        *_by_arm("units_with_events", 900, 910),
        Count(name="condition_rows", other="stage:need", count=5),
        Count(name="condition_rows", other="outcome", count=0),
    )
    said = "`event = 'purchse'` holds for no row of the event log; nearest values of event: 'buy'"
    # A stage with two rules, one of which never holds, is told although its other rule does.
    rule = "`event = 'serach'` holds for no row of the event log"
    made = statistics(
        counts=counts,
        not_estimated={"conversion": said},
        observations={"coverage": (f"outcome: {said}", f"stage:need: {rule}")},
    )
    whole = _only("coverage", experiment(), made, scope="experiment")
    assert whole.severity == "info"
    assert "250 of them (25%)" in whole.message
    missing = _only("coverage", experiment(), made, scope="metric:conversion")
    assert missing.severity == "warn"
    assert "nearest values of event: 'buy'. conversion is not estimated." in missing.message
    stage = _only("coverage", experiment(), made, scope="stage:need")
    assert stage.message.startswith(f"For stage need, {rule}.")


def test_rows_of_events_without_a_unit_are_warned_of_apart_from_strangers(
    experiment: Make, statistics: Make
) -> None:
    counts = (
        Count(name="event_rows_read", count=1000),
        Count(name="events_without_exposed_unit", count=250),
        Count(name="event_null_units", count=40),
        *_by_arm("units_with_events", 900, 910),
    )
    check = _only("coverage", experiment(), statistics(counts=counts), scope="experiment")
    assert check.severity == "warn"
    assert "210 of them (21%) of units that were never exposed" in check.message  # 250 - 40
    assert "Rows of events whose unit is NULL: 40 (4%)." in check.message
    assert '`where: "shopper_id is not null"`' in check.message
    assert check.figures["event_rows_without_unit"] == 40


# --- stages ----------------------------------------------------------------------------------

NTR, N_T, NONE = 27, 16 + 8, 0  # need>touchpoint>trust, need>touchpoint
TIED = 16 + 4 + 3  # need=touchpoint>trust


@pytest.mark.parametrize(("tied", "severity"), [(20, "pass"), (60, "warn"), (300, "fail")])
def test_ties_are_a_share_of_units_with_two_stages(
    tied: int, severity: str, experiment: Make, statistics: Make
) -> None:
    cells = {
        (arm, 1, code): (n, 0)
        for arm in ("search", "content")
        for code, n in ((TIED, tied), (NTR, 1000 - tied), (NONE, 500))
    }
    made = statistics({"search": 1500, "content": 1500}, cells=cells)
    check = _only("ties", experiment(), made)
    assert (check.severity, check.scope) == (severity, "orderings")
    assert f"Of 2,000 mature units that show two stages or more, {2 * tied}" in check.message


def test_open_windows_have_no_labels_yet(experiment: Make, statistics: Make) -> None:
    cells = {("search", 0, TIED): (900, 0), ("search", 1, NTR): (100, 0)}
    made = statistics({"search": 1000}, cells=cells, open_units={"search": 900})
    assert _only("ties", experiment(), made).figures["counts"] == {"search": 0, "content": 0}


def test_mechanical_orderings_warn_with_their_arm(experiment: Make, statistics: Make) -> None:
    counts = (*_by_arm("mechanical", 100, 600), *_by_arm("labelled", 1000, 1000))
    check = _only("mechanical", experiment(), statistics(counts=counts))
    assert check.severity == "warn"
    assert "In content" in check.message


def _conversions(seen: tuple[int, int]) -> dict[tuple[str, int, int], tuple[int, int]]:
    """1,000 conversions an arm, `seen` of them with trust, all with need and touchpoint."""
    return {
        (arm, 1, code): (n, n)
        for arm, with_trust in zip(("search", "content"), seen, strict=True)
        for code, n in ((NTR, with_trust), (N_T, 1000 - with_trust))
    }


@pytest.mark.parametrize(
    ("seen", "complete", "severity"),
    [
        pytest.param((900, 880), "none", "pass", id="alike"),
        pytest.param((900, 860), "none", "pass", id="less-than-5-points"),
        pytest.param((900, 700), "none", "warn", id="behaviour-or-logging"),
        pytest.param((900, 700), "trust", "fail", id="every-purchase-must-pass"),
    ],
)
def test_measurement_compares_stages_before_conversion(
    seen: tuple[int, int], complete: str, severity: str, experiment: Make, statistics: Make
) -> None:
    made = experiment()
    stages = tuple(replace(stage, complete=stage.name == complete) for stage in made.stages)
    made = replace(made, stages=stages)
    check = _only("measurement", made, statistics(cells=_conversions(seen)), "stage:trust")
    assert check.severity == severity
    assert f"content {seen[1]} ({seen[1] / 10:g}%)" in check.message
    if severity != "pass":
        assert "in content" in check.message
    need = _only("measurement", made, statistics(cells=_conversions(seen)), "stage:need")
    assert need.severity == "pass"


def test_few_complete_conversions_warn(experiment: Make, statistics: Make) -> None:
    made = statistics(cells=_conversions((900, 400)))
    check = _only("measurement", experiment(), made, "orderings")
    assert check.severity == "warn"
    assert check.figures["arms"] == ["content"]


def test_without_conversions_measurement_is_not_checked(experiment: Make, statistics: Make) -> None:
    found = [c for c in run_checks(experiment(), statistics()) if c.id == "measurement"]
    assert {check.severity for check in found} == {"not_checked"}


def _fired(days: dict[str, int], units: int = 500) -> tuple[RuleCount, ...]:
    return tuple(
        RuleCount(arm="content", stage="trust", rule=1, surface="", day=d, units=units, fired=n)
        for d, n in days.items()
    )


def test_a_rule_that_falls_silent_for_a_day_fails_its_stage(
    experiment: Make, statistics: Make
) -> None:
    rules = _fired({"2026-03-02": 50, "2026-03-03": 0, "2026-03-04": 50})
    check = _only("measurement", experiment(), statistics(rules=rules), "stage:trust")
    assert check.severity == "fail"
    assert "Rule 2 of trust held for none of the 500 units of content" in check.message
    assert "2026-03-03, where 50 were expected" in check.message


def test_a_rare_rule_may_be_silent(experiment: Make, statistics: Make) -> None:
    rules = _fired({"2026-03-02": 19, "2026-03-03": 0, "2026-03-04": 19})
    check = _only("measurement", experiment(), statistics(rules=rules), "stage:trust")
    assert check.severity == "not_checked"  # no conversions here, and no silence


def test_a_day_whose_windows_are_open_may_be_silent(experiment: Make, statistics: Make) -> None:
    # 14 days after the end of 2026-03-04 is 2026-03-19, midnight.
    rules = _fired({"2026-03-02": 50, "2026-03-03": 50, "2026-03-04": 0})
    for hour, severity in ((23, "not_checked"), (24, "fail")):
        watermark = datetime(2026, 3, 18, tzinfo=UTC) + timedelta(hours=hour)
        made = statistics(rules=rules, watermark=watermark, last_event=watermark)
        assert _only("measurement", experiment(), made, "stage:trust").severity == severity


# --- columns, reading, tables ----------------------------------------------------------------


def test_missing_outcomes_fail_their_metric_where_arms_differ(
    experiment: Make, statistics: Make
) -> None:
    spend = Metric(
        name="spend", kind="mean", source=UnitColumn(column=Column(name="spend"), null="exclude")
    )
    made = experiment(shape="units", metrics=(spend,), conversion=None)
    for missing, severity in (((0, 0), "pass"), ((30, 33), "info"), ((30, 80), "fail")):
        counts = _by_arm("missing_outcome", *missing, other="spend")
        check = _only("missing_outcome", made, statistics(counts=counts))
        assert (check.severity, check.scope) == (severity, "metric:spend")
        if sum(missing):
            assert f"content {missing[1]}" in check.message


def test_blank_days_of_totals_are_told(experiment: Make, statistics: Make) -> None:
    counts = (
        *_by_arm("missing_outcome", 14, 14, other="enrolled"),
        *_by_arm("unmatched_days", 0, 1),
    )
    check = _only("missing_outcome", experiment(shape="totals"), statistics(counts=counts))
    assert check.severity == "info"
    assert check.message == (
        "Rows without a value: enrolled 28. Days missing in one arm: 1. These days leave the "
        "metric in every arm."
    )


def test_a_covariate_missing_unevenly_warns(experiment: Make, statistics: Make) -> None:
    made = experiment(covariates=(Covariate(name="prior_spend"),))
    even = statistics(counts=_by_arm("missing_covariate", 30, 31, other="prior_spend"))
    assert _only("missing_covariate", made, even).severity == "info"
    uneven = statistics(counts=_by_arm("missing_covariate", 30, 90, other="prior_spend"))
    check = _only("missing_covariate", made, uneven)
    assert check.severity == "warn"
    assert "prior_spend is missing unevenly" in check.message


def test_winsorising_says_its_threshold_or_why_there_is_none(
    experiment: Make, statistics: Make, conversion: Make
) -> None:
    revenue = replace(conversion(role="secondary"), name="revenue", kind="mean", winsorize=0.999)
    made = experiment(metrics=(conversion(), revenue))
    cap = Cap(metric="revenue", quantile=0.999, threshold=250.0, nonzero_units=4321, capped_units=4)
    check = _only("winsorising", made, statistics(caps={"revenue": cap}))
    assert check.severity == "info"
    assert "capped at 250, the 0.999 quantile of 4,321 units" in check.message
    none = replace(cap, threshold=None, reason="fewer than 1,000 units are above 0")
    check = _only("winsorising", made, statistics(caps={"revenue": none}))
    assert "not capped: fewer than 1,000 units are above 0." in check.message


@pytest.mark.parametrize("id", ["naive_time", "csv", "hidden_columns"])
def test_what_the_reader_noticed_is_told(id: str, experiment: Make, statistics: Make) -> None:
    check = _only(id, experiment(), statistics(observations={id: ("exposed_at",)}))
    assert check.severity == "info"
    assert "exposed_at" in check.message
    assert _only(id, experiment(), statistics()).severity == "pass"


def test_tables_that_do_not_add_up_fail(experiment: Make, statistics: Make) -> None:
    cells = {("search", 1, NTR): (1000, 30), ("content", 1, NTR): (1000, 40)}
    assert _only("invariants", experiment(), statistics(cells=cells)).severity == "pass"
    made = statistics(cells=cells)
    wrong = replace(
        made,
        cells=statistics(
            {"search": 999}, cells={("search", 1, NTR): (999, 30), ("content", 1, NTR): (1000, 41)}
        ).cells,
    )
    check = _only("invariants", experiment(), wrong)
    assert check.severity == "fail"
    assert "units by label: 999 instead of 1,000 in search" in check.message
    assert "conversion by label: 41 instead of 40 in content" in check.message


def test_units_of_arms_that_tables_lack_fail(experiment: Make, statistics: Make) -> None:
    made = statistics()
    arms = (replace(made.arms[0], units=1001), *made.arms[1:])
    check = _only("invariants", experiment(), replace(made, arms=arms))
    assert check.severity == "fail"
    assert "units by arm: 1,001 instead of 1,000 in search" in check.message


def test_the_period_is_said_in_days(experiment: Make, statistics: Make) -> None:
    made = experiment(first_day=date(2026, 1, 1), last_day=date(2026, 1, 2))
    assert "2026-01-01 to 2026-01-02" in _only("outside_period", made, statistics()).message
