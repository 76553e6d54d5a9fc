"""Statistics of whole experiments over rows few enough to count by eye."""

from datetime import date
from pathlib import Path

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from pathlift.inference.estimates import estimate_all
from pathlift.judgement.families import declare_families
from pathlift.outcomes.collecting import collect
from pathlift.registry.loading import load_experiment
from pathlift.statistics.cells import Cell

pytestmark = pytest.mark.engine

JOURNEY = """
title: Which order
unit: shopper
period: {first_day: 2026-03-02, last_day: 2026-03-29}
window: 14d
lookback: {default: 28d}
data: {exposures: exposures.csv, events: events.csv}
arms:
  search: {treatment: search, control: true}
  content: {treatment: content}
stages:
  need: "event = 'search'"
  touchpoint: "event = 'view'"
  trust: "event = 'review'"
outcome: "event = 'purchase'"
metrics:
  conversion: {kind: proportion, role: primary}
  revenue: {kind: mean, sum: amount, where: "event = 'purchase'", unit: 0.01}
"""


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text.strip() + "\n", encoding="utf-8")


def test_two_shoppers_become_two_cells_and_their_cents(tmp_path: Path) -> None:
    write(tmp_path, "one.yaml", JOURNEY)
    write(
        tmp_path,
        "exposures.csv",
        """
shopper,arm,exposed_at
anna,search,2026-03-02 10:00:00
bert,content,2026-03-03 10:00:00
""",
    )
    write(
        tmp_path,
        "events.csv",
        """
shopper,event,occurred_at,amount
anna,search,2026-03-02 10:00:05,
anna,view,2026-03-02 10:00:09,
anna,purchase,2026-03-02 11:00:00,19.99
anna,purchase,2026-03-05 11:00:00,0.01
bert,review,2026-03-04 10:00:00,
bert,purchase,2026-03-17 10:00:00,5.00
""",
    )
    found = collect(load_experiment(tmp_path / "one.yaml"), as_of=date(2026, 4, 30))
    # need 1st, touchpoint 2nd: 16 * 1 + 4 * 2; trust alone: 1. Bert bought after 14 days exactly.
    assert found.cells.counts() == {
        Cell(arm="search", maturity=1, label=24): (1, 1),
        Cell(arm="content", maturity=1, label=1): (1, 0),
    }
    names = [variable.name for variable in found.moments.variables]
    revenue = found.moments.sums[:, names.index("revenue")]
    assert [(g.arm, cents) for g, cents in zip(found.moments.groups, revenue, strict=True)] == [
        ("search", 2000),
        ("content", 0),
    ]


def test_every_statement_that_runs_is_told_and_parses(tmp_path: Path) -> None:
    write(tmp_path, "one.yaml", JOURNEY)
    write(
        tmp_path,
        "exposures.csv",
        "shopper,arm,exposed_at\na,search,2026-03-02 10:00:00\nb,content,2026-03-02 10:00:00",
    )
    write(
        tmp_path, "events.csv", "shopper,event,occurred_at,amount\na,view,2026-03-03 10:00:00,1.5"
    )
    told = collect(load_experiment(tmp_path / "one.yaml"), as_of=date(2026, 4, 30)).sql
    assert {"first_exposures", "unit_facts", "cells", "moments"} <= set(told)
    for statement in told.values():
        assert len(duckdb.extract_statements(statement)) == 1
        assert not list(sqlglot.parse_one(statement, read="duckdb").find_all(exp.Placeholder))


ANY = """
data: {units: units.csv}
arms: {a: {control: true}, b: {}}
metrics:
  spend: {kind: mean, column: spend, unit: 0.01, role: primary}
  visits: {kind: mean, column: visits, unit: 1}
  pages: {kind: mean, column: pages, unit: 1}
  depth: {kind: ratio, numerator: pages, denominator: visits}
"""


@pytest.mark.parametrize(
    ("decision", "crossed"),
    [
        pytest.param("", {("pages", "visits")}, id="one decides: the ratio's parts alone"),
        pytest.param(
            "decision: {success: [spend, depth], need: all}",
            {("pages", "visits")},
            id="all must win: each is tested by itself",
        ),
        pytest.param(
            "decision: {success: [spend, depth], need: any}",
            {("pages", "visits"), ("spend", "pages"), ("spend", "visits")},
            id="any may win: they are corrected together",
        ),
    ],
)
def test_success_metrics_that_are_corrected_together_have_their_products(
    tmp_path: Path, decision: str, crossed: set[tuple[str, str]]
) -> None:
    write(tmp_path, "one.yaml", ANY + decision)
    rows = ["arm,spend,visits,pages"]
    rows += [f"{'ab'[i % 2]},{i * i % 7}.5,{1 + i % 3},{i % 11}" for i in range(60)]
    write(tmp_path, "units.csv", "\n".join(rows))
    experiment = load_experiment(tmp_path / "one.yaml")
    statistics = collect(experiment)
    assert {pair for pair in statistics.moments.pairs if len(set(pair)) == 2} == crossed
    methods = {
        estimate.simultaneous.method
        for estimate in estimate_all(experiment, statistics, declare_families(experiment)).estimates
        if estimate.simultaneous and estimate.simultaneous.members == 2
    }
    assert methods == (
        {"single-step max-|T|, multivariate t, two contrasts in closed form"}
        if "any" in decision
        else set()
    )


@pytest.mark.parametrize(("metrics", "products"), [(20, 190), (21, 0)])
def test_products_of_many_success_metrics_are_not_collected(
    tmp_path: Path, metrics: int, products: int
) -> None:
    names = [f"m{i}" for i in range(metrics)]
    kinds = [f"  {name}: {{kind: mean, column: {name}, unit: 1}}" for name in names]
    kinds[0] = kinds[0].replace("unit: 1", "unit: 1, role: primary")
    text = "data: {units: units.csv}\narms: {a: {control: true}, b: {}}\nmetrics:\n"
    decision = f"decision: {{success: [{', '.join(names)}]}}"
    write(tmp_path, "one.yaml", text + "\n".join(kinds) + "\n" + decision)
    rows = [",".join(["arm", *names])]
    rows += [",".join(["ab"[i % 2], *(str(i * k % 7) for k in range(metrics))]) for i in range(20)]
    write(tmp_path, "units.csv", "\n".join(rows))
    found = collect(load_experiment(tmp_path / "one.yaml")).moments.pairs
    # 20 * 19 / 2 = 190 crossed pairs
    assert sum(len(set(pair)) == 2 for pair in found) == products
