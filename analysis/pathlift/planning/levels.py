"""What a contrast has to reach, and what looking more than once costs.

The same corrections as the analysis, before there are data: arms have the sizes that their weights
give them, and looks come at equal steps. Knows no baseline.
"""

from dataclasses import dataclass
from typing import Literal, assert_never

import numpy as np

from pathlift.inference.anytime import Sequence as AnytimeSequence
from pathlift.inference.arrays import Floats
from pathlift.inference.blocks import critical_value
from pathlift.inference.crossing import inflation
from pathlift.inference.group_sequential import boundaries
from pathlift.inference.simultaneous import correlation_of
from pathlift.inference.spending import Kind, Spending
from pathlift.inference.tails import one_sided_critical, two_sided_critical, two_sided_p
from pathlift.registry.experiment import Contrast, Experiment, LookPlan

Sides = Literal[1, 2]
_KINDS: dict[str, Kind] = {
    "obf": "obrien_fleming",
    "pocock": "pocock",
    "hsd": "hwang_shih_decani",
}
_SHAPES = {
    "obf": "O'Brien-Fleming type spending",
    "pocock": "Pocock type spending",
    "hsd": "Hwang-Shih-DeCani spending",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """What one contrast has to reach.

    Attributes
    ----------
    alpha : float
        Of the single test that stands for it; of both sides where it has two.
    sides : {1, 2}
    critical : float
        What |z| has to reach at the planned end.
    inflation : float
        Times the units of that single test; 1 with one look.
    """

    alpha: float
    sides: Sides
    critical: float
    inflation: float = 1.0


def family_level(experiment: Experiment, variances: Floats, contrasts: Floats) -> float:
    """Two-sided level of one contrast of a family that is corrected by its largest |T|.

    Parameters
    ----------
    experiment : Experiment
    variances : ndarray of float, shape (means,) or (means, means)
        Of the means that are contrasted, up to a common factor; or their covariance.
    contrasts : ndarray of float, shape (members, means)

    Returns
    -------
    float
        At most alpha.
    """
    alpha = experiment.analysis.alpha
    members = len(contrasts)
    match experiment.analysis.multiplicity:
        case "none":
            return alpha
        case "holm" | "bh" | "graph":
            return alpha / members  # of the step that every member has to be sure of
        case "max_t":
            if members == 1:
                return alpha
            covariance = variances if variances.ndim == 2 else np.diag(variances)
            correlation = correlation_of(contrasts @ covariance @ contrasts.T)
            return float(two_sided_p(critical_value(correlation, alpha=alpha)))
        case method:
            assert_never(method)


def contrast_matrix(contrasts: tuple[Contrast, ...], arms: tuple[str, ...]) -> Floats:
    """Rows of 1 and -1, by contrast and arm.

    Parameters
    ----------
    contrasts : tuple of Contrast
    arms : tuple of str

    Returns
    -------
    ndarray of float, shape (contrasts, arms)
    """
    rows = np.zeros((len(contrasts), len(arms)))
    for row, contrast in zip(rows, contrasts, strict=True):
        row[arms.index(contrast.arm)] = 1.0
        row[arms.index(contrast.control)] = -1.0
    return rows


def level_of(
    experiment: Experiment,
    *,
    alpha: float,
    sides: Sides,
    members: int,
    decides: bool,
    power: float,
) -> Level:
    """Level of a contrast whose family gives it so much alpha.

    Parameters
    ----------
    experiment : Experiment
    alpha : float
        With one look; of both sides where the test has two.
    sides : {1, 2}
    members : int
        Contrasts that share alpha equally where there are several looks.
    decides : bool
        Whether a decision reads it: only then is it protected at every look.
    power : float
        That inflation keeps.

    Returns
    -------
    Level
    """
    looks = experiment.analysis.looks
    if looks.kind == "fixed" or not decides:
        return Level(alpha=alpha, sides=sides, critical=_critical(alpha, sides))
    share = experiment.analysis.alpha / members / (3 - sides)
    single = _critical(share, sides)
    wanted = single + float(one_sided_critical(1 - power))
    if looks.kind == "anytime":
        both = share * (3 - sides)  # a sequence has two sides; a guardrail reads one of them
        reach = float(AnytimeSequence.tuned(1.0, alpha=both).multiplier(1.0))
        needed = reach + float(one_sided_critical(1 - power))
        return Level(alpha=share, sides=sides, critical=reach, inflation=(needed / wanted) ** 2)
    steps = np.arange(1, experiment.plan.looks + 1) / experiment.plan.looks
    plan = boundaries(steps, spending_of(looks), alpha=share, sides=sides)
    return Level(
        alpha=share,
        sides=sides,
        critical=float(plan.critical[-1]),
        inflation=inflation(plan, alpha=share, power=power),
    )


def spending_of(looks: LookPlan) -> Spending:
    """The spending function of a plan.

    Parameters
    ----------
    looks : LookPlan
        Of kind ``group_sequential``.

    Returns
    -------
    Spending
    """
    return Spending(kind=_KINDS[looks.spending], gamma=looks.gamma)


def looks_in_words(experiment: Experiment) -> str:
    """Say how often it is looked at.

    Parameters
    ----------
    experiment : Experiment

    Returns
    -------
    str
    """
    looks = experiment.analysis.looks
    match looks.kind:
        case "fixed":
            return "one look, when the data are mature"
        case "group_sequential":
            return f"{experiment.plan.looks} equal looks, {_SHAPES[looks.spending]}"
        case "anytime":
            return "any number of looks, read at the planned units at the latest"
        case kind:
            assert_never(kind)


def _critical(alpha: float, sides: Sides) -> float:
    return float(one_sided_critical(alpha) if sides == 1 else two_sided_critical(alpha))
