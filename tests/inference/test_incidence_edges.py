"""Orderings at the edges: empty in an arm, shown by everyone, beside a covariate far from zero."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import stats
from tests.support.experiments import conversion, experiment
from tests.support.units import statistics_of

from pathlift.inference.estimates import Inferred, estimate_all
from pathlift.inference.proportions import difference_score
from pathlift.judgement.families import declare_families
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Estimate
from pathlift.statistics.cells import all_codes, label

STAGES = ("need", "touchpoint", "trust")
TWO = ("control", "treated")
CODE = {label(code).ordering: code for code in all_codes()}
FIRST, SECOND = CODE["need>touchpoint>trust"], CODE["trust>need>touchpoint"]
PARTIAL = CODE["need"]


def plan() -> Experiment:
    return experiment(TWO, [conversion()], stages=STAGES)


def infer(
    arms: list[str], converted: np.ndarray, codes: list[int], **columns: np.ndarray
) -> Inferred:
    exp = plan()
    given = {"conversion": converted} | {f"x:{name}": values for name, values in columns.items()}
    statistics = statistics_of(arms, given, labels=codes, declared=TWO)
    return estimate_all(exp, statistics, declare_families(exp))


def by_ordering(found: Inferred, estimand: str) -> dict[str, Estimate]:
    return {e.ordering or "": e for e in found.estimates if e.estimand == estimand}


def units(seed: int, n: int = 2000) -> tuple[list[str], np.ndarray, list[int], np.ndarray]:
    """About 30% converted, more of them where the covariate (0 to 9) is high."""
    rng = np.random.default_rng(seed)
    prior = rng.integers(0, 10, n)
    converted = (rng.random(n) < 0.1 + 0.05 * prior).astype(int)
    arms = [TWO[i] for i in rng.integers(0, 2, n)]
    return arms, converted, [int(c) for c in rng.choice(list(all_codes()), n)], prior


@pytest.mark.parametrize("far", [10**9, 1_700_000_000_000], ids=["1e9", "milliseconds since 1970"])
def test_a_covariate_far_from_zero_changes_nothing(far: int) -> None:
    arms, converted, codes, prior = units(1)
    near = infer(arms, converted, codes, prior=prior)
    shifted = infer(arms, converted, codes, prior=prior + far)
    for one, other in zip(near.estimates, shifted.estimates, strict=True):
        assert one.id == other.id
        assert one.adjustment.covariates == other.adjustment.covariates == ("prior",)
        if one.absolute is None or other.absolute is None:
            assert one.not_estimated == other.not_estimated
            continue
        # covariances and distances of means are centred as integers: they know no shift
        assert other.standard_error == pytest.approx(one.standard_error, rel=1e-9)
        assert other.absolute.estimate == pytest.approx(one.absolute.estimate, rel=1e-9, abs=1e-13)


@pytest.mark.parametrize("seed", range(8))
def test_an_arm_without_a_complete_journey_is_estimated_beside_covariates(seed: int) -> None:
    """Everybody of an arm is `other` then: an indicator without variance, not one of rounding."""
    arms, converted, codes, prior = units(seed)
    lost = [PARTIAL if arm == "treated" else code for arm, code in zip(arms, codes, strict=True)]
    found = infer(arms, converted, lost, prior=prior * 1000 + seed, other=prior**2 % 7)
    shares = by_ordering(found, "ordering_share")
    assert shares["other"].arm_value == 1.0
    incidences = by_ordering(found, "incidence")
    parts = [e.absolute.estimate for e in incidences.values() if e.absolute is not None]
    whole = found.estimates[0].absolute
    assert whole is not None
    assert whole.estimate is not None
    assert len(parts) == 7
    # design 1: the identity holds up to 1e-12
    assert sum(p or 0.0 for p in parts) == pytest.approx(whole.estimate, abs=1e-12)
    # an ordering that the arm does not show stays at 0, whatever the covariates
    assert incidences["need>touchpoint>trust"].arm_value == 0.0


def test_an_ordering_that_one_arm_does_not_show_is_judged_by_its_counts() -> None:
    arms = ["control"] * 500 + ["treated"] * 400
    converted = np.zeros(900, dtype=int)
    codes = [PARTIAL] * 900
    for i in range(9):  # in the control alone
        codes[i], converted[i] = FIRST, 1
    for i in (*range(20, 60), *range(520, 590)):
        codes[i], converted[i] = SECOND, 1
    found = by_ordering(infer(arms, converted, codes), "incidence")
    empty = found["need>touchpoint>trust"]
    assert empty.not_estimated is None
    assert empty.arm_value == 0.0
    z = float(difference_score(0, 400, 9, 500))
    assert empty.statistic == pytest.approx(z, rel=1e-12)  # the same function, other arrays
    # Pearson's chi-square without continuity correction, with Miettinen and Nurminen's factor
    chi2 = stats.chi2_contingency([[0, 400], [9, 491]], correction=False).statistic
    assert empty.statistic == pytest.approx(-np.sqrt(chi2 * 899 / 900), rel=1e-9)
    assert "few_counts" in empty.flags
    assert empty.relative is not None
    assert empty.relative.low == -1.0  # nobody: the ratio may be 0


def test_an_ordering_that_neither_arm_shows_leaves_the_family_and_says_why() -> None:
    arms = ["control"] * 500 + ["treated"] * 400
    converted = np.zeros(900, dtype=int)
    codes = [PARTIAL] * 900
    for i in (*range(20, 60), *range(520, 590)):
        codes[i], converted[i] = SECOND, 1
    for i in (*range(60, 80), *range(600, 640)):
        codes[i], converted[i] = FIRST, 1
    found = infer(arms, converted, codes)
    incidences = by_ordering(found, "incidence")
    for ordering, one in incidences.items():
        if ordering in ("need>touchpoint>trust", "trust>need>touchpoint"):
            assert one.simultaneous is not None
            assert one.simultaneous.members == 2  # not six
        elif ordering != "other":
            assert one.not_estimated == {
                "reason": "no unit of either arm took this ordering and converted"
            }
            assert one.p_value is None
            assert one.absolute is None
    shares = by_ordering(found, "ordering_share")
    assert shares["need>trust>touchpoint"].not_estimated == {
        "reason": "no unit of either arm took it"
    }


def test_arms_that_show_the_same_labels_everywhere_have_nothing_to_test() -> None:
    arms = ["control"] * 300 + ["treated"] * 300
    found = infer(arms, np.array([1, 0] * 300), [PARTIAL] * 600)
    omnibus = next(each for each in found.omnibus if each.estimand == "ordering_share")
    assert omnibus.p_value is None
    assert omnibus.not_estimated == {"reason": "fewer than two rows or columns have a count"}


def test_orderings_stand_in_one_order() -> None:
    arms, converted, codes, _ = units(3)
    names = list(by_ordering(infer(arms, converted, codes), "incidence"))
    assert names[-1] == "other"
    assert all(one < two for one, two in pairwise(names[:-1]))
