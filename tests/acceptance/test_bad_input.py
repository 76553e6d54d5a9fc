"""Bad input, end to end: one clear message and exit code 1, or an estimate that says why not.

Never a traceback, never a zero that was not measured, never a result file of a refused run.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from tests.acceptance.conftest import Pathlift
from tests.acceptance.small_data import (
    SHAPES,
    document_of,
    estimates,
    one,
    place,
    write_registry,
    write_rows,
    written,
)

pytestmark = pytest.mark.engine

EXPOSED = "timestamptz '2026-03-02 08:00:00+00' + to_seconds(1200 * i) as exposed_at"
OCCURRED = "timestamptz '2026-03-02 08:00:00+00' + to_seconds(1200 * i + after) as occurred_at"
SPEND = "case when i % 5 = 0 then 10.0::double + i % 7 else 0.0::double end as spend"
AMOUNT = "10.0::double + i % 7 end as amount"
BOUGHT = "(i % 5 = 0)::int as bought"
UNIT = "'u' || i as user_id"
UNITS_ARM = "case when i % 2 = 0 then 'a' else 'b' end as grp"
EXPOSURES_ARM = "case when i % 2 = 0 then 'a' else 'b' end as arm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """What is changed, where the message points, and what it has to say.

    Attributes
    ----------
    shape : str
    at : str
        Marker in the definition whose line and column the message begins with.
    says : tuple of str
        Parts of the message: source or file, column, counts.
    hint : tuple of str
        Parts of the line that says what to do.
    definition, rows : mapping
        Words replaced in the definition and in the queries that write the rows.
    files : mapping
        Bytes that stand in place of a file; None where it is removed, an int where it is cut.
    """

    shape: str
    at: str
    says: tuple[str, ...]
    hint: tuple[str, ...] = ()
    definition: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, bytes | int | None] = field(default_factory=dict)


def as_text(column: str, time: str) -> dict[str, str]:
    return {time: time.replace(f" as {column}", f" as moment_, '2026-03-02 08:00' as {column}")}


REFUSALS = {
    # a column that is not there
    "missing-column-of-a-metric": Refused(
        shape="units",
        definition={"column: spend": "column: spent"},
        at="spent",
        says=("units", "no column 'spent'", "metric 'spend'"),
        hint=("did you mean 'spend'?", "user_id, grp, bought, spend"),
    ),
    "missing-column-of-the-arm": Refused(
        shape="units",
        definition={"arm: grp": "arm: group"},
        at="group",
        says=("units", "no column 'group'", "arm"),
        hint=("did you mean 'grp'?",),
    ),
    "missing-column-in-a-condition": Refused(
        shape="journeys",
        definition={"event = 'view'": "evnt = 'view'"},
        at="\"evnt = 'view'\"",
        says=("events", "no column 'evnt'", "stage 'touchpoint'"),
        hint=("did you mean 'event'?",),
    ),
    "missing-column-of-a-running-sum": Refused(
        shape="journeys",
        definition={"sum: watch_ms": "sum: watch_s"},
        at="watch_s",
        says=("events", "no column 'watch_s'", "stage 'trust'"),
        hint=("did you mean 'watch_ms'?",),
    ),
    "missing-time-of-exposure": Refused(
        shape="journeys",
        rows={"as exposed_at": "as seen_at"},
        at="exposures: data",
        says=("exposures", "no column 'exposed_at'"),
        hint=("columns: {exposed_at: NAME}", "seen_at"),
    ),
    "missing-column-of-totals": Refused(
        shape="totals",
        definition={"column: orders": "column: order"},
        at="order,",
        says=("totals", "no column 'order'", "metric 'conversion'"),
        hint=("did you mean 'orders'?",),
    ),
    "a-data-root-that-is-not-there": Refused(
        shape="units",
        definition={"data: {units: data": "data: {root: nowhere, units: data"},
        at="units: data",
        says=("there is no file 'data/units.parquet'",),
        hint=("nowhere'", "no such folder", "`--data-root DIR`"),
    ),
    "events-without-a-time": Refused(
        shape="journeys",
        rows={"as occurred_at": "* case when i > 2 then 1 end as occurred_at"},
        at="events: data",
        says=("events", "rows without a time", "'occurred_at' is NULL"),
        hint=('`where: "occurred_at is not null"`',),
    ),
    "a-unit-that-stands-twice": Refused(
        shape="units",
        rows={"'u' || i as": "'u' || (i // 2) as"},
        at="user_id",
        says=("units", "200 units stand in 400 rows"),
        hint=("keep one row per unit",),
    ),
    "events-of-nobody-exposed": Refused(
        shape="journeys",
        rows={"'u' || i as user_id,\n    event": "'user-' || i as user_id,\n    event"},
        at="user_id",
        says=("not one exposed unit has an event",),
        hint=("`columns: {unit: ...}`",),
    ),
    "amounts-in-text-that-are-numbers": Refused(
        shape="journeys",
        rows={"then 10.0::double + i % 7 end": "then '10.50' end"},
        at="amount",
        says=("metric 'revenue' adds up `amount`", "VARCHAR", "such as '10.50'"),
        hint=('`sum: "cast(amount as double)"`',),
    ),
    # a column of the wrong type
    "text-as-a-proportion": Refused(
        shape="units",
        rows={BOUGHT: "'yes' as bought"},
        at="bought",
        says=("units", "column 'bought'", "VARCHAR", "not a number or boolean"),
        hint=("'yes'",),
    ),
    "three-values-as-a-proportion": Refused(
        shape="units",
        rows={BOUGHT: "i % 3 as bought"},
        at="bought",
        # of 0..399, 133 have the remainder 2; by parity 67 and 66
        says=("133 units", "67 in a", "66 in b", "neither 0 nor 1"),
        hint=("kind: mean",),
    ),
    "text-as-a-mean": Refused(
        shape="units",
        rows={SPEND: "'much' as spend"},
        at="spend}",
        says=("units", "column 'spend'", "VARCHAR"),
        hint=("'much'",),
    ),
    "text-as-an-amount": Refused(
        shape="journeys",
        rows={AMOUNT: "'12 EUR' end as amount"},
        at="amount",
        says=("events", "metric 'revenue'", "VARCHAR", "not a number", "such as '12 EUR'"),
        hint=("under events: `derive: {NAME: \"cast(replace(amount, ' EUR', '') as double)\"}`",),
    ),
    "text-in-a-running-sum": Refused(
        shape="journeys",
        rows={"1200 else 0 end as watch_ms": "'long' end as watch_ms"},
        at="watch_ms",
        says=("events", "stage 'trust'", "VARCHAR", "not a number"),
    ),
    "text-as-a-count": Refused(
        shape="totals",
        rows={"('a', 'monday', 100, 10,": "('a', 'monday', 100, 'ten',"}
        | {"100, 15,": "100, '15',", "100, 11,": "100, '11',", "100, 12,": "100, '12',"},
        at="orders",
        says=("totals", "column 'orders'", "VARCHAR"),
        hint=("'ten'",),
    ),
    # files
    "empty-file": Refused(
        shape="units",
        files={"data/units.parquet": b""},
        at="units: data",
        says=("units", "'data/units.parquet' is empty"),
    ),
    "empty-csv": Refused(
        shape="totals",
        files={"data/totals.csv": b""},
        at="totals: {path",
        says=("totals", "'data/totals.csv' is empty"),
    ),
    "a-csv-of-its-header-alone": Refused(
        shape="totals",
        files={"data/totals.csv": b"grp,day,visitors,orders,total,squares\n"},
        at="totals: {path",
        says=("no row in 'data/totals.csv'",),
    ),
    "parquet-without-rows": Refused(
        shape="journeys",
        rows={"from range(400) as numbers(i)\n": "from range(0) as numbers(i)\n"},
        at="exposures: data",
        says=("exposures", "no row in 'data/exposures.parquet'"),
    ),
    "no-file": Refused(
        shape="units",
        files={"data/units.parquet": None},
        at="units: data",
        says=("units", "there is no file 'data/units.parquet'"),
        hint=("looked in", "/experiments", "--data-root"),
    ),
    "truncated-parquet": Refused(
        shape="journeys",
        files={"data/events.parquet": 300},
        at="events: data",
        says=("events", "'data/events.parquet'", "not a complete Parquet file"),
        hint=("copy or write it again",),
    ),
    "a-glob-that-matches-nothing": Refused(
        shape="journeys",
        definition={"data/events.parquet": "data/events/*.parquet"},
        at="events: data",
        says=("events", "no file matches 'data/events/*.parquet'"),
        hint=("looked in", "--data-root"),
    ),
    "a-folder": Refused(
        shape="units",
        definition={"data/units.parquet": "data"},
        at="units: data",
        says=("units", "'data' is a folder"),
        hint=("data/**/*.parquet",),
    ),
    # arms that one side does not know
    "an-arm-that-the-definition-does-not-know": Refused(
        shape="units",
        rows={
            UNITS_ARM: "case when i % 4 = 3 then 'c' when i % 2 = 0 then 'a' else 'b' end as grp"
        },
        at="units: data",
        says=("units", "arm 'c' (100 rows) is not declared"),
        hint=('c: {value: "c"}', "where", "analyzed: false"),
    ),
    "an-arm-of-exposures-that-the-definition-does-not-know": Refused(
        shape="journeys",
        rows={
            EXPOSURES_ARM: "case when i % 2 = 0 then 'a' when i < 99 then 'B' else 'b' end as arm"
        },
        at="exposures: data",
        # the odd numbers below 99
        says=("exposures", "arm 'B' (49 rows) is not declared"),
        hint=('value: "B"',),
    ),
    "an-arm-that-no-row-has": Refused(
        shape="units",
        definition={"  b: {}\n": "  b: {}\n  c: {}\n"},
        at="c: {}",
        says=("units", "no row has arm 'c'"),
        hint=("'a', 'b'", "value:"),
    ),
    "an-arm-that-no-exposure-has": Refused(
        shape="journeys",
        definition={"  b: {}\n": '  b: {}\n  c: {value: "third"}\n'},
        at='c: {value: "third"}',
        says=("exposures", "no row has arm 'c'", "written 'third'"),
        hint=("'a', 'b'",),
    ),
    "an-arm-that-no-total-has": Refused(
        shape="totals",
        definition={"  b: {}\n": "  b: {}\n  c: {}\n"},
        at="c: {}",
        says=("totals", "no row has arm 'c'"),
    ),
    "rows-without-an-arm": Refused(
        shape="units",
        rows={UNITS_ARM: "case when i % 2 = 0 then 'a' when i > 9 then 'b' end as grp"},
        at="units: data",
        says=("units", "5 rows without an arm (NULL)"),
        hint=("where",),
    ),
    # a unit without a name
    "a-unit-with-a-null-id": Refused(
        shape="units",
        rows={UNIT: "case when i <> 3 then 'u' || i end as user_id"},
        at="user_id",
        says=("units", "1 row without a unit", "'user_id' is NULL"),
        hint=('where: "user_id is not null"',),
    ),
    "an-exposure-with-a-null-id": Refused(
        shape="journeys",
        rows={UNIT + ",\n    case": "case when i <> 3 then 'u' || i end as user_id,\n    case"},
        at="user_id",
        says=("exposures", "1 row without a unit", "'user_id' is NULL"),
        hint=('where: "user_id is not null"',),
    ),
    # times that may mean anything
    "exposures-in-text": Refused(
        shape="journeys",
        rows=as_text("exposed_at", EXPOSED),
        at="exposures: data",
        says=("exposures", "'exposed_at' are text such as '2026-03-02 08:00'"),
        hint=('exposed_at: {column: exposed_at, format: "%Y-%m-%d %H:%M"}',),
    ),
    "exposures-in-integers": Refused(
        shape="journeys",
        rows={EXPOSED: "1772438400 + 1200 * i as exposed_at"},
        at="exposures: data",
        says=("exposures", "'exposed_at' are integers", "without a unit"),
        hint=("exposed_at: {column: exposed_at, unit: s}",),
    ),
    "events-in-integers": Refused(
        shape="journeys",
        rows={OCCURRED: "1772438400000 + 1200000 * i + 1000 * after as occurred_at"},
        at="events: data",
        says=("events", "'occurred_at' are integers", "without a unit"),
        hint=("occurred_at: {column: occurred_at, unit: ms}",),
    ),
    "events-in-days": Refused(
        shape="journeys",
        rows={OCCURRED: "date '2026-03-02' + (i // 72)::int as occurred_at"},
        at="events: data",
        says=("events", "'occurred_at' are days (DATE)"),
        hint=("time of day",),
    ),
    "milliseconds-declared-as-seconds": Refused(
        shape="journeys",
        definition={
            "events: data/events.parquet": "events: {path: data/events.parquet, columns: "
            "{occurred_at: {column: occurred_at, unit: s}}}"
        },
        rows={OCCURRED: "1772438400000 + 1200000 * i + 1000 * after as occurred_at"},
        at="occurred_at, unit: s",
        says=("events", "'occurred_at'", "year 58136", "unit: s"),
        hint=("s, ms, us or ns",),
    ),
    # amounts that are no numbers
    "a-mean-of-nan": Refused(
        shape="units",
        rows={SPEND: "case when i = 5 then 'nan'::double else i::double end as spend"},
        at="spend}",
        says=("units", "1 row", "'spend'", "NaN or an infinite"),
        hint=("NULL",),
    ),
    "a-mean-of-infinity": Refused(
        shape="units",
        rows={SPEND: "case when i in (5, 8) then '-inf'::double else i::double end as spend"},
        at="spend}",
        says=("units", "2 rows", "'spend'", "NaN or an infinite"),
    ),
    "an-amount-of-nan": Refused(
        shape="journeys",
        rows={AMOUNT: "case when i = 5 then 'nan'::double else 10.0::double end end as amount"},
        at="amount",
        says=("events", "1 row", "1 unit", "amount", "NaN or infinite"),
        hint=("where",),
    ),
    "an-infinite-amount": Refused(
        shape="journeys",
        rows={AMOUNT: "case when i = 5 then 'inf'::double else 10.0::double end end as amount"},
        at="amount",
        says=("events", "1 row", "1 unit", "amount", "NaN or infinite"),
    ),
    "a-total-of-nan": Refused(
        shape="totals",
        rows={"10, 50.0,": "10, 'nan'::double,"},
        at="total, sum_squares",
        says=("totals", "1 row", "'total'", "NaN or an infinite"),
    ),
    # outcomes that nobody wrote
    "an-outcome-of-null": Refused(
        shape="units",
        rows={BOUGHT: "case when i % 10 <> 3 then (i % 5 = 0)::int end as bought"},
        at="bought",
        says=("40 units", "40 in b", "without a value of metric 'conversion'"),
        hint=("null: zero", "null: exclude"),
    ),
    "a-mean-of-null": Refused(
        shape="units",
        rows={SPEND: "case when i % 10 <> 4 then i::double end as spend"},
        at="spend}",
        says=("40 units", "40 in a", "without a value of metric 'spend'"),
        hint=("null: zero", "null: exclude"),
    ),
    # weights and counts below 0
    "a-negative-row-of-a-running-sum": Refused(
        shape="journeys",
        rows={"then 1200 else 0 end": "then case when i = 7 then -1 else 1200 end end"},
        at="watch_ms",
        says=("events", "1 row", "'watch_ms'", "stage 'trust'", "negative"),
    ),
    "a-negative-weight": Refused(
        shape="units",
        definition={
            "a: {control: true}": "a: {control: true, weight: -1}",
            "b: {}": "b: {weight: 1}",
        },
        at="-1",
        says=("arm 'a' has weight -1", "above 0"),
        hint=("analyzed: false",),
    ),
    "a-negative-count": Refused(
        shape="totals",
        rows={"('a', 'monday', 100, 10,": "('a', 'monday', 100, -10,"},
        at="orders",
        says=("totals", "'orders'", "-10 in arm 'a', day 'monday'"),
        hint=("0 or above",),
    ),
    "more-successes-than-units": Refused(
        shape="totals",
        rows={"('a', 'monday', 100, 10,": "('a', 'monday', 100, 110,"},
        at="conversion",
        says=("totals", "more successes ('orders') than units ('visitors')", "day 'monday'"),
        hint=("units: NAME",),
    ),
}


@pytest.mark.parametrize("case", REFUSALS.values(), ids=REFUSALS)
def test_it_is_refused_in_one_clear_message(case: Refused, work: Path, pathlift: Pathlift) -> None:
    text = write_registry(work, case.shape, case.definition, case.rows)
    for name, content in case.files.items():
        _spoil(work / "experiments" / name, content)
    answer = pathlift("analyze", "x", "--format", "json", *SHAPES[case.shape].as_of)
    message, _, rest = answer.err.partition("\n")
    hint = rest.partition("hint: ")[2]
    assert answer.code == 1
    assert answer.out == ""
    assert message.startswith(place(text, case.at)), answer.err
    assert [part for part in case.says if part not in message] == [], answer.err
    assert [part for part in case.hint if part not in hint] == [], answer.err
    assert "problems" not in answer.err, "one mistake, one message"
    assert written(work) == set(), "no result of a refused run, not even half of one"


def _spoil(path: Path, content: bytes | int | None) -> None:
    if content is None:
        path.unlink()
    elif isinstance(content, int):
        path.write_bytes(path.read_bytes()[:content])
    else:
        path.write_bytes(content)


@pytest.mark.parametrize(
    ("definition", "rows"),
    [
        pytest.param(
            {"column: spend": "column: spent", "arm: grp": "arm: group"}, {}, id="columns"
        ),
        pytest.param({}, {BOUGHT: "'yes' as bought", SPEND: "'much' as spend"}, id="types"),
    ],
)
def test_all_mistakes_are_told_in_one_run(
    definition: dict[str, str], rows: dict[str, str], work: Path, pathlift: Pathlift
) -> None:
    write_registry(work, "units", definition, rows)
    answer = pathlift("analyze", "x")
    assert answer.code == 1
    assert answer.err.rstrip().endswith("2 problems")


def test_the_file_that_lacks_a_column_is_named_among_many(work: Path, pathlift: Pathlift) -> None:
    write_registry(work, "units", {"data/units.parquet": "data/*.parquet"}, {})
    write_rows(
        "select 'v' as user_id, 'a' as arm, 1 as bought", work / "experiments/data/w.parquet"
    )
    answer = pathlift("analyze", "x")
    assert answer.code == 1
    assert "'data/w.parquet' lacks it" in answer.err


def test_a_result_that_was_there_stays_when_the_next_run_is_refused(
    work: Path, pathlift: Pathlift
) -> None:
    write_registry(work, "units", {}, {})
    assert pathlift("analyze", "x").code == 0
    before = {name: (work / name).read_bytes() for name in written(work)}
    _spoil(work / "experiments" / "data" / "units.parquet", 300)
    assert pathlift("analyze", "x").code == 1
    assert {name: (work / name).read_bytes() for name in written(work)} == before


Z = 1.959963984540054  # the 0.975 quantile of the normal


@pytest.fixture
def analysed(work: Path, pathlift: Pathlift) -> Any:
    """Write a changed registry, analyse it, and check what holds for every answer."""

    def call(
        shape: str,
        rows: Mapping[str, str],
        definition: Mapping[str, str] = MappingProxyType({}),
        *,
        as_of: tuple[str, ...] | None = None,
    ) -> dict[str, Any]:
        write_registry(work, shape, definition, rows)
        if as_of is None:
            as_of = SHAPES[shape].as_of
        answer = pathlift("analyze", "x", "--format", "json", *as_of)
        assert answer.code == 0, answer.err
        document = document_of(answer.out)
        for estimate in document["estimates"]:
            _is_measured_or_says_why(estimate)
        return document

    return call


def _is_measured_or_says_why(estimate: Mapping[str, Any]) -> None:
    if estimate["not_estimated"] is None:
        assert estimate["conclusion"] != "not_estimated", estimate["id"]
        assert estimate["absolute"]["estimate"] is not None, estimate["id"]
        assert estimate["p_value"] is not None, estimate["id"]
        return
    assert estimate["not_estimated"]["reason"], estimate["id"]
    assert estimate["conclusion"] == "not_estimated", estimate["id"]
    for key in ("absolute", "relative", "p_value", "standard_error", "statistic", "simultaneous"):
        assert estimate[key] is None, (estimate["id"], key)


@pytest.mark.parametrize(
    ("shape", "rows"),
    [
        ("units", {"numbers(i)\n": "numbers(i) where i % 2 = 0 or i = 5\n"}),
        ("journeys", {"exposed_at\nfrom range(400) as numbers(i)\n": "exposed_at\n"
                      "from range(400) as numbers(i) where i % 2 = 0 or i = 5\n"}),
    ],
    ids=["units", "journeys"],
)  # fmt: skip
def test_one_unit_in_an_arm_estimates_nothing(
    shape: str, rows: dict[str, str], analysed: Any
) -> None:
    document = analysed(shape, rows)
    assert [arm["units"] for arm in document["arms"]] == [200, 1]
    for estimate in document["estimates"]:
        assert "b has 1" in estimate["not_estimated"]["reason"], estimate["id"]
    assert document["decision"]["verdict"] == "invalid", "and the split says so, too"


def test_no_mature_unit_estimates_nothing(analysed: Any) -> None:
    document = analysed("journeys", {}, as_of=("--as-of", "2026-03-03"))
    assert document["data"]["matured_units"] == 0
    for estimate in document["estimates"]:
        if estimate["estimand"] == "cumulative_share":
            continue  # every unit completes within its first six hours: nobody is left to follow
        reason = estimate["not_estimated"]["reason"]
        if estimate["estimand"].startswith("cumulative"):
            assert "no unit of b has been followed for more than 36 of 72 hours" in reason
        else:
            assert "a has 0 and b has 0" in reason, estimate["id"]
    assert document["decision"]["verdict"] == "keep_running"


@pytest.mark.parametrize("value", [0.0, 7.0])
def test_zero_variance_estimates_nothing(value: float, analysed: Any) -> None:
    document = analysed("units", {SPEND: f"{value}::double as spend"})
    assert "no variance" in one(document, "spend")["not_estimated"]["reason"]
    assert one(document, "conversion")["not_estimated"] is None


@pytest.mark.parametrize(
    ("shape", "rows", "everyone"),
    [
        pytest.param("units", {BOUGHT: "0 as bought"}, 0, id="units-none"),
        pytest.param("units", {BOUGHT: "1 as bought"}, 1, id="units-all"),
        pytest.param("journeys", {"i % 5 = 0)": "true)"}, 1, id="journeys-all"),
    ],
)
def test_arms_where_none_or_all_converted_have_a_score_interval(
    shape: str, rows: dict[str, str], everyone: int, analysed: Any
) -> None:
    conversion = one(analysed(shape, rows), "conversion")
    # Miettinen and Nurminen (1985), with x = (0, 0) or (n, n): the constrained rates are 0 and d,
    # so z^2 = d (2n - 1) / (2 (1 - d)), solved for d; n = 200
    bound = 2 * Z**2 / (399 + 2 * Z**2)
    assert (conversion["arm_value"], conversion["control_value"]) == (everyone, everyone)
    assert conversion["absolute"]["estimate"] == 0
    assert conversion["absolute"]["high"] == pytest.approx(bound, rel=1e-9)  # a solver's end
    assert conversion["absolute"]["low"] == pytest.approx(-bound, rel=1e-9)
    if not everyone:  # nothing to be relative to
        assert conversion["relative"] is None or conversion["relative"]["estimate"] is None
    assert conversion["conclusion"] == "no_difference_shown"


def test_an_arm_where_all_converted_beside_one_where_none_did_has_a_score_interval(
    analysed: Any,
) -> None:
    conversion = one(analysed("units", {BOUGHT: "i % 2 as bought"}), "conversion")
    # the same with x = (0, n): the constrained rates are (1 -+ d) / 2, so
    # z^2 = (2n - 1) (1 - d) / (1 + d); n = 200
    q = Z**2 / 399
    assert conversion["absolute"]["estimate"] == 1
    assert conversion["absolute"]["high"] == pytest.approx(1, abs=1e-12)
    assert conversion["absolute"]["low"] == pytest.approx((1 - q) / (1 + q), rel=1e-9)
    assert conversion["relative"]["estimate"] is None, "nothing to be relative to"
    assert 0 < conversion["p_value"] < 1e-60


def test_an_arm_without_a_conversion_is_compared(analysed: Any) -> None:
    document = analysed("journeys", {"i % 5 = 0)": "i % 10 = 0)"})
    conversion = one(document, "conversion")
    assert (conversion["control_value"], conversion["arm_value"]) == (0.2, 0)
    assert conversion["absolute"]["high"] < 0
    assert conversion["relative"]["estimate"] == -1


def test_an_outcome_that_holds_for_no_row_is_not_a_rate_of_zero(analysed: Any) -> None:
    document = analysed("journeys", {"i % 5 = 0)": "false)"})
    for metric in ("conversion", "revenue"):
        reason = one(document, metric)["not_estimated"]["reason"]
        assert "`event = 'purchase'` holds for no row" in reason
        assert "'search'" in reason, "with the values that the log does hold"
    for estimate in estimates(document, "incidence"):
        assert estimate["not_estimated"] is not None, estimate["id"]
    (warned,) = (
        c for c in document["checks"] if c["id"] == "coverage" and "outcome" in c["message"]
    )
    assert warned["severity"] == "warn"


def test_a_day_without_a_value_leaves_the_metric_in_every_arm(analysed: Any) -> None:
    document = analysed("totals", {"('a', 'monday', 100, 10,": "('a', 'monday', 100, null,"})
    conversion, revenue = one(document, "conversion"), one(document, "revenue")
    assert (conversion["control_units"], conversion["arm_units"]) == (100, 100)
    assert (conversion["control_value"], conversion["arm_value"]) == (0.11, 0.12)  # tuesday
    assert (revenue["control_units"], revenue["arm_units"]) == (200, 200)
    (told,) = (c for c in document["checks"] if c["id"] == "missing_outcome")
    assert "conversion 1" in told["message"]


def test_outcomes_that_one_arm_lacks_are_told_and_make_the_verdict_invalid(analysed: Any) -> None:
    document = analysed(
        "units",
        {BOUGHT: "case when i % 10 <> 3 then (i % 5 = 0)::int end as bought"},
        {"column: bought,": "column: bought, null: exclude,"},
    )
    conversion = one(document, "conversion")
    assert (conversion["control_units"], conversion["arm_units"]) == (200, 160)
    (told,) = (c for c in document["checks"] if c["id"] == "missing_outcome")
    assert told["severity"] == "fail"
    assert document["decision"]["verdict"] == "invalid"


def test_events_without_a_unit_belong_to_nobody_and_are_counted(analysed: Any) -> None:
    document = analysed(
        "journeys",
        {UNIT + ",\n    event": "case when i <> 5 then 'u' || i end as user_id,\n    event"},
    )
    conversion = one(document, "conversion")
    assert (conversion["control_units"], conversion["arm_units"]) == (200, 200)
    assert conversion["arm_value"] == 39 / 200, "u5 is a unit still; its purchase is nobody's"
    (told,) = (c for c in document["checks"] if c["id"] == "coverage")
    # search twice, view, watch, purchase
    assert "unit is NULL: 5 (" in told["message"]
    assert "0 of them (0%) of units that were never exposed" in told["message"]
    assert told["severity"] == "warn"
    assert '`where: "user_id is not null"`' in told["message"]
