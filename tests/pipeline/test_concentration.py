"""Who got what, from a log of events to a result: against plain loops over the same rows."""

from collections import defaultdict
from datetime import date
from itertools import permutations
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pathlift import analyze, load_experiment
from pathlift.errors import DataError
from pathlift.report.html import render_html
from pathlift.report.markdown import render_markdown
from pathlift.report.text import render_text
from pathlift.result.model import Result

pytestmark = pytest.mark.engine

DEFINITION = """\
unit: user_id
period: {first_day: 2026-03-02, last_day: 2026-03-08}
window: 3d
data: {exposures: exposures.parquet, events: events.parquet}
arms:
  search: {control: true}
  content: {}
  influencer: {}
outcome: "event = 'purchase'"
metrics:
  conversion: {kind: proportion, role: primary}
  revenue: {kind: mean, sum: amount, where: "event = 'purchase'"}
  orders: {kind: mean, count: "event = 'purchase'"}
families:
  creators: {kind: concentration, metric: revenue, by: creator_id}
"""
START = "timestamptz '2026-03-02 08:00:00+00'"
EXPOSURES = f"""
select 'u' || i as user_id, ['search', 'content', 'influencer'][1 + i % 3] as arm,
       {START} + to_seconds(600 * i) as exposed_at, 's' || i % 20 as shop
from range(900) as numbers(i)
"""
# Up to four purchases a unit: one before exposure, one after the window, the others within it; of
# ten creators, whom content favours to the tenth, and now and then of nobody.
EVENTS = f"""
select 'u' || i as user_id, 'e' || i || '-' || k as event_id,
       case when k = 5 then 'view' else 'purchase' end as event,
       {START} + to_seconds(600 * i + [-60, 60, 3600, 200000, 300000, 90][1 + k]) as occurred_at,
       case when (i * 7 + k) % 11 = 0 then null
            when i % 3 = 1 and (i + k) % 2 = 0 then 'c9'
            else 'c' || ((i * 3 + k * 5) % 10) end as creator_id,
       (100 + (i * 37 + k * 91) % 400)::{{kind}} as amount
from range(900) as numbers(i) cross join range(6) as steps(k)
where (i + k) % 4 < 2
"""
MATURE = date(2026, 3, 11)


def result_of(
    folder: Path,
    definition: str = DEFINITION,
    *,
    kind: str = "integer",
    more: str = "",
    as_of: date = MATURE,
) -> Result:
    events = EVENTS.format(kind=kind) + more
    for name, rows in (("exposures", EXPOSURES), ("events", events)):
        duckdb.sql(f"copy ({rows}) to '{folder / name}.parquet' (format parquet)")
    (folder / "x.yaml").write_text(definition, encoding="utf-8")
    return analyze(load_experiment(folder / "x.yaml"), as_of=as_of)


def gifts(folder: Path, *, until: str, into: dict[str, str]) -> dict[str, list[tuple[Any, ...]]]:
    """Rows that count, by arm: unit, creator, amount; no CTE of ours is in it."""
    rows = duckdb.execute(f"""
        select arm, e.user_id, any_value(creator_id), any_value(amount)
        from '{folder / "events.parquet"}' as e
        join '{folder / "exposures.parquet"}' as x using (user_id)
        where event = 'purchase' and occurred_at > exposed_at
          and occurred_at < exposed_at + interval 3 day
          and exposed_at + interval 3 day <= timestamptz '{until} 00:00:00+00'
        group by arm, e.user_id, event_id
    """).fetchall()
    found: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for arm, unit, creator, amount in rows:
        found[into.get(arm, arm)].append((unit, creator, amount))
    return found


def pair_by_pair(rows: list[tuple[Any, ...]]) -> float:
    met = whole = 0
    for (one, here, mine), (other, there, theirs) in permutations(
        [row for row in rows if row[1] is not None], 2
    ):
        if one != other:
            whole += mine * theirs
            met += mine * theirs * (here == there)
    return met / whole


