"""What the table of power says where something is known, where nothing is, and of what is left."""

import pytest
from tests.report.results import journeys

from pathlift import compare
from pathlift.report.power import power_table
from pathlift.report.text import render_text
from pathlift.result.model import Power

polars = pytest.importorskip("polars")


def rows(**changes: object) -> tuple[tuple[str, ...], ...]:
    power = Power(primary="conversion", units=60_000, **changes)
    table = power_table(journeys().model_copy(update={"power": power}))
    assert table is not None
    return table.rows


def test_a_small_difference_keeps_two_digits() -> None:
    # 0.000031 is 0.0031 percentage points; three decimals said 0.003 and, of a tenth of it, 0.000
    assert rows(mde={"content-search": 3.1e-6}) == (("content vs search", "0.00031 pp"),)


@pytest.mark.engine
def test_without_variance_nothing_is_said_to_be_found() -> None:
    frame = polars.DataFrame({"arm": ["a", "b"] * 50, "converted": [0] * 100})
    result = compare(frame, arm="arm", control="a", proportion="converted")
    assert result.power.mde == {}
    assert set(result.power.not_estimated) == {"b-a"}
    assert result.power.critical_value is None
    table = power_table(result)
    assert table is not None
    assert table.rows[0][1].startswith("not estimated: no unit of either arm differs")
    assert "with 80% power this design finds" not in render_text(result)


def test_what_is_left_of_the_plan_is_said_beside() -> None:
    def about(**changes: object) -> str:
        power = journeys().power.model_copy(update=changes)
        table = power_table(journeys().model_copy(update={"power": power}))
        assert table is not None
        return table.about

    assert "Left" not in about(units_left=0, days_left=0)
    told = about(planned_units=90_000, units_left=30_000, days_left=1)
    assert told.endswith("Planned: 90,000 units. Left: 30,000 units, 1 day.")
