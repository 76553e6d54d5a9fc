"""Random logs full of the cases that count: equal times, repeats, several arms, missing values."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

HOUR = 3_600_000_000
START = int(datetime(2026, 3, 7, 5, tzinfo=UTC).timestamp()) * 1_000_000  # midnight in New York
ARMS = ("a", "b", "c", "held")

DEFINITION = """
title: random
unit: shopper
period: {{first_day: 2026-03-07, last_day: 2026-03-09}}
timezone: America/New_York
window: 6h
lookback: {{default: 12h, trust: 30h}}
resolution: {resolution}
ingestion_lag: 1h
{counts_as}
data:
  exposures: exposures.parquet
  events: events.parquet
  exclude_units: {{path: left_out.parquet, columns: {{unit: shopper}}}}
arms:
  a: {{treatment: search, control: true, received: x}}
  b: {{treatment: content, received: "y", cluster: {{column: team, randomised: units}}}}
  c: {{treatment: influencer, cluster: {{column: group, randomised: clusters}}}}
  held: {{analyzed: false}}
stages:
  need: "event in ('search', 'both')"
  touchpoint: ["event = 'view'", "event = 'impression' and visible_ms >= 1000", "event = 'both'"]
  trust:
    any: ["event = 'review' and dwell_ms >= 3000"]
    accumulate: {{sum: watch_ms, per: creator, reach: 30000}}
outcome: "event = 'purchase'"
metrics:
  conversion: {{kind: proportion, role: primary}}
  revenue: {{kind: mean, sum: amount, where: "event = 'purchase'", unit: 0.01, winsorize: 0.9}}
  orders: {{kind: mean, count: "event = 'purchase'"}}
  order_value: {{kind: ratio, numerator: revenue, denominator: orders}}
  refunds: {{kind: proportion, any: "event = 'refund'", window: 20h, lag: 2h}}
  net: {{kind: mean, sum: "case when event = 'refund' then -cents else cents end", window: 20h}}
  dwell: {{kind: mean, sum: dwell_s}}
  net_p90:
    kind: quantile
    q: 0.9
    sum: "case when event = 'refund' then -cents else cents end"
    window: 20h
  orders_p50: {{kind: quantile, q: 0.5, count: "event = 'purchase'"}}
covariates:
  - prior
  - {{prior_cents: {{sum: cents, where: "event = 'purchase'"}}}}
  - {{prior_views: {{count: "event = 'view'"}}}}
