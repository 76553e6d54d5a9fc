"""Logs that tell no order, end to end: a check says so with its figures, and conversion stays.

Small Parquet of 400 units through `analyze`. Whatever the stages do, nobody's purchase moves.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from tests.acceptance.small_data import write_registry

from pathlift import analyze, load_experiment
from pathlift.report.html import render_html
from pathlift.report.markdown import render_markdown
from pathlift.report.text import render_text
from pathlift.result.model import Check, Result

pytestmark = pytest.mark.engine

STEPS = "('search', 60), ('view', 90), ('search', 120), ('watch', 200), ('purchase', 240)"
OCCURRED = "to_seconds(1200 * i + after) as occurred_at,"
EVENTS = "events: data/events.parquet}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """What is wrong with it, and what is said of it.

    Attributes
    ----------
    definition, rows : mapping
        Words replaced in the definition and in the queries that write the rows.
    check, scope, severity : str
        Who says it.
    says : str
        A part of the message.
    orderings, first_steps : str
        Causal status of incidences and ordering shares, and of first steps.
    """

    check: str
    scope: str
    severity: str = "fail"
    says: str
    definition: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, str] = field(default_factory=dict)
    orderings: str = "invalid"
    first_steps: str = "invalid"


LOGS = {
    "a stage that never fires": Log(
        definition={"event = 'search'": "event = 'serach'"},
        check="stages",
        scope="stage:need",
        says="need met by mature units: a 0 (0%), b 0 (0%). Nobody did",
    ),
    "a stage that fires in one arm only": Log(
        rows={"and (after <> 60 or i % 3 > 0)": "and (event <> 'search' or i % 2 = 1)"},
        check="stages",
        scope="stage:need",
        says="a 0 (0%), b 200 (100%). Nobody of a did",
    ),
    "a stage that fires for everyone, with the exposure": Log(
        rows={"('view', 90)": "('view', 0)"},
        check="mechanical",
        scope="orderings",
        severity="warn",
        says="a 200 (100%), b 200 (100%)",
        orderings="descriptive",
    ),
    "a stage that fires for everyone, later": Log(
        check="stages",
        scope="stage:touchpoint",
        severity="warn",
        says="a 200 (100%), b 200 (100%). Everybody of a and b did",
        orderings="causal",
        first_steps="causal",
    ),
    "all purchases in the moment of the last stage": Log(
        rows={"('watch', 200)": "('watch', 240)"},
        check="purchase_ties",
        scope="stage:trust",
        says="a 40 (100%), b 40 (100%)",
    ),
    "every unit a carry-in": Log(
        definition={"window: 3d": "window: 3d\nlookback: 7d"},
        rows={"('search', 60),": "('search', 60), ('view', -600),"},
        check="carry_in",
        scope="orderings",
        says="a 200 (100%), b 200 (100%); need 0%, touchpoint 100%, trust 0%. That is everybody",
    ),
    "a window shorter than the resolution": Log(
        definition={"window: 3d": "window: 3d\nresolution: 5d"},
        check="ties",
        scope="orderings",
        says="The window (259200 s) is no longer than one cell of the grid (432000 s)",
    ),
    "clocks that are days ahead": Log(
        # received when it happened; every fourth unit says that it was two days later
        definition={EVENTS: "events: {path: data/events.parquet, columns: {received_at: got}}}"},
        rows={
            OCCURRED: "to_seconds(1200 * i + after + case when i % 4 < 2 then 172800 else 0 end) "
            "as occurred_at, timestamptz '2026-03-02 08:00:00+00' + to_seconds(1200 * i + after) "
            "as got,"
        },
        check="clock",
        scope="orderings",
        says="more than 24 hours away from when they say they occurred are 50%",
    ),
    "one time for a whole session": Log(
        rows={STEPS: "('search', 60), ('view', 60), ('watch', 60), ('purchase', 60)"}
        | {"and (after <> 60 or i % 3 > 0)": ""},
        check="ties",
        scope="orderings",
        says="400 (100%) show two at one time (a 200 (100%), b 200 (100%))",
    ),
    "one time for all stages of a session": Log(
        rows={STEPS: "('search', 60), ('view', 60), ('watch', 60), ('purchase', 240)"}
        | {"and (after <> 60 or i % 3 > 0)": ""},
        check="ties",
        scope="orderings",
        says="That is too many to speak of an order",
    ),
}


@cache
def result_of(name: str) -> Result:
    folder = Path(mkdtemp())
    arms = {"a: {control: true}": "a: {control: true, ordering: [need, touchpoint, trust]}"}
    write_registry(folder, "journeys", {**arms, **LOGS[name].definition}, LOGS[name].rows)
    return analyze(load_experiment(folder / "experiments" / "x.yaml"), as_of=date(2026, 3, 11))


def said(result: Result, log: Log) -> Check:
    (check,) = (c for c in result.checks if (c.id, c.scope) == (log.check, log.scope))
    return check


@pytest.mark.parametrize("name", LOGS)
def test_a_check_says_it_with_its_figures(name: str) -> None:
    log = LOGS[name]
    check = said(result_of(name), log)
    assert check.severity == log.severity
    assert log.says in check.message
    assert check.figures


@pytest.mark.parametrize("name", LOGS)
def test_what_loses_its_meaning_says_so_and_the_effect_on_conversion_stays(name: str) -> None:
    log, result = LOGS[name], result_of(name)
    status: dict[str, set[str]] = {}
    for estimate in result.estimates:
        status.setdefault(estimate.estimand, set()).add(estimate.causal_status)
    assert status["incidence"] == status["ordering_share"] == {log.orderings}
    assert status["first_step"] == {log.first_steps}
    itt = result.estimate("itt/conversion///b-a")
    # every fifth of 200 units an arm purchases, whatever the stages do
    assert (itt.control_value, itt.arm_value) == (0.2, 0.2)
    assert itt.causal_status == "causal"
    assert itt.not_estimated is None
    assert result.decision.verdict != "invalid"
    assert result.orderings is not None
    over_arms = {row.causal_status for row in result.orderings.decomposition}
    lost = "invalid" if log.orderings == "invalid" else "descriptive"
    assert over_arms == {lost}
    assert result.orderings.landmark is not None
    assert result.orderings.naive is not None
    assert result.orderings.landmark.causal_status == lost
    assert result.orderings.naive.causal_status == lost
    assert {row.causal_status for row in result.orderings.association} == {lost}
    steps = {row.step: row.causal_status for row in result.orderings.funnel}
    first = "invalid" if log.first_steps == "invalid" else "causal"
    assert (steps[1], steps[2]) == (first, lost)
    # within what was held before, adherence outlives that everybody held something
    held = "descriptive" if log.check == "carry_in" else lost
    assert {row.causal_status for row in result.orderings.adherence} == {held}
    for test in result.omnibus:
        if test.estimand in ("ordering_share", "association", "association_by_arm"):
            assert (test.causal_status == "invalid") == (lost == "invalid")


def test_nothing_is_invalid_where_nothing_is_wrong() -> None:
    result = result_of("a stage that fires for everyone, later")
    assert {check.id for check in result.checks if check.severity == "fail"} == set()


def test_many_ties_leave_their_bounds_and_every_rendering_shows_them() -> None:
    result = result_of("one time for all stages of a session")
    assert result.orderings is not None
    bounds = result.orderings.ties
    # 40 of 200 units an arm converted, each with a tie that could be any of six orderings
    assert len(bounds) == 6
    for bound in bounds:
        assert (bound.arm_tied, bound.control_tied) == (40, 40)
        assert bound.causal_status == "causal"
        assert bound.lowest is not None
        assert bound.highest is not None
        assert bound.lowest.estimate == pytest.approx(-0.2, abs=1e-15)
        assert bound.highest.estimate == pytest.approx(0.2, abs=1e-15)
        assert bound.sign_holds is False
    renderings: tuple[Any, ...] = (render_text, render_markdown, render_html)
    for render in renderings:
        text = render(result)
        assert "If ties were broken" in text
        assert "hangs on ties" in text
        assert "-20.0 to +20.0 (" in text.replace("−", "-")
