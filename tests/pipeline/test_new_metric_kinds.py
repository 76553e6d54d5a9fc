"""Quantiles and equivalence along the whole road: YAML and rows in, every rendering out."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pathlift.pipeline import analyze
from pathlift.registry.loading import load_experiment
from pathlift.report.html import render_html
from pathlift.report.markdown import render_markdown
from pathlift.report.text import render_text
from pathlift.result.model import Result

pytestmark = pytest.mark.engine

DEFINITION = """
unit: customer
data: {units: customers.parquet}
arms: {grey: {control: true}, green: {}, blue: {}}
metrics:
  bought: {kind: proportion, column: bought, role: primary, equivalence: {absolute: 0.03}}
  seconds_p90: {kind: quantile, q: 0.9, column: seconds, better: lower}
  seconds_p50:
    kind: quantile
    q: 0.5
    column: seconds
    unit: 0.01
    role: guardrail
    better: lower
    margin: {relative: 0.1}
  spend: {kind: mean, column: spend, unit: 0.01, equivalence: {relative: 0.2}}
segments: [country]
"""


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    folder = tmp_path_factory.mktemp("kinds")
    rng = np.random.default_rng(7)
    n = 9_000
    arm = rng.choice(["grey", "green", "blue"], n)
    bought = rng.random(n) < 0.3
    slow = np.where(arm == "blue", 1.15, 1.0)
    pl.DataFrame(
        {
            "customer": [f"c{i}" for i in range(n)],
            "arm": arm,
            "bought": bought,
            "seconds": np.round(slow * rng.lognormal(1, 0.5, n), 2),
            "spend": np.round(bought * rng.gamma(2, 10, n), 2),
            "country": rng.choice(["DE", "FR"], n),
        }
    ).write_parquet(folder / "customers.parquet")
    (folder / "kinds.yaml").write_text(DEFINITION, encoding="utf-8")
    return analyze(load_experiment(folder / "kinds.yaml"))


def test_estimates_say_what_was_declared(result: Result) -> None:
    by_id = {e.id: e for e in result.estimates}
    bought = by_id["itt/bought///green-grey"]
    assert bought.equivalence is not None
    assert (bought.equivalence.low, bought.equivalence.high) == (-0.03, 0.03)
    assert bought.equivalence.alpha == 0.025  # two contrasts share 5%
    assert bought.simultaneous is None
    slow = by_id["itt/seconds_p90///blue-grey"]
    assert slow.conclusion == "worse"
    assert slow.simultaneous is not None
    assert by_id["itt/seconds_p50///green-grey"].conclusion == "non_inferior"
    assert by_id["itt/seconds_p50///blue-grey"].null_value == 0.1
    # the segment of an equivalence is read as any other, as exploratory
    german = by_id["itt/bought//country=DE/green-grey"]
    assert german.equivalence is None
    assert "exploratory" in german.flags
    assert by_id["itt/seconds_p90//country=DE/blue-grey"].not_estimated is None


def test_the_document_reads_back(result: Result) -> None:
    assert Result.model_validate_json(result.model_dump_json()) == result


def test_every_rendering_says_it(result: Result) -> None:
    note = "within −3 pp to +3 pp"
    for rendered in (render_text(result), render_markdown(result), render_html(result)):
        said = " ".join(rendered.split())
        assert note in said
        assert "the same within the distance" in said
        assert "two one-sided tests" in said
        assert "Woodruff" in said


def test_a_quantile_under_clusters_says_why_there_is_none(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    n = 2_000
    creator = rng.integers(0, 40, n)
    pl.DataFrame(
        {
            "customer": [f"c{i}" for i in range(n)],
            "arm": np.where(creator % 2 == 0, "grey", "green"),
            "creator": [f"k{c}" for c in creator],
            "seconds": rng.lognormal(1, 0.5, n),
            "spend": rng.integers(0, 50, n),
        }
    ).write_parquet(tmp_path / "customers.parquet")
    (tmp_path / "grouped.yaml").write_text(
        """
unit: customer
data: {units: customers.parquet}
arms: {grey: {control: true}, green: {}}
cluster: {column: creator, randomised: clusters}
metrics:
  spend: {kind: mean, column: spend, role: primary, equivalence: {absolute: 5}}
  seconds_p90: {kind: quantile, q: 0.9, column: seconds}
""",
        encoding="utf-8",
    )
    by_metric = {e.metric: e for e in analyze(load_experiment(tmp_path / "grouped.yaml")).estimates}
    reason = (by_metric["seconds_p90"].not_estimated or {})["reason"]
    assert "units to be independent" in reason
    # a mean is judged with the clusters' degrees of freedom, at the margins too
    spend = by_metric["spend"]
    assert spend.df is not None
    assert spend.df < 40
    assert spend.equivalence is not None
    assert spend.conclusion == "equivalent"
