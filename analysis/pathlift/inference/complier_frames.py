"""How an estimate of encouragement stands in a result: names, set, first stage, assumptions.

Computes nothing but the shape of a set.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pathlift.inference.encouraged import Encouraged
from pathlift.inference.instrument import T_RATIO, WEAK, NotRejected, Reduced
from pathlift.inference.looking import NOT_PROTECTED
from pathlift.registry.experiment import Contrast, Experiment
from pathlift.result.model import Adjustment, ConfidenceSet, Estimate, FirstStage, Span

WEAK_FLAG = "weak_first_stage"
_UNADJUSTED = "not adjusted: encouragement reads labels and conversions alone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was estimated.

    Attributes
    ----------
    ratio : float
        Effect of taking the ordering.
    not_rejected : NotRejected
    p_value : float
        Of a ratio of 0.
    standard_error : float
        By the delta method.
    statistic, df : float or None
        What gave `p_value`, where it is a t or a normal.
    means : (float, float) or None
        Of compliers who take the ordering and who do not; their difference is `ratio`.
    first_stage : FirstStage
    """

    ratio: float
    not_rejected: NotRejected
    p_value: float
    standard_error: float
    first_stage: FirstStage
    statistic: float | None = None
    df: float | None = None
    means: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """What an estimate is about.

    Attributes
    ----------
    experiment : Experiment
    read : Encouraged or str
        Or why it could not be read.
    contrast : Contrast
    ordering : str or None
        The one that the treated arm intends.
    estimand : {'complier', 'structural'}
    assumptions : tuple of str
    method : str
    """

    experiment: Experiment
    read: Encouraged | str
    contrast: Contrast
    ordering: str | None
    estimand: str
    assumptions: tuple[str, ...]
    method: str

    def refused(self, reason: str) -> Estimate:
        """Return the estimate that could not be made.

        Parameters
        ----------
        reason : str

        Returns
        -------
        Estimate
        """
        return self._estimate().model_copy(update={"not_estimated": {"reason": reason}})

    def estimated(self, found: Found, flags: Sequence[str] = ()) -> Estimate:
        """Return the estimate that was made.

        Parameters
        ----------
        found : Found
        flags : sequence of str, optional

        Returns
        -------
        Estimate
            With an interval where the set is one.
        """
        shown = confidence_set(found.not_rejected)
        alone = shown.kind == "interval"
        alpha = self.experiment.analysis.alpha
        weak = (WEAK_FLAG,) if found.first_stage.weak else ()
        looks = self.experiment.analysis.looks.kind
        return self._estimate().model_copy(
            update={
                "arm_value": None if found.means is None else found.means[0],
                "control_value": None if found.means is None else found.means[1],
                "absolute": Span(
                    estimate=found.ratio,
                    low=shown.low if alone else None,
                    high=shown.high if alone else None,
                ),
                "standard_error": found.standard_error,
                "statistic": found.statistic,
                "df": found.df if found.df is not None and np.isfinite(found.df) else None,
                "p_value": found.p_value,
                "set": shown,
                "first_stage": found.first_stage,
                "conclusion": "different" if found.p_value < alpha else "no_difference_shown",
                "flags": (
                    *flags,
                    *weak,
                    "exploratory",
                    *(() if looks == "fixed" else (NOT_PROTECTED,)),
                ),
            }
        )

    def _estimate(self) -> Estimate:
        conversion = self.experiment.metric(self.experiment.conversion or "")
        arm, control = self.contrast.arm, self.contrast.control
        name = f"{self.estimand}/{conversion.name}/{self.ordering or ''}//{arm}-{control}"
        return Estimate(
            id=name,
            estimand=self.estimand,
            metric=conversion.name,
            kind="proportion",
            role="secondary",
            better=conversion.better,
            ordering=self.ordering,
            segment=None,
            arm=arm,
            control=control,
            arm_units=self._units(arm),
            control_units=self._units(control),
            arm_value=None,
            control_value=None,
            absolute=None,
            relative=None,
            standard_error=None,
            statistic=None,
            df=None,
            null_value=0.0,
            null_scale="absolute",
            p_value=None,
            alpha=self.experiment.analysis.alpha,
            simultaneous=None,
            method=self.method,
            adjustment=Adjustment(reason=_UNADJUSTED if self.experiment.covariates else ""),
            exact=True,
            conclusion="not_estimated",
            causal_status="causal_if",
            flags=("exploratory",),
            assumptions=self.assumptions,
        )

    def _units(self, arm: str) -> int:
        if isinstance(self.read, str):
            return 0
        return int(self.read.units[self.read.arms.index(arm)])


def first_stage(
    read: Encouraged, contrast: Contrast, ordering: str, reduced: Reduced, *, f: float | None
) -> FirstStage:
    """Describe how strongly an arm moves an ordering.

    Parameters
    ----------
    read : Encouraged
    contrast : Contrast
    ordering : str
    reduced : Reduced
        Of both.
    f : float or None
        Its strength: of this ordering, or of a system of two.

    Returns
    -------
    FirstStage
    """
    place = read.orderings.index(ordering)
    return FirstStage(
        arm_share=float(read.took[read.arms.index(contrast.arm), place]),
        control_share=float(read.took[read.arms.index(contrast.control), place]),
        effect=reduced.d,
        standard_error=float(np.sqrt(reduced.v_dd)),
        f=f,
        weak=f is not None and f < WEAK,
        t_ratio=f is None or f >= T_RATIO,
    )


def confidence_set(found: NotRejected) -> ConfidenceSet:
    """Name the shape of a set.

    Parameters
    ----------
    found : NotRejected

    Returns
    -------
    ConfidenceSet
    """
    pieces = tuple(
        (low if np.isfinite(low) else None, high if np.isfinite(high) else None)
        for low, high in found.pieces
    )
    match pieces:
        case ():
            return ConfidenceSet(kind="empty", low=None, high=None, pieces=pieces)
        case ((None, None),):
            return ConfidenceSet(kind="line", low=None, high=None, pieces=pieces)
        case ((low, high),):
            return ConfidenceSet(kind="interval", low=low, high=high, pieces=pieces)
        case ((None, low), (high, None)):
            return ConfidenceSet(kind="complement", low=low, high=high, pieces=pieces)
        case _:
            return ConfidenceSet(kind="union", low=None, high=None, pieces=pieces)
