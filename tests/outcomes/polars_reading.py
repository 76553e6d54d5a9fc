"""The rules of design 4, read a third time: whole columns at once, in Polars.

Shares no code with the SQL or with the plain Python beside it, and goes another way: stages are
rows that are ranked, not columns that are compared.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import polars as pl

HOUR = 3_600_000_000
WINDOW = 6 * HOUR
LENGTHS = (7 * HOUR, 21 * HOUR, 23 * HOUR)  # window and lag of each metric, with 1 h of ingestion
LOOKBACK = {"need": 12 * HOUR, "touchpoint": 12 * HOUR, "trust": 30 * HOUR}
WEIGHT = {"need": 16, "touchpoint": 4, "trust": 1}
BIT = {"need": 1, "touchpoint": 2, "trust": 4}
RECEIVED = {"a": "x", "b": "y"}
# midnights of 7 and 10 March 2026 in New York, whose clocks change between them
START = int(datetime(2026, 3, 7, 5, tzinfo=UTC).timestamp()) * 1_000_000
STOP = int(datetime(2026, 3, 10, 4, tzinfo=UTC).timestamp()) * 1_000_000
UNKNOWN = 63

EVENT = pl.col("event")
DISTANCE = pl.col("at") - pl.col("t0")
MEETS = {
    "need": EVENT.is_in(["search", "both"]),
    "touchpoint": EVENT.is_in(["view", "both"])
    | ((EVENT == "impression") & (pl.col("visible_ms") >= 1000)),
    "trust": (EVENT == "review") & (pl.col("dwell_ms") >= 3000),
}


def read(
    exposures: Sequence[Mapping[str, Any]],
    events: Sequence[Mapping[str, Any]],
    left_out: Sequence[str],
    *,
    watermark: int,
    resolution: int,
    counts_as: str | None,
    crossovers: str,
    misdelivered: str,
    priority: Sequence[str] = (),
    outages: Sequence[tuple[int, int]] = (),
) -> pl.DataFrame:
    """One row per analysed unit: arm, maturity, label, baseline, conversion, revenue in cents."""
    units = _units(exposures, left_out, watermark, crossovers, misdelivered)
    rows = _once(events, watermark).join(units, on="shopper").with_columns(d=DISTANCE)
    bought = rows.filter((EVENT == "purchase") & (pl.col("d") > 0) & (pl.col("d") < WINDOW))
    paid = bought.group_by("shopper").agg(purchase=pl.col("d").min(), revenue=pl.col("cents").sum())
    first = _stages(rows, 0, WINDOW)
    if counts_as is not None:
        first = pl.concat(
            [
                first.filter(pl.col("stage") != counts_as),
                units.select("shopper", stage=pl.lit(counts_as), d=pl.lit(0, dtype=pl.Int64)),
            ]
        )
    held = pl.concat(
        [_stages(rows, -back, 0).filter(pl.col("stage") == s) for s, back in LOOKBACK.items()]
    )
    baseline = held.group_by("shopper").agg(
        baseline=pl.col("stage").replace_strict(BIT, return_dtype=pl.Int64).sum()
    )
    wide = (
        units.join(paid, on="shopper", how="left")
        .join(baseline, on="shopper", how="left")
        .join(_labels(first, units, paid, resolution, priority), on="shopper", how="left")
        .with_columns(pl.col("label", "baseline", "revenue").fill_null(0))
    )
    hidden = pl.any_horizontal(
        pl.lit(value=False),
        *((pl.col("t0") < stop) & (pl.col("t0") + WINDOW > start) for start, stop in outages),
    )
    return wide.select(
        "shopper",
        "arm",
        maturity=pl.sum_horizontal((pl.col("t0") + n <= watermark).cast(pl.Int64) for n in LENGTHS),
        label=pl.when(hidden).then(UNKNOWN).otherwise(pl.col("label")),
        baseline="baseline",
        conversion=pl.col("purchase").is_not_null().cast(pl.Int64),
        revenue="revenue",
    )


def _units(
    exposures: Sequence[Mapping[str, Any]],
    left_out: Sequence[str],
    watermark: int,
    crossovers: str,
    misdelivered: str,
) -> pl.DataFrame:
    """One row per analysed unit: shopper, arm, t0."""
    rows = pl.DataFrame(exposures, infer_schema_length=None).filter(pl.col("at") < watermark)
    if misdelivered == "exclude":
        wanted = pl.col("arm").replace_strict(RECEIVED, default=None, return_dtype=pl.String)
        rows = rows.filter(wanted.is_null() | wanted.eq_missing(pl.col("received")))
    rows = rows.with_columns(t0=pl.col("at").min().over("shopper"))
    now = pl.col("at") == pl.col("t0")
    units = rows.group_by("shopper").agg(
        t0=pl.col("t0").first(),
        arm=pl.col("arm").filter(now).min(),
        at_once=pl.col("arm").filter(now).n_unique(),
        ever=pl.col("arm").n_unique(),
    )
    kept = units.filter(
        ~pl.col("shopper").is_in(list(left_out)),
        pl.col("t0") >= START,
        pl.col("t0") < STOP,
        pl.col("at_once") == 1,
    )
    if crossovers == "exclude":
        kept = kept.filter(pl.col("ever") == 1)
    return kept.select("shopper", "arm", "t0")


def _once(events: Sequence[Mapping[str, Any]], watermark: int) -> pl.DataFrame:
    """Rows of known units before the watermark, one for each id: that received first."""
    rows = pl.DataFrame(events, infer_schema_length=None).filter(
        pl.col("at") < watermark, pl.col("shopper").is_not_null()
    )
    named = rows.filter(pl.col("id").is_not_null())
    kept = named.sort("got", "at", nulls_last=True).unique(
        ["shopper", "id"], keep="first", maintain_order=True
    )
    return pl.concat([rows.filter(pl.col("id").is_null()), kept])


def _stages(rows: pl.DataFrame, low: int, high: int) -> pl.DataFrame:
    """Columns shopper, stage, d: when each stage was first met from `low` to before `high`."""
    within = rows.filter((pl.col("d") >= low) & (pl.col("d") < high))
    met = [
        within.filter(test).select("shopper", "d", stage=pl.lit(stage))
        for stage, test in MEETS.items()
    ]
    # a creator's rows of one time are added before the sum is looked at; no name is a name
    watched = (
        within.group_by("shopper", "creator", "d")
        .agg(pl.col("watch_ms").sum())
        .sort("d")
        .with_columns(total=pl.col("watch_ms").cum_sum().over("shopper", "creator"))
        .filter(pl.col("total") >= 30_000)
        .select("shopper", "d", stage=pl.lit("trust"))
    )
    return (
        pl.concat([*met, watched])
        .group_by("shopper", "stage")
        .agg(pl.col("d").min())
        .select("shopper", "stage", "d")
    )


def _labels(
    first: pl.DataFrame,
    units: pl.DataFrame,
    paid: pl.DataFrame,
    resolution: int,
    priority: Sequence[str],
) -> pl.DataFrame:
    """Columns shopper, label: competition ranks of the stages up to the purchase."""
    place = pl.col("t0") + pl.col("d")
    place = place if resolution == 0 else place.floordiv(resolution)
    if priority:
        order = {stage: number for number, stage in enumerate(priority)}
        place = 3 * place + pl.col("stage").replace_strict(order, return_dtype=pl.Int64)
    weight = pl.col("stage").replace_strict(WEIGHT, return_dtype=pl.Int64)
    return (
        first.join(units, on="shopper")
        .join(paid, on="shopper", how="left")
        .filter(pl.col("purchase").is_null() | (pl.col("d") <= pl.col("purchase")))
        .with_columns(rank=place.rank("min").over("shopper").cast(pl.Int64))
        .group_by("shopper")
        .agg(label=(weight * pl.col("rank")).sum())
    )
