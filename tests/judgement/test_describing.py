"""What checks take away from the descriptive panel, its two checks, and the naive sentence."""

from dataclasses import replace

import numpy as np
import pytest
from tests.support.lots import counts_of, journeys, statistics_of_counts

from pathlift.inference.describing import Described, describe
from pathlift.judgement.checks import run_checks
from pathlift.judgement.checks.landmark import landmark, positivity
from pathlift.judgement.describing import described_with_validity
from pathlift.judgement.naive import naive_sentence
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Check, Severity
from pathlift.simulation import scenario
from pathlift.simulation.landmarks import lots
from pathlift.statistics.cells import UNKNOWN
from pathlift.statistics.collected import Statistics

WORLD = lots(scenario("intent"), landmark=7)


def drawn(units: int = 5_000) -> Statistics:
    return statistics_of_counts(WORLD, counts_of(WORLD, units, np.random.default_rng(1)))


def described(statistics: Statistics | None = None) -> Described:
    found = describe(journeys(), statistics or drawn())
    assert found is not None
    return found


def check(scope: str, severity: Severity = "fail", id: str = "made_up", **figures: object) -> Check:
    return Check(id=id, severity=severity, scope=scope, message="", figures=figures)


def statuses(found: Described) -> set[str]:
    panel = {row.causal_status for row in found.association}
    panel |= {row.causal_status for row in found.decomposition}
    panel |= {row.causal_status for row in found.funnel}
    panel |= {test.causal_status for test in found.omnibus}
    return {str(status) for status in panel | {found.naive.causal_status}}


@pytest.mark.parametrize("scope", ["experiment", "orderings", "stage:trust"])
def test_a_failed_check_of_orderings_takes_the_whole_panel(scope: str) -> None:
    found = described_with_validity(journeys(), [check(scope)], described())
    assert statuses(found) == {"invalid"}
    assert found.landmark is not None
    assert found.landmark.causal_status == "invalid"
    # numbers stay
    assert found.association[0].rate == described().association[0].rate


@pytest.mark.parametrize("severity", ["warn", "info", "pass", "not_checked"])
def test_what_did_not_fail_takes_nothing(severity: Severity) -> None:
    found = described_with_validity(journeys(), [check("orderings", severity)], described())
    assert statuses(found) == {"descriptive", "causal"}


def test_a_failed_outcome_leaves_the_steps_before_it() -> None:
    found = described_with_validity(journeys(), [check("metric:conversion")], described())
    assert {row.causal_status for row in found.association} == {"invalid"}
    assert {row.causal_status for row in found.decomposition} == {"invalid"}
    for step in found.funnel:
        assert (step.causal_status == "invalid") == (step.stage == "conversion")
    other = described_with_validity(journeys(), [check("metric:refunds")], described())
    assert statuses(other) == {"descriptive", "causal"}


def test_a_failed_arm_takes_what_it_is_part_of() -> None:
    found = described_with_validity(journeys(), [check("arm:content")], described())
    assert {row.causal_status for row in found.association} == {"invalid"}  # over all arms
    for part in found.decomposition:
        assert (part.causal_status == "invalid") == (part.arm == "content")
    for step in found.funnel:
        assert (step.causal_status == "invalid") == (step.arm == "content")


def test_a_first_step_that_is_the_exposure_itself_is_invalid() -> None:
    mechanical = check("orderings", "warn", "mechanical", arms=["content"])
    found = described_with_validity(journeys(), [mechanical], described())
    for step in found.funnel:
        assert (step.causal_status == "invalid") == (step.arm == "content" and step.step == 1)


def found_by(
    checks: object, experiment: Experiment | None = None, statistics: Statistics | None = None
) -> Check:
    (found,) = list(checks(experiment or journeys(), statistics or drawn()))  # type: ignore[operator]
    assert isinstance(found, Check)
    return found


def test_the_landmark_check_counts_the_eligible_and_warns_where_they_are_few() -> None:
    found = found_by(landmark)
    assert found.severity == "pass"
    assert found.scope == "orderings"
    assert 0.5 < found.figures["share_of_complete"]["search"] < 0.8  # exact: 0.637
    cells = drawn().cells
    few = replace(cells, lm_elig=cells.lm_elig // 5, lm_conv=cells.lm_conv * 0)
    warned = found_by(landmark, statistics=replace(drawn(), cells=few))
    assert warned.severity == "warn"
    assert "search, content and influencer" in warned.message
    assert "analysis.landmark" in warned.message


def test_the_positivity_check_names_what_is_borrowed_and_what_is_not_standardised() -> None:
    assert found_by(positivity).severity in ("pass", "warn")
    assert found_by(positivity, statistics=drawn(60_000)).severity == "pass"
    thin = found_by(positivity, statistics=drawn(200))
    assert thin.severity == "warn"
    assert thin.figures["not_standardised"]
    assert "Not standardised" in thin.message
    lost = [row.ordering for row in described(drawn(200)).association if row.not_estimated]
    assert set(thin.figures["not_standardised"]) <= set(lost)


@pytest.mark.parametrize("checks", [landmark, positivity])
def test_without_stages_window_or_journeys_they_are_not_checked(checks: object) -> None:
    no_window = journeys(window=None)
    no_window = replace(no_window, analysis=replace(no_window.analysis, landmark=None))
    nobody = drawn().cells.by(lambda cell: replace(cell, label=UNKNOWN))
    nothing = nobody.units * 0
    empty = replace(drawn(), cells=replace(nobody, lm_elig=nothing, lm_conv=nothing))
    for experiment, statistics in (
        (journeys(stages=()), drawn()),
        (no_window, drawn()),
        (journeys(), empty),
    ):
        assert found_by(checks, experiment, statistics).severity == "not_checked"


def test_both_checks_run_with_all_others() -> None:
    ids = {each.id for each in run_checks(journeys(), drawn())}
    assert {"landmark", "positivity"} <= ids


def sentence(ratio: float | None, standardised: float | None) -> str:
    found = described()
    naive = found.naive.model_copy(
        update={
            "ratio": ratio,
            "standardised_ratio": standardised,
            "landmark_ratio": None,
            "arm_ratio": None,
        }
    )
    return naive_sentence(replace(found, naive=naive))


def test_the_sentence_says_what_is_left_of_the_naive_table() -> None:
    assert "So 35 of the 40 points come from who had time left" in sentence(1.40, 1.05)
    assert "not from the ordering" in sentence(1.40, 1.05)
    assert "all of the 40 points, and more" in sentence(1.40, 0.95)
    assert "change places" in sentence(1.40, 0.95)
    assert "hides 20 points" in sentence(1.40, 1.60)
    assert "the two agree" in sentence(1.40, 1.40)
    assert "cannot be measured here" in sentence(1.40, None)
    assert "nothing stands out" in sentence(None, None)


def test_no_p_value_of_the_naive_test_stands_anywhere() -> None:
    found = described_with_validity(journeys(), [], described())
    assert "p_value" not in found.naive.model_dump_json()