segments: [country, platform]
strata: [again]
analysis: {{crossovers: {crossovers}, misdelivered: {misdelivered}, landmark: 100m}}
"""

KINDS = ("search", "both", "view", "impression", "review", "watch", "purchase", "refund", "noise")
WEIGHTS = (0.12, 0.08, 0.1, 0.1, 0.2, 0.1, 0.15, 0.1, 0.05)


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """Rows as dictionaries, times as microseconds since 1970."""

    exposures: list[dict[str, object]]
    events: list[dict[str, object]]
    left_out: list[str]


def draw(rng: np.random.Generator, units: int) -> Log:
    """Draw a log of about so many exposed units."""
    exposures: list[dict[str, object]] = []
    events: list[dict[str, object]] = []
    for number in range(units):
        shopper = f"s{number:05d}"
        t0 = START + int(rng.integers(-8, 80)) * HOUR + _moment(rng)
        if rng.random() < 0.95:
            exposures.extend(_exposures(rng, shopper, t0))
        for _ in range(int(rng.integers(0, 20))):
            events.extend(_event(rng, shopper, t0))
    events.append(
        {**_nothing(), "shopper": None, "event": "noise", "at": START, "id": None, "got": None}
    )
    left_out = [f"s{number:05d}" for number in range(0, units, 29)]
    order = rng.permutation(len(events))
    return Log(exposures=exposures, events=[events[i] for i in order], left_out=left_out)


def draw_steps(rng: np.random.Generator, units: int, step: int) -> Log:
    """Each stage and a purchase once, on whole steps after exposure: every edge is hit exactly."""
    exposures: list[dict[str, object]] = []
    events: list[dict[str, object]] = []
    for number in range(units):
        shopper = f"s{number:05d}"
        t0 = START + int(rng.integers(0, 40)) * HOUR
        exposures.extend(_exposures(rng, shopper, t0)[:1])
        steps = 6 * HOUR // step
        for kind in ("search", "view", "review", "purchase"):
            if rng.random() < 0.95:
                low = steps // 3 if kind == "purchase" else 0
                at = t0 + int(rng.integers(low, steps + 1)) * step
                row = {**_nothing(), "shopper": shopper, "event": kind, "at": at}
                row |= {"dwell_ms": 3000 if kind == "review" else None, "id": None, "got": at}
                row |= {"cents": 1, "amount": 0.01} if kind == "purchase" else {}
                events.append(row)
    # what fills the columns that these rows leave empty
    filled = {"visible_ms": 0, "dwell_s": 0.0, "watch_ms": 0, "creator": "k", "id": "none"}
    events.append(
        {**_nothing(), **filled, "shopper": "nobody", "event": "noise", "at": START, "got": START}
    )
    return Log(exposures=exposures, events=events, left_out=[])


def _moment(rng: np.random.Generator) -> int:
    """A few seconds, with parts of a second: times collide, and share cells without being equal."""
    return int(rng.integers(0, 6)) * 1_000_000 + int(rng.choice([0, 100_000, 900_000]))


def _exposures(rng: np.random.Generator, shopper: str, t0: int) -> list[dict[str, object]]:
    rows = []
    first_arm = rng.choice(ARMS)
    for repeat in range(int(rng.choice([1, 1, 1, 2, 3, 4]))):
        arm = str(first_arm if rng.random() < 0.7 else rng.choice(ARMS))
        at = t0 if rng.random() < 0.4 or not repeat else t0 + int(rng.integers(0, 9)) * HOUR
        rows.append(
            {
                "shopper": shopper,
                "arm": arm,
                "at": at,
                "received": _one(rng, ["x", "x", "y", None]),
                "prior": _one(rng, [None, 0, 3, 7, -2]),
                "country": _one(rng, [None, "DE", "FR"]),
                "platform": _one(rng, ["app", "web"]),
                "again": _one(rng, [None, True, False]),
                "team": f"t{(int(shopper[1:]) + repeat) % 3}",
                "group": f"g{(int(shopper[1:]) + 3 * repeat) % 8}",
            }
        )
    return rows


def _nothing() -> dict[str, object]:
    names = ("visible_ms", "dwell_ms", "dwell_s", "watch_ms", "creator", "amount", "cents")
    return dict.fromkeys(names)


def _event(rng: np.random.Generator, shopper: str, t0: int) -> list[dict[str, object]]:
    kind = str(rng.choice(KINDS, p=WEIGHTS))
    far = rng.choice([-31, -30, -13, -12, -1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 5, 6, 19, 20])
    at = t0 + int(far) * HOUR
    if rng.random() < 0.8:
        at += _moment(rng) - _moment(rng)
    row: dict[str, object] = {**_nothing(), "shopper": shopper, "event": kind, "at": at}
    if kind == "impression":
        row["visible_ms"] = _one(rng, [None, 0, 999, 1000])
    if kind == "review":
        row["dwell_ms"] = _one(rng, [2999, 3000, 3000, None])
        row["dwell_s"] = float(rng.normal())
    if kind == "watch":
        row["watch_ms"] = _one(rng, [10_000, 15_000, 20_000, 0, None])
        row["creator"] = _one(rng, ["k", "l", None])
    if kind in ("purchase", "refund"):
        row["cents"] = _one(rng, [1, 50, 1999, 1999, 100_000, None, 0])
        if row["cents"] is not None:
            row["amount"] = int(str(row["cents"])) / 100
    row["id"] = _one(rng, [None, f"{rng.integers(1 << 40)}"])
    row["got"] = at + int(rng.choice([0, 5, 25])) * HOUR
    if row["id"] is None or rng.random() < 0.8:
        return [row]
    again = {
        **row,
        "got": _one(rng, [row["got"], at, None]),
        "at": at + int(rng.integers(0, 2)) * HOUR,
    }
    return [row, again, dict(again)] if rng.random() < 0.3 else [again, row]


def _one(rng: np.random.Generator, choices: list[object]) -> object:
    return choices[int(rng.integers(len(choices)))]


def write(log: Log, folder: Path, *, parts: int = 1) -> None:
    """Write a log as the Parquet files that `DEFINITION` names, in so many files each."""
    exposures = pl.DataFrame(log.exposures, infer_schema_length=None).rename({"at": "exposed_at"})
    events = pl.DataFrame(
        log.events,
        schema_overrides={"watch_ms": pl.Int64, "amount": pl.Float64, "cents": pl.Int64},
        infer_schema_length=None,
    ).rename({"at": "occurred_at", "got": "received_at", "id": "event_id"})
    times = {"exposures": ["exposed_at"], "events": ["occurred_at", "received_at"]}
    for name, frame in (("exposures", exposures), ("events", events)):
        moments = [pl.col(c).cast(pl.Datetime("us", "UTC")) for c in times[name]]
        typed = frame.with_columns(moments)
        if parts == 1:
            typed.write_parquet(folder / f"{name}.parquet")
            continue
        (folder / name).mkdir()
        for part in range(parts):
            typed.gather_every(parts, part).write_parquet(folder / name / f"{part}.parquet")
    pl.DataFrame({"shopper": log.left_out}, schema={"shopper": pl.String}).write_parquet(
        folder / "left_out.parquet"
    )


def moment(microseconds: int) -> datetime:
    """The moment of an instant."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
