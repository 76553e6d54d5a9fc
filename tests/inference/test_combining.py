"""Combined arms are what the same units would be under one name; the split looks at those drawn."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import get_type_hints

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.experiments import arm, conversion, experiment, metric, ratio
from tests.support.units import cell_table, statistics_of

from pathlift.inference.comparing import compared
from pathlift.inference.estimates import Inferred, estimate_all
from pathlift.judgement.checks.split import srm
from pathlift.judgement.decision import decide
from pathlift.judgement.families import declare_families
from pathlift.registry.experiment import Experiment
from pathlift.statistics.cells import all_codes
from pathlift.statistics.collected import Statistics
from pathlift.statistics.combining import combine_arms
from pathlift.statistics.multiverse import CrossTable, Multiverse, Pair, PresetTable

FOUR = ("search", "content", "influencer", "mail")
COMBINE = {"social": ("content", "influencer")}
INTO = {"content": "social", "influencer": "social"}
STAGES = ("need", "touchpoint", "trust")
METRICS = [
    conversion(),
    metric("spend"),
    metric("orders"),
    ratio("order_value", "spend", "orders"),
]


def units(seed: int, shares: Sequence[float], n: int = 400) -> dict[str, object]:
    """Arms, columns, labels and a segment of random units."""
    rng = np.random.default_rng(seed)
    arms = [FOUR[i] for i in rng.choice(4, n, p=np.array(shares) / sum(shares))]
    x = rng.poisson(4, n)
    y = (rng.random(n) < 0.2 + 0.03 * x).astype(int)
    return {
        "arms": arms,
        "columns": {
            "conversion": y,
            "spend": y * rng.integers(1, 90, n),
            "orders": y * rng.integers(1, 4, n) + 1,
            "x:prior": x,
        },
        "labels": [int(c) for c in rng.choice([c for c in all_codes() if c != 63], n)],
        "segments": {"country": [["DE", "FR"][i] for i in rng.integers(0, 2, n)]},
    }


def infer(exp: Experiment, statistics: Statistics) -> Inferred:
    return estimate_all(exp, statistics, declare_families(exp))


def drawn(**changes: object) -> Experiment:
    arms = [arm("search", control=True), *(arm(name) for name in FOUR[1:])]
    given_: dict[str, object] = {
        "stages": STAGES,
        "segments": ["country"],
        "contrasts": [("social", "search"), ("mail", "search")],
    }
    return replace(experiment(arms, METRICS, **(given_ | changes)), combine=COMBINE)  # type: ignore[arg-type]


def named(**changes: object) -> Experiment:
    """The experiment of somebody who wrote `social` into the data."""
    arms = [arm("search", control=True), arm("social"), arm("mail")]
    return experiment(arms, METRICS, stages=STAGES, segments=["country"], **changes)  # type: ignore[arg-type]


@settings(max_examples=8)  # each makes two whole analyses, about half a second
@given(
    seed=st.integers(0, 10**6),
    shares=st.lists(st.floats(0.5, 5), min_size=4, max_size=4),
    method=st.sampled_from(["holm", "max_t", "none"]),
)
def test_a_combined_arm_is_the_arm_that_the_units_would_share(
    seed: int, shares: list[float], method: str
) -> None:
    data = units(seed, shares)
    apart = statistics_of(**data, declared=FOUR)  # type: ignore[arg-type]
    together = statistics_of(
        **data | {"arms": [INTO.get(name, name) for name in data["arms"]]},  # type: ignore[arg-type, attr-defined]
        declared=("search", "social", "mail"),
    )
    found = infer(drawn(multiplicity=method), apart)
    same = infer(named(multiplicity=method), together)
    # sums are integers, so that every number is the same to the last digit
    assert found.estimates == same.estimates
    assert found.omnibus == same.omnibus
    assert found.sensitivity == same.sensitivity
    assert found.power == same.power
    assert {e.arm for e in found.estimates} == {"social", "mail"}


def test_the_split_is_held_against_the_arms_that_were_drawn() -> None:
    data = units(1, [1, 1, 1, 1])
    statistics = statistics_of(**data, declared=FOUR)  # type: ignore[arg-type]
    (check,) = srm(drawn(), statistics)
    assert set(check.figures["units"]) == set(FOUR)


def test_the_decision_names_the_combined_arm() -> None:
    exp, statistics = drawn(), statistics_of(**units(1, [1, 1, 1, 1]), declared=FOUR)  # type: ignore[arg-type]
    decision = decide(exp, statistics, (), infer(exp, statistics).estimates)
    assert [each.arm for each in decision.arms] == ["social", "mail"]


def test_nothing_is_combined_twice_and_nothing_changes_without_combine() -> None:
    exp, statistics = drawn(), statistics_of(**units(1, [1, 1, 1, 1]), declared=FOUR)  # type: ignore[arg-type]
    once = compared(exp, statistics)
    again = compared(*once)
    assert again[0] is once[0]
    assert again[1] is once[1]


def test_units_of_the_members_add_up() -> None:
    statistics = statistics_of(**units(3, [1, 2, 3, 4]), declared=FOUR)  # type: ignore[arg-type]
    before = {facts.arm: facts.units for facts in statistics.arms}
    after = {facts.arm: facts.units for facts in combine_arms(statistics, INTO).arms}
    assert after == {
        "search": before["search"],
        "social": before["content"] + before["influencer"],
        "mail": before["mail"],
    }


def test_labels_under_other_rules_are_added_up_as_well() -> None:
    arms = [*(["search"] * 2), *(["content"] * 3), *(["influencer"] * 4)]
    cells = cell_table(arms, [27] * 9, [1, 0, 1, 0, 0, 1, 1, 0, 0])
    pairs = {Pair(arm=a, maturity=0, one=27, other=0): arms.count(a) for a in dict.fromkeys(arms)}
    statistics = replace(
        statistics_of(**units(3, [1, 2, 3, 4]), declared=FOUR),  # type: ignore[arg-type]
        multiverse=Multiverse(
            presets=(PresetTable(preset="strict", cells=cells),),
            pairs=(
                CrossTable(
                    one="base", other="strict", units=pairs, converted=dict.fromkeys(pairs, 1)
                ),
            ),
        ),
    )
    found = combine_arms(statistics, INTO).multiverse
    counted = {cell.arm: counts for cell, counts in found.presets[0].cells.counts().items()}
    assert counted == {"search": (2, 1), "social": (7, 3)}
    assert {pair.arm: n for pair, n in found.pairs[0].units.items()} == {"search": 2, "social": 7}
    assert {pair.arm: n for pair, n in found.pairs[0].converted.items()} == {
        "search": 1,
        "social": 2,
    }


def test_a_new_kind_of_table_has_to_be_combined_as_well() -> None:
    """Passed through, it would still name the members; this list is of kinds thought about."""
    tables = {"MomentTable", "CellTable", "ClusterTable", "HistogramTable"}
    tables |= {"LandmarkTable", "TimeTable", "Multiverse"}
    by_drawn_arm = {"ArmFacts", "RuleCount", "Count"}  # the first is added up, the others stay
    without_arms = {"Cap", "SourceFacts"}
    as_compared = {"Concentration", "Spread"}  # summed up by combined arm where they are read
    kinds = {
        name
        for hint in get_type_hints(Statistics).values()
        for name in re.findall(r"pathlift\.[\w.]+\.(\w+)", str(hint).replace("'>", ""))
    }
    assert "MomentTable" in kinds
    assert kinds <= tables | by_drawn_arm | without_arms | as_compared


@pytest.mark.parametrize("weights", [(1.0, 1.0), (1.0, 9.0)])
def test_the_value_of_a_combined_arm_is_the_mean_over_its_units(
    weights: tuple[float, float],
) -> None:
    """Whatever was planned: 100 units at 10% and 300 at 50% are 400 at 40%."""
    arms = ["search"] * 200 + ["content"] * 100 + ["influencer"] * 300
    y = [1] * 20 + [0] * 180 + [1] * 10 + [0] * 90 + [1] * 150 + [0] * 150
    declared = [arm("search", control=True), arm("content", weight=weights[0])]
    declared += [arm("influencer", weight=weights[1])]
    exp = replace(
        experiment(declared, [conversion()], contrasts=[("social", "search")]), combine=COMBINE
    )
    result = infer(exp, statistics_of(arms, {"conversion": y}, declared=FOUR[:3]))
    (estimate,) = result.estimates
    assert estimate.arm_value == pytest.approx(0.4, abs=1e-15)
    assert estimate.arm_units == 400
    assert estimate.simultaneous is None  # one contrast is a family of one
