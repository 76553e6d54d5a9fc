"""Baselines from a past log: against counts by hand, and what a log has to have."""

from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest
from scipy import stats
from tests.support.experiments import conversion, metric

from pathlift.cli.app import run
from pathlift.errors import DataError
from pathlift.planning.past import baseline_of, with_history
from pathlift.planning.planning import plan
from pathlift.registry.loading import load_experiment
from pathlift.result.model import Adjustment, Estimate, Span

pytestmark = pytest.mark.engine

DEFINITION = """
unit: user_id
period: {first_day: 2026-06-01, last_day: 2026-06-28}
window: 7d
data: {exposures: data/none.parquet, events: data/events.parquet}
arms:
  a: {control: true, weight: 1}
  b: {weight: 3}
metrics:
  conversion: {kind: proportion, any: "event = 'purchase'", role: primary}
  revenue: {kind: mean, sum: amount, where: "event = 'purchase'"}
segments: [country]
plan: {lift: {relative: 0.1}}
history: {first_day: 2026-03-02, last_day: 2026-04-05, where: "event = 'visit'"}
"""

# 4,000 units visit twice: first on one of 35 days, again three days later. Every tenth buys for 20
# a day after the first visit, and 500 others buy without a visit. u0 visited before, too.
EVENTS = """
with visitors as (
    select 'u' || i as user_id, timestamptz '2026-03-02 10:00:00+00' + to_days((i % 35)::int) as t
    from range(4000) as numbers(i)
)
select user_id, 'visit' as event, t as occurred_at, null::double as amount from visitors
union all select user_id, 'visit', t + interval 3 days, null from visitors
union all
select user_id, 'purchase', t + interval 1 day, 20.0 from visitors
where (substr(user_id, 2)::int // 35) % 10 = 0
union all
select 'x' || i, 'purchase', timestamptz '2026-03-10 10:00:00+00', 99.0 from range(500) as others(i)
union all
select 'u0', 'visit', timestamptz '2026-02-20 10:00:00+00', null
"""