@pytest.mark.parametrize("combined", [False, True])
@pytest.mark.parametrize(
    ("as_of", "until"), [(MATURE, "2026-03-12"), (date(2026, 3, 7), "2026-03-08")]
)
def test_every_number_is_that_of_plain_loops(
    tmp_path: Path, as_of: date, until: str, *, combined: bool
) -> None:
    definition, into = DEFINITION, {}
    if combined:
        definition += "combine: {social: [content, influencer]}\n"
        into = {"content": "social", "influencer": "social"}
    # a copy of a row with its id is no second purchase
    result = result_of(tmp_path, definition, more=f" union all ({EVENTS.format(kind='integer')} "
                       "and i % 5 = 0)", as_of=as_of)  # fmt: skip
    (found,) = result.concentrations
    assert (found.metric, found.by, found.exact) == ("revenue", "creator_id", True)
    rows = gifts(tmp_path, until=until, into=into)
    assert [arm.arm for arm in found.arms] == (
        ["search", "social"] if combined else ["search", "content", "influencer"]
    )
    for arm in found.arms:
        mine = rows[arm.arm]
        held: dict[str, int] = defaultdict(int)
        for _, creator, amount in mine:
            held[creator] += amount
        unnamed = held.pop(None, 0)  # type: ignore[call-overload]  # rows of nobody
        whole = sum(held.values())
        assert arm.units == len({unit for unit, creator, _ in mine if creator is not None})
        assert arm.value == whole
        assert arm.holders == len(held)
        assert arm.largest_share == max(held.values()) / whole
        assert (arm.top, arm.top_share) == (1, arm.largest_share)  # one in a hundred of ten
        assert arm.unnamed_share == unnamed / (whole + unnamed)
        assert arm.same is not None
        assert arm.same.estimate == pair_by_pair(mine)
        assert arm.same.low is not None
        assert arm.same.low < pair_by_pair(mine)
        assert arm.effective == 1 / pair_by_pair(mine)
        assert arm.causal_status == "descriptive"
    # each of the creators of the smaller arms is met in another one as well
    (check,) = [c for c in result.checks if c.id == "interference"]
    sold = {
        arm: {creator for _, creator, _ in of if creator is not None} for arm, of in rows.items()
    }
    elsewhere = {
        arm: set().union(*(of for other, of in sold.items() if other != arm)) for arm in sold
    }
    assert check.figures["shared"] == {
        arm: len(of & elsewhere[arm]) for arm, of in sorted(sold.items(), key=lambda x: x[0])
    }
    for contrast in found.contrasts:
        assert contrast.difference is not None
        assert contrast.difference.estimate == pytest.approx(
            pair_by_pair(rows[contrast.arm]) - pair_by_pair(rows["search"]), rel=1e-12
        )
        assert contrast.causal_status == "descriptive"


def test_floats_without_a_unit_say_that_they_are_no_integers(tmp_path: Path) -> None:
    (found,) = result_of(tmp_path, kind="double").concentrations
    assert not found.exact
    rows = gifts(tmp_path, until="2026-03-12", into={})
    for arm in found.arms:
        assert arm.same is not None
        # sums of a few hundred doubles
        assert arm.same.estimate == pytest.approx(pair_by_pair(rows[arm.arm]), rel=1e-12)


def test_a_count_is_spread_as_a_sum_of_ones(tmp_path: Path) -> None:
    (found,) = result_of(
        tmp_path, DEFINITION.replace("metric: revenue", "metric: orders")
    ).concentrations
    rows = gifts(tmp_path, until="2026-03-12", into={})
    for arm in found.arms:
        ones = [(unit, creator, 1) for unit, creator, _ in rows[arm.arm]]
        assert arm.same is not None
        assert arm.same.estimate == pair_by_pair(ones)


def test_units_of_a_cluster_leave_no_interval(tmp_path: Path) -> None:
    definition = DEFINITION.replace(
        "influencer: {}", "influencer: {cluster: {column: shop, randomised: units}}"
    )
    (found,) = result_of(tmp_path, definition).concentrations
    *_, influencer = found.arms
    assert influencer.same is not None
    assert influencer.same.estimate is not None
    assert influencer.same.low is None
    assert [contrast.standard_error is None for contrast in found.contrasts] == [False, True]


def test_what_is_below_nothing_has_no_share_and_says_so(tmp_path: Path) -> None:
    (found,) = result_of(
        tmp_path, DEFINITION.replace("sum: amount", "sum: amount - 300")
    ).concentrations
    for arm in found.arms:
        assert arm.same is None
        assert arm.largest_share is None
        assert arm.not_estimated is not None
        assert "event rows are below 0" in arm.not_estimated["reason"]
    assert all(contrast.not_estimated for contrast in found.contrasts)


def test_a_failed_split_takes_it_away(tmp_path: Path) -> None:
    definition = DEFINITION.replace("content: {}", "content: {weight: 9}").replace(
        "{control: true}", "{control: true, weight: 1}"
    ).replace("influencer: {}", "influencer: {weight: 1}")  # fmt: skip
    (found,) = result_of(tmp_path, definition).concentrations
    assert {arm.causal_status for arm in found.arms} == {"invalid"}
    assert {contrast.causal_status for contrast in found.contrasts} == {"invalid"}


def test_a_column_that_is_not_there_is_told_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="creator"):
        result_of(tmp_path, DEFINITION.replace("by: creator_id", "by: creator"))


def test_every_rendering_shows_it_apart_and_calls_it_no_effect(tmp_path: Path) -> None:
    result = result_of(tmp_path)
    for render in (render_text, render_markdown, render_html):
        page = render(result).replace("\\", "")
        assert "Concentration: creators" in page
        assert "descriptive" in page
        assert "who buys at all is an effect of the arm" in page
