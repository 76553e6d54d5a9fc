"""Policies of ties and outages, from a definition to a result: what they move, and what never.

400 units of which a third search and view in one second; every fifth purchases.
"""

from datetime import date
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest
from tests.acceptance.small_data import write_registry

from pathlift import analyze, load_experiment
from pathlift.report.text import render_text
from pathlift.result.model import Estimate, Result

pytestmark = pytest.mark.engine

# search at 60 s for two units of three; else it comes with the view, at 90 s
ROWS = (("('search', 120)", "('search', 90)"),)
PRESETS = "presets: {strict: {trust: {accumulate: {sum: watch_ms, reach: 1300}}}}"
OUTAGE = "outages: [{stage: trust, from: 2026-03-04, to: 2026-03-04T06:00}]"


@cache
def result_of(
    more: str, as_of: date = date(2026, 3, 11), rows: tuple[tuple[str, str], ...] = ROWS
) -> Result:
    folder = Path(mkdtemp())
    definition = {"window: 3d": f"window: 3d\n{more}"} if more else {}
    write_registry(folder, "journeys", definition, dict(rows))
    return analyze(load_experiment(folder / "experiments" / "x.yaml"), as_of=as_of)


def labels(result: Result) -> dict[str, tuple[int, int]]:
    """Units and converted by observed ordering, over both arms."""
    found: dict[str, tuple[int, int]] = {}
    assert result.orderings is not None
    for row in result.orderings.labels:
        units, converted = found.get(row.ordering, (0, 0))
        found[row.ordering] = (units + row.units, converted + row.converted)
    return found


def of_metrics(result: Result) -> list[Estimate]:
    return [estimate for estimate in result.estimates if estimate.estimand == "itt"]


def omnibus(result: Result) -> tuple[str, float | None]:
    (test,) = (t for t in result.omnibus if t.estimand == "ordering_share")
    return test.test, test.df


def test_a_tie_is_a_label_of_its_own() -> None:
    assert labels(result_of("")) == {
        "need>touchpoint>trust": (266, 53),
        "need=touchpoint>trust": (134, 27),
    }


@pytest.mark.parametrize(
    ("priority", "ordering"),
    [
        ("[touchpoint, need, trust]", "touchpoint>need>trust"),
        ("[trust, need, touchpoint]", "need>touchpoint>trust"),
    ],
)
def test_a_priority_puts_it_in_order_and_moves_nothing_else(priority: str, ordering: str) -> None:
    result, plain = result_of(f"ties: {{priority: {priority}}}"), result_of("")
    found = labels(result)
    assert found[ordering][0] == (134 if ordering != "need>touchpoint>trust" else 400)
    assert sum(units for units, _ in found.values()) == 400
    assert of_metrics(result) == of_metrics(plain)
    assert result.orderings is not None
    assert plain.orderings is not None
    assert not any(row.tied for row in result.orderings.labels)
    # bounds are those of the log, whatever is made of it
    assert result.orderings.ties == plain.orderings.ties
    for estimate in result.estimates:
        if estimate.estimand == "incidence":
            assert (estimate.arm_units, estimate.control_units) == (200, 200)
    ties = next(check for check in result.checks if check.id == "ties")
    assert ties.figures["counts"] == {"a": 67, "b": 67}
    assert ties.severity == "warn"
    assert "as declared" in ties.message
    assert "as declared" in render_text(result)


def test_out_of_tests_of_the_order_all_ties_are_one_label() -> None:
    # of two units of three search and view tie; of the others, who do not view, search and watch
    rows = {"('view', 90)": "('view', 60)", "('watch', 200)": "('watch', 90)", **dict(ROWS)}
    results = {
        policy: result_of(f"ties: {policy}", rows=tuple(rows.items()))
        for policy in ("label", "exclude_from_order_tests")
    }
    assert labels(results["label"]) == labels(results["exclude_from_order_tests"])
    assert set(labels(results["label"])) == {"need=touchpoint>trust", "need=trust"}
    assert omnibus(results["label"]) == ("Pearson's chi-square of labels over the arms", 1.0)
    name, df = omnibus(results["exclude_from_order_tests"])
    assert "ties as one" in name
    assert df is None  # one label is no table: not estimated, and says so
    assert [e for e in results["label"].estimates if e.estimand == "incidence"] == [
        e for e in results["exclude_from_order_tests"].estimates if e.estimand == "incidence"
    ]


