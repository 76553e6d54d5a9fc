"""The packaged rules of three kinds of log, and alternatives of one's own."""

from collections.abc import Iterator

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from pathlift.places import examples_folder
from pathlift.registry.experiment import AccumulateRule, ConditionRule, Experiment, Stage
from pathlift.registry.listing import describe
from pathlift.registry.packaged import FOLDER, LOGS, packaged_rules
from pathlift.registry.reading import read_bytes
from pathlift.registry.resolve import resolve

ONE_LINE = """
unit: user_id
period: {first_day: 2026-03-02, last_day: 2026-03-29}
window: 14d
data: {exposures: exposures.parquet, events: events.parquet}
arms: {search: {treatment: search, control: true}, content: {treatment: content}}
outcome: "event = 'purchase'"
"""
OURS = {"event"}


def load(text: str) -> Experiment:
    return resolve(read_bytes(text.encode(), "/registry/x.yaml"))


def ladder(log: str, stage: Stage) -> Iterator[tuple[str, tuple[ConditionRule, ...], float]]:
    """Conditions and what a running sum has to reach, from loose to strict."""
    experiment = load(ONE_LINE + f"presets: {log}")
    loose, strict = experiment.presets
    for name, stages in (
        ("loose", loose.stages),
        ("base", experiment.stages),
        ("strict", strict.stages),
    ):
        rules = next(s for s in stages if s.name == stage).rules
        sums = [rule.reach for rule in rules if isinstance(rule, AccumulateRule)]
        yield name, tuple(r for r in rules if isinstance(r, ConditionRule)), sum(sums)


def test_every_kind_of_log_has_a_file_and_every_file_is_one() -> None:
    files = {path.stem for path in (examples_folder() / FOLDER).iterdir()}
    assert files == set(LOGS)


@pytest.mark.parametrize("log", LOGS)
def test_one_line_gives_the_stages_at_base_and_two_rungs_beside_them(log: str) -> None:
    experiment = load(ONE_LINE + f"presets: {log}")
    assert experiment.stage_names == ("need", "touchpoint", "trust")
    assert experiment.stage_log == log
    assert [preset.name for preset in experiment.presets] == ["loose", "strict"]
    assert [arm.ordering for arm in experiment.arms] == [
        ("need", "touchpoint", "trust"),
        ("touchpoint", "need", "trust"),
    ]
    assert experiment.conversion == "conversion"


@pytest.mark.parametrize("log", LOGS)
def test_the_events_and_columns_of_a_file_are_those_that_its_rules_name(log: str) -> None:
    rules = packaged_rules(log)
    texts = [
        rule.condition.text if isinstance(rule, ConditionRule) else rule.sum.text
        for experiment in [load(ONE_LINE + f"presets: {log}")]
        for stages in (experiment.stages, *(preset.stages for preset in experiment.presets))
        for stage in stages
        for rule in stage.rules
    ]
    trees = [sqlglot.parse_one(text, read="duckdb") for text in texts]
    columns = {column.name for tree in trees for column in tree.find_all(exp.Column)}
    if any("watch_ms" in text for text in texts):
        columns.add("creator_id")  # what the sum is taken by
    assert columns - OURS == set(rules.columns)
    events = {
        literal.this
        for tree in trees
        for literal in tree.find_all(exp.Literal)
        if literal.is_string
    }
    # rows that a running sum adds up are named where its column is explained
    summed = {
        event for event in rules.events if any(event in said for said in rules.columns.values())
    }
    assert events <= set(rules.events) <= events | summed


@pytest.mark.parametrize("log", LOGS)
@pytest.mark.parametrize("stage", ["need", "touchpoint", "trust"])
def test_what_meets_a_strict_rule_meets_every_looser_one(log: str, stage: Stage) -> None:
    """Every row over a grid of events and durations, so no stage is met earlier when stricter."""
    rungs = list(ladder(log, stage))
    events = ", ".join(f"'{event}'" for event in (*packaged_rules(log).events, "other"))
    times = "(values (null), (0), (999), (1000), (2999), (3000), (9999), (10000), (200000))"
    met = ", ".join(
        f"coalesce({' or '.join(f'({c.condition.text})' for c in conditions)}, false) as {name}"
        for name, conditions, _ in rungs
    )
    with duckdb.connect() as connection:
        rows = connection.sql(
            f"select loose, base, strict from (select {met} from "
            f"(select unnest([{events}]) as event), {times} a(visible_ms), {times} b(dwell_ms), "
            f"{times} c(watch_ms))"
        ).fetchall()
    assert all(not strict or base for _, base, strict in rows)
    assert all(not base or loose for loose, base, _ in rows)
    assert sum(strict for *_, strict in rows) > 0
    reaches = [reach for *_, reach in rungs]
    assert reaches == sorted(reaches)


def test_alternatives_keep_the_stages_that_they_do_not_name() -> None:
    experiment = load(
        ONE_LINE
        + """
stages: {need: "event = 'search'", trust: ["event = 'review'", "event = 'follow'"]}
presets:
  loose: {need: "event in ('search', 'view')"}
  no-follow: {trust: {any: "event = 'review'", accumulate: {sum: watched, reach: 3}}}
"""
    )
    need, trust = experiment.stages
    loose, no_follow = experiment.presets
    assert (loose.name, no_follow.name) == ("loose", "no-follow")
    assert loose.stages[1] == trust
    assert no_follow.stages[0] == need
    assert isinstance(no_follow.stages[1].rules[1], AccumulateRule)
    assert experiment.stage_log is None


def test_show_says_what_every_preset_changes() -> None:
    told = "\n".join(describe(load(ONE_LINE + "presets: marketplace")))
    assert "stages, as packaged for marketplace" in told
    assert "read as well under preset strict, where it differs" in told
    assert "touchpoint: event = 'product_view' and dwell_ms >= 3000" in told


def test_the_hash_of_a_definition_holds_the_packaged_rules(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A release that changes them changes the meaning of the file, and so its hash."""
    before = load(ONE_LINE + "presets: marketplace").definition_hash
    rules = packaged_rules("marketplace")
    changed = rules.model_copy(update={"strict": rules.loose})
    monkeypatch.setattr("pathlift.registry.presets.packaged_rules", lambda _: changed)
    assert load(ONE_LINE + "presets: marketplace").definition_hash != before
