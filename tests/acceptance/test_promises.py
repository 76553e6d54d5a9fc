"""What is promised on every result, and what is never done, on one journey experiment's logs.

The definition is the worked example and the logs are simulated; nothing here knows how a number
was computed, only what has to add up.
"""

import json
import shutil
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.acceptance.conftest import Pathlift
from tests.acceptance.small_data import MATURE, estimates, write_registry

pytestmark = pytest.mark.engine

CHECKOUT = Path(__file__).parents[2]
UNITS_PER_ARM = 900
EARLY = "2026-03-26"  # a day when windows of 14 days are open for half of the units

Document = dict[str, Any]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the worked example beside small logs of its own simulation."""
    from pathlift.simulation import scenario, write_logs

    folder = tmp_path_factory.mktemp("promises") / "experiments"
    folder.mkdir()
    shutil.copy(CHECKOUT / "experiments" / "journeys.yaml", folder)
    write_logs(scenario("journeys").sized(UNITS_PER_ARM), folder)
    return folder


@pytest.fixture(scope="module")
def analysed(registry: Path) -> Callable[[str | None], Document]:
    """Analyse it up to a day, once."""
    from pathlift import analyze, load_experiment

    kept: dict[str | None, Document] = {}

    def call(as_of: str | None = None) -> Document:
        if as_of not in kept:
            day = None if as_of is None else date.fromisoformat(as_of)
            result = analyze(load_experiment(registry / "journeys.yaml"), as_of=day)
            kept[as_of] = json.loads(json.dumps(result.to_dict()))
        return kept[as_of]

    return call


@pytest.fixture(params=[None, EARLY], ids=["mature", "interim"])
def document(
    request: pytest.FixtureRequest, analysed: Callable[[str | None], Document]
) -> Document:
    """One result of mature windows, and one of open ones."""
    return analysed(request.param)


def exposed(registry: Path) -> dict[str, tuple[str, datetime]]:
    """Arm and time of the first exposure of every unit, read without pathlift."""
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        rows = connection.execute(
            "select shopper_id, arg_min(arm, first_seen), "
            "min(first_seen)::timestamptz at time zone 'UTC' "
            f"from '{registry}/data/journeys/exposures/*.parquet' group by shopper_id"
        ).fetchall()
    return {unit: (arm, at) for unit, arm, at in rows}


def test_labels_hold_every_mature_unit_of_an_arm_once(document: Document) -> None:
    for arm in document["arms"]:
        rows = [r for r in document["orderings"]["labels"] if r["arm"] == arm["arm"]]
        assert sum(row["units"] for row in rows) == arm["matured_units"]
        assert len({row["ordering"] for row in rows}) == len(rows)
        conversions = {c["arm"]: c["converted"] for c in document["orderings"]["completeness"]}
        assert sum(row["converted"] for row in rows) == conversions[arm["arm"]]


STRICT = {
    f"{a}>{b}>{c}"
    for a in ("need", "touchpoint", "trust")
    for b in ("need", "touchpoint", "trust")
    for c in ("need", "touchpoint", "trust")
    if len({a, b, c}) == 3
}


def share(document: Document, part: Mapping[str, Any], side: str) -> float:
    """Return a value of an incidence or ordering share; of a failed contrast, as counted."""
    value: float | None = part[f"{side}_value"]
    if value is not None:
        return value
    counted = "converted" if part["estimand"] == "incidence" else "units"
    rows = [
        row
        for row in document["orderings"]["labels"]
        if row["arm"] == part[side]
        and (row["ordering"] if row["ordering"] in STRICT else "other") == part["ordering"]
    ]
    return float(sum(row[counted] for row in rows) / part[f"{side}_units"])


@pytest.mark.parametrize("estimand", ["incidence", "ordering_share"])
def test_orderings_add_up_to_the_whole(document: Document, estimand: str) -> None:
    """Incidences to the effect on conversion, ordering shares to nothing: all units took one."""
    for whole in estimates(document, "itt"):
        if whole["metric"] != "conversion":
            continue
        parts = [e for e in estimates(document, estimand) if e["arm"] == whole["arm"]]
        assert {part["ordering"] for part in parts} == {*STRICT, "other"}
        assert len(parts) == 7
        effects = {"arm": 1.0, "control": 1.0}
        if estimand == "incidence":
            effects = {side: whole[f"{side}_value"] for side in effects}
        for side, expected in effects.items():
            added = sum(share(document, part, side) for part in parts)
            assert added == pytest.approx(expected, abs=1e-12)  # rounding of seven sums
            same = {part[f"{side}_units"] for part in parts}
            assert same == {whole[f"{side}_units"]}, "the same units on both sides"
        for part in parts:
            if part["absolute"] is not None:
                difference = share(document, part, "arm") - share(document, part, "control")
                assert part["absolute"]["estimate"] == pytest.approx(difference, abs=1e-12)


def test_open_windows_are_counted_in_where_there_are_any(document: Document) -> None:
    """Every unit is in the denominator, orderings add up, and the assumption is said."""
    found = [e for e in document["estimates"] if e["estimand"] == "cumulative_incidence"]
    assert bool(found) == (document["data"]["matured_units"] < document["data"]["units"])
    units = {arm["arm"]: arm["units"] for arm in document["arms"]}
    for whole in (e for e in found if e["ordering"] is None):
        parts = [e for e in found if e["ordering"] and e["arm"] == whole["arm"]]
        assert {part["ordering"] for part in parts} == {*STRICT, "other"}
        assert (whole["arm_units"], whole["control_units"]) == (
            units[whole["arm"]],
            units["search"],
        )
        for side in ("arm_value", "control_value"):
            known = [part[side] for part in parts if part[side] is not None]
            # an ordering that nobody took is refused; its share is 0
            assert sum(known) == pytest.approx(whole[side], abs=1e-12)
        for part in (whole, *parts):
            assert part["causal_status"] in ("causal_if", "invalid")
            assert part["assumptions"] == ["exposure date unrelated to outcome"]


def test_first_steps_are_those_of_the_labels(document: Document) -> None:
    for estimate in estimates(document, "first_step"):
        for side in ("arm", "control"):
            if estimate[f"{side}_value"] is None or estimate["adjustment"]["covariates"]:
                continue
            counted = sum(
                row["units"]
                for row in document["orderings"]["labels"]
                if row["arm"] == estimate[side]
                and (row["ordering"].split(">")[0] or "none") == estimate["ordering"]
            )
            share_ = counted / estimate[f"{side}_units"]
            assert estimate[f"{side}_value"] == pytest.approx(share_, abs=1e-15)


def test_adherence_is_that_of_the_labels(document: Document) -> None:
    labels = {(r["arm"], r["ordering"]): r["units"] for r in document["orderings"]["labels"]}
    rows = document["orderings"]["adherence"]
    for row in (r for r in rows if r["baseline_state"] is None):
        assert row["followed"] == labels.get((row["arm"], row["ordering"]), 0)
        states = [r for r in rows if r["arm"] == row["arm"] and r["baseline_state"]]
        assert len(states) == 8
        for key in ("units", "followed", "followed_with_held"):
            assert sum(state[key] for state in states) == row[key]
        assert {r["causal_status"] for r in (row, *states)} == {"descriptive"}


def test_the_levels_of_a_segment_hold_every_unit_once(document: Document) -> None:
    for whole in estimates(document, "itt"):
        levels: dict[str, list[Mapping[str, Any]]] = {}
        for part in document["estimates"]:
            same = all(part[k] == whole[k] for k in ("estimand", "metric", "arm", "control"))
            if same and part["segment"]:
                levels.setdefault(next(iter(part["segment"])), []).append(part)
        states = {"baseline_state"} if whole["metric"] == "conversion" else set()
        assert set(levels) == {"country", "platform", *states}
        for parts in levels.values():
            for side in ("arm_units", "control_units"):
                assert sum(part[side] for part in parts) == whole[side], whole["id"]


def test_arms_hold_every_exposed_unit_once_and_in_its_first_arm(
    document: Document, registry: Path
) -> None:
    watermark = datetime.fromisoformat(document["data"]["watermark"]).replace(tzinfo=None)
    first = exposed(registry)
    last = datetime(2026, 3, 30)  # noqa: DTZ001 - UTC, as the times of `exposed`
    for arm in document["arms"]:
        mine = [
            at for name, at in first.values() if name == arm["arm"] and at < min(watermark, last)
        ]
        assert arm["units"] == len(mine)


def test_an_open_window_is_not_a_missing_conversion(
    analysed: Callable[[str | None], Document], registry: Path
) -> None:
    document = analysed(EARLY)
    watermark = datetime(2026, 3, 27)  # noqa: DTZ001 - UTC, midnight after the last day read
    window = {"conversion": timedelta(days=14), "refunds": timedelta(days=44)}
    first = exposed(registry)
    assert document["data"]["interim"]
    for estimate in estimates(document, "itt"):
        wait = window.get(estimate["metric"], timedelta(days=14))
        for side in ("arm", "control"):
            mature = sum(
                name == estimate[side] and at + wait <= watermark for name, at in first.values()
            )
            assert estimate[f"{side}_units"] == mature, estimate["id"]
    assert 0 < document["data"]["matured_units"] < document["data"]["units"]
    assert document["decision"]["verdict"] == "keep_running"


@pytest.mark.parametrize("as_of", [None, EARLY], ids=["mature", "interim"])
def test_conversions_and_orders_are_those_of_a_plain_query(
    as_of: str | None, analysed: Callable[[str | None], Document], registry: Path
) -> None:
    """A bare join of first exposures with purchases after them and within 14 days, by arm."""
    document = analysed(as_of)
    logs = registry / "data" / "journeys"
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        rows = connection.execute(
            f"""
            with first_exposure as (
                select shopper_id, arg_min(arm, first_seen) as arm, min(first_seen) as t0
                from '{logs}/exposures/*.parquet'
                where first_seen < $watermark::timestamptz
                group by shopper_id
            ),
            mature as (
                select * from first_exposure where t0 + interval 14 days <= $watermark::timestamptz
            )
            select
                arm,
                count(distinct mature.shopper_id) as units,
                count(distinct mature.shopper_id) filter (where event_id is not null) as converted,
                count(distinct event_id) as orders
            from mature
            left join '{logs}/events/**/*.parquet' as events
                on events.shopper_id = mature.shopper_id
                and events.event = 'purchase'
                and events.occurred_at > t0
                and events.occurred_at < t0 + interval 14 days
                and events.occurred_at < $watermark::timestamptz
            group by arm
            """,
            {"watermark": document["data"]["watermark"]},
        ).fetchall()
    assert len(rows) == 3
    completeness = {c["arm"]: c["converted"] for c in document["orderings"]["completeness"]}
    unadjusted = {
        (reading["arm"], reading["control"]): reading
        for reading in document["sensitivity"]
        if reading["metric"] == "orders" and reading["reading"] == "unadjusted"
    }
    matured = {arm["arm"]: arm["matured_units"] for arm in document["arms"]}
    for arm, units, converted, orders in rows:
        assert (matured[arm], completeness[arm]) == (units, converted)
        for (treated, control), reading in unadjusted.items():
            for name, side in ((treated, "arm_value"), (control, "control_value")):
                if name == arm:
                    # one division of the same integers, and the rounding of centring
                    assert reading[side] == pytest.approx(orders / units, rel=1e-12)
    assert len(unadjusted) == 2


def test_a_metric_whose_windows_are_all_open_is_not_estimated(
    analysed: Callable[[str | None], Document],
) -> None:
    for estimate in estimates(analysed(EARLY), "itt"):
        if estimate["metric"] == "refunds":  # 44 days, and 25 have passed
            assert "at least two mature units" in estimate["not_estimated"]["reason"]
            assert estimate["arm_value"] is estimate["control_value"] is None


def test_a_failed_estimate_is_neither_zero_nor_a_p_of_one_nor_left_out(document: Document) -> None:
    assert len({estimate["id"] for estimate in document["estimates"]}) == len(document["estimates"])
    declared = {"conversion", "revenue", "orders", "order_value", "refunds"}
    assert {e["metric"] for e in estimates(document, "itt")} == declared
    for estimate in document["estimates"]:
        if estimate["not_estimated"] is None:
            continue
        assert estimate["not_estimated"]["reason"]
        assert estimate["conclusion"] == "not_estimated"
        for key in ("absolute", "relative", "p_value", "statistic", "simultaneous"):
            assert estimate[key] is None, (estimate["id"], key)
    for test in document["omnibus"]:
        assert (test["p_value"] is None) == (test["not_estimated"] is not None)


def test_every_number_has_its_method_denominator_and_status(document: Document) -> None:
    for estimate in document["estimates"]:
        if estimate["not_estimated"] is not None:
            continue
        assert estimate["method"] not in ("", "none"), estimate["id"]
        assert estimate["arm_units"] > 1, estimate["id"]
        assert estimate["control_units"] > 1, estimate["id"]
        assert estimate["causal_status"] in ("causal", "causal_if", "descriptive", "invalid")
        assert estimate["arm_value"] - estimate["control_value"] == pytest.approx(
            estimate["absolute"]["estimate"], abs=1e-12
        ), estimate["id"]
        if estimate["simultaneous"] is not None:
            assert estimate["simultaneous"]["family"], estimate["id"]
            assert estimate["simultaneous"]["members"] > 1, estimate["id"]
    for reading in document["sensitivity"]:
        assert reading["method"], reading["of"]


def test_interval_and_p_agree(document: Document) -> None:
    """The interval leaves out the null exactly where p is below alpha; on guardrails one end."""
    for estimate in document["estimates"]:
        if estimate["not_estimated"] is not None or estimate["null_scale"] != "absolute":
            continue
        low, high = estimate["absolute"]["low"], estimate["absolute"]["high"]
        null = estimate["null_value"]
        if estimate["role"] != "guardrail" or estimate["estimand"] != "itt":
            beyond = not low <= null <= high
        else:
            beyond = high < null if estimate["better"] == "lower" else low > null
        assert beyond == (estimate["p_value"] < estimate["alpha"]), estimate["id"]
        family = estimate["simultaneous"]
        if family and family["absolute"]:
            low, high = family["absolute"]["low"], family["absolute"]["high"]
            assert (not low <= null <= high) == (family["p_adjusted"] < estimate["alpha"])


def test_conversion_given_the_ordering_is_never_causal(document: Document) -> None:
    for estimate in document["estimates"]:
        if estimate["estimand"] == "association":
            assert estimate["causal_status"] == "descriptive"
        if estimate["segment"] is not None:
            assert "exploratory" in estimate["flags"], estimate["id"]


@pytest.mark.parametrize(
    "as_of",
    [
        pytest.param(MATURE, id="to-a-day"),
        pytest.param((), id="to-the-end"),
    ],
)
def test_two_runs_write_the_same_bytes_but_for_the_clock(
    as_of: tuple[str, ...], work: Path, pathlift: Pathlift
) -> None:
    write_registry(work, "journeys", {}, {})
    runs = []
    for folder in ("one", "two"):
        answer = pathlift("analyze", "x", "--format", "json", "--results", folder, "-q", *as_of)
        assert (answer.code, answer.err) == (0, "")
        assert (work / folder / "x" / "latest.json").read_text(encoding="utf-8") == answer.out
        document = json.loads(answer.out)
        for key in ("started", "seconds"):
            del document["provenance"][key]
        runs.append(json.dumps(document))
    assert runs[0] == runs[1]


def test_no_save_writes_nothing_and_says_so(work: Path, pathlift: Pathlift) -> None:
    write_registry(work, "units", {}, {})
    before = {path for path in work.rglob("*") if path.is_file()}
    answer = pathlift("analyze", "x", "--no-save", "--format", "json", "-q")
    assert json.loads(answer.out)["looks"]["look"] == "unrecorded"
    assert {path for path in work.rglob("*") if path.is_file()} == before
