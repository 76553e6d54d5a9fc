"""The ledger of looks: what counts as one, in which order, and what cannot be read."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.report.results import journeys

from pathlift.errors import PathliftError
from pathlift.result.looks import earlier_looks, number_of, read_ledger
from pathlift.result.model import ContrastLook, Result
from pathlift.result.saving import record

ID = "itt/conversion///content-search"


def seen(day: int, *, definition: str = "d", data: str = "") -> Result:
    """A result whose data end at midnight after a day of March."""
    result = journeys()
    looks = result.looks.model_copy(
        update={
            "plan": {"kind": "anytime"},
            "units": {"search": 100 * day, "content": 100 * day},
            "caps": {"revenue": 12.5},
            "contrasts": (ContrastLook(id=ID, units=200 * day, standard_error=1 / day),),
        }
    )
    return result.model_copy(
        update={
            "experiment": result.experiment.model_copy(update={"definition_hash": definition}),
            "data": result.data.model_copy(
                update={
                    "watermark": datetime(2026, 3, day, tzinfo=UTC),
                    "fingerprint": data or f"day {day}",
                }
            ),
            "looks": looks,
        }
    )


def saved(results: Path, *all_: Result) -> list[int]:
    return [int(record(result, results).result.looks.look or 0) for result in all_]


def end(day: int) -> datetime:
    return datetime(2026, 3, day, tzinfo=UTC)


def test_the_same_look_twice_is_one_look(tmp_path: Path) -> None:
    assert saved(tmp_path, seen(5), seen(5), seen(9), seen(5)) == [1, 1, 2, 1]
    ledger = read_ledger(tmp_path, "journeys")
    assert [line["look"] for line in ledger] == [1, 2]
    assert [line["version"] for line in ledger] == [2, 2]
    # a look is not before itself
    assert [look.look for look in earlier_looks(ledger, data="day 5", watermark=end(5))] == []
    assert [look.look for look in earlier_looks(ledger, data="day 9", watermark=end(9))] == [1]


def test_looks_out_of_order_are_put_in_the_order_of_their_data(tmp_path: Path) -> None:
    assert saved(tmp_path, seen(9), seen(20), seen(5)) == [1, 2, 3]
    ledger = read_ledger(tmp_path, "journeys")
    earlier = earlier_looks(ledger, data="day 25", watermark=end(25))
    assert [look.look for look in earlier] == [3, 1, 2]
    assert [look.contrasts[ID].units for look in earlier] == [1000, 1800, 4000]
    assert earlier[0].caps == {"revenue": 12.5}
    assert earlier[0].units == {"search": 500, "content": 500}
    # an older date knows nothing of newer ones
    assert [look.look for look in earlier_looks(ledger, data="x", watermark=end(9))] == [3]


def test_an_edited_definition_takes_no_look_back(tmp_path: Path) -> None:
    saved(tmp_path, seen(5), seen(9), seen(9, definition="edited"))
    ledger = read_ledger(tmp_path, "journeys")
    assert len(ledger) == 3
    earlier = earlier_looks(ledger, data="day 12", watermark=end(12))
    # two ends of data are two looks, the second as it was read last
    assert [(look.look, look.definition) for look in earlier] == [(1, "d"), (3, "edited")]
    number = number_of(ledger, definition="edited", data="day 9", watermark=end(9))
    assert number == 3


def test_data_without_times_are_looks_in_the_order_of_the_ledger() -> None:
    lines = [
        {"look": n, "when": "", "definition": "d", "data": data, "watermark": None, "result": ""}
        for n, data in ((1, "a"), (2, "b"), (3, "c"))
    ]
    assert [look.look for look in earlier_looks(lines, data="d", watermark=None)] == [1, 2, 3]
    assert [look.look for look in earlier_looks(lines, data="b", watermark=None)] == [1]


def test_lines_of_the_first_version_are_looks_that_hold_nothing(tmp_path: Path) -> None:
    line = {
        "look": 1,
        "when": "2026-03-05T10:00:00+00:00",
        "definition": "d",
        "data": "day 4",
        "watermark": "2026-03-05T00:00:00+00:00",
        "result": "r",
    }
    path = tmp_path / "journeys" / "looks.jsonl"
    path.parent.mkdir()
    path.write_text(json.dumps(line) + "\n")
    (earlier,) = earlier_looks(read_ledger(tmp_path, "journeys"), data="x", watermark=end(9))
    assert (earlier.look, earlier.contrasts, earlier.units) == (1, {}, {})
    assert saved(tmp_path, seen(9)) == [2]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 3}, "is of version 3; this version of pathlift reads up to 2"),
        ({"watermark": "yesterday"}, "cannot be read"),
        ({"watermark": "2026-03-05T00:00:00"}, "cannot be read"),
        ({"contrasts": [{"id": ID}]}, "cannot be read"),
        ({"look": True}, "cannot be read"),
    ],
    ids=lambda given: str(given)[:30],
)
def test_an_edited_line_is_refused(tmp_path: Path, change: dict[str, object], said: str) -> None:
    saved(tmp_path, seen(5), seen(9))
    path = tmp_path / "journeys" / "looks.jsonl"
    first, second = path.read_text().splitlines()
    path.write_text(f"{first}\n{json.dumps(json.loads(second) | change)}\n")
    with pytest.raises(PathliftError, match="line 2 of the ledger of looks") as refusal:
        read_ledger(tmp_path, "journeys")
    assert said in str(refusal.value)
