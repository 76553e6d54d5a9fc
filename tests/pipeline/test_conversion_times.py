"""When units converted, from a log and from a table: against plain loops over the same rows."""

from datetime import date
from pathlib import Path

import duckdb
import pytest
from tests.report.page import read_page

from pathlift import analyze, load_experiment
from pathlift.report.html import render_html
from pathlift.report.markdown import render_markdown
from pathlift.report.numbers import number
from pathlift.report.text import render_text
from pathlift.result.model import Result

pytestmark = pytest.mark.engine

SETTINGS = """\
unit: user_id
period: {first_day: 2026-03-02, last_day: 2026-03-08}
window: 3d
arms:
  search: {control: true}
  content: {}
"""
LOG = f"""{SETTINGS}
data: {{exposures: exposures.parquet, events: events.parquet}}
outcome: "event = 'purchase'"
metrics:
  conversion: {{kind: proportion, role: primary}}
"""
TABLE = f"""{SETTINGS}
data: {{units: units.parquet}}
outcome: bought_at
metrics:
  conversion: {{kind: proportion, role: primary}}
"""
START = "timestamptz '2026-03-02 08:00:00+00'"
# One unit every 10 minutes; of them every third buys, after 1 to 97 hours: some after the window.
UNITS = f"""
select 'u' || i as user_id, ['search', 'content'][1 + i % 2] as arm,
       {START} + to_seconds(600 * i) as exposed_at,
       case when i % 3 = 0
            then {START} + to_seconds(600 * i) + to_hours(1 + (i * 7 + (i % 2) * 20) % 97) end
         as bought_at
from range(600) as numbers(i)
"""
HOURS = 6
BINS = 12  # of three days


def result_of(folder: Path, definition: str, *, as_of: date | None = None) -> Result:
    made = duckdb.connect()
    made.sql(f"copy ({UNITS}) to '{folder}/units.parquet' (format parquet)")
    made.sql(
        f"copy (select user_id, arm, exposed_at from '{folder}/units.parquet') "
        f"to '{folder}/exposures.parquet' (format parquet)"
    )
    made.sql(
        f"copy (select user_id, 'purchase' as event, bought_at as occurred_at "
        f"from '{folder}/units.parquet' where bought_at is not null) "
        f"to '{folder}/events.parquet' (format parquet)"
    )
    (folder / "x.yaml").write_text(definition, encoding="utf-8")
    return analyze(load_experiment(folder / "x.yaml"), as_of=as_of)


def by_loops() -> dict[str, list[int]]:
    """First purchases by arm and bin of six hours, of all units."""
    found = {"search": [0] * BINS, "content": [0] * BINS}
    for i in range(600):
        hours = 1 + (i * 7 + (i % 2) * 20) % 97
        if i % 3 == 0 and hours < HOURS * BINS:
            found[("search", "content")[i % 2]][hours // HOURS] += 1
    return found


@pytest.mark.parametrize("definition", [LOG, TABLE], ids=["log", "table"])
def test_conversions_fall_into_the_bins_of_plain_loops(tmp_path: Path, definition: str) -> None:
    times = result_of(tmp_path, definition, as_of=date(2026, 3, 20)).conversion_times
    assert times is not None
    assert (times.bin_hours, times.bins, times.complete) == (HOURS, BINS, True)
    assert {arm.arm: list(arm.converted) for arm in times.arms} == by_loops()
    assert {arm.arm: arm.units for arm in times.arms} == {"search": 300, "content": 300}
    assert times.causal_status == "descriptive"


def test_while_windows_are_open_each_unit_counts_for_as_long_as_it_was_followed(
    tmp_path: Path,
) -> None:
    times = result_of(tmp_path, LOG, as_of=date(2026, 3, 6)).conversion_times
    assert times is not None
    assert not times.complete
    search = times.arms[0]
    assert search.at_risk[-1] < search.at_risk[0] - sum(search.converted)
    assert times.assumptions == ("exposure date unrelated to outcome",)


def test_every_rendering_says_the_numbers_of_the_document(tmp_path: Path) -> None:
    result = result_of(tmp_path, LOG, as_of=date(2026, 3, 20))
    times = result.conversion_times
    assert times is not None
    page = read_page(render_html(result))
    (section,) = [s for s in page.all("section") if s.attributes["id"] == "conversion_times"]
    cells = [[cell.text for cell in row.all("td")] for row in section.one("tbody").all("tr")]
    (picture,) = section.all("svg")
    text, markdown = render_text(result), render_markdown(result)
    for place in range(BINS):
        for column, arm in enumerate(times.arms):
            shown = cells[place][column].partition(" (")[0]
            decimals = len(shown.rstrip("%").partition(".")[2])
            assert shown == number(arm.cumulative[place].estimate, "share", decimals)
            assert cells[place][column] in text
            assert cells[place][column] in markdown
    # the twin of the picture in words has both arms at every time
    assert picture.attributes["aria-label"].count("hours") == 2 * BINS


def test_a_long_window_is_shown_at_some_of_its_days_and_says_so(tmp_path: Path) -> None:
    definition = LOG.replace("window: 3d", "window: 40d")
    result = result_of(tmp_path, definition, as_of=date(2026, 5, 20))
    assert result.conversion_times is not None
    assert result.conversion_times.bins == 40
    text = render_text(result)
    shown = [day for day in range(1, 41) if f"\nday {day} " in text]
    assert shown == [*range(1, 41, 3)]
    assert "14 of 40 times are shown" in text
