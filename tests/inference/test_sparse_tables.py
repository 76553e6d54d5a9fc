"""Tables with small expected counts against exact probabilities and their own draws."""

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np
import pytest
from scipy import stats
from tests.support.experiments import conversion, experiment
from tests.support.looks import counted

from pathlift.errors import NotEstimableError
from pathlift.inference.estimates import estimate_all
from pathlift.inference.omnibus import independence
from pathlift.inference.sparse_tables import DRAWS, sparse_independence
from pathlift.judgement.families import declare_families


def dealt(size: int, columns: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """All ways in which a row of a given size can take from columns."""
    for row in product(*(range(min(size, column) + 1) for column in columns)):
        if sum(row) == size:
            yield row


def tables(
    rows: Sequence[int], columns: Sequence[int]
) -> Iterator[tuple[list[Sequence[int]], float]]:
    """All tables with these margins, and how probable each is."""
    if len(rows) == 1:
        yield [columns], 1.0
        return
    for first in dealt(rows[0], columns):
        rest = [column - taken for column, taken in zip(columns, first, strict=True)]
        p = float(stats.multivariate_hypergeom.pmf(first, columns, rows[0]))
        for others, q in tables(rows[1:], rest):
            yield [first, *others], p * q


def exact_p(table: list[list[int]]) -> float:
    """P that Pearson's statistic is at least this large, over all tables with these margins."""
    observed = float(independence(table).statistic)
    columns = [sum(column) for column in zip(*table, strict=True)]
    return sum(
        p
        for other, p in tables([sum(row) for row in table], columns)
        if float(independence(other).statistic) >= observed * (1 - 1e-9)
    )


@pytest.mark.parametrize(
    "table",
    [
        [[3, 17], [0, 20]],
        [[6, 14], [1, 30]],
        [[4, 3, 1], [0, 2, 6]],
        [[2, 5], [0, 9], [4, 4]],
        [[1, 3, 2], [4, 0, 1], [0, 2, 2]],
        [[5, 1, 0, 1], [1, 1, 2, 3]],
    ],
    ids=str,
)
def test_a_drawn_p_is_that_of_all_tables(table: list[list[int]]) -> None:
    test, words = sparse_independence(table)
    expected = exact_p(table)
    error = (expected * (1 - expected) / DRAWS) ** 0.5
    # four of its own standard errors, and one table that counts the observed one
    assert float(test.p_value) == pytest.approx(expected, abs=4 * error + 1 / DRAWS)
    assert words.startswith("p of 5,000 tables drawn with its margins, since a count of ")
    plain = independence(table)
    assert (float(test.statistic), float(test.df)) == (float(plain.statistic), float(plain.df))


def test_two_by_two_is_near_fishers_test() -> None:
    # ordering tables by Pearson's statistic or by probability is the same here
    test, _ = sparse_independence([[0, 30], [6, 24]])
    fisher = stats.fisher_exact(np.array([[0, 30], [6, 24]])).pvalue
    assert float(test.p_value) == pytest.approx(fisher, abs=4 * (fisher / DRAWS) ** 0.5)


def test_enough_expected_everywhere_is_chi_square() -> None:
    table = [[30, 170], [20, 230]]
    test, words = sparse_independence(table)
    assert words == ""
    assert float(test.p_value) == float(independence(table).p_value)


def test_rows_and_columns_that_are_empty_do_not_matter() -> None:
    test, _ = sparse_independence([[4, 3, 1], [0, 2, 6]])
    padded, _ = sparse_independence([[4, 0, 3, 1], [0, 0, 0, 0], [0, 0, 2, 6]])
    assert float(padded.p_value) == float(test.p_value)
    with pytest.raises(NotEstimableError, match="fewer than two rows or columns"):
        sparse_independence([[4, 0], [3, 0]])


def test_a_billion_units_are_not_drawn_and_say_so() -> None:
    table = [[2, 6 * 10**8], [1, 6 * 10**8]]
    test, words = sparse_independence(table)
    assert float(test.p_value) == float(independence(table).p_value)
    assert words.startswith("approximate, since a count of 1.5 is expected among too many units")


def test_the_level_holds_where_chi_square_breaks_it() -> None:
    """One arm of thirty, one of 3,000, a rate of 1%: chi-square rejects far too often."""
    rng = np.random.default_rng(8)
    runs = 400
    wrong = naive = 0
    for _ in range(runs):
        few, many = rng.binomial(30, 0.01), rng.binomial(3000, 0.01)
        table = [[few, 30 - few], [many, 3000 - many]]
        if few + many == 0:
            continue
        wrong += float(sparse_independence(table)[0].p_value) < 0.01
        naive += float(independence(table).p_value) < 0.01
    # three standard errors of a share of 1% in 400 runs
    assert wrong / runs <= 0.01 + 3 * (0.01 * 0.99 / runs) ** 0.5
    assert naive / runs > 0.02


def test_a_result_says_that_its_p_was_drawn() -> None:
    exp = experiment(("control", "treated", "other"), [conversion()])
    counts = {"control": (3, 400), "treated": (0, 300), "other": (9, 350)}
    [omnibus] = estimate_all(exp, counted(counts), declare_families(exp)).omnibus
    expected, _ = sparse_independence([[3, 0, 9], [397, 300, 341]])
    assert omnibus.p_value == float(expected.p_value)
    assert omnibus.test.startswith("Pearson's chi-square over the arms, p of 5,000 tables drawn")
    enough = {"control": (30, 400), "treated": (20, 300), "other": (45, 350)}
    [plain] = estimate_all(exp, counted(enough), declare_families(exp)).omnibus
    assert plain.test == "Pearson's chi-square over the arms"
