"""CPU of `analyze` beside what else answers about the same files, in one run.

- `per-unit table, tea-tasting`: DuckDB makes a table of one row per unit (first arm, outcome and
  money in the window), tea-tasting reads two contrasts of three metrics, overall and by country.
- `pandas, up to the table`: the same table by pandas, and nothing read from it.
- `Polars`: first stage times, outcome and money of every unit by the streaming engine, by arm.

None of them tells orderings, baseline states, days, crossovers or checks; `analyze` answers all of
`job.yaml`. Each runs in a process of its own, imports counted apart.

    python benchmarks/peers.py [UNITS] [REPEATS]
"""

import os
import sys
import tempfile
from pathlib import Path

from analyze_against_bare import ANALYZE, PEAK, measured, tell, without_ids

_BEGIN = """
import json, sys, time
folder = sys.argv[1] + "/data/journeys"
"""
_END = f"""
print(json.dumps({{
    "cpu": time.process_time() - begin,
    "start_up": begin,
    "peak_mb": {PEAK},
}}))
"""
_TABLE = """
select x.unit, any_value(x.arm) as arm, any_value(x.country) as country,
    any_value(x.prior_spend) as prior_spend,
    coalesce(max(case when e.event = 'purchase' then 1 else 0 end), 0) as converted,
    coalesce(sum(e.amount) filter (where e.event = 'purchase'), 0) as revenue,
    coalesce(sum(e.amount) filter (where e.event = 'refund'), 0) as refunds
from (
    select shopper_id as unit, min(first_seen) as t0, arg_min(arm, first_seen) as arm,
        arg_min(country, first_seen) as country, arg_min(prior_spend, first_seen) as prior_spend
    from read_parquet('{folder}/exposures/*.parquet') group by shopper_id
) as x
left join read_parquet('{folder}/events/*.parquet') as e on e.shopper_id = x.unit
    and e.occurred_at > x.t0 and e.occurred_at < x.t0 + interval 14 day
group by x.unit
"""
_TEA = f"""{_BEGIN}
import duckdb, pyarrow as pa, pyarrow.compute as pc, tea_tasting as tt
begin = time.process_time()
table = duckdb.sql('''{_TABLE}'''.format(folder=folder)).to_arrow_table()
asked = tt.Experiment(
    variant="arm",
    converted=tt.Mean("converted", "prior_spend"),
    revenue=tt.Mean("revenue", "prior_spend"),
    refunds=tt.Mean("refunds", "prior_spend"),
)
parts = [table] + [
    table.filter(pc.equal(table["country"], country))
    for country in pc.unique(table["country"]).to_pylist() if country is not None
]
for part in parts:
    for arm in ("content", "influencer"):
        two = part.filter(pc.is_in(part["arm"], pa.array(["search", arm])))
        asked.analyze(two, control="search").to_dicts()
{_END}"""
_PANDAS = f"""{_BEGIN}
import pandas as pd
begin = time.process_time()
x = pd.read_parquet(folder + "/exposures").sort_values("first_seen", kind="stable")
x = x.drop_duplicates("shopper_id")
e = pd.read_parquet(folder + "/events", columns=["shopper_id", "event", "occurred_at", "amount"])
e = e[e["event"].isin(["purchase", "refund"])]
e = e.merge(x[["shopper_id", "first_seen"]], on="shopper_id")
after = e["occurred_at"] - e["first_seen"]
e = e[(after > pd.Timedelta(0)) & (after < pd.Timedelta(days=14))]
of = e.pivot_table(index="shopper_id", columns="event", values="amount", aggfunc="sum")
table = x.set_index("shopper_id").join(of).fillna({{"purchase": 0.0, "refund": 0.0}})
table["converted"] = table.index.isin(e.loc[e["event"] == "purchase", "shopper_id"])
{_END}"""
_POLARS = f"""{_BEGIN}
import polars as pl
begin = time.process_time()
x = (
    pl.scan_parquet(folder + "/exposures/*.parquet")
    .group_by("shopper_id")
    .agg(pl.col("first_seen").min(), pl.col("arm").sort_by("first_seen").first())
)
stage = {{
    "need": ["search", "filter", "wishlist", "cart"],
    "touchpoint": ["product_view", "impression"],
    "trust": ["review_read", "creator_follow"],
}}
e = pl.scan_parquet(folder + "/events/*.parquet").select(
    "shopper_id", "event", "occurred_at", "amount"
)
after = pl.col("occurred_at") - pl.col("first_seen")
e = e.join(x, on="shopper_id").with_columns(after.alias("d"))
e = e.filter((pl.col("d") >= pl.duration()) & (pl.col("d") < pl.duration(days=14)))
of = e.group_by("shopper_id").agg(
    pl.col("arm").first(),
    *(pl.col("d").filter(pl.col("event").is_in(k)).min().alias(s) for s, k in stage.items()),
    pl.col("d").filter(pl.col("event") == "purchase").min().alias("bought"),
    (pl.col("amount").filter(pl.col("event") == "purchase") * 100).round().sum().alias("revenue"),
    (pl.col("amount").filter(pl.col("event") == "refund") * 100).round().sum().alias("refunds"),
)
by = of.group_by("arm").agg(
    pl.len(), pl.col("bought").count(), pl.col("revenue").sum(), pl.col("refunds").sum(),
    *(pl.col(s).sum() for s in stage),
)
by.collect(engine="streaming")
{_END}"""


def main() -> None:
    """Write the logs, alternate, print one line each."""
    from pathlift.simulation import scenario, write_logs

    units = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    repeats = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    job = str(Path(__file__).parent / "job.yaml")
    with tempfile.TemporaryDirectory() as name:
        folder, plain = Path(name) / "logs", Path(name) / "plain"
        folder.mkdir()
        facts = write_logs(scenario("journeys").sized(-(-units // 3)), folder)
        without_ids(folder, plain)
        ways = {
            "analyze, the job": (ANALYZE, job, str(plain), "", ""),
            "per-unit table, tea-tasting": (_TEA, str(plain)),
            "pandas, up to the table": (_PANDAS, str(plain)),
            "Polars": (_POLARS, str(plain)),
        }
        runs: dict[str, list[dict[str, float]]] = {what: [] for what in ways}
        for _ in range(repeats):
            for what, way in ways.items():
                runs[what].append(measured(*way))
    print(f"{facts.units:,} units, {facts.events:,} events; load {os.getloadavg()[0]:.1f}")
    ours = None
    for what, each in runs.items():
        cpu = tell(what, each)
        ours = ours or cpu
        print(f"{'':28} {cpu / ours:7.2f} times the CPU of analyze")


if __name__ == "__main__":
    main()
