"""Numbers become steps exactly or not at all, and tables that disagree stop the run."""

from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from pathlift.errors import DataError
from pathlift.outcomes import invariants
from pathlift.outcomes.bitmask import Bitmask, Span
from pathlift.outcomes.calendar import day_of, day_start, days_between
from pathlift.outcomes.collecting import collect
from pathlift.outcomes.composing import compose, name
from pathlift.outcomes.scaling import Steps, steps
from pathlift.registry.loading import load_experiment
from pathlift.statistics.cells import CellTable
from pathlift.statistics.collected import ArmFacts
from pathlift.statistics.moments import Group, MomentTable, Variable, objects

pytestmark = pytest.mark.engine


def stored(literal: str, kind: str, unit: float | None) -> tuple[object, object, Steps]:
    """What DuckDB stores for a value of a type, and whether it refuses it."""
    made = steps(name("x"), kind, unit, what="x", at=None)
    refused = "false" if made.refused is None else made.refused.sql("duckdb")
    query = f"select {made.stored.sql('duckdb')}, coalesce({refused}, false) from "
    row = duckdb.execute(f"{query} (select cast({literal} as {kind}) as x)").fetchall()[0]
    return row[0], row[1], made


@pytest.mark.parametrize(
    ("literal", "kind", "unit", "expected"),
    [
        # by hand: value / unit, where that is a whole number
        ("19.99", "DOUBLE", 0.01, 1999),
        ("0.29", "DOUBLE", 0.01, 29),
        ("-1.1", "DOUBLE", 0.1, -11),
        ("19.99", "FLOAT", 0.01, 1999),
        ("0.15", "DOUBLE", 0.05, 3),
        ("1200", "DOUBLE", 100.0, 12),
        ("7", "BIGINT", None, 7),
        ("7", "BIGINT", 0.01, 700),
        ("700", "INTEGER", 100.0, 7),
        ("19.99", "DECIMAL(18,2)", None, 1999),
        ("19.99", "DECIMAL(38,2)", None, 1999),
        ("19.5", "DECIMAL(18,2)", 0.5, 39),
        ("-19.50", "DECIMAL(9,2)", 0.01, -1950),
        ("true", "BOOLEAN", None, 1),
        ("null", "DOUBLE", 0.01, None),
        ("null", "INTEGER", None, None),
    ],
)
def test_values_are_whole_steps(
    literal: str, kind: str, unit: float | None, expected: int | None
) -> None:
    found, refused, made = stored(literal, kind, unit)
    assert (found, refused) == (expected, False)
    assert made.exact


@pytest.mark.parametrize(
    ("literal", "kind", "unit"),
    [
        ("19.999", "DOUBLE", 0.01),
        ("0.001", "DOUBLE", 0.01),
        ("1e300", "DOUBLE", 0.01),
        ("'nan'", "DOUBLE", 0.01),
        ("'inf'", "DOUBLE", 0.01),
        ("'-inf'", "DOUBLE", None),
        ("'nan'", "FLOAT", None),
        ("750", "INTEGER", 100.0),
        ("19.55", "DECIMAL(18,2)", 0.1),
    ],
)
def test_values_that_are_no_steps_are_refused(literal: str, kind: str, unit: float | None) -> None:
    assert stored(literal, kind, unit)[1] is True


@given(cents=st.integers(-(10**12), 10**12))
def test_every_amount_of_cents_survives_a_double(cents: int) -> None:
    found, refused, _ = stored(repr(cents / 100), "DOUBLE", 0.01)
    assert (found, refused) == (cents, False)


@pytest.mark.parametrize("kind", ["VARCHAR", "DATE", "TIMESTAMP WITH TIME ZONE", "INTEGER[]"])
def test_what_is_no_number_is_refused(kind: str) -> None:
    with pytest.raises(DataError, match="not a number"):
        steps(name("x"), kind, None, what="x", at=None)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York", "Africa/Cairo"])
def test_the_day_of_an_instant_is_that_of_the_calendar(zone: str) -> None:
    # around both clock changes of 2026; Cairo skips and repeats the hour at midnight
    first, last = day_start(date(2026, 3, 1), zone), day_start(date(2026, 11, 30), zone)
    instants = [int(i) for i in np.linspace(first, last, 4001)]
    for day in days_between(first, last, zone).starts:
        instants += [day, day - 1] if day > first else [day]
    days = days_between(first, last, zone)
    index = days.index(exp.column("t")).sql("duckdb")
    values = ", ".join(f"({instant})" for instant in instants)
    found = duckdb.execute(f"select {index} from (values {values}) as v(t)").fetchall()
    assert [days.days[row[0]] for row in found] == [day_of(i, zone) for i in instants]
    assert days.days[-1] - days.days[0] == timedelta(days=274)  # 1 March to 30 November


