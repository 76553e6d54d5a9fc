"""Bad input, each with its whole message: which file, which column, which line, what to do."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pathlift.errors import DataError, Place
from pathlift.outcomes.engine import open_engine
from pathlift.outcomes.fingerprint import fingerprint
from pathlift.outcomes.observing import observations, source_facts
from pathlift.outcomes.problems import scan_problems
from pathlift.outcomes.relations import relation
from pathlift.outcomes.sources import Described, check_data, describe, files_of
from pathlift.registry.experiment import (
    AccumulateRule,
    Arm,
    Column,
    ConditionRule,
    Covariate,
    Data,
    Experiment,
    Expression,
    Metric,
    Outcome,
    Source,
    StageDefinition,
    SumEvents,
    UnitColumn,
)

pytestmark = pytest.mark.engine

AT = Place(file="trial.yaml", line=7, column=3, source="  events: logs/*.parquet")
HERE = "trial.yaml:7:3: "
CARET = "\n    7 |   events: logs/*.parquet\n      |   ^\n  hint: "

EXPOSURES = (
    "select 1 as user_id, 'a' as arm, timestamptz '2026-03-02 12:00:00+00' as exposed_at, "
    "5 as spend union all select 2, 'b', timestamptz '2026-03-02 12:00:00+00', 7"
)
EVENTS = (
    "select 1 as user_id, 'need' as event, timestamptz '2026-03-02 13:00:00+00' as occurred_at, "
    "9.5 as amount, 100 as watch_ms"
)


def parquet(path: Path, query: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    duckdb.connect().sql(query).write_parquet(str(path))
    return str(path)


@pytest.fixture
def trial(tmp_path: Path) -> Callable[..., Experiment]:
    """An experiment over files written from two queries."""

    def build(
        exposures: str = EXPOSURES,
        events: str = EVENTS,
        *,
        columns: Mapping[str, Column] | None = None,
        **more: Any,
    ) -> Experiment:
        sources = (
            Source(
                name="exposures",
                paths=(parquet(tmp_path / "exposures.parquet", exposures),),
                at=AT,
                columns={} if columns is None else columns,
            ),
            Source(name="events", paths=(parquet(tmp_path / "events.parquet", events),), at=AT),
        )
        return Experiment(
            **{
                "name": "trial",
                "file": "trial.yaml",
                "definition_hash": "",
                "data": Data(shape="journeys", root=tmp_path, sources=sources),
                "arms": (Arm(name="a", value="a", control=True, at=AT), Arm(name="b", value="b")),
                "unit": "user_id",
                "window": timedelta(days=1),
                "stages": (
                    StageDefinition(
                        name="need",
                        rules=(ConditionRule(condition=Expression(text="event = 'need'", at=AT)),),
                    ),
                ),
                "outcome": Outcome(condition=Expression(text="event = 'purchase'", at=AT)),
                **more,
            }
        )

    return build


def of_units(tmp_path: Path, query: str, **more: Any) -> Experiment:
    source = Source(name="units", paths=(parquet(tmp_path / "units.parquet", query),), at=AT)
    return Experiment(
        **{
            "name": "trial",
            "file": "trial.yaml",
            "definition_hash": "",
            "data": Data(shape="units", root=tmp_path, sources=(source,)),
            "arms": (Arm(name="a", value="a", control=True), Arm(name="b", value="b")),
            **more,
        }
    )


def described(experiment: Experiment) -> Mapping[str, Described]:
    with open_engine(files_of([experiment])) as engine:
        return describe(engine, experiment)


def refusal(experiment: Experiment) -> str:
    with pytest.raises(DataError) as refused:
        described(experiment)
    assert "\n".join(str(problem) for problem in check_data(experiment)) == str(refused.value)
    return str(refused.value)


def scanned(experiment: Experiment) -> str:
    with open_engine(files_of([experiment])) as engine:
        found = scan_problems(engine, experiment, describe(engine, experiment))
    return "\n".join(str(problem) for problem in found)


def pointed_at(experiment: Experiment, path: str) -> Experiment:
    """The same experiment with its events elsewhere."""
    exposures, events = experiment.data.sources
    sources = (exposures, replace(events, paths=(path,)))
    return replace(experiment, data=replace(experiment.data, sources=sources))


def test_good_files_have_no_problem(trial: Callable[..., Experiment]) -> None:
    experiment = trial()
    one = described(experiment)
    assert check_data(experiment) == ()
    assert scanned(experiment) == ""
    assert (one["events"].rows, one["exposures"].rows) == (1, 2)
    assert one["events"].bytes == Path(one["events"].files[0]).stat().st_size
    assert one["events"].columns["occurred_at"] == "TIMESTAMP WITH TIME ZONE"
    facts = source_facts(one, experiment)
    assert [(fact.name, fact.files) for fact in facts] == [
        ("exposures", ("exposures.parquet",)),
        ("events", ("events.parquet",)),
    ]


# --- files ---------------------------------------------------------------------------------------


def test_no_file(trial: Callable[..., Experiment], tmp_path: Path) -> None:
    assert refusal(pointed_at(trial(), str(tmp_path / "logs" / "event.parquet"))) == (
        f"{HERE}events: there is no file 'logs/event.parquet'"
        f"{CARET}looked in {tmp_path}; relative paths start at `data.root`, or at `--data-root DIR`"
    )


def test_a_glob_that_matches_nothing(trial: Callable[..., Experiment], tmp_path: Path) -> None:
    assert refusal(pointed_at(trial(), str(tmp_path / "**" / "*.pq"))) == (
        f"{HERE}events: no file matches '**/*.pq'"
        f"{CARET}looked in {tmp_path}; relative paths start at `data.root`, or at `--data-root DIR`"
    )


def test_a_folder_where_files_are_meant(trial: Callable[..., Experiment], tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    assert refusal(pointed_at(trial(), str(tmp_path / "logs"))) == (
        f"{HERE}events: 'logs' is a folder{CARET}name its files: logs/**/*.parquet"
    )


@pytest.mark.parametrize("name", ["e.parquet", "e.csv"])
def test_an_empty_file(trial: Callable[..., Experiment], tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert refusal(pointed_at(trial(), str(tmp_path / name))).startswith(
        f"{HERE}events: '{name}' is empty (0 bytes)"
    )


def test_truncated_parquet_files_are_all_named(
    trial: Callable[..., Experiment], tmp_path: Path
) -> None:
    whole = Path(parquet(tmp_path / "it's" / "1 ü.parquet", EVENTS)).read_bytes()
    for name in ("2;.parquet", '3".parquet'):
        (tmp_path / "it's" / name).write_bytes(whole[:200])
    message = refusal(pointed_at(trial(), str(tmp_path / "it's" / "*.parquet")))
    hint = f"{CARET}copy or write it again; it may have been cut off"
    assert message == (
        f'{HERE}events: "it\'s/2;.parquet": not a complete Parquet file{hint}\n'
        f"{HERE}events: 'it\\'s/3\".parquet': not a complete Parquet file{hint}"
    )


def test_a_file_of_another_kind(trial: Callable[..., Experiment], tmp_path: Path) -> None:
    (tmp_path / "events.xlsx").write_text("PK")
    assert refusal(pointed_at(trial(), str(tmp_path / "events.xlsx"))) == (
        f"{HERE}events: 'events.xlsx' is neither Parquet nor CSV"
        f"{CARET}name files .parquet or .csv, and let the glob match only those"
    )


def test_csv_in_another_encoding(trial: Callable[..., Experiment], tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_bytes(b"user_id,event\n1,caf\xe9\n")
    assert refusal(pointed_at(trial(), str(tmp_path / "e.csv"))).startswith(
        f"{HERE}events: 'e.csv': line 2 cannot be read: Invalid unicode"
    )


# --- columns -------------------------------------------------------------------------------------


def test_missing_columns_are_all_named_with_what_they_may_mean(
    trial: Callable[..., Experiment],
) -> None:
    experiment = trial(
        events=EVENTS.replace("as event,", "as kind,"),
        covariates=(Covariate(name="past", column=Column(name="spent", at=AT)),),
    )
    known = "unit, occurred_at, user_id, kind, occurred_at, amount, watch_ms"
    columns = ", ".join(dict.fromkeys(known.split(", ")))
    assert refusal(experiment) == "\n".join(
        (
            f"{HERE}exposures: there is no column 'spent' (covariate 'past')"
            f"{CARET}did you mean 'spend'? the columns are unit, arm, exposed_at, user_id, spend",
            f"{HERE}events: there is no column 'event' (stage 'need')"
            f"{CARET}the columns are {columns}",
            f"{HERE}events: there is no column 'event' (the outcome)"
            f"{CARET}the columns are {columns}",
        )
    )


def test_a_column_of_ours_that_nobody_named(trial: Callable[..., Experiment]) -> None:
    experiment = trial(exposures=EXPOSURES.replace("as arm", "as arms"))
    assert refusal(experiment) == (
        f"{HERE}exposures: there is no column 'arm' (`arm`)"
        f"{CARET}say which column it is: `columns: {{arm: arms}}`; "
        "the columns are user_id, arms, exposed_at, spend"
    )


def test_a_column_that_some_files_lack(trial: Callable[..., Experiment], tmp_path: Path) -> None:
    parquet(tmp_path / "e" / "1.parquet", EVENTS)
    parquet(tmp_path / "e" / "2.parquet", EVENTS.replace("as event", "as evnt"))
    message = refusal(pointed_at(trial(), str(tmp_path / "e" / "*.parquet")))
    assert message.startswith(
        f"{HERE}events: column 'event' (stage 'need') is not in every file: 'e/2.parquet' lacks it"
        f"{CARET}write that file again, or let the path leave it out"
    )


def test_a_covariate_of_text(trial: Callable[..., Experiment]) -> None:
    experiment = trial(
        exposures=EXPOSURES.replace("5 as spend", "'low' as spend").replace(", 7", ", 'high'"),
        covariates=(Covariate(name="past", column=Column(name="spend", at=AT)),),
    )
    message = refusal(experiment)
    assert message.startswith(
        f"{HERE}exposures: column 'spend' (covariate 'past') is VARCHAR, not a number or boolean"
        f"{CARET}it holds text such as "
    )
    assert message.endswith("; text can be named under `segments`")


def test_a_condition_that_is_none_and_a_sum_of_text(trial: Callable[..., Experiment]) -> None:
    experiment = trial(
        outcome=Outcome(condition=Expression(text="amount", at=AT)),
        metrics=(
            Metric(name="m", kind="mean", source=SumEvents(value=Expression(text="event", at=AT))),
        ),
    )
    assert refusal(experiment) == (
        f"{HERE}events: the outcome is DECIMAL(2,1), not true or false"
        f"{CARET}write a comparison, such as \"event = 'purchase'\"\n"
        f"{HERE}events: metric 'm' adds up `event`, which is VARCHAR, not a number, such as "
        f"'need'{CARET}correct the data, or make numbers of the text under events: "
        '`derive: {NAME: "cast(... as double)"}`, and sum NAME'
    )


def test_an_expression_that_the_engine_cannot_type(trial: Callable[..., Experiment]) -> None:
    experiment = trial(outcome=Outcome(condition=Expression(text="event + 1 > 2", at=AT)))
    assert refusal(experiment).startswith(f"{HERE}events: the outcome cannot be computed: ")


# --- times ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "message", "hint"),
    [
        pytest.param(
            "1772452800000",
            "exposures: times in 'seen' are integers (BIGINT) without a unit",
            "write `exposed_at: {column: seen, unit: ms}`",
            id="integers",
        ),
        pytest.param(
            "'2026-03-02 12:00:00'",
            "exposures: times in 'seen' are text such as '2026-03-02 12:00:00'",
            'write `exposed_at: {column: seen, format: "%Y-%m-%d %H:%M:%S"}`',
            id="text",
        ),
        pytest.param(
            "'02/03/2026 12:00'",
            "exposures: times in 'seen' are text such as '02/03/2026 12:00'",
            'write `exposed_at: {column: seen, format: "%d/%m/%Y %H:%M"}`, or with '
            'format: "%m/%d/%Y %H:%M" if that is what they mean',
            id="text-of-two-meanings",
        ),
        pytest.param(
            "1772452800.5::double",
            "exposures: 'seen' (`exposed_at`) is DOUBLE, not a time",
            'for seconds write `derive: {seen_us: "cast(seen * 1000000 as bigint)"}` and '
            "`exposed_at: {column: seen_us, unit: us}`",
            id="fractions",
        ),
        pytest.param(
            "true",
            "exposures: 'seen' (`exposed_at`) is BOOLEAN, not a time",
            "name a column of timestamps, integers or text",
            id="no-time-at-all",
        ),
    ],
)
def test_times_that_leave_their_meaning_open(
    trial: Callable[..., Experiment], value: str, message: str, hint: str
) -> None:
    exposures = f"select range as user_id, 'a' as arm, {value} as seen from range(2)"
    experiment = trial(exposures, columns={"exposed_at": Column(name="seen", at=AT)})
    assert refusal(experiment) == f"{HERE}{message}{CARET}{hint}"


@pytest.mark.parametrize(
    ("column", "word"),
    [
        (Column(name="exposed_at", unit="s", at=AT), "`unit` is for integers"),
        (Column(name="exposed_at", format="%Y", at=AT), "`format` is for text"),
    ],
)
def test_a_timestamp_needs_neither_unit_nor_format(
    trial: Callable[..., Experiment], column: Column, word: str
) -> None:
    assert refusal(trial(columns={"exposed_at": column})) == (
        f"{HERE}exposures: 'exposed_at' (`exposed_at`) is TIMESTAMP WITH TIME ZONE; {word}"
        f"{CARET}write `exposed_at: exposed_at`"
    )


def test_days_are_no_times_of_events(trial: Callable[..., Experiment]) -> None:
    experiment = trial(
        events="select 1 as user_id, 'need' as event, date '2026-03-02' as occurred_at"
    )
    assert refusal(experiment) == (
        f"{HERE}events: times in 'occurred_at' are days (DATE): "
        f"the order of events within a day is lost{CARET}name a column with the time of day"
    )


def test_text_times_that_do_not_fit_their_format(trial: Callable[..., Experiment]) -> None:
    exposures = "select 1 as user_id, 'a' as arm, '2026-03-02' as seen union all select 2, 'b', 'x'"
    column = Column(name="seen", format="%Y-%m-%d", at=AT)
    assert scanned(trial(exposures, columns={"exposed_at": column})) == (
        f"{HERE}exposures: 1 time in 'seen' (`exposed_at`), such as 'x', cannot be read as "
        f"'%Y-%m-%d'{CARET}correct the format or the data"
    )


def test_integers_read_with_the_wrong_unit(trial: Callable[..., Experiment]) -> None:
    exposures = (
        "select 1 as user_id, 'a' as arm, 1772452800000 as seen "
        "union all select 2, 'b', 1772452800000"
    )
    column = Column(name="seen", unit="s", at=AT)  # they are milliseconds
    assert scanned(trial(exposures, columns={"exposed_at": column})) == (
        f"{HERE}exposures: times in 'seen' lie in the year 58136, read with `unit: s`"
        f"{CARET}the unit of the integers may be another: s, ms, us or ns"
    )


# --- units and arms ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "hint"),
    [
        pytest.param(
            "varchar",
            'write under exposures: `derive: {unit_text: "cast(user_id as varchar)"}` and '
            "`columns: {unit: unit_text}`",
            id="text-in-events",
        ),
        pytest.param(
            "uuid",
            'write under events: `derive: {unit_text: "cast(user_id as varchar)"}` and '
            "`columns: {unit: unit_text}`",
            id="uuid-in-events",
        ),
    ],
)
def test_units_of_two_types_never_meet(
    trial: Callable[..., Experiment], kind: str, hint: str
) -> None:
    exposures = (
        EXPOSURES
        if kind == "varchar"
        else EXPOSURES.replace("1 as user_id", "'1' as user_id").replace("select 2", "select '2'")
    )
    identity = "uuid()" if kind == "uuid" else "'1'"
    experiment = trial(exposures, EVENTS.replace("1 as user_id", f"{identity} as user_id"))
    there = "INTEGER" if kind == "varchar" else "VARCHAR"
    assert refusal(experiment) == (
        f"{HERE}units are {there} in exposures ('user_id') and {kind.upper()} in events "
        f"('user_id'), and would never be equal{CARET}{hint}"
    )


def test_the_line_for_units_of_two_types_mends_them(trial: Callable[..., Experiment]) -> None:
    experiment = trial(events=EVENTS.replace("1 as user_id", "'1' as user_id"))
    exposures, events = experiment.data.sources
    mended = replace(
        exposures,
        derive={"unit_text": Expression(text="cast(user_id as varchar)")},
        columns={"unit": Column(name="unit_text")},
    )
    assert (
        check_data(replace(experiment, data=replace(experiment.data, sources=(mended, events))))
        == ()
    )


def test_integers_of_any_width_are_one_type(trial: Callable[..., Experiment]) -> None:
    assert check_data(trial(events=EVENTS.replace("1 as user_id", "1::ubigint as user_id"))) == ()


def test_fractions_name_no_unit(trial: Callable[..., Experiment]) -> None:
    experiment = trial(EXPOSURES.replace("1 as user_id", "1.0::double as user_id"))
    assert refusal(experiment).startswith(
        f"{HERE}exposures: column 'user_id' (`unit`) is DOUBLE, and cannot name a unit"
        f'{CARET}write `derive: {{unit_id: "cast(user_id as bigint)"}}` and '
        "`columns: {unit: unit_id}`"
    )


def test_units_and_times_that_are_null(trial: Callable[..., Experiment]) -> None:
    exposures = f"{EXPOSURES} union all select null, 'a', null, 1"
    assert scanned(trial(exposures)) == (
        f"{HERE}exposures: 1 row without a unit ('user_id' is NULL)"
        f'{CARET}correct the data, or write `where: "user_id is not null"`\n'
        f"{HERE}exposures: 1 row without a time ('exposed_at' is NULL)"
        f'{CARET}correct the data, or write `where: "exposed_at is not null"`'
    )


def test_an_arm_that_the_file_does_not_declare_and_one_that_the_data_lack(
    trial: Callable[..., Experiment],
) -> None:
    experiment = trial(EXPOSURES.replace("'a' as arm", "'Control Group' as arm"))
    assert scanned(experiment) == (
        f"{HERE}exposures: arm 'Control Group' (1 row) is not declared"
        f'{CARET}write under `arms:` `control_group: {{value: "Control Group"}}`; or leave its '
        "rows out with `where`, or give it `analyzed: false`\n"
        f"{HERE}exposures: no row has arm 'a'"
        f"{CARET}the arms of the data are 'Control Group', 'b'; `value:` says how one is written"
    )


def test_no_row_is_left(trial: Callable[..., Experiment]) -> None:
    experiment = trial()
    exposures, events = experiment.data.sources
    sources = (replace(exposures, where=Expression(text="spend > 1000")), events)
    assert (
        scanned(replace(experiment, data=replace(experiment.data, sources=sources)))
        == f"{HERE}exposures: no row is left{CARET}look at `where`"
    )


# --- amounts -------------------------------------------------------------------------------------


def test_nan_and_infinite_amounts(tmp_path: Path) -> None:
    experiment = of_units(
        tmp_path,
        "select 'a' as arm, 'nan'::double as spend, 1.5 as past "
        "union all select 'b', 'inf'::double, 'nan'::double",
        metrics=(
            Metric(name="m", kind="mean", source=UnitColumn(column=Column(name="spend")), at=AT),
        ),
        covariates=(Covariate(name="past", column=Column(name="past", at=AT)),),
    )
    assert scanned(experiment) == (
        f"{HERE}units: 1 row of 'past' (covariate 'past') holds NaN or an infinite number"
        f"{CARET}write what is unknown as NULL\n"
        f"{HERE}units: 2 rows of 'spend' (metric 'm') hold NaN or an infinite number"
        f"{CARET}write what is unknown as NULL"
    )


def test_negative_weights_of_an_accumulating_rule(trial: Callable[..., Experiment]) -> None:
    rule = AccumulateRule(sum=Expression(text="watch_ms", at=AT), per=None, reach=10.0)
    experiment = trial(
        events=f"{EVENTS} union all {EVENTS.replace('100 as', '-1 as')}",
        stages=(StageDefinition(name="trust", rules=(rule,)),),
    )
    assert scanned(experiment) == (
        f"{HERE}events: 1 row of 'watch_ms' (accumulated by stage 'trust') is negative, NaN or "
        f"infinite{CARET}a running sum that may fall has no time of reaching; correct the data"
    )


# --- CSV, partitions, what is noticed ------------------------------------------------------------


def csv_units(tmp_path: Path, **texts: str) -> Experiment:
    for name, text in texts.items():
        (tmp_path / f"{name}.csv").write_text(text)
    source = Source(name="units", paths=(str(tmp_path / "*.csv"),), at=AT)
    return replace(
        of_units(tmp_path, "select 1 as one"),
        data=Data(shape="units", root=tmp_path, sources=(source,)),
    )


def all_rows(experiment: Experiment, columns: str) -> list[tuple[Any, ...]]:
    with open_engine(files_of([experiment])) as engine:
        (one,) = describe(engine, experiment).values()
        inner = relation(one, experiment).sql(dialect="duckdb")
        return engine.rows(f"select {columns} from ({inner}) order by all")


def test_csv_files_agree_on_types_and_may_order_columns_differently(tmp_path: Path) -> None:
    experiment = csv_units(
        tmp_path, one="arm,spend\na,1\nb,\n", two="spend;arm\n2.5;a\n", three='arm,spend\n"b","7"\n'
    )
    assert all_rows(experiment, "arm, spend") == [
        ("a", 1.0),
        ("a", 2.5),
        ("b", 7.0),
        ("b", None),
    ]


def test_arms_of_csv_are_text_whatever_they_look_like(tmp_path: Path) -> None:
    experiment = csv_units(tmp_path, one="arm,n\nt,1\nf,2\n", two="arm,n\n01,3\n1.50,4\n")
    assert all_rows(experiment, "arm, n") == [("01", 3), ("1.50", 4), ("f", 2), ("t", 1)]


def test_a_date_in_csv_is_a_date_only_when_its_order_is_plain(tmp_path: Path) -> None:
    experiment = csv_units(tmp_path, one="arm,plain,odd\na,2026-03-02,02/03/2026\n")
    (one,) = described(experiment).values()
    assert (one.columns["plain"], one.columns["odd"]) == ("DATE", "VARCHAR")


def test_times_in_csv_that_say_utc_carry_their_zone(tmp_path: Path) -> None:
    text = "arm,exposed_at,seen\na,2019-10-01 00:00:00 UTC,2019-10-01 00:00:00\n"
    experiment = csv_units(tmp_path, one=text)
    one = described(experiment)
    assert one["units"].columns["exposed_at"] == "TIMESTAMP WITH TIME ZONE"
    assert one["units"].columns["seen"] == "TIMESTAMP"
    assert observations(one, experiment) == {"csv": ("one.csv",)}


def test_partitions_are_columns_of_text(tmp_path: Path) -> None:
    for day, arm in (("2026-03-02", "01"), ("2026-03-03", "02")):
        parquet(tmp_path / "run=7" / f"day={day}" / f"arm={arm}" / "x.parquet", "select 1 as n")
    root = tmp_path / "run=7"
    source = Source(name="units", paths=(str(root / "**" / "*.parquet"),))
    experiment = replace(
        of_units(tmp_path, "select 1 as one"),
        data=Data(shape="units", root=root, sources=(source,)),
    )
    assert all_rows(experiment, "arm, day, n") == [
        ("01", "2026-03-02", 1),
        ("02", "2026-03-03", 1),
    ]


def test_hidden_columns_and_times_without_zone_are_noticed(
    trial: Callable[..., Experiment],
) -> None:
    exposures = (
        "select 1 as user_id, 'a' as arm, 'A' as version, timestamp '2026-03-02' as exposed_at "
        "union all select 2, 'b', 'B', timestamp '2026-03-02'"
    )
    experiment = trial(exposures, columns={"arm": Column(name="version")})
    assert observations(described(experiment), experiment) == {
        "naive_time": ("exposures.exposed_at",),
        "hidden_columns": ("exposures.arm",),
    }
    zoned = replace(experiment, data=replace(experiment.data, timezone="Europe/Paris"))
    assert "naive_time" not in observations(described(zoned), zoned)


def test_the_fingerprint_follows_the_data_and_not_the_folder(tmp_path: Path) -> None:
    def print_of(folder: str, query: str) -> str:
        experiment = of_units(tmp_path / folder, query)
        return fingerprint(described(experiment), experiment)

    first = print_of("here", "select 'a' as arm, 1 as n")
    assert print_of("there", "select 'a' as arm, 1 as n") == first
    assert print_of("other", "select 'a' as arm, 2 as n") != first
    assert len(first) == 64


def test_an_expression_that_reads_another_file_fails_in_the_engine_too(
    trial: Callable[..., Experiment], tmp_path: Path
) -> None:
    secret = parquet(tmp_path / "secret.parquet", "select 'hunter2' as password")
    experiment = trial()
    exposures, events = experiment.data.sources
    # the registry refuses this text; a value made by hand gets as far as the engine
    where = Expression(text=f"exists (select 1 from read_parquet('{secret}'))", at=AT)
    sources = (replace(exposures, where=where), events)
    with pytest.raises(DataError, match="not among the declared sources"):
        described(replace(experiment, data=replace(experiment.data, sources=sources)))


def test_numbers_that_some_files_hold_as_integers_are_not_rounded(tmp_path: Path) -> None:
    parquet(tmp_path / "n" / "1.parquet", "select 'a' as arm, 1::bigint as n")
    parquet(tmp_path / "n" / "2.parquet", "select 'b' as arm, 1.5::double as n")
    source = Source(name="units", paths=(str(tmp_path / "n" / "*.parquet"),))
    experiment = replace(
        of_units(tmp_path, "select 1 as one"),
        data=Data(shape="units", root=tmp_path, sources=(source,)),
    )
    assert all_rows(experiment, "n") == [(1.0,), (1.5,)]


def test_a_column_that_changes_its_type_between_files(
    trial: Callable[..., Experiment], tmp_path: Path
) -> None:
    parquet(tmp_path / "e" / "1.parquet", EVENTS)
    parquet(tmp_path / "e" / "2.parquet", EVENTS.replace("timestamptz", "timestamp"))
    assert refusal(pointed_at(trial(), str(tmp_path / "e" / "*.parquet"))) == (
        f"{HERE}events: column 'occurred_at' (`occurred_at`) has another type in some files: "
        "TIMESTAMP in 'e/2.parquet' and TIMESTAMP WITH TIME ZONE in 'e/1.parquet'"
        f"{CARET}write the files of one type again"
    )


def test_a_file_that_two_paths_match_is_read_once(tmp_path: Path) -> None:
    file = parquet(tmp_path / "n" / "1.parquet", "select 'a' as arm, 1 as n")
    source = Source(name="units", paths=(str(tmp_path / "n" / "*.parquet"), file))
    experiment = replace(
        of_units(tmp_path, "select 1 as one"),
        data=Data(shape="units", root=tmp_path, sources=(source,)),
    )
    assert all_rows(experiment, "n") == [(1,)]


def test_a_file_stands_for_one_arm(tmp_path: Path) -> None:
    file = parquet(tmp_path / "n.parquet", "select 1 as units")
    source = Source(name="totals", arm_paths={"a": (file,), "b": (file,)}, at=AT)
    experiment = replace(
        of_units(tmp_path, "select 1 as one"),
        data=Data(shape="totals", root=tmp_path, sources=(source,)),
    )
    assert refusal(experiment) == (
        f"{HERE}totals: 'n.parquet' stands for arm 'a' and for 'b'"
        f"{CARET.removesuffix(chr(10) + '  hint: ')}"
    )


def test_csv_whose_lines_differ_in_length(tmp_path: Path) -> None:
    assert refusal(csv_units(tmp_path, one="arm,n\na,1\nb\nb,2,3\nb,4\n")) == (
        f"{HERE}units: 'one.csv': its lines have different numbers of fields"
        f"{CARET}write a separator inside a value between quotes, and every line in full"
    )


def test_events_of_another_century(trial: Callable[..., Experiment]) -> None:
    experiment = trial()
    exposures, events = experiment.data.sources
    path = parquet(
        Path(events.paths[0]).with_name("seconds.parquet"),
        "select 1 as user_id, 'need' as event, 1772452800 as occurred_at",
    )
    column = Column(name="occurred_at", unit="ms", at=AT)  # they are seconds
    sources = (exposures, replace(events, paths=(path,), columns={"occurred_at": column}))
    assert scanned(replace(experiment, data=replace(experiment.data, sources=sources))) == (
        f"{HERE}events: times in 'occurred_at' lie in the year 1970, read with `unit: ms`"
        f"{CARET}the unit of the integers may be another: s, ms, us or ns"
    )


def test_an_arm_column_that_is_none(trial: Callable[..., Experiment]) -> None:
    exposures = (
        "select range as user_id, range % 20 as arm, timestamptz '2026-03-02 12:00:00+00' as "
        "exposed_at from range(1000)"
    )
    assert scanned(trial(exposures)).startswith(
        f"{HERE}exposures: 20 arms of the data are not declared, such as '0', '1', '10', '11', "
        f"'12', '13', '14', '15'{CARET}another column may be meant: `columns: {{arm: NAME}}`\n"
    )


def test_a_column_that_is_blank_in_one_csv_file_has_the_type_of_the_others(tmp_path: Path) -> None:
    experiment = csv_units(
        tmp_path, one="arm,n\na,1\n", two="arm,n\nb,\n", three="arm,n\n", four="arm,n\nb,3\n"
    )
    (one,) = described(experiment).values()
    assert (one.columns["n"], one.rows) == ("BIGINT", 3)
    assert all_rows(experiment, "arm, n") == [("a", 1), ("b", 3), ("b", None)]


def test_files_without_any_row(tmp_path: Path) -> None:
    assert refusal(csv_units(tmp_path, one="arm,n\n", two="arm,n\n")) == (
        f"{HERE}units: no row in any of 2 files, such as 'one.csv'"
        f"{CARET.removesuffix(chr(10) + '  hint: ')}"
    )


def test_a_metric_that_is_blank_everywhere(tmp_path: Path) -> None:
    metric = Metric(name="m", kind="mean", source=UnitColumn(column=Column(name="n", at=AT)), at=AT)
    experiment = replace(csv_units(tmp_path, one="arm,n\na,\nb,\n"), metrics=(metric,))
    assert refusal(experiment) == (
        f"{HERE}units: column 'n' (metric 'm') is VARCHAR, not a number or boolean"
        f"{CARET}it is blank in every row"
    )


def test_a_list_of_excluded_units_needs_no_columns_but_theirs(tmp_path: Path) -> None:
    metric = Metric(name="m", kind="mean", source=UnitColumn(column=Column(name="n")))
    experiment = of_units(
        tmp_path,
        "select 1 as user_id, 'a' as arm, 2 as n union all select 2, 'b', 3",
        metrics=(metric,),
        unit="user_id",
    )
    listed = Source(
        name="exclude_units",
        paths=(parquet(tmp_path / "bots.parquet", "select 7 as bot limit 0"),),
        columns={"unit": Column(name="bot")},
    )
    data = replace(experiment.data, sources=(*experiment.data.sources, listed))
    assert check_data(replace(experiment, data=data)) == ()
