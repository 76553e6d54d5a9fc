"""Units dealt into arms anew: nothing is lost, effects are what was put in, faults are found."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest

from pathlift.calibration.dealing import Deck, dealt
from pathlift.calibration.own_data import BUCKETS, Settings, try_on_own_data
from pathlift.calibration.own_trial import Trial
from pathlift.outcomes.bucketing import Buckets
from pathlift.outcomes.collecting import prepare
from pathlift.outcomes.engine import open_engine
from pathlift.outcomes.sources import files_of
from pathlift.registry.loading import load_experiment
from pathlift.result.own_data import OwnData, OwnRow
from pathlift.statistics.moments import MomentTable

UNITS = 600
DEFINITION = """
title: Does a green button sell?
data: {units: customers.csv, columns: {arm: button}}
unit: customer_id
arms:
  grey: {control: true}
  green: {}
metrics:
  conversion: {kind: proportion, column: converted, role: primary}
  spend: {kind: mean, column: spend}
covariates: [age]
"""


def rows(*, whale: bool) -> list[tuple[int, int, int]]:
    """Converted, spent and age, by customer; seeded, for nobody else to draw."""
    rng = np.random.default_rng(5)
    converted = rng.binomial(1, 0.3, UNITS)
    spend = converted * rng.integers(5, 60, UNITS)
    if whale:
        spend[17] = 1_000_000
    age = rng.integers(18, 80, UNITS)
    return list(zip(converted.tolist(), spend.tolist(), age.tolist(), strict=True))


def definition(folder: Path, *, whale: bool = False) -> Path:
    lines = [
        f"c{place},{'green' if place % 2 else 'grey'},{converted},{spend},{age}"
        for place, (converted, spend, age) in enumerate(rows(whale=whale))
    ]
    head = "customer_id,button,converted,spend,age"
    (folder / "customers.csv").write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    (folder / "button.yaml").write_text(DEFINITION, encoding="utf-8")
    return folder / "button.yaml"


def tried(path: Path, **settings: object) -> OwnData:
    chosen = Settings(**{"seconds": None, "looks": 1} | settings)  # type: ignore[arg-type]
    return try_on_own_data(load_experiment(path), chosen)


def row(found: OwnData, metric: str) -> OwnRow:
    return next(each for each in found.rows if each.metric == metric)


def sum_of(table: MomentTable, arm: str, name: str) -> int:
    place = [variable.name for variable in table.variables].index(name)
    at = [row for row, group in enumerate(table.groups) if group.arm == arm]
    return int(table.sums[at, place].sum())


def test_dealing_loses_nobody_and_an_effect_is_what_was_asked_for(tmp_path: Path) -> None:
    experiment = load_experiment(definition(tmp_path))
    with open_engine(files_of([experiment])) as engine:
        prepared = prepare(experiment, engine)
        whole = prepared.statistics()
        buckets = Buckets(prepared=prepared, statistics=whole, count=8)
        plain, touched = (
            Deck(bucketed=buckets.dealt(3, shares), count=8, label_class=0)
            for shares in (None, {"conversion": 0.5, "spend": 1.0})
        )
        hands = {"grey": (plain, np.arange(3)), "green": (plain, np.arange(3, 8))}
        found = dealt(whole, hands)
        both = dealt(whole, {"grey": (plain, np.arange(8)), "green": (touched, np.arange(8))})
    given = rows(whale=False)
    buyers, money = sum(c for c, _, _ in given), sum(s for _, s, _ in given)
    assert sum(arm.units for arm in found.arms) == UNITS
    assert all(arm.units > 0 for arm in found.arms)
    for name, total in (("conversion", buyers), ("spend", money)):
        assert sum(sum_of(found.moments, arm, name) for arm in hands) == total
    ages = sum(age for _, _, age in given)
    assert sum(sum_of(found.moments, arm, "x:age") for arm in hands) == ages
    # twice the money exactly: whole amounts leave nothing over to be rounded
    assert sum_of(both.moments, "green", "spend") == 2 * money
    zeros = UNITS - buyers
    turned = sum_of(both.moments, "green", "conversion") - buyers
    # four binomial standard errors around half of those who did not convert
    assert turned == pytest.approx(zeros / 2, abs=4 * (zeros / 4) ** 0.5)


def test_a_sound_analysis_errs_as_often_as_it_says(tmp_path: Path) -> None:
    found = tried(definition(tmp_path), replicates=200, lift=0.5)
    assert (found.ended, found.replicates, found.off) == ("complete", 200, ())
    assert found.units == UNITS
    conversion, spend = row(found, "conversion"), row(found, "spend")
    assert conversion.value == pytest.approx(sum(c for c, _, _ in rows(whale=False)) / UNITS)
    # half more of each amount, rounded up as often as down: a standard error of half a step a unit
    assert spend.lift == pytest.approx(0.5, abs=0.02)
    assert conversion.lift is not None
    # 15 points of those who do not convert, 436 of 600: two points of error, three of them
    assert conversion.lift * 0.273 == pytest.approx(0.137, abs=0.06)
    for each in (conversion, spend):
        assert each.false_positives is not None
        assert each.coverage is not None
        # binomial error of 5% over 200 is 1.5 points; four of them
        assert each.false_positives.share == pytest.approx(0.05, abs=0.062)
        assert each.coverage.share == pytest.approx(0.95, abs=0.062)
        assert each.false_positives.verdict == each.coverage.verdict == "as_claimed"
        assert each.peeking is None
    assert conversion.power is not None
    # 13.7 points over 27.3% with 300 an arm: z = .137 / sqrt(.273 * .727 / 300 + .41 * .59 / 300),
    # 3.58, is found in 95%; 20 partitions scatter the effect by a tenth, so less than that
    assert conversion.power.share > 0.85


def test_one_customer_who_spends_more_than_all_others_is_found_out(tmp_path: Path) -> None:
    # with a single huge value |t| is nearly 1 whatever arm it falls into: never a false positive
    found = tried(definition(tmp_path, whale=True), replicates=150, lift=0.5)
    assert found.off == ("spend",)
    assert found.sentence == "Not as claimed: spend."
    assert row(found, "conversion").reason == ""


def test_peeking_finds_more_than_looking_once(tmp_path: Path) -> None:
    found = tried(definition(tmp_path), replicates=60, looks=10)
    conversion = row(found, "conversion")
    assert conversion.peeking is not None
    assert conversion.peeking.replicates == 20  # every third
    # methods 3.7: ten looks of 5% each err in 19%; three binomial errors of 20 are 26 points
    assert 0 < conversion.peeking.share < 0.45
    assert conversion.peeking.verdict == "shown"


def test_ctrl_c_keeps_what_was_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # whoever starts the tests in the background hands on an ignored SIGINT
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    draw = Trial.draw

    def interrupted(self: Trial, place: int) -> None:
        if place == 25:
            os.kill(os.getpid(), signal.SIGINT)
        draw(self, place)

    monkeypatch.setattr(Trial, "draw", interrupted)
    try:
        found = tried(definition(tmp_path), replicates=1_000)
    finally:
        signal.signal(signal.SIGINT, before)
    assert (found.ended, found.replicates, found.complete) == ("stopped", 25, False)
    assert found.sentence.startswith("Stopped after 25 of 1,000 experiments. ")
    rate = row(found, "conversion").false_positives
    assert rate is not None
    assert rate.replicates == 25


def test_a_budget_ends_it_and_says_so(tmp_path: Path) -> None:
    found = tried(definition(tmp_path), seconds=0.01, replicates=1_000)
    assert (found.ended, found.replicates) == ("budget", 1)
    assert found.sentence.startswith("The time was over after 1 of 1,000 experiments.")
    assert found.buckets == BUCKETS