@given(
    spans=st.lists(
        st.tuples(st.integers(-5, 5), st.one_of(st.none(), st.integers(-5, 8))), max_size=70
    )
)
def test_a_bit_counts_within_its_span_only(spans: list[tuple[int, int | None]]) -> None:
    mask = Bitmask()
    asked = [
        (Span(low=low, high=high), mask.ask(exp.true(), Span(low=low, high=high)))
        for low, high in spans
        if high is None or low < high
    ]
    words = ", ".join(word.sql("duckdb") for word in mask.marks("w"))
    kept = ", ".join(word.sql("duckdb") for word in mask.counted(exp.column("d"), "w"))
    rows = duckdb.execute(
        f"select d, {kept} from (select d, {words} from range(-7, 10) as r(d)) order by d"
    ).fetchall()
    for distance, *found in rows:
        for span, bit in asked:
            assert bool(found[bit.word] & bit.mask) == span.holds(distance)


def test_a_template_says_what_it_lacks() -> None:
    with pytest.raises(ValueError, match="asks for"):
        compose("caps")


def moments(arm: str, units: int, total: int) -> MomentTable:
    count = np.empty(1, dtype=object)
    count[0] = units
    return MomentTable(
        variables=(Variable(name="y"),),
        pairs=(("y", "y"),),
        groups=(Group(arm=arm),),
        units=count,
        sums=objects([[total]], 1),
        products=objects([[total]], 1),
        cubes=objects([[]], 0),
    )


def test_tables_that_disagree_stop_the_run() -> None:
    none = np.empty(0, dtype=object)
    empty = objects([], 0)
    cells = CellTable(
        covariates=(),
        cells=(),
        units=none,
        converted=none.copy(),
        covariate_sums=empty,
        converted_covariate_sums=empty.copy(),
    )
    whole = moments("a", 5, 3)
    nothing = whole.where(lambda group: False)
    facts = (ArmFacts(arm="a", units=5, matured_units=5),)

    def check(days: MomentTable, arms: tuple[ArmFacts, ...] = facts) -> None:
        invariants.check(
            arms=arms,
            moments=whole,
            days=days,
            segments=nothing,
            cells=cells,
            conversion=None,
            timed=True,
        )

    check(moments("a", 5, 3))
    for wrong in (moments("a", 5, 4), moments("a", 4, 3), moments("b", 5, 3)):
        with pytest.raises(invariants.InvariantError, match="days and moments"):
            check(wrong)
    with pytest.raises(invariants.InvariantError, match="units of arm a"):
        check(whole, (ArmFacts(arm="a", units=6, matured_units=5),))


def test_a_hundred_metrics_need_more_than_one_word_of_bits(tmp_path: Path) -> None:
    wanted = {f"m{n}": Fraction(n % 3) for n in range(100)}
    metrics = "\n".join(
        f"""  m{n}: {{kind: mean, count: "event = 'e{n}'", role: {role}}}"""
        for n, role in enumerate(["primary"] + ["secondary"] * 99)
    )
    (tmp_path / "many.yaml").write_text(
        f"""
unit: u
period: {{first_day: 2026-03-02, last_day: 2026-03-29}}
window: 1d
data: {{exposures: exposures.csv, events: events.csv}}
arms: {{a: {{control: true}}, b: {{}}}}
metrics:
{metrics}
""",
        encoding="utf-8",
    )
    (tmp_path / "exposures.csv").write_text(
        "u,arm,exposed_at\nx,a,2026-03-02 10:00:00\ny,b,2026-03-02 10:00:00\n", encoding="utf-8"
    )
    rows = [
        f"{unit},e{n},2026-03-02 1{hour}:00:00"
        for n in range(100)
        for unit, times in (("x", n % 3), ("y", 1))
        for hour in range(1, times + 1)
    ]
    (tmp_path / "events.csv").write_text(
        "u,event,occurred_at\n" + "\n".join(rows) + "\n", encoding="utf-8"
    )
    found = collect(load_experiment(tmp_path / "many.yaml"), as_of=date(2026, 3, 30)).moments
    names = [variable.name for variable in found.variables]
    rows_by_arm = {group.arm: row for row, group in enumerate(found.groups)}
    assert dict(zip(names, found.sums[rows_by_arm["a"]], strict=True)) == wanted
    assert set(found.sums[rows_by_arm["b"]]) == {1}
