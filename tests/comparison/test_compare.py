"""compare(frame): the numbers of its file, and nothing of ours left behind."""

import math
import tempfile
from pathlib import Path
from statistics import fmean, variance

import polars
import pytest

from pathlift import DataError, Result, compare

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def frame() -> polars.DataFrame:
    """300 units an arm; spend of the month before goes with spend."""
    numbers = range(600)
    return polars.DataFrame(
        {
            "id": list(numbers),
            "arm": ["B" if n % 2 else "A" for n in numbers],
            "bought": [n % 7 == 0 or n % 10 == 1 for n in numbers],
            "spend": [(n * 37 % 101) / 4 for n in numbers],
            "orders": [n % 3 for n in numbers],
            "prior": [(n * 37 % 101) / 5 + n % 4 for n in numbers],
        }
    )


def asked(data: polars.DataFrame | polars.LazyFrame | Path) -> Result:
    return compare(
        data,
        arm="arm",
        control="A",
        proportion="bought",
        mean="spend",
        ratio="spend/orders",
        covariate="prior",
        unit="id",
    )


def test_a_frame_gives_what_its_file_gives(frame: polars.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "frame.parquet"
    frame.write_parquet(path)
    of_file = asked(path)
    assert asked(frame).estimates == of_file.estimates
    assert asked(frame.lazy()).checks == of_file.checks


def test_two_runs_of_a_frame_are_alike_and_leave_nothing(
    frame: polars.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    first, second = asked(frame), asked(frame)
    assert list(tmp_path.iterdir()) == []
    assert str(tmp_path) not in first.model_dump_json()
    assert first.provenance.sql_hash == second.provenance.sql_hash
    assert first.data == second.data
    assert first.experiment == second.experiment


def test_the_numbers_are_those_of_the_frame(frame: polars.DataFrame) -> None:
    """Means and Welch's standard error from Python's statistics, without a covariate."""
    result = compare(frame, arm="arm", control="A", mean="spend")
    control, arm = (
        frame.filter(polars.col("arm") == name)["spend"].to_list() for name in ("A", "B")
    )
    [estimate] = result.estimates
    difference = fmean(arm) - fmean(control)
    error = math.sqrt(variance(arm) / len(arm) + variance(control) / len(control))
    assert estimate.absolute is not None
    # sums of 300 doubles carry 13 digits or more
    assert estimate.absolute.estimate == pytest.approx(difference, rel=1e-10)
    assert estimate.standard_error == pytest.approx(error, rel=1e-10)


def test_arms_may_be_numbers_or_booleans(frame: polars.DataFrame) -> None:
    numbered = frame.with_columns(arm=polars.col("arm") == "B")
    result = compare(numbered, arm="arm", control=False, proportion="bought")
    assert [(one.arm, one.control) for one in result.arms] == [("false", True), ("true", False)]
    counted = frame.with_columns(arm=(polars.col("arm") == "B").cast(polars.Int8))
    assert compare(counted, arm="arm", control=0, proportion="bought").arms[0].arm == "0"


def test_the_first_proportion_decides_and_ratios_bring_their_parts(
    frame: polars.DataFrame,
) -> None:
    roles = {one.metric: one.role for one in asked(frame).estimates}
    assert roles == {
        "bought": "primary",
        "spend": "secondary",
        "orders": "secondary",
        "spend_per_orders": "secondary",
    }


def test_a_unit_that_stands_there_twice_is_refused(frame: polars.DataFrame) -> None:
    with pytest.raises(DataError, match="id"):
        asked(polars.concat([frame, frame.head(1)]))


def test_rows_without_an_arm_are_refused(frame: polars.DataFrame) -> None:
    holes = frame.with_columns(
        arm=polars.when(polars.col("id") > 5).then(polars.col("arm")).otherwise(None)
    )
    with pytest.raises(DataError, match="6 rows have no arm"):
        asked(holes)


def test_a_glob_is_read_and_is_no_name(frame: polars.DataFrame, tmp_path: Path) -> None:
    for part in range(2):
        frame.slice(part * 300, 300).write_parquet(tmp_path / f"part-{part}.parquet")
    result = asked(tmp_path / "*.parquet")
    assert result.estimates[0].absolute == asked(frame).estimates[0].absolute
    assert (result.experiment.name, result.experiment.file) == ("comparison", "")
    assert asked(tmp_path / "part-*.parquet".replace("-", "[-]")).experiment.name == "part_-"


def test_a_folder_and_a_frame_of_another_kind_are_told_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is a folder"):
        asked(tmp_path)
    with pytest.raises(TypeError, match=r"not list; polars\.DataFrame\(data\) makes one"):
        asked([{"arm": "A"}])  # type: ignore[arg-type]
