"""The draws of the generator: the published algorithm, even, and unrelated to each other."""

from collections.abc import Iterator

import duckdb
import numpy as np
import pytest
from scipy.stats import chi2

from pathlift.places import queries_folder

UNITS = 200_000
# Chance that one of these checks fails on perfect draws; the seed is fixed, so it never flickers.
RARE = 1e-6


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute((queries_folder() / "simulation" / "draws.sql").read_text())
        connection.execute(
            "create table units as select word(mix64(20260302::ubigint), unit + 1) as draws "
            f"from range({UNITS}) as numbers (unit)"
        )
        yield connection


def test_words_are_those_of_splitmix64(engine: duckdb.DuckDBPyConnection) -> None:
    # First five words of seed 1234567, https://rosettacode.org/wiki/Pseudo-random_numbers/Splitmix64
    published = [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]
    rows = engine.execute(
        "select word(1234567::ubigint, k) from unnest([1, 2, 3, 4, 5]) as numbers (k)"
    ).fetchall()
    assert [word for (word,) in rows] == published


def columns(engine: duckdb.DuckDBPyConnection, *numbers: int) -> list[np.ndarray]:
    wanted = ", ".join(f"draw(draws, {k}) as d{k}" for k in numbers)
    found = engine.execute(f"select {wanted} from units").fetchnumpy()
    return [found[f"d{k}"] for k in numbers]


def is_even(counts: np.ndarray) -> bool:
    expected = counts.sum() / counts.size
    statistic = ((counts - expected) ** 2 / expected).sum()
    return bool(chi2.sf(statistic, counts.size - 1) > RARE)


@pytest.mark.parametrize("number", [1, 2, 30, 31, 62, 1000])
def test_a_draw_is_even_over_the_unit_interval(
    engine: duckdb.DuckDBPyConnection, number: int
) -> None:
    (values,) = columns(engine, number)
    assert values.min() > 0
    assert values.max() < 1
    assert is_even(np.histogram(values, bins=1000, range=(0, 1))[0])


@pytest.mark.parametrize(("one", "other"), [(1, 2), (30, 31), (31, 33), (60, 61), (9, 160)])
def test_two_draws_of_a_unit_know_nothing_of_each_other(
    engine: duckdb.DuckDBPyConnection, one: int, other: int
) -> None:
    x, y = columns(engine, one, other)
    pairs = np.histogram2d(x, y, bins=30, range=[[0.0, 1.0], [0.0, 1.0]])[0]
    assert is_even(pairs)


@pytest.mark.parametrize("number", [1, 31])
def test_neighbouring_units_know_nothing_of_each_other(
    engine: duckdb.DuckDBPyConnection, number: int
) -> None:
    (values,) = columns(engine, number)
    pairs = np.histogram2d(values[:-1], values[1:], bins=30, range=((0, 1), (0, 1)))[0]
    assert is_even(pairs)


def test_a_normal_has_mean_0_deviation_1_and_no_skew(engine: duckdb.DuckDBPyConnection) -> None:
    row = engine.execute(
        "select avg(z), avg(z * z), avg(z * z * z), avg(z * z * z * z) "
        "from (select draw_normal(draws, 50) as z from units)"
    ).fetchone()
    # moments 0, 1, 0, 3 with variances 1, 2, 15, 96 of their terms; five Monte-Carlo errors
    for moment, expected, variance in zip(row or (), (0, 1, 0, 3), (1, 2, 15, 96), strict=True):
        assert abs(moment - expected) <= 5 * (variance / UNITS) ** 0.5


def test_another_seed_draws_other_numbers(engine: duckdb.DuckDBPyConnection) -> None:
    row = engine.execute(
        "select count(*) filter (word(mix64(20260303::ubigint), n + 1) in (from units)) "
        "from range(1000) as numbers (n)"
    ).fetchone()
    assert row == (0,)
