"""What taking the intended ordering did to those whom the arm brought to it, if assumptions hold.

Opt-in (methods 2.5, 0.6): arms seldom move an ordering without moving anything else, and some units
are moved away from it. So every number here is causal only if the assumptions that it names hold,
and none is corrected for others.
"""

from collections.abc import Sequence

from pathlift.errors import NotEstimableError
from pathlift.inference.complier_frames import Found, Frame, first_stage
from pathlift.inference.encouraged import Encouraged, read_encouraged
from pathlift.inference.implications import contradicted
from pathlift.inference.instrument import Reduced, anderson_rubin
from pathlift.inference.metrics import unavailable
from pathlift.inference.structural_effects import structural_estimates
from pathlift.registry.experiment import Contrast, Experiment
from pathlift.result.model import Estimate
from pathlift.statistics.collected import Statistics

ASSUMPTIONS = ("independence", "exclusion", "monotonicity", "relevance")
"""What makes Wald's ratio the mean effect on compliers."""

IMPOSSIBLE = "complier_share_outside_0_to_1"
"""Flag of shares of compliers that no share can be; by chance, or since assumptions fail."""

AWAY = "arm_brings_units_away"
"""Flag of an arm that lowers the share of the ordering that it intends."""

CONTRADICTED = "assumptions_contradicted"
"""Flag of data that reject what the assumptions imply."""

_METHOD = "Wald's ratio of two effects, Anderson-Rubin set"


def complier_estimates(experiment: Experiment, statistics: Statistics) -> tuple[Estimate, ...]:
    """Estimate what orderings did to compliers, contrast by contrast.

    Parameters
    ----------
    experiment : Experiment
        With combined arms in place of their members.
    statistics : Statistics

    Returns
    -------
    tuple of Estimate
        Empty where encouragement was not asked for. Estimand ``complier``: one a contrast, of the
        treated arm's intended ordering. Of three arms also ``structural``, both orderings at once.

    References
    ----------
    .. [1] G. W. Imbens, J. D. Angrist (1994), "Identification and estimation of local average
       treatment effects", Econometrica 62, 467-475.
    """
    if not experiment.analysis.encouragement or experiment.conversion is None:
        return ()
    orderings = {c: intended(experiment, c) for c in experiment.analysis.contrasts}
    read = _read(experiment, statistics, [o for o in orderings.values() if o is not None])
    return (
        *(_complier(experiment, read, contrast, o) for contrast, o in orderings.items()),
        *structural_estimates(experiment, read, orderings),
    )


def intended(experiment: Experiment, contrast: Contrast) -> str | None:
    """Ordering that a contrast encourages: that of its treated arm.

    Parameters
    ----------
    experiment : Experiment
    contrast : Contrast

    Returns
    -------
    str or None
    """
    ordering = experiment.arm(contrast.arm).ordering
    return ">".join(ordering) if ordering else None


def _read(
    experiment: Experiment, statistics: Statistics, orderings: Sequence[str]
) -> Encouraged | str:
    reason = unavailable(statistics, experiment.metric(experiment.conversion or ""))
    if reason:
        return reason
    try:
        return read_encouraged(experiment, statistics, tuple(dict.fromkeys(orderings)))
    except NotEstimableError as refusal:
        return str(refusal)


def _complier(
    experiment: Experiment, read: Encouraged | str, contrast: Contrast, ordering: str | None
) -> Estimate:
    frame = Frame(
        experiment=experiment,
        read=read,
        contrast=contrast,
        ordering=ordering,
        estimand="complier",
        assumptions=ASSUMPTIONS,
        method=_METHOD,
    )
    if isinstance(read, str):
        return frame.refused(read)
    if ordering is None:
        return frame.refused(f"{contrast.arm} intends no ordering")
    reduced = read.reduced(contrast, ordering)
    refusal = _refusal(read, contrast, ordering, reduced)
    if refusal:
        return frame.refused(refusal)
    found, p_value = anderson_rubin(reduced, alpha=experiment.analysis.alpha)
    means = _means(read, contrast, ordering, reduced)
    said = (
        (AWAY, reduced.d < 0),
        (IMPOSSIBLE, not all(0 <= mean <= 1 for mean in means)),
        (CONTRADICTED, contradicted(read, contrast, ordering, alpha=experiment.analysis.alpha)),
    )
    return frame.estimated(
        Found(
            ratio=reduced.ratio,
            not_rejected=found,
            p_value=p_value,
            standard_error=reduced.standard_error,
            statistic=reduced.statistic,
            df=reduced.df,
            means=means,
            first_stage=first_stage(read, contrast, ordering, reduced, f=reduced.f),
        ),
        flags=tuple(flag for flag, raised in said if raised),
    )


def _refusal(read: Encouraged, contrast: Contrast, ordering: str, reduced: Reduced) -> str:
    """Why there is no ratio; empty where there is one."""
    lost = [read.lost[arm] for arm in (contrast.arm, contrast.control) if arm in read.lost]
    if lost:
        return lost[0]
    if reduced.v_yy == 0:
        return "conversion does not vary in these arms"
    if reduced.d == 0:
        return (
            f"{ordering} was taken as often in {contrast.arm} as in {contrast.control}: there is "
            "no first stage to divide by"
        )
    return ""


def _means(
    read: Encouraged, contrast: Contrast, ordering: str, reduced: Reduced
) -> tuple[float, float]:
    """Conversion of compliers when they take the ordering, and when not (Abadie 2002).

    If the assumptions hold, and but for chance, these are shares.
    """
    one, zero = read.arms.index(contrast.arm), read.arms.index(contrast.control)
    both = read.took_and_converted[:, read.orderings.index(ordering)]
    taking = float(both[one] - both[zero]) / reduced.d
    return taking, taking - reduced.ratio
