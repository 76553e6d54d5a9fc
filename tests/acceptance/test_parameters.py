"""An export with parameters nested in lists, from its Parquet to its estimates."""

from pathlib import Path

import duckdb
import polars as pl
import pytest

from pathlift.errors import DataError
from pathlift.outcomes.collecting import collect
from pathlift.registry.loading import load_experiment

pytestmark = pytest.mark.engine

VALUE = {
    "string_value": pl.String,
    "int_value": pl.Int64,
    "float_value": pl.Float32,
    "double_value": pl.Float64,
}
FIRST_SEEN = 1_772_445_600_000_000  # 2026-03-02 10:00 UTC, microseconds

DEFINITION = """\
unit: user_pseudo_id
period: {first_day: 2026-03-02, last_day: 2026-03-08}
window: 3d
data:
  columns: {event: event_name, occurred_at: {column: event_timestamp, unit: us}}
  exposures:
    path: events.parquet
    where: "event_name = 'experiment_impression'"
    columns: {arm: variant, exposed_at: {column: event_timestamp, unit: us}}
    derive: {variant: "param('variant_id')"}
  events:
    path: events.parquet
    derive: {page: "param('page_type')"}
arms:
  a: {control: true}
  b: {}
stages:
  need: "event = 'view_search_results' and param('search_term') is not null"
  touchpoint: "page = 'pdp'"
  trust:
    any: "param('page_type') = 'reviews' and param_int('dwell_ms') >= 3000"
    accumulate: {sum: "param_float('watched_s')", per: creator, reach: 10}
outcome: "event = 'purchase'"
metrics:
  conversion: {kind: proportion, role: primary}
  revenue: {kind: mean, sum: "param_float('value')", where: "event = 'purchase'", unit: 0.01}
  items: {kind: mean, sum: "coalesce(param_int('quantity'), 1)", where: "event = 'purchase'"}
"""


def pair(key: str, **fields: object) -> dict[str, object]:
    return {"key": key, "value": dict.fromkeys(VALUE) | fields}


def rows() -> list[dict[str, object]]:
    """Two units an arm, written so that every number below can be counted by eye."""
    exposed, search, pdp = "experiment_impression", "view_search_results", "page_view"
    term = pair("search_term", string_value="pan")
    reviews = pair("page_type", string_value="reviews")
    listed: list[tuple[str, int, str, list[dict[str, object]] | None]] = [
        ("a1", 0, exposed, [pair("variant_id", string_value="a")]),
        ("a1", 10, search, [pair("session", int_value=1), term]),
        ("a1", 20, pdp, [pair("page_type", string_value="pdp")]),
        ("a1", 30, pdp, [reviews, pair("dwell_ms", int_value=3000)]),
        # GA4 keeps a whole amount as an integer and any other as a double
        ("a1", 40, "purchase", [pair("value", int_value=10), pair("quantity", int_value=2)]),
        ("a2", 0, exposed, [pair("variant_id", string_value="a")]),
        ("a2", 10, search, []),
        ("a2", 20, pdp, None),
        ("a2", 30, pdp, [reviews, pair("dwell_ms", int_value=2999)]),
        ("b1", 0, exposed, [pair("variant_id", string_value="b")]),
        ("b1", 10, "watch", [pair("watched_s", double_value=4.5)]),
        ("b1", 20, "watch", [pair("watched_s", int_value=3)]),
        ("b1", 30, "watch", [pair("watched_s", float_value=2.5)]),
        ("b1", 40, search, [term]),
        ("b1", 50, "purchase", [pair("value", double_value=2.25)]),
        ("b1", 60, "purchase", [pair("value", double_value=0.5), pair("quantity", int_value=5)]),
        ("b2", 0, exposed, [pair("variant_id", string_value="b")]),
        ("b2", 10, pdp, [pair("page_type", string_value="pdp"), pair("page_type")]),
    ]
    return [
        {
            "user_pseudo_id": unit,
            "event_timestamp": FIRST_SEEN + second * 1_000_000,
            "event_name": event,
            "creator": "kim",
            "event_params": params,
        }
        for unit, second, event, params in listed
    ]


