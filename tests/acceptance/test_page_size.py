"""The page of a large plain experiment can still be sent by mail."""

from pathlib import Path

import duckdb
from tests.acceptance.conftest import Pathlift

LARGEST = 250 * 1024  # issue 5: three arms, twenty metrics
METRICS = 20

DEFINITION = """\
title: Which of two new pages sells more?
unit: user_id
data: {units: units.parquet, columns: {arm: grp}}
arms: {a: {control: true}, b: {}, c: {}}
covariates: [prior]
metrics:
"""
ROWS = """
select
    'u' || i as user_id,
    ['a', 'b', 'c'][1 + i % 3] as grp,
    (i % 7)::double as prior,
    VALUES
from range(900) as numbers(i)
"""


def test_three_arms_and_twenty_metrics_are_at_most_250_kib(work: Path, pathlift: Pathlift) -> None:
    folder = work / "experiments"
    folder.mkdir()
    columns = (f"((i * {7 + k}) % {11 + k})::double as m_{k}" for k in range(METRICS))
    rows = ROWS.replace("VALUES", ",\n".join(columns))
    duckdb.sql(f"copy ({rows}) to '{folder / 'units.parquet'}' (format parquet)")
    lines = [
        f"  m_{k}: {{kind: mean, column: m_{k}, unit: 1{', role: primary' if k == 0 else ''}}}"
        for k in range(METRICS)
    ]
    (folder / "pages.yaml").write_text(DEFINITION + "\n".join(lines) + "\n")
    assert pathlift("analyze", "pages").code in (0, 2)
    assert pathlift("report", "pages", "-o", "page.html").code == 0
    page = (work / "page.html").read_text(encoding="utf-8")
    assert all(f"itt/m_{k}///c-a" in page for k in range(METRICS))
    assert len(page.encode()) <= LARGEST