def test_an_outage_hides_orderings_and_leaves_conversion_alone() -> None:
    priority = "ties: {priority: [need, touchpoint, trust]}"  # a third of ties would take orderings
    result, plain = result_of(f"{priority}\n{OUTAGE}"), result_of(priority)
    # t0 of unit i is Monday 8:00 + 20 i minutes; three days of window: affected are those first
    # exposed after Sunday 0:00 and before Wednesday 6:00, so i with 20 i < 46 h: 138 of them
    assert labels(result)["unknown"] == (138, 28)
    assert sum(units for units, _ in labels(result).values()) == 400
    assert of_metrics(result) == of_metrics(plain)
    check = next(check for check in result.checks if check.id == "outages")
    assert check.figures["counts"] == {"a": 69, "b": 69}
    assert check.severity == "warn"
    incidences = [e for e in result.estimates if e.estimand == "incidence"]
    assert {(e.arm_units, e.control_units) for e in incidences} == {(200, 200)}
    assert sum(e.arm_value or 0.0 for e in incidences) == pytest.approx(0.2, abs=1e-12)
    assert {e.causal_status for e in incidences} == {"causal"}
    assert result.orderings is not None
    assert [row.converted for row in result.orderings.completeness] == [26, 26]
    assert result.decision == plain.decision


def test_presets_open_windows_and_outages_go_together() -> None:
    # half of the windows are open: tables of times are kept, and every invariant is checked
    more = f"{OUTAGE}\n{PRESETS}\nties: {{priority: [touchpoint, need, trust]}}"
    result = result_of(more, as_of=date(2026, 3, 7))
    assert result.data.interim
    assert any(e.estimand == "cumulative_incidence" for e in result.estimates)
    assert result.orderings is not None
    assert result.orderings.multiverse is not None
    assert labels(result)["unknown"][0] == 138
    assert not any(row.tied for row in result.orderings.labels)


def test_other_readings_have_the_status_of_their_estimates() -> None:
    # a third of ties takes the orderings away, and their readings under presets with them
    result = result_of(PRESETS)
    assert result.orderings is not None
    assert result.orderings.multiverse is not None
    readings = result.orderings.multiverse.readings
    assert {reading.causal_status for reading in readings} == {"invalid"}
    status = {estimate.id: estimate.causal_status for estimate in result.estimates}
    assert all(status[reading.of] == "invalid" for reading in readings)
    assert {status[reading.of] for reading in result.sensitivity} >= {"causal"}
    assert all(reading.causal_status == status[reading.of] for reading in result.sensitivity)


def test_where_an_outage_hides_every_ordering_reasons_say_so_and_conversion_stays() -> None:
    result = result_of("outages: [{stage: trust, from: 2026-03-02, to: 2026-03-30}]")
    checks = {(check.id, check.scope): check for check in result.checks}
    outage = checks["outages", "orderings"]
    assert outage.severity == "fail"
    assert "Every mature unit of a and b was, so there no ordering is known" in outage.message
    # 80 of them converted: nothing may say that nobody was mature, or that nobody did
    assert "no unit outside the `outages` is mature" in checks["stages", "stage:need"].message
    measured = checks["measurement", "stage:need"].message
    assert "no mature unit outside the `outages` has converted" in measured
    reasons = {
        (e.not_estimated or {}).get("reason", "")
        for e in result.estimates
        if e.estimand in ("incidence", "ordering_share", "first_step")
    }
    assert all("whose ordering is known" in reason for reason in reasons if reason)
    itt = result.estimate("itt/conversion///b-a")
    assert (itt.arm_value, itt.control_value, itt.causal_status) == (0.2, 0.2, "causal")
