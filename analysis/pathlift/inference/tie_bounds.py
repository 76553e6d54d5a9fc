"""What ties could do to an incidence: the contrast with every tie read the one way, then the other.

Stages in one moment have no order, and their units stand in `other`. Had clocks been finer, each
would have taken one of the orderings that its tie allows; nobody knows which. Bounds of estimates,
unadjusted; no interval.
"""

from collections.abc import Iterator, Mapping
from itertools import permutations

from pathlift.inference.reading import LabelCounts, Slice, label_counts
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Sensitivity, Span
from pathlift.statistics.cells import label
from pathlift.statistics.collected import Statistics

READING = "ties"
_METHOD = (
    "ties read in whichever direction makes the contrast smallest, then largest: bounds of the "
    "unadjusted estimate, no interval"
)


def could_be(tied: str, complete: tuple[str, ...]) -> bool:
    """Whether a tied ordering may have been a strict one.

    Parameters
    ----------
    tied : str
        Such as ``need=touchpoint>trust``.
    complete : tuple of str
        Stages in their order.

    Returns
    -------
    bool

    Examples
    --------
    >>> could_be("need=touchpoint>trust", ("touchpoint", "need", "trust"))
    True
    >>> could_be("need=touchpoint>trust", ("touchpoint", "trust", "need"))
    False
    """
    rank = {stage: place for place, step in enumerate(tied.split(">")) for stage in step.split("=")}
    ranks = [rank.get(stage, -1) for stage in complete]
    return -1 not in ranks and ranks == sorted(ranks)


def tie_bounds(experiment: Experiment, statistics: Statistics) -> Iterator[Sensitivity]:
    """Bound the incidence contrasts of complete orderings over all ways to read ties.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Sensitivity
        One an ordering and contrast where some tie could have been that ordering in either arm;
        its ends are the smallest and the largest contrast, its estimate that of the labels as
        they are.
    """
    if not experiment.stages or experiment.conversion is None:
        return
    arms = tuple(arm.name for arm in experiment.analyzed_arms)
    labels = label_counts(statistics.cells, arms, Slice(maturity=statistics.label_class))
    units = dict(zip(arms, labels.units.sum(axis=1).tolist(), strict=True))
    for complete in permutations(experiment.stage_names):
        strict, tied = _converted(labels, complete)
        for contrast in experiment.analysis.contrasts:
            one, zero = contrast.arm, contrast.control
            if not tied[one] + tied[zero] or not units[one] or not units[zero]:
                continue
            least = strict[one] / units[one] - (strict[zero] + tied[zero]) / units[zero]
            most = (strict[one] + tied[one]) / units[one] - strict[zero] / units[zero]
            arm_value, control_value = strict[one] / units[one], strict[zero] / units[zero]
            ordering = ">".join(complete)
            yield Sensitivity(
                of=f"incidence/{experiment.conversion}/{ordering}//{one}-{zero}",
                reading=READING,
                metric=experiment.conversion,
                arm=one,
                control=zero,
                arm_value=arm_value,
                control_value=control_value,
                absolute=Span(estimate=arm_value - control_value, low=least, high=most),
                standard_error=None,
                p_value=None,
                method=_METHOD,
            )


def _converted(
    labels: LabelCounts, complete: tuple[str, ...]
) -> tuple[Mapping[str, float], Mapping[str, float]]:
    """Converted units by arm: with that ordering, and with a tie that could have been it."""
    strict, tied = dict.fromkeys(labels.arms, 0.0), dict.fromkeys(labels.arms, 0.0)
    for column, code in enumerate(labels.codes):
        read = label(code, complete)
        if read.kind == "unknown" or not could_be(read.ordering, complete):
            continue
        into = tied if read.tied else strict
        for row, arm in enumerate(labels.arms):
            into[arm] += float(labels.converted[row, column])
    return strict, tied
