"""`pathlift diff` between two looks, two definitions, and a result and itself."""

import json
from pathlib import Path

import pytest
from tests.acceptance.small_data import UNIT_ROWS, UNITS
from tests.cli.conftest import Pathlift

pytestmark = pytest.mark.engine


@pytest.fixture
def registry(work: Path) -> Path:
    import duckdb

    folder = work / "experiments"
    (folder / "data").mkdir(parents=True)
    duckdb.sql(f"copy ({UNIT_ROWS}) to '{folder / 'data' / 'units.parquet'}' (format parquet)")
    (folder / "ab.yaml").write_text(UNITS, encoding="utf-8")
    return folder


def saved(pathlift: Pathlift, name: str, to: str) -> str:
    answer = pathlift("analyze", name, "--format", "json", "--no-save")
    assert answer.code == 0, answer.err
    Path(to).write_text(answer.out, encoding="utf-8")
    return to


def test_a_result_does_not_differ_from_its_repetition(registry: Path, pathlift: Pathlift) -> None:
    first, second = saved(pathlift, "ab", "1.json"), saved(pathlift, "ab", "2.json")
    answer = pathlift("diff", first, second)
    assert answer.code == 0
    assert "no number moved" in answer.out
    document = json.loads(pathlift("diff", first, second, "--format", "json").out)
    assert (document["definition"], document["estimates"], document["checks"]) == ([], [], [])
    assert document["same_data"]
    assert document["same_queries"]


def test_what_changed_is_told_in_every_form(registry: Path, pathlift: Pathlift) -> None:
    import duckdb

    first = saved(pathlift, "ab", "1.json")
    text = UNITS.replace(
        "spend: {kind: mean, column: spend}", "orders: {kind: mean, column: spend}"
    )
    (registry / "ab.yaml").write_text(text, encoding="utf-8")
    more = UNIT_ROWS.replace("range(400)", "range(600)")
    duckdb.sql(f"copy ({more}) to '{registry / 'data' / 'units.parquet'}' (format parquet)")
    second = saved(pathlift, "ab", "2.json")
    document = json.loads(pathlift("diff", first, second, "--format", "json").out)
    assert [each["path"] for each in document["definition"]] == [
        "metrics.orders.kind",
        "metrics.orders.column",
        "metrics.spend.kind",
        "metrics.spend.column",
    ]
    by_id = {each["id"]: each for each in document["estimates"]}
    assert by_id["itt/spend///b-a"]["conclusion_after"] is None
    assert by_id["itt/orders///b-a"]["conclusion_before"] is None
    assert "the data changed (+200 units)" in document["sentence"]
    for form in ("text", "md"):
        said = pathlift("diff", first, second, "--format", form).out.replace("\\", "")
        assert document["sentence"] in said
        for id in by_id:
            assert id in said


def test_names_stand_for_their_latest_results(registry: Path, pathlift: Pathlift) -> None:
    assert pathlift("analyze", "ab").code == 0
    answer = pathlift("diff", "ab", "ab")
    assert answer.code == 0
    assert "no number moved" in answer.out


def test_a_result_that_is_not_there_is_refused(registry: Path, pathlift: Pathlift) -> None:
    answer = pathlift("diff", "ab", "none.json")
    assert answer.code == 1
    assert "Traceback" not in answer.err