def write_with_polars(path: Path, column: str) -> None:
    listed = pl.List(pl.Struct({"key": pl.String, "value": pl.Struct(VALUE)}))
    frame = pl.DataFrame(rows(), schema_overrides={"event_params": listed})
    frame.rename({"event_params": column}).write_parquet(path)


def write_with_duckdb(path: Path, column: str) -> None:
    write_with_polars(path.with_suffix(".polars"), column)
    with duckdb.connect() as connection:
        connection.sql(f"from read_parquet('{path.with_suffix('.polars')}')").write_parquet(
            str(path)
        )


@pytest.mark.parametrize("write", [write_with_polars, write_with_duckdb])
@pytest.mark.parametrize("column", ["event_params", "params"])
def test_nested_parameters_are_read_in_stages_sums_and_derived_columns(
    tmp_path: Path, write: object, column: str
) -> None:
    write(tmp_path / "events.parquet", column)  # type: ignore[operator]
    definition = DEFINITION
    if column != "event_params":
        definition = definition.replace(
            "columns: {event:", f"columns: {{event_params: {column}, event:"
        )
    (tmp_path / "ga4.yaml").write_text(definition, encoding="utf-8")
    statistics = collect(load_experiment(tmp_path / "ga4.yaml"))
    assert {arm.arm: arm.units for arm in statistics.arms} == {"a": 2, "b": 2}
    # codes are 16 * need + 4 * touchpoint + trust of ranks (methods 1.2)
    labels = {
        (cell.arm, cell.label): int(statistics.cells.units[row])
        for row, cell in enumerate(statistics.cells.cells)
    }
    assert labels == {
        ("a", 16 * 1 + 4 * 2 + 3): 1,  # a1: searched, saw the product, read reviews long enough
        ("a", 0): 1,  # a2: a search without a term, a page without parameters, a short look
        ("b", 16 * 2 + 1): 1,  # b1: 10 s watched at 30 s, before the search
        ("b", 4): 1,  # b2: the page type is written twice, once without a value
    }
    sums = {
        (group.arm, variable.name): int(statistics.moments.sums[row, place]) * variable.unit
        for row, group in enumerate(statistics.moments.groups)
        for place, variable in enumerate(statistics.moments.variables)
    }
    assert sums["a", "revenue"] == pytest.approx(10.0)
    assert sums["b", "revenue"] == pytest.approx(2.75)
    assert (sums["a", "items"], sums["b", "items"]) == (2, 6)


@pytest.mark.parametrize(
    ("kind", "said", "hint"),
    [
        ("map {'page_type': 'pdp'}", "MAP(VARCHAR, VARCHAR)", "event_params['page_type']"),
        ("'{}'", "VARCHAR", "json_extract_string(event_params, '$.page_type')"),
        ("[{'key': 'a', 'value': 'b'}]", "not a list of structs", "columns: {event_params"),
        (
            "[{'key': 'a', 'value': {'string_value': 'b'}}]",
            "without int_value of a value",
            "NULL where they are not used",
        ),
    ],
)
def test_a_column_that_holds_no_such_parameters_is_refused_with_what_to_write(
    tmp_path: Path, kind: str, said: str, hint: str
) -> None:
    with duckdb.connect() as connection:
        connection.sql(
            "select 'x' as user_pseudo_id, 1772445600000000 as event_timestamp, "
            f"'experiment_impression' as event_name, 'kim' as creator, {kind} as event_params"
        ).write_parquet(str(tmp_path / "events.parquet"))
    (tmp_path / "ga4.yaml").write_text(DEFINITION, encoding="utf-8")
    with pytest.raises(DataError) as refusal:
        collect(load_experiment(tmp_path / "ga4.yaml"))
    assert said in str(refusal.value)
    assert hint in str(refusal.value)
    assert "ga4.yaml:" in str(refusal.value)


def test_a_column_that_is_not_there_is_named_with_the_line_to_write(tmp_path: Path) -> None:
    write_with_polars(tmp_path / "events.parquet", "params")
    (tmp_path / "ga4.yaml").write_text(DEFINITION, encoding="utf-8")
    with pytest.raises(DataError) as refusal:
        collect(load_experiment(tmp_path / "ga4.yaml"))
    assert "there is no column 'event_params'" in str(refusal.value)
    assert "`columns: {event_params: params}`" in str(refusal.value)
