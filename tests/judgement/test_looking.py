"""Peeking, the watched split, and the verdict over several looks."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.support.experiments import conversion, experiment
from tests.support.looks import Counts, counted, looked, planned

from pathlift.inference.looking import plan_of
from pathlift.judgement.checks import run_checks
from pathlift.judgement.checks.looking import peeked_error, peeking
from pathlift.judgement.checks.split import srm
from pathlift.judgement.decision import decide
from pathlift.registry.experiment import Experiment
from pathlift.result.looks import Earlier
from pathlift.result.model import Check, Decision, Looks

Make = Callable[..., Any]
TWO = ("control", "treated")


def before(units: list[dict[str, int]], plan: dict[str, Any] | None = None) -> tuple[Earlier, ...]:
    return tuple(
        Earlier(look=n, definition="d", plan=plan or {}, units=each, caps={}, contrasts={})
        for n, each in enumerate(units, 1)
    )


# Armitage, McPherson and Rowe (1969), table 2, two-sided 5%; printed to three decimals.
@pytest.mark.parametrize(
    ("looks", "error"),
    [(1, 0.05), (2, 0.083), (3, 0.107), (4, 0.126), (5, 0.142), (10, 0.193), (20, 0.248),
     (50, 0.320)],
)  # fmt: skip
def test_peeking_errs_as_often_as_was_published(looks: int, error: float) -> None:
    assert peeked_error(looks, 0.05) == pytest.approx(error, abs=5.1e-4)


# methods 4, V24: 14 looks about 22%, 140 looks about 40% (38 to 41 in simulation)
@pytest.mark.parametrize(("looks", "said"), [(14, "22%"), (140, "39.9%"), (300, "more than 42.4%")])
def test_a_fixed_horizon_that_was_peeked_at_is_warned(looks: int, said: str) -> None:
    exp = experiment(TWO, [conversion()])
    statistics = counted({"control": (100, 1000), "treated": (120, 1000)})
    (check,) = peeking(exp, statistics, before([{}] * (looks - 1)))
    assert check.severity == "warn"
    assert said in check.message
    assert check.figures["looks"] == looks


def test_a_first_look_peeks_at_nothing() -> None:
    exp = experiment(TWO, [conversion()])
    (check,) = peeking(exp, counted({"control": (100, 1000), "treated": (120, 1000)}))
    assert check.severity == "pass"


def test_a_plan_changed_between_looks_is_warned() -> None:
    exp = planned(experiment(TWO, [conversion()]), kind="anytime", planned_units=2000)
    counts: Counts = {"control": (100, 1000), "treated": (120, 1000)}
    _, earlier = looked(exp, [counts])
    (same,) = peeking(exp, counted(counts), tuple(earlier))
    assert same.severity == "pass"
    other = planned(exp, kind="anytime", planned_units=9000)
    (changed,) = peeking(other, counted(counts), tuple(earlier))
    assert changed.severity == "warn"
    assert "at look 1 another plan held" in changed.message
    (unknown,) = peeking(exp, counted(counts), before([{}], plan_of(exp)))
    assert "look 1 did not write down what was seen" in unknown.message


def split(status: str, looks: list[tuple[int, int]], now: tuple[int, int]) -> Check:
    exp = experiment(TWO, [conversion()], status=status)
    earlier = before([dict(zip(TWO, each, strict=True)) for each in looks])
    counts: Counts = {arm: (10, n) for arm, n in zip(TWO, now, strict=True)}
    (check,) = srm(exp, counted(counts), earlier)
    return check


def test_a_split_that_once_failed_keeps_failing_while_it_runs() -> None:
    # 52,000 of 100,000: chi-square 160; then the arms are evened out by hand
    assert split("running", [(52_000, 48_000)], (60_000, 60_000)).severity == "fail"
    assert split("stopped", [(52_000, 48_000)], (60_000, 60_000)).severity == "pass"


def test_a_split_looked_at_often_needs_more_than_one_small_p() -> None:
    calm = [(1000 * k, 1000 * k) for k in range(1, 10)]
    # chi-square 12.1 on 20,000 units: p = 0.0005
    now = (10_246, 9_754)
    watched = split("running", calm, now)
    assert watched.figures["p_value"] < 0.001
    assert watched.figures["always_valid_p"] > 0.001
    assert watched.severity == "warn"
    assert "valid at any look" in watched.message
    assert split("stopped", calm, now).severity == "fail"
    assert split("running", [], now).severity == "fail"  # a first look is a single one


def test_a_gross_mismatch_of_few_units_fails_at_any_look() -> None:
    check = split("running", [(200, 200), (300, 300)], (430, 570))
    assert check.figures["always_valid_p"] > 0.001  # too few units for its concentration
    assert check.severity == "fail"


def judged(exp: Experiment, looks: list[Counts]) -> Decision:
    found, earlier = looked(exp, looks)
    last = found[-1]
    statistics = counted(looks[-1])
    checks = run_checks(exp, statistics, tuple(earlier[:-1]))
    said = Looks(
        method=exp.analysis.looks.kind,
        look=len(looks),
        planned_units=exp.analysis.looks.planned_units,
        contrasts=last.looks,
    )
    relevant = tuple(check for check in checks if check.id in ("srm", "peeking"))
    return decide(exp, statistics, relevant, last.estimates, said)


def test_a_running_plan_goes_on_to_its_planned_units() -> None:
    exp = planned(experiment(TWO, [conversion()]), kind="group_sequential", planned_units=8000)
    decision = judged(exp, [{"control": (100, 1000), "treated": (105, 1000)}])
    assert decision.verdict == "keep_running"
    assert decision.sentence == (
        "Keep running: nothing is shown yet at this look, and 2,000 of 8,000 planned units are "
        "mature, so 6,000 are left."
    )
    ended = judged(exp, [{"control": (400, 4000), "treated": (405, 4000)}])
    assert ended.verdict == "inconclusive"


def test_a_boundary_that_is_reached_early_decides_early() -> None:
    exp = planned(experiment(TWO, [conversion()]), kind="group_sequential", planned_units=8000)
    assert judged(exp, [{"control": (100, 1000), "treated": (180, 1000)}]).verdict == "ship"
    # p = 0.02 of a single look is not enough at a quarter of the information
    near = judged(exp, [{"control": (100, 1000), "treated": (134, 1000)}])
    assert near.verdict == "keep_running"
    assert judged(exp, [{"control": (180, 1000), "treated": (100, 1000)}]).verdict == "do_not_ship"


def test_anytime_decides_by_all_looks_and_names_the_one() -> None:
    exp = planned(experiment(TWO, [conversion()]), kind="anytime", planned_units=8000)
    decision = judged(
        exp,
        [
            {"control": (100, 1000), "treated": (190, 1000)},
            {"control": (200, 2000), "treated": (250, 2000)},
        ],
    )
    assert decision.verdict == "ship"
    assert "at look 1" in decision.reasons[0]


def test_looks_that_contradict_each_other_decide_nothing() -> None:
    exp = planned(experiment(TWO, [conversion()]), kind="anytime", planned_units=8000)
    decision = judged(
        exp,
        [
            {"control": (100, 1000), "treated": (300, 1000)},
            {"control": (1200, 8000), "treated": (600, 8000)},
        ],
    )
    assert decision.verdict == "inconclusive"
    assert "inconsistent" in decision.reasons[0]


def test_a_plan_that_has_ended_is_decided_by_the_look_that_ended_it() -> None:
    exp = planned(experiment(TWO, [conversion()]), kind="group_sequential", planned_units=4000)
    decision = judged(
        exp,
        [
            {"control": (200, 2000), "treated": (260, 2000)},
            {"control": (300, 3000), "treated": (310, 3000)},
        ],
    )
    assert decision.verdict == "ship"
    assert "at look 1, which had seen all planned information" in decision.reasons[0]
