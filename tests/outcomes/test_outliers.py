"""How much hangs on the largest units, against the same sums taken over sorted columns."""

from pathlib import Path

import duckdb
import numpy as np
import pytest

from pathlift.outcomes.collecting import collect
from pathlift.registry.loading import load_experiment
from pathlift.statistics.concentration import Concentration

pytestmark = pytest.mark.engine
DEFINITION = """
unit: shopper
data: {units: units.parquet}
arms: {a: {control: true}, b: {}}
metrics:
  cents: {kind: mean, column: cents, role: primary}
  money: {kind: mean, column: money}
  capped: {kind: mean, column: cents, winsorize: 0.99}
  even: {kind: mean, column: even}
  bought: {kind: proportion, column: bought}
"""
N = 6000


@pytest.fixture(scope="module")
def columns() -> dict[str, np.ndarray]:
    draws = np.random.default_rng(7)
    bought = draws.random(N) < 0.4
    size = np.round(100 * draws.lognormal(3, 2, N)).astype(int) * np.where(
        draws.random(N) < 0.05, -1, 1
    )
    return {
        "arm": np.where(np.arange(N) % 3 == 0, "a", "b"),
        "cents": np.where(bought, size, 0),
        "money": np.where(bought, draws.lognormal(3, 2, N), 0.0),
        "even": draws.integers(1, 4, N),
        "bought": bought.astype(int),
    }


@pytest.fixture(scope="module")
def found(
    columns: dict[str, np.ndarray], tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, str], Concentration]:
    folder = tmp_path_factory.mktemp("outliers")
    (folder / "x.yaml").write_text(DEFINITION, encoding="utf-8")
    with duckdb.connect() as connection:
        connection.execute("create table units (shopper int, arm text, cents int, money double, "
                           "even int, bought int)")  # fmt: skip
        connection.executemany(
            "insert into units values (?, ?, ?, ?, ?, ?)",
            [
                (i, str(columns["arm"][i]), int(columns["cents"][i]), float(columns["money"][i]),
                 int(columns["even"][i]), int(columns["bought"][i]))
                for i in range(0, N)
            ],
        )  # fmt: skip
        connection.execute(f"copy units to '{folder / 'units.parquet'}'")
    return concentrations(folder / "x.yaml")


def concentrations(definition: Path) -> dict[tuple[str, str], Concentration]:
    statistics = collect(load_experiment(definition))
    return {(each.metric, each.arm): each for each in statistics.concentration}


@pytest.mark.parametrize("metric", ["cents", "money", "capped"])
@pytest.mark.parametrize("arm", ["a", "b"])
def test_the_largest_thousandth_is_that_of_the_sorted_column(
    metric: str,
    arm: str,
    columns: dict[str, np.ndarray],
    found: dict[tuple[str, str], Concentration],
) -> None:
    of = found[metric, arm]
    values = columns["cents" if metric == "capped" else metric]
    if metric == "capped":
        positive = np.sort(values[values != 0])
        values = np.minimum(values, positive[int(np.ceil(0.99 * len(positive))) - 1])
    size = np.sort(np.abs(values[columns["arm"] == arm]))[::-1]
    k = int(np.ceil(0.001 * len(size)))
    assert (of.units, of.nonzero, of.top_units) == (len(size), int((size > 0).sum()), k)
    # tolerance: doubles added up in another order
    assert of.largest == pytest.approx(size[0] / size.sum(), rel=1e-12)
    if of.top is None:  # left out only where less than a quarter is sure
        assert size[:k].sum() / size.sum() < 0.25
        assert metric == "capped"
    else:
        assert of.top == pytest.approx(size[:k].sum() / size.sum(), rel=1e-12)


def test_what_cannot_matter_is_not_looked_at(
    found: dict[tuple[str, str], Concentration],
) -> None:
    assert found["even", "a"].top is None
    assert ("bought", "a") not in found


def test_arms_that_are_read_as_one_are_sized_as_one(tmp_path: Path) -> None:
    rows = [("a", 1)] * 50 + [("b", 1)] * 30 + [("b", 30)] + [("c", 2)] * 20
    with duckdb.connect() as connection:
        connection.execute("create table units (shopper int, arm text, cents int)")
        connection.executemany(
            "insert into units values (?, ?, ?)", [(i, *row) for i, row in enumerate(rows)]
        )
        connection.execute(f"copy units to '{tmp_path / 'units.parquet'}'")
    (tmp_path / "x.yaml").write_text(
        "unit: shopper\n"
        "data: {units: units.parquet}\n"
        "arms: {a: {control: true}, b: {}, c: {}}\n"
        "combine: {other: [b, c]}\n"
        "metrics: {cents: {kind: mean, column: cents, role: primary}}\n",
        encoding="utf-8",
    )
    found = concentrations(tmp_path / "x.yaml")
    assert [arm for _, arm in found] == ["a", "other"]
    # 30 of 30 + 30 + 20 * 2 cents, by one of 51 units
    assert (found["cents", "other"].units, found["cents", "other"].largest) == (51, 0.3)
