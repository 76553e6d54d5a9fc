"""The whole table in its quick form: every row holds, negative controls included."""

import time

import pytest

from pathlift.calibration.running import calibrate
from pathlift.calibration.table import TABLE


def test_every_row_of_the_methods_is_there_or_says_why() -> None:
    ids = [row.id for row in TABLE]
    assert ids == [*(f"K{number}" for number in range(1, 29)), "P1"]
    for row in TABLE:
        assert row.claims or row.not_there, row.id
    controls = {
        row.id for row in TABLE for claim in row.claims if getattr(claim, "must_fail", False)
    }
    assert {"K10", "K15"} <= controls  # the negative controls of methods 7


@pytest.mark.slow
def test_the_quick_form_holds_in_less_than_a_minute_of_computing() -> None:
    begin = time.process_time()
    found = calibrate(TABLE, table=TABLE, seed=1, quick=True)
    spent = time.process_time() - begin
    assert found.complete
    assert found.failed == (), found.sentence
    assert {row.id for row in found.rows if row.verdict == "not_run"} == {
        "K22",
        "K25",
        "K27",
        "P1",
    }
    assert spent < 60
