"""Readings without units of several arms: those that the same log gives where they are excluded."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from pathlift import analyze, load_experiment
from pathlift.result.model import Result

pytestmark = pytest.mark.engine

DEFINITION = """\
unit: user_id
period: {{first_day: 2026-03-02, last_day: 2026-03-08}}
window: 3d
data: {{exposures: exposures.parquet, events: events.parquet}}
arms:
  a: {{control: true}}
  b: {{}}
  c: {{{cluster}}}
outcome: "event = 'purchase'"
metrics:
  conversion: {{kind: proportion, role: primary}}
  revenue: {{kind: mean, sum: amount, where: "event = 'purchase'", unit: 0.01}}
  orders: {{kind: mean, count: "event = 'purchase'"}}
  basket: {{kind: ratio, numerator: revenue, denominator: orders}}
  hides:
    kind: proportion
    any: "event = 'hide'"
    role: guardrail
    better: lower
    margin: {{absolute: 0.05}}
covariates: [before]
analysis: {{crossovers: {policy}}}
decision: {{success: [conversion, revenue, basket]}}
"""
START = "timestamptz '2026-03-02 08:00:00+00'"
EXPOSURES = f"""
select 'u' || i as user_id, ['a', 'b', 'c'][1 + (i + later) % 3] as arm, 's' || i % 30 as shop,
       {START} + to_seconds(200 * i + 4000 * later) as exposed_at, (i * 37 % 101) as before
from range(3000) as numbers(i) cross join range(2) as moves(later)
where later = 0 or (i + 1) % {{every}} = 0
"""
EVENTS = f"""
select 'u' || i as user_id, case when k = 2 then 'hide' else 'purchase' end as event,
       {START} + to_seconds(200 * i + 600 * (k + 1)) as occurred_at,
       10.0 + (i * 37 % 101) / 10 + k + ((i + 1) % 149 = 0)::int * 30 as amount
from range(3000) as numbers(i) cross join range(3) as steps(k)
where (i * 7 + k * 3 + (i % 3)) % 11 < 2 + ((i + 1) % 149 = 0)::int * 6
"""


def result_of(folder: Path, policy: str, *, every: int = 149, cluster: str = "") -> Result:
    for name, rows in (("exposures", EXPOSURES.format(every=every)), ("events", EVENTS)):
        duckdb.sql(f"copy ({rows}) to '{folder / name}.parquet' (format parquet)")
    text = DEFINITION.format(policy=policy, cluster=cluster)
    (folder / "x.yaml").write_text(text, encoding="utf-8")
    return analyze(load_experiment(folder / "x.yaml"), as_of=date(2026, 3, 12))


def test_they_are_the_headline_of_the_same_log_without_them(tmp_path: Path) -> None:
    kept, left_out = (result_of(tmp_path, policy) for policy in ("first_arm", "exclude"))
    readings = [r for r in kept.sensitivity if r.reading == "without_crossed"]
    deciding = {"conversion", "revenue", "basket", "hides"}
    assert {(r.metric, r.arm) for r in readings} == {(m, a) for m in deciding for a in "bc"}
    for reading in readings:
        expected = left_out.estimate(reading.of)
        headline = kept.estimate(reading.of)
        assert headline.arm_units - expected.arm_units in (6, 7)  # of 20 units that moved
        assert reading.absolute is not None
        assert expected.absolute is not None
        assert headline.absolute is not None
        assert reading.absolute.estimate != headline.absolute.estimate
        # sums are integers, so all that differs is the order of a few floats
        for mine, theirs in (
            (reading.absolute.estimate, expected.absolute.estimate),
            (reading.absolute.low, expected.absolute.low),
            (reading.absolute.high, expected.absolute.high),
            (reading.arm_value, expected.arm_value),
            (reading.standard_error, expected.standard_error),
            (reading.p_value, expected.p_value),
        ):
            assert mine == pytest.approx(theirs, rel=1e-9)
        assert headline.causal_status == "causal"
        assert reading.causal_status == "descriptive"  # who crossed is known after exposure
    assert not [r for r in left_out.sensitivity if r.reading == "without_crossed"]


def test_without_crossovers_there_is_nothing_to_read_again(tmp_path: Path) -> None:
    result = result_of(tmp_path, "first_arm", every=100_000_000)
    assert [check.severity for check in result.checks if check.id == "crossover"] == ["pass"]
    readings = [r for r in result.sensitivity if r.reading == "without_crossed"]
    assert not readings
    assert not any(name.startswith("crossed") for name in result.provenance.sql)


def test_arms_of_clusters_are_left_alone_and_others_read(tmp_path: Path) -> None:
    result = result_of(tmp_path, "first_arm", cluster="cluster: {column: shop, randomised: units}")
    readings = [r for r in result.sensitivity if r.reading == "without_crossed"]
    assert {r.arm for r in readings} == {"b"}
