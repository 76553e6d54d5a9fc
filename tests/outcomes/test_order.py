"""The same rows in another order, in other files, on other threads: the same integers."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from tests.outcomes import logs

from pathlift.outcomes.collecting import collect
from pathlift.outcomes.engine import open_engine
from pathlift.outcomes.sources import files_of
from pathlift.registry.loading import load_experiment
from pathlift.statistics.collected import Statistics
from pathlift.statistics.moments import MomentTable

pytestmark = pytest.mark.engine


def collected(log: logs.Log, folder: Path, *, parts: int, threads: int) -> Statistics:
    folder.mkdir()
    logs.write(log, folder, parts=parts)
    text = logs.DEFINITION.format(
        resolution="1s", counts_as="", crossovers="first_arm", misdelivered="keep"
    )
    if parts > 1:
        text = text.replace("exposures.parquet", "exposures/*.parquet")
        text = text.replace("events.parquet", "events/*.parquet")
    (folder / "random.yaml").write_text(text, encoding="utf-8")
    experiment = load_experiment(folder / "random.yaml")
    with open_engine(files_of([experiment]), threads=threads) as engine:
        return collect(experiment, as_of=date(2026, 3, 9), engine=engine)


def exact(table: MomentTable) -> dict[object, object]:
    """All numbers of the exact variables by group."""
    names = {variable.name for variable in table.variables if variable.exact}
    told: dict[object, object] = {}
    for row, group in enumerate(table.groups):
        told[group] = (
            table.units[row],
            [n for v, n in zip(table.variables, table.sums[row], strict=True) if v.exact],
            [n for p, n in zip(table.pairs, table.products[row], strict=True) if {*p} <= names],
            [n for c, n in zip(table.cubed, table.cubes[row], strict=True) if c in names],
        )
    return told


def binned(found: Statistics) -> dict[object, object]:
    """All counts of the histograms by group and metric."""
    return {
        column: (h.bins.tolist(), h.counts.tolist())
        for column, h in found.histograms.histograms.items()
    }


def test_row_order_files_and_threads_change_no_integer(tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    log = logs.draw(rng, 600)
    shuffled = replace(
        log,
        exposures=[log.exposures[i] for i in rng.permutation(len(log.exposures))],
        events=[log.events[i] for i in rng.permutation(len(log.events))],
    )
    one = collected(log, tmp_path / "one", parts=1, threads=1)
    for name, rows, parts, threads in (
        ("shuffled", shuffled, 1, 1),
        ("parts", log, 5, 1),
        ("threads", shuffled, 3, 2),
    ):
        other = collected(rows, tmp_path / name, parts=parts, threads=threads)
        for table in ("moments", "days", "segments"):
            assert exact(getattr(other, table)) == exact(getattr(one, table)), (name, table)
        assert binned(other) == binned(one), name
        assert other.cells.cells == one.cells.cells
        for column in ("units", "converted", "covariate_sums", "converted_covariate_sums"):
            assert getattr(other.cells, column).tolist() == getattr(one.cells, column).tolist()
        assert other.quality == one.quality
        assert other.rules == one.rules
        assert other.caps == one.caps
        # doubles are added in another order; compensated, so that 12 digits stay
        dwell = [v.name for v in one.moments.variables].index("dwell")
        theirs = other.moments.sums[:, dwell].astype(float)
        assert theirs == pytest.approx(one.moments.sums[:, dwell].astype(float), rel=1e-12)