def definition(folder: Path, text: str = DEFINITION, events: str = EVENTS) -> Path:
    (folder / "data").mkdir(exist_ok=True)
    duckdb.sql(f"copy ({events}) to '{folder / 'data' / 'events.parquet'}' (format parquet)")
    path = folder / "past.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_baselines_and_traffic_are_those_that_hands_count(tmp_path: Path) -> None:
    experiment = load_experiment(definition(tmp_path))
    history = experiment.plan.history
    assert history is not None
    past = with_history(experiment, history)
    # exposures count until 29 March, seven days before the log ends: 28 of the 35 first days,
    # 115 or 114 units each (4,000 = 35 * 114 + 10)
    visitors = [i for i in range(4000) if i % 35 < 28]
    buyers = [i for i in visitors if (i // 35) % 10 == 0]
    found = past.settings.baseline
    assert found["conversion"].value == pytest.approx(len(buyers) / len(visitors), rel=1e-12)
    assert found["revenue"].value == pytest.approx(20 * len(buyers) / len(visitors), rel=1e-12)
    share = len(buyers) / len(visitors)
    # sd of 20 x Bernoulli; two arms drawn apart differ by chance, which 3,200 units leave small
    assert found["revenue"].standard_deviation == pytest.approx(
        20 * (share * (1 - share)) ** 0.5, rel=0.03
    )
    traffic = past.settings.traffic
    assert traffic is not None
    assert traffic.cumulative[0] == (timedelta(days=1), 115)
    assert traffic.cumulative[-1] == (timedelta(days=28), len(visitors))
    assert any("country" in note for note in past.notes)


def test_the_plan_of_a_history_says_what_was_read(tmp_path: Path) -> None:
    found = plan(load_experiment(definition(tmp_path)))
    assert "exposed at their first eligible event over 28 days" in found.baselines
    assert found.run is not None
    assert found.run.longest_days == 28


def test_what_the_definition_gives_stays(tmp_path: Path) -> None:
    given = DEFINITION.replace(
        "plan: {lift: {relative: 0.1}}",
        "plan: {lift: {relative: 0.1}, baseline: {conversion: 0.5}, traffic: {new_per_day: 9}}",
    )
    experiment = load_experiment(definition(tmp_path, given))
    history = experiment.plan.history
    assert history is not None
    past = with_history(experiment, history)
    assert past.settings.baseline["conversion"].value == 0.5
    assert past.settings.baseline["revenue"].value > 0
    assert past.settings.traffic == experiment.plan.traffic


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"last_day: 2026-04-05": "last_day: 2026-03-14"}, "less than a week"),
        ({"event = 'visit'": "event = 'wave'"}, "holds no eligible unit"),
        ({"event = 'purchase'\", role": "event = 'order'\", role"}, "does not have metric"),
        ({"event = 'visit'": "evnt = 'visit'"}, "evnt"),
    ],
)
def test_a_history_that_does_not_serve_is_refused(
    changes: dict[str, str], message: str, tmp_path: Path
) -> None:
    text = DEFINITION
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    experiment = load_experiment(definition(tmp_path, text))
    with pytest.raises(DataError, match=message):
        plan(experiment)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"last_day: 2026-04-05": "last_day: 2026-03-14"}, "less than a week"),
        ({"event = 'visit'": "event = 'wave'"}, "holds no eligible unit"),
        ({"event = 'purchase'\", role": "event = 'order'\", role"}, "does not have metric"),
    ],
    ids=["short", "empty", "without-the-metric"],
)
def test_the_command_leaves_with_1_and_names_the_line(
    changes: dict[str, str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = DEFINITION
    for old, new in changes.items():
        text = text.replace(old, new)
    path = definition(tmp_path, text)
    assert run(["plan", str(path)]) == 1
    said = capsys.readouterr()
    assert message in said.err
    assert "past.yaml:14" in said.err  # the line of `history`
    assert not said.out


def test_a_past_in_which_nobody_converted_plans_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nobody = EVENTS.replace("% 10 = 0", "% 10 = 11")  # only units without a visit buy
    path = definition(tmp_path, events=nobody)
    assert run(["plan", str(path)]) == 1
    said = capsys.readouterr()
    assert "'conversion' is not planned: its baseline is 0: a share that never varies" in said.err


def estimate(**changes: object) -> Estimate:
    settings: dict[str, object] = {
        "id": "itt/m///b-a",
        "estimand": "itt",
        "metric": "m",
        "kind": "mean",
        "role": "primary",
        "better": "higher",
        "ordering": None,
        "segment": None,
        "arm": "b",
        "control": "a",
        "arm_units": 300,
        "control_units": 100,
        "arm_value": 5.0,
        "control_value": 1.0,
        "absolute": Span(estimate=4.0, low=None, high=None),
        "relative": None,
        "standard_error": 0.2,
        "statistic": None,
        "df": None,
        "null_value": 0.0,
        "null_scale": "absolute",
        "p_value": None,
        "alpha": 0.05,
        "simultaneous": None,
        "method": "",
        "adjustment": Adjustment(),
        "exact": True,
        "conclusion": "no_difference_shown",
        "causal_status": "causal",
    }
    return Estimate.model_validate(settings | changes)


def test_arms_are_pooled_by_their_units_and_spread_is_that_of_one_unit() -> None:
    found = baseline_of(metric("m"), [estimate()])
    assert found is not None
    assert found.value == pytest.approx((300 * 5 + 100 * 1) / 400)
    assert found.standard_deviation == pytest.approx(0.2 / (1 / 300 + 1 / 100) ** 0.5)


def test_an_adjusted_share_says_what_its_covariates_explain() -> None:
    share = conversion(name="m")
    spread = (0.25 * 0.64) ** 0.5  # of a share of a half, with 36% explained
    given = estimate(
        arm_value=0.5,
        control_value=0.5,
        standard_error=spread * (1 / 300 + 1 / 100) ** 0.5,
        adjustment=Adjustment(method="lin", covariates=("x",)),
    )
    found = baseline_of(share, [given])
    assert found is not None
    assert found.variance_explained == pytest.approx(0.36)


def test_a_metric_without_estimates_has_no_baseline() -> None:
    assert baseline_of(metric("other"), [estimate()]) is None


def test_days_are_those_of_the_declared_zone(tmp_path: Path) -> None:
    zoned = DEFINITION.replace("window: 7d", "window: 7d\ntimezone: Pacific/Kiritimati")
    experiment = load_experiment(definition(tmp_path, zoned))
    history = experiment.plan.history
    assert history is not None
    traffic = with_history(experiment, history).settings.traffic
    assert traffic is not None
    # 10:00 UTC is midnight in Kiritimati (UTC+14): the first visits fall on 3 March there
    assert traffic.cumulative[0] == (timedelta(days=2), 115)
    assert history.first_day == date(2026, 3, 2)


# every tenth first visit is of shop s0, the others of s1 to s3; all units of s0 and s1 buy for 20
OF_SHOPS = """
select *, case when event = 'visit' then 's' || least(substr(user_id, 2)::int % 10, 3) end as shop
from ({events})
"""
IN_SHOPS = DEFINITION.replace("segments: [country]", "cluster: {column: shop, randomised: units}")


def shops(tmp_path: Path, text: str = IN_SHOPS) -> Path:
    events = EVENTS.replace(
        "(substr(user_id, 2)::int // 35) % 10 = 0", "substr(user_id, 2)::int % 10 < 2"
    )
    return definition(tmp_path, text, OF_SHOPS.format(events=events))


def test_clusters_of_a_past_are_those_that_hands_count(tmp_path: Path) -> None:
    experiment = load_experiment(shops(tmp_path))
    history = experiment.plan.history
    assert history is not None
    past = with_history(experiment, history)
    found = past.settings.clusters
    assert found is not None
    units = [i for i in range(4000) if i % 35 < 28]
    shop = np.array([min(i % 10, 3) for i in units])
    bought = np.array([float(i % 10 < 2) for i in units])
    size = np.bincount(shop)
    assert found.size == pytest.approx(size.mean())
    assert found.variation == pytest.approx(np.std(size, ddof=1) / size.mean())
    # all units of a shop are alike, so the ANOVA estimate is 1; a plan takes what is below
    assert found.correlation == pytest.approx(0.999)
    assert set(bought[shop == 1]) == {1.0}
    assert any("4 of" in note and "alike by 1" in note for note in past.notes)
    assert not any("shop" in note for note in past.notes)


def test_the_correlation_is_that_of_an_analysis_of_variance(tmp_path: Path) -> None:
    """Buyers drawn at other rates by shop, against the mean squares of scipy's F test."""
    events = EVENTS.replace(
        "(substr(user_id, 2)::int // 35) % 10 = 0",
        "(substr(user_id, 2)::int // 10) % 10 <= 2 * (substr(user_id, 2)::int % 10)",
    )
    experiment = load_experiment(definition(tmp_path, IN_SHOPS, OF_SHOPS.format(events=events)))
    history = experiment.plan.history
    assert history is not None
    found = with_history(experiment, history).settings.clusters
    assert found is not None
    units = [i for i in range(4000) if i % 35 < 28]
    by_shop = [
        np.array(
            [(i // 10) % 10 <= 2 * (i % 10) for i in units if min(i % 10, 3) == s], dtype=float
        )
        for s in range(4)
    ]
    size = np.array([len(each) for each in by_shop])
    f = float(stats.f_oneway(*by_shop).statistic)
    typical = (size.sum() - (size**2).sum() / size.sum()) / 3
    assert found.correlation == pytest.approx((f - 1) / (f - 1 + typical), rel=1e-9)


def test_clusters_that_the_definition_gives_stay(tmp_path: Path) -> None:
    given = IN_SHOPS.replace(
        "plan: {lift: {relative: 0.1}}",
        "plan: {lift: {relative: 0.1}, clusters: {size: 30, correlation: 0.02}}",
    )
    experiment = load_experiment(shops(tmp_path, given))
    history = experiment.plan.history
    assert history is not None
    assert with_history(experiment, history).settings.clusters == experiment.plan.clusters


def test_clusters_that_events_do_not_know_are_left_out_and_said(tmp_path: Path) -> None:
    experiment = load_experiment(definition(tmp_path, IN_SHOPS))
    history = experiment.plan.history
    assert history is not None
    past = with_history(experiment, history)
    assert past.settings.clusters is None
    assert any("Only real exposures know shop" in note for note in past.notes)
