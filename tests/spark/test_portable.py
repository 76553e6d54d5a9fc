"""Every statement that an example or an edge case compiles stays in the portable subset."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from sqlglot import exp
from tests.outcomes.test_cases import CASES, YAML_, run
from tests.spark.examples import TEMPLATES

from pathlift.errors import PathliftError
from pathlift.outcomes.collecting import collect
from pathlift.outcomes.engine import Engine
from pathlift.outcomes.spark.portable import unportable
from pathlift.registry.loading import load_experiment


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[exp.Expr]:
    """Statements of the plan, in the order in which they are told to DuckDB."""
    found: list[exp.Expr] = []
    told = Engine.told

    def kept(self: Engine, statement: exp.Expr) -> str:
        found.append(statement.copy())
        return told(self, statement)

    monkeypatch.setattr(Engine, "told", kept)
    monkeypatch.setattr(Engine, "streams", False)  # the fast road never goes to Spark
    return found


def lint(statements: list[exp.Expr]) -> None:
    assert statements
    wrong = [each for statement in statements for each in unportable(statement)]
    assert not wrong, "\n".join(dict.fromkeys(wrong))


@pytest.mark.engine
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_an_edge_case_compiles_to_the_subset(
    path: Path, tmp_path: Path, compiled: list[exp.Expr]
) -> None:
    case: Any = YAML_.load(path.read_text(encoding="utf-8"))
    try:
        run(case, tmp_path)
    except PathliftError:
        assert "refused" in case["expected"]
    if compiled:  # some are refused by their footers
        lint(compiled)


@pytest.mark.engine
@pytest.mark.parametrize("template", TEMPLATES)
def test_a_worked_example_compiles_to_the_subset(
    template: str, examples: Mapping[str, Path], compiled: list[exp.Expr]
) -> None:
    collect(load_experiment(examples[template]))
    lint(compiled)


# ecosystem.md 1.3: forms that sqlglot translates to other answers, or to what Spark or Sail refuse.
@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("select list(x order by t) from a", "nobody has tried"),
        ("select date_diff('day', a, b) from a", "nobody has tried"),
        ("select hash(x) from a", "nobody has tried hash"),
        ("select percentile_cont(0.5) within group (order by x) from a", "nobody has tried"),
        ("select quantile_cont(x, 0.5) from a", "nobody has tried"),
        ("select cast(7.6 as int) from a", "rounds on one and cuts off on the other"),
        ("select cast(a / nullif(b, 0) as bigint) from a", "rounds on one"),
        ("select epoch(t) from a", "nobody has tried"),
        ("select a / b from a", "divides by what may be 0"),
        ("select a % b from a", "divides by what may be 0"),
        ("select a // 0 from a", "divides by what may be 0"),
        ("select list_position(a, 1) from a", "nobody has tried"),
        ("select histogram(a) from a", "nobody has tried histogram"),
        ("select date_sub('day', a, b) from a", "nobody has tried"),
        ("select a.id from a join b using (id)", "`using` hides"),
        ("select a, count(*) from a group by all", "`group by all`"),
        ("select * exclude (x) from a", "a star that leaves columns out"),
        ("select row_number() over (partition by a) from a", "a window without an order"),
        ("select max(a) over () from a", "a window without an order"),
        ("select a from a qualify row_number() over (order by a) = 1", "nobody has tried Qualify"),
    ],
)
def test_a_trap_is_named(query: str, why: str) -> None:
    found = unportable(sqlglot.parse_one(query, read="duckdb"))
    assert any(why in each for each in found), found


@pytest.mark.parametrize(
    "query",
    [
        "select a / 2, a // 3, a % 4, a / nullif(b, 0) from a",
        "select cast(round(a * 2.5) as bigint), cast(floor(ln(a) / 0.5) as bigint) from a",
        "select count(*) over (partition by a), row_number() over () from a",
        "select sum(x) filter (where y > 0) from a group by z",
    ],
)
def test_what_both_read_alike_passes(query: str) -> None:
    assert unportable(sqlglot.parse_one(query, read="duckdb")) == ()
