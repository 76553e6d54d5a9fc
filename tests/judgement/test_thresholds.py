"""Thresholds of checks: what a definition moves is used, and shown beside what it was."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pathlift.judgement.checks import CHECK_IDS, run_checks
from pathlift.registry.thresholds import NO_THRESHOLD, THRESHOLDS
from pathlift.report.facts import found_words, named_of
from pathlift.result.model import Check, SetThreshold

Make = Callable[..., Any]
REFERENCE = Path(__file__).parents[2] / "experiments" / "README.md"
# Pearson's chi-square of 5,000 and 5,200 against halves: 200**2 / 10,200 = 3.92 on 1 df, p = .0477
UNEVEN = {"search": 5000, "content": 5200}


def _srm(experiment: Make, statistics: Make, **thresholds: float) -> Check:
    made = experiment(checks={"srm": thresholds} if thresholds else {})
    return next(c for c in run_checks(made, statistics(UNEVEN)) if c.id == "srm")


def test_a_moved_threshold_turns_the_check_and_stands_beside_its_default(
    experiment: Make, statistics: Make
) -> None:
    usual = _srm(experiment, statistics)
    assert (usual.severity, dict(usual.thresholds)) == ("pass", {})
    strict = _srm(experiment, statistics, fails_below_p=0.05, warns_below_p=0.1)
    assert strict.severity == "fail"
    assert "below 0.05" in strict.message
    assert dict(strict.thresholds) == {
        "fails_below_p": SetThreshold(value=0.05, default=0.001),
        "warns_below_p": SetThreshold(value=0.1, default=0.01),
    }
    assert strict.figures["fails_below_p"] == 0.05
    said = "fails_below_p 0.05 (default 0.001), warns_below_p 0.1 (default 0.01)"
    assert found_words(strict).endswith(f"Set by the definition: {said}.")


def test_a_check_that_passes_by_a_moved_threshold_says_so_in_the_short_list(
    experiment: Make, statistics: Make
) -> None:
    loose = _srm(experiment, statistics, warns_below_p=0.002)
    assert named_of([loose], "pass") == "srm [warns_below_p 0.002 (default 0.01)]"


def test_a_threshold_that_says_the_default_is_none_of_its_own(
    experiment: Make, statistics: Make
) -> None:
    assert dict(_srm(experiment, statistics, fails_below_p=0.001).thresholds) == {}


def test_every_check_has_its_thresholds_or_is_known_to_have_none() -> None:
    assert set(THRESHOLDS) | set(NO_THRESHOLD) == set(CHECK_IDS)
    assert not set(THRESHOLDS) & set(NO_THRESHOLD)


@pytest.mark.parametrize("check", THRESHOLDS)
def test_the_reference_has_every_threshold_with_its_default(check: str) -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    row = re.search(rf"^\| `{check}` \| (.+) \|$", text.split("## `checks`")[1], re.MULTILINE)
    assert row, f"{check} has no row"
    assert re.findall(r"`(\w+)` ([\d.e-]+):", row[1]) == [
        (name, f"{threshold.default:g}") for name, threshold in THRESHOLDS[check].items()
    ]
