"""Rows that are already added up: which days count, exactness, and what cannot be totals."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pathlift.errors import DataError
from pathlift.outcomes.engine import open_engine
from pathlift.outcomes.sources import describe, files_of
from pathlift.outcomes.totals import collect_totals
from pathlift.registry.experiment import (
    Arm,
    Column,
    Data,
    Experiment,
    Metric,
    MetricSource,
    RatioOf,
    Source,
    TotalsMoments,
    TotalsProportion,
    TotalsSums,
)
from pathlift.statistics.centring import centred
from pathlift.statistics.collected import Statistics
from pathlift.statistics.moments import Group

pytestmark = pytest.mark.engine

UNITS = Column(name="units")
BUYERS = TotalsProportion(successes=Column(name="buyers"), units=UNITS)


def experiment(
    root: Path,
    source: Source,
    metrics: Mapping[str, MetricSource],
    arms: tuple[Arm, ...] = (Arm(name="a", value="a", control=True), Arm(name="b", value="b")),
) -> Experiment:
    return Experiment(
        name="trial",
        file="trial.yaml",
        definition_hash="",
        data=Data(shape="totals", root=root, sources=(source,)),
        arms=arms,
        metrics=tuple(
            Metric(
                name=name,
                kind="proportion" if isinstance(of, TotalsProportion) else "mean",
                source=of,
            )
            for name, of in metrics.items()
        ),
    )


def collected(wanted: Experiment) -> Statistics:
    with open_engine(files_of([wanted])) as engine:
        return collect_totals(engine, wanted, describe(engine, wanted))


def of_text(
    tmp_path: Path, text: str, metrics: Mapping[str, MetricSource] | None = None, **more: object
) -> Statistics:
    file = tmp_path / "totals.csv"
    file.write_text(text)
    source = replace(Source(name="totals", paths=(str(file),)), **more)  # type: ignore[arg-type]
    return collected(
        experiment(tmp_path, source, {"buying": BUYERS} if metrics is None else metrics)
    )


def counts(statistics: Statistics, metric: str) -> dict[str, tuple[int, int]]:
    """Units and sum by arm, where the metric is read."""
    table, population = statistics.moments, statistics.population.get(metric, "")
    column = [variable.name for variable in table.variables].index(metric)
    return {
        group.arm: (table.units[row], table.sums[row, column])
        for row, group in enumerate(table.groups)
        if group.population == population
    }


def units(statistics: Statistics) -> dict[str, int]:
    return {arm.arm: arm.units for arm in statistics.arms}


# The two files of the Udacity free-trial screener; blanks from 3 November on. Sums by
# `awk -F, '{c+=$3} $4!="" {k+=$3; e+=$4; p+=$5} END {print c,k,e,p}'` over each file; clicks over
# all days are also those of datasets.json, udacity_effects.
@pytest.mark.real
def test_the_udacity_screener_leaves_blank_days_out_and_counts_them(
    data_folder: Path, reference_folder: Path
) -> None:
    arm_paths = {
        "control": (str(data_folder / "udacity_free_trial_control.csv"),),
        "treated": (str(data_folder / "udacity_free_trial_experiment.csv"),),
    }
    source = Source(
        name="totals",
        arm_paths=arm_paths,
        columns={"day": Column(name="Date"), "units": Column(name="Clicks")},
    )
    pages = Column(name="Pageviews")
    statistics = collected(
        experiment(
            data_folder,
            source,
            {
                "enrolled": TotalsProportion(successes=Column(name="Enrollments"), units=UNITS),
                "paid": TotalsProportion(successes=Column(name="Payments"), units=pages),
                "clicked": TotalsProportion(successes=Column(name="Clicks"), units=pages),
            },
            (Arm(name="control", value="control", control=True), Arm(name="treated", value="x")),
        )
    )
    reference = next(
        case
        for case in (
            json.loads(line.rstrip().rstrip(","))
            for line in (reference_folder / "datasets.json").read_text().splitlines()
            if '"id": "udacity_effects"' in line
        )
    )["expected"]
    assert list(units(statistics).values()) == reference["clicks"] == [28378, 28325]
    assert [row[0] for row in counts(statistics, "clicked").values()] == reference["pageviews"]
    enrolled = counts(statistics, "enrolled")
    assert enrolled == {"control": (17293, 3785), "treated": (17260, 3423)}
    difference = 3423 / 17260 - 3785 / 17293
    assert difference == pytest.approx(
        reference["gross_conversion"]["difference"], abs=reference_tolerance()
    )
    assert statistics.count("missing_outcome", arm="control", other="enrolled") == 14
    assert statistics.count("days_used", other="enrolled") == 23
    assert statistics.observations["csv"] == (
        "udacity_free_trial_control.csv",
        "udacity_free_trial_experiment.csv",
    )
    assert "Sat, Oct 11" in {group.day for group in statistics.days.groups}


def reference_tolerance() -> float:
    return 1.5e-4  # of the stored case: its differences are printed to four digits


def test_days_are_matched_by_their_text_and_an_odd_one_leaves_in_every_arm(tmp_path: Path) -> None:
    statistics = of_text(
        tmp_path,
        "arm,day,units,buyers\na,mon,100,10\na,tue,100,20\nb,mon,100,12\nb,Tue,100,22\n",
    )
    assert counts(statistics, "buying") == {"a": (100, 10), "b": (100, 12)}
    assert units(statistics) == {"a": 200, "b": 200}  # the split is judged on all days
    assert statistics.count("unmatched_days", arm="a") == 1
    assert statistics.population == {"buying": "buying"}


def test_a_metric_without_blanks_counts_among_all_units(tmp_path: Path) -> None:
    statistics = of_text(
        tmp_path, "arm,day,units,buyers\na,1,100,10\na,2,100,20\nb,1,100,12\nb,2,100,22\n"
    )
    assert counts(statistics, "buying") == {"a": (200, 30), "b": (200, 34)}
    assert statistics.population == {}
    assert {group.population for group in statistics.moments.groups} == {""}
    by_day = {
        (g.arm, g.day): statistics.days.units[r] for r, g in enumerate(statistics.days.groups)
    }
    assert by_day == {("a", "1"): 100, ("a", "2"): 100, ("b", "1"): 100, ("b", "2"): 100}


def test_rows_without_days_are_one_per_arm_and_give_no_table_of_days(tmp_path: Path) -> None:
    statistics = of_text(tmp_path, "arm,units,buyers\na,100,10\nb,200,12\n")
    assert counts(statistics, "buying") == {"a": (100, 10), "b": (200, 12)}
    assert statistics.days.groups == ()


def test_a_metric_that_is_blank_in_one_arm_is_not_estimated(tmp_path: Path) -> None:
    statistics = of_text(
        tmp_path,
        "arm,units,buyers,returns\na,100,10,\nb,200,12,3\n",
        {
            "buying": BUYERS,
            "returning": TotalsProportion(successes=Column(name="returns"), units=UNITS),
            "per_buyer": RatioOf(numerator="returning", denominator="buying"),
        },
    )
    assert statistics.not_estimated["returning"] == "no row has a value in every arm"
    assert statistics.not_estimated["per_buyer"].startswith("totals hold no product")
    assert [variable.name for variable in statistics.moments.variables] == ["buying"]


def test_running_totals_are_read_on_the_last_day_that_every_arm_has(tmp_path: Path) -> None:
    statistics = of_text(
        tmp_path,
        "arm,day,units,buyers\n"
        # in the order of their labels Friday would be last
        "a,Wed,100,10\na,Thu,200,21\na,Fri,50,5\na,Sat,300,33\n"
        "b,Fri,60,6\nb,Wed,110,9\nb,Thu,190,22\n",
        cumulative=True,
    )
    assert counts(statistics, "buying") == {"a": (200, 21), "b": (190, 22)}
    assert units(statistics) == {"a": 200, "b": 190}
    assert statistics.days.groups == ()


def test_a_holdout_is_counted_and_decides_no_day(tmp_path: Path) -> None:
    file = tmp_path / "totals.csv"
    file.write_text("arm,day,units,buyers\na,1,100,10\nb,1,100,12\nh,1,40,\n")
    statistics = collected(
        experiment(
            tmp_path,
            Source(name="totals", paths=(str(file),)),
            {"buying": BUYERS},
            (
                Arm(name="a", value="a", control=True),
                Arm(name="b", value="b"),
                Arm(name="h", value="h", analyzed=False),
            ),
        )
    )
    assert units(statistics) == {"a": 100, "b": 100, "h": 40}
    assert counts(statistics, "buying") == {"a": (100, 10), "b": (100, 12)}


def test_sums_of_money_stay_whole_cents(tmp_path: Path) -> None:
    file = tmp_path / "totals.parquet"
    # values .10 and .20 in a, .30 and .30 in b: sums .30 and .60, squares .05 and .18
    duckdb.connect().sql(
        "select * from (values ('a', 2, 0.30::decimal(18, 2), 0.0500::decimal(18, 4)), "
        "('b', 2, 0.60, 0.1800)) as t(arm, units, total, squares)"
    ).write_parquet(str(file))
    statistics = collected(
        experiment(
            tmp_path,
            Source(name="totals", paths=(str(file),)),
            {
                "revenue": TotalsSums(
                    sum=Column(name="total"), sum_squares=Column(name="squares"), units=UNITS
                )
            },
        )
    )
    assert statistics.moments.variables[0].exact
    assert statistics.moments.variables[0].unit == 0.01
    assert statistics.moments.sums[:, 0].tolist() == [30, 60]
    assert statistics.moments.products[:, 0].tolist() == [500, 1800]


# Large means break a raw sum of squares; moments by numpy over the rows are the reference.
@given(
    values=st.lists(
        st.lists(st.floats(-1e3, 1e3).map(lambda x: x + 1e6), min_size=2, max_size=8),
        min_size=2,
        max_size=4,
    )
)
def test_means_and_variances_by_day_add_up_to_those_of_all_units(
    tmp_path_factory: pytest.TempPathFactory, values: list[list[float]]
) -> None:
    folder = tmp_path_factory.mktemp("totals")
    lines = ["arm,day,units,mean,variance"]
    for day, of_day in enumerate(values):
        for arm in "ab":
            mean, variance = float(np.mean(of_day)), float(np.var(of_day, ddof=1))
            lines.append(f"{arm},{day},{len(of_day)},{mean!r},{variance!r}")
    spend = TotalsMoments(mean=Column(name="mean"), variance=Column(name="variance"), units=UNITS)
    statistics = of_text(folder, "\n".join(lines) + "\n", {"spend": spend})
    everything = np.concatenate([np.array(of_day) for of_day in values])
    moments = centred(statistics.moments, [Group(arm="a"), Group(arm="b")], ["spend"])
    # a mean near 1e6 carries 1e-10 of rounding, which its square makes 1e-4 of a small variance
    assert moments.mean[:, 0] == pytest.approx(everything.mean(), rel=1e-12)
    assert moments.covariance[:, 0, 0] == pytest.approx(
        np.var(everything, ddof=1), rel=1e-9, abs=1e-6
    )


REFUSED = [
    pytest.param(
        "arm,units,buyers\na,10,11\nb,10,2\n",
        "totals: metric 'buying': 1 row with more successes ('buyers') than units ('units'), such "
        "as arm 'a'\n  hint: name the column that it counts among: `units: NAME`",
        id="more-successes-than-units",
    ),
    pytest.param(
        "arm,units,buyers\na,10,-1\nb,10,2\n",
        "totals: 1 row of 'buyers' holds no count, such as -1 in arm 'a'\n"
        "  hint: a count is a whole number, 0 or above",
        id="negative-count",
    ),
    pytest.param(
        "arm,units,buyers\na,10.5,1\nb,10,2\n",
        "totals: 1 row of 'units' holds no count, such as 10.5 in arm 'a'\n"
        "  hint: a count is a whole number, 0 or above",
        id="half-a-unit",
    ),
    pytest.param(
        "arm,units,buyers\na,10,nan\nb,10,2\n",
        "totals: 1 row of 'buyers' (metric 'buying') holds NaN or an infinite number\n"
        "  hint: write what is unknown as NULL",
        id="nan",
    ),
    pytest.param(
        "arm,units,buyers\na,10,1\na,10,1\nb,10,2\n",
        "totals: arm 'a' has 2 rows, and no column tells them apart\n"
        "  hint: name the column with their days: `columns: {day: NAME}`",
        id="two-rows-of-an-arm",
    ),
    pytest.param(
        "arm,day,units,buyers\na,x,10,1\na,x,10,1\nb,x,10,2\n",
        "totals: arm 'a' has 2 rows of day 'x'\n"
        "  hint: add them up before, or leave the others out with `where`",
        id="a-day-twice",
    ),
    pytest.param(
        "arm,day,units,buyers\na,x,10,1\nb,x,10,2\nb,,10,2\n",
        "totals: 1 row without a day ('day' is NULL)\n"
        "  hint: correct the data, or leave such rows out with `where`",
        id="no-day",
    ),
    pytest.param(
        'arm,units,buyers\na,10,1\n"B ""two""",10,2\n',
        "totals: arm 'B \"two\"' (1 row) is not declared\n"
        '  hint: write under `arms:` `b_two: {value: "B \\"two\\""}`; or leave its rows out with '
        "`where`, or give it `analyzed: false`\n"
        "totals: no row has arm 'b'\n"
        "  hint: the arms of the data are 'B \"two\"', 'a'; `value:` says how one is written",
        id="arms-differ",
    ),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_what_cannot_be_totals_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError) as refused:
        of_text(tmp_path, text)
    assert str(refused.value) == message


def test_running_totals_that_fall_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError) as refused:
        of_text(
            tmp_path,
            "arm,day,units,buyers\na,1,10,5\na,2,20,4\nb,1,10,5\nb,2,20,6\n",
            cumulative=True,
        )
    assert str(refused.value) == (
        "totals: 'buyers' of arm 'a' falls from 5 (day '1') to 4 (day '2') while units grow; "
        "running totals never fall\n"
        "  hint: rows that stand for themselves need no `cumulative: true`"
    )


def test_a_sum_of_squares_below_its_sum_squared_is_refused(tmp_path: Path) -> None:
    spend = TotalsSums(sum=Column(name="total"), sum_squares=Column(name="squares"), units=UNITS)
    with pytest.raises(DataError) as refused:
        of_text(
            tmp_path, "arm,units,total,squares\na,2,10,40\nb,2,10,60\n", {"spend": spend}
        )  # two units that sum to 10 have squares of 50 at least
    assert str(refused.value) == (
        "totals: metric 'spend': 1 row with a 'squares' that is too small for its 'total', such "
        "as arm 'a'\n  hint: `sum_squares` adds up the square of every unit's value"
    )
