"""Files of days that cannot count are never opened, and the numbers are those of all files."""

import json
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from tests.acceptance import small_data

from pathlift.cli.app import run
from pathlift.outcomes.pruning import day_of, days_needed
from pathlift.registry.loading import load_experiment

pytestmark = pytest.mark.engine

# The period of small_data is 2026-03-02 to 2026-03-08; a window of 3 days and a lookback of 2.
FIRST, LAST = date(2026, 2, 28), date(2026, 3, 11)
SLACK = timedelta(days=3)
LOG = f"""
select * from ({small_data.EVENT_ROWS})
union all by name
-- one row an hour from January to May: the log goes on before and after
select 'u' || i % 400 as user_id, 'search' as event,
    timestamptz '2026-01-01 00:30:00+00' + to_hours(i) as occurred_at, 0 as watch_ms
from range(24 * 150) as hours(i)
"""


def write(
    folder: Path, day: str = "strftime(occurred_at, '%Y-%m-%d') as day", by: str = "day"
) -> Path:
    """A registry whose events lie in folders by day; ``day`` says what a folder tells."""
    (folder / "data").mkdir()
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(
            f"copy ({small_data.EXPOSURE_ROWS}) to '{folder}/data/exposures.parquet'"
        )
        connection.execute(
            f"copy (select *, {day} from ({LOG})) to '{folder}/data/events' "
            f"(format parquet, partition_by ({by}))"
        )
    text = small_data.changed(
        small_data.JOURNEYS,
        {
            "data/events.parquet": "data/events/**/*.parquet",
            "window: 3d\n": "window: 3d\nlookback: {default: 2d}\n",
        },
    )
    (folder / "x.yaml").write_text(text, encoding="utf-8")
    return folder / "x.yaml"


def answer(file: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    code = run(["analyze", str(file), "--no-save", "--format", "json"])
    told = capsys.readouterr()
    assert (code, told.err) == (0, "")
    found: dict[str, object] = json.loads(told.out)
    return found


def events(document: dict[str, object]) -> dict[str, object]:
    data = document["data"]
    assert isinstance(data, dict)
    found: dict[str, object] = data["sources"][1]
    return found


def broken(folder: Path, *days: date) -> None:
    """No file of these days can be read any more."""
    for day in days:
        for file in (folder / "data" / "events" / f"day={day}").iterdir():
            file.write_bytes(b"not Parquet")


def test_what_counts_reaches_from_the_lookback_to_the_end_of_the_longest_window(
    tmp_path: Path,
) -> None:
    assert days_needed(load_experiment(write(tmp_path))) == (FIRST, LAST)


def test_files_of_other_days_are_never_opened_and_the_numbers_stay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path)
    flat = small_data.changed(file.read_text(), {"data/events/**/*.parquet": "all.parquet"})
    with duckdb.connect() as connection:
        connection.execute(f"copy ({LOG}) to '{tmp_path}/all.parquet'")
    (tmp_path / "flat.yaml").write_text(flat, encoding="utf-8")
    whole = answer(tmp_path / "flat.yaml", capsys)
    opened = (FIRST - SLACK, LAST + SLACK)
    nearest = (opened[0] - timedelta(days=1), opened[1] + timedelta(days=1))
    broken(tmp_path, date(2026, 1, 3), nearest[0] - timedelta(days=1))
    broken(tmp_path, date(2026, 5, 3), nearest[1] + timedelta(days=1))
    found = answer(file, capsys)
    for part in ("arms", "estimates", "decision", "incidence", "power"):
        assert found.get(part) == whole.get(part), part
    source = events(found)
    files = source["files"]
    assert isinstance(files, list)
    days = {day_of(one) for one in files}
    assert (min(filter(None, days)), max(filter(None, days))) == nearest
    assert source["opened_days"] == [str(day) for day in nearest]
    assert source["unopened"] == 150 - len(days)
    assert run(["analyze", str(file), "--no-save"]) == 0
    assert "not opened" in capsys.readouterr().out
    assert run(["check", str(file), "--data"]) == 0


def test_a_broken_file_of_a_day_that_counts_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path)
    broken(tmp_path, FIRST)
    assert run(["analyze", str(file), "--no-save"]) == 1
    assert "not a complete Parquet file" in capsys.readouterr().err


@pytest.mark.parametrize(
    "day",
    [
        # the day of arrival: what happened in the period lies in folders of later weeks
        "strftime(occurred_at + interval 9 day, '%Y-%m-%d') as day",
        # no day at all: 2026-01-01 plus a part of a hash
        "strftime(date '2026-01-01' + (hash(user_id) % 150)::int, '%Y-%m-%d') as day",
    ],
)
def test_folders_that_do_not_tell_the_day_of_the_event_prune_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], day: str
) -> None:
    source = events(answer(write(tmp_path, day), capsys))
    assert (source["unopened"], source["opened_days"]) == (0, None)


def test_year_month_and_day_are_a_day(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pieces = ", ".join(f"{piece}(occurred_at) as {piece}" for piece in ("year", "month", "day"))
    source = events(answer(write(tmp_path, pieces, "year, month, day"), capsys))
    assert source["unopened"] == 150 - ((LAST - FIRST).days + 1 + 2 * SLACK.days + 2)


@pytest.mark.parametrize(
    "folders",
    ["day=x", "2026-03-02", "day=2026-02-30", "day=2026-03-02/load=2026-03-03", "year=2026"],
)
def test_folders_that_tell_no_one_day(folders: str) -> None:
    assert day_of(f"/logs/{folders}/a.parquet") is None
