"""Orderings of a real event log, REES46 of 1 October 2019, against an independent count in Polars.

The file has no licence that lets us copy it; without it these tests skip and say so. Its log knows
views, carts and purchases only, and most purchases have no cart: what a stage that is not logged
does to orderings on real data.
"""

import hashlib
from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from pathlift import analyze, load_experiment
from pathlift.result.model import LabelRow, Result

pytestmark = [pytest.mark.real, pytest.mark.engine]

HERE = Path(__file__).parent / "experiments"
DAY = pl.duration(days=1)


@cache
def log_of(folder: Path) -> pl.DataFrame:
    """Rows of the log with each user's first view, at which we expose them, and a coin as arm."""
    table = pl.read_csv(folder / "rees46_events_sample.csv").with_columns(
        at=pl.col("event_time").str.strptime(pl.Datetime("us"), "%Y-%m-%d %H:%M:%S UTC")
    )
    seen = pl.col("at").filter(pl.col("event_type") == "view").min().over("user_id")
    return table.with_columns(
        t0=seen,
        arm=pl.col("user_id").map_elements(
            lambda user: "AB"[int(hashlib.sha256(str(user).encode()).hexdigest(), 16) % 2],
            return_dtype=pl.String,
        ),
    )


@pytest.fixture(scope="module")
def result(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Result:
    folder = tmp_path_factory.mktemp("rees46")
    exposed = log_of(data_folder).filter(pl.col("t0").is_not_null())
    first = exposed.select("user_id", "arm", exposed_at="t0").unique()
    first.write_csv(folder / "exposures.csv")
    definition = folder / "rees46.yaml"
    text = (HERE / "rees46.yaml.txt").read_text(encoding="utf-8")
    log = data_folder / "rees46_events_sample.csv"
    definition.write_text(text.format(exposures=folder / "exposures.csv", log=log), "utf-8")
    return analyze(load_experiment(definition), as_of=date(2019, 10, 2))


def labels(result: Result) -> tuple[LabelRow, ...]:
    assert result.orderings is not None
    return result.orderings.labels


def counted(folder: Path) -> pl.DataFrame:
    """One row per exposed user: purchased, and whether a cart came after exposure and by then.

    Everybody has viewed by exposure, so touchpoint is met at t0; a cart in the same second ties.
    """
    rows = log_of(folder).filter(pl.col("t0").is_not_null(), pl.col("at") < pl.col("t0") + DAY)
    kind, at, t0 = pl.col("event_type"), pl.col("at"), pl.col("t0")
    users = rows.group_by("user_id", "arm", "t0").agg(
        bought=at.filter((kind == "purchase") & (at > t0)).min(),
        cart=at.filter((kind == "cart") & (at >= t0)).min(),
    )
    in_time = pl.col("cart").is_not_null() & (
        pl.col("bought").is_null() | (pl.col("cart") <= pl.col("bought"))
    )
    return users.with_columns(
        ordering=pl.when(~in_time)
        .then(pl.lit("touchpoint"))
        .when(pl.col("cart") == pl.col("t0"))
        .then(pl.lit("need=touchpoint"))
        .otherwise(pl.lit("touchpoint>need"))
    )


def test_every_label_of_the_log_is_that_of_an_independent_count(
    result: Result, data_folder: Path
) -> None:
    users = counted(data_folder)
    expected = Counter(users.select("arm", "ordering").rows())
    bought = users.filter(pl.col("bought").is_not_null())
    converted = Counter(bought.select("arm", "ordering").rows())
    assert {(row.arm, row.ordering): row.units for row in labels(result)} == dict(expected)
    assert {
        (row.arm, row.ordering): row.converted for row in labels(result) if row.converted
    } == dict(converted)


def test_every_purchase_without_a_cart_is_a_partial_label_and_none_is_dropped(
    result: Result, data_folder: Path
) -> None:
    users = counted(data_folder)
    without = users.filter(
        pl.col("bought").is_not_null(), pl.col("ordering") == "touchpoint"
    ).height
    bought = users.filter(pl.col("bought").is_not_null()).height
    partial = sum(row.converted for row in labels(result) if row.kind == "partial")
    assert without > 0  # data/README: purchases without a cart event exist
    assert partial == without
    assert sum(row.converted for row in labels(result)) == bought
    # and every purchase row of the log is somebody's: bought after a first view, or by nobody seen
    rows = log_of(data_folder).filter(pl.col("event_type") == "purchase")
    assert rows.height == 10  # data/README
    unseen = rows.filter(pl.col("t0").is_null() | (pl.col("at") <= pl.col("t0")))
    buyers = rows.join(unseen, on=["user_id", "at"], how="anti")["user_id"].n_unique()
    assert buyers == bought
    assert result.orderings is not None
    told = {row.arm: row for row in result.orderings.completeness}
    assert sum(row.converted for row in told.values()) == bought
    assert sum(row.complete for row in told.values()) == bought - without


def test_exposure_at_the_first_view_makes_orderings_true_by_construction(result: Result) -> None:
    mechanical = next(check for check in result.checks if check.id == "mechanical")
    # everybody was exposed by a view, so all labels begin there
    assert mechanical.figures["shares"] == {"A": 1.0, "B": 1.0}
    assert mechanical.severity == "warn"
    assert result.estimate("itt/conversion///B-A").causal_status == "causal"
    orderings = [e for e in result.estimates if e.estimand in ("incidence", "ordering_share")]
    assert orderings
    assert {e.causal_status for e in orderings} == {"descriptive"}
