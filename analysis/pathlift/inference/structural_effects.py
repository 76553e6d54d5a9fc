"""Two orderings at once, of two treated arms against one control: marked ``structural``.

Needs that an ordering does the same to everybody, beside what Wald's ratio needs.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from pathlift.inference.complier_frames import Found, Frame, first_stage
from pathlift.inference.encouraged import Encouraged
from pathlift.inference.structural import System, shadow
from pathlift.registry.experiment import Contrast, Experiment
from pathlift.result.model import Estimate

ASSUMPTIONS = ("independence", "exclusion", "constant effects", "relevance")
_METHOD = (
    "solution of two equations (structural), Anderson-Rubin set by inversion, projected on one "
    "ordering"
)


def structural_estimates(
    experiment: Experiment, read: Encouraged | str, orderings: Mapping[Contrast, str | None]
) -> tuple[Estimate, ...]:
    """Estimate the effects of two orderings together.

    Parameters
    ----------
    experiment : Experiment
    read : Encouraged or str
        Or why it could not be read.
    orderings : mapping of Contrast to str or None
        What each contrast encourages.

    Returns
    -------
    tuple of Estimate
        Two, for three analysed arms of which two are compared with the third and intend an
        ordering; else none, for then two equations are not what there is.
    """
    contrasts = tuple(orderings)
    named = tuple(ordering for ordering in orderings.values() if ordering is not None)
    if (
        len(experiment.analyzed_arms) != 3
        or len(contrasts) != 2
        or len(named) != 2
        or len({contrast.control for contrast in contrasts}) != 1
    ):
        return ()
    frames = [
        Frame(
            experiment=experiment,
            read=read,
            contrast=contrast,
            ordering=ordering,
            estimand="structural",
            assumptions=ASSUMPTIONS,
            method=_METHOD,
        )
        for contrast, ordering in zip(contrasts, named, strict=True)
    ]
    if isinstance(read, str):
        return tuple(frame.refused(read) for frame in frames)
    if named[0] == named[1]:
        reason = "both arms intend one ordering: two equations, and one unknown"
        return tuple(frame.refused(reason) for frame in frames)
    system = system_of(read, contrasts, named)
    refusal = _refusal(read, system)
    if refusal:
        return tuple(frame.refused(refusal) for frame in frames)
    return tuple(
        _estimate(frame, read, system, place, ordering)
        for place, (frame, ordering) in enumerate(zip(frames, named, strict=True))
    )


def system_of(read: Encouraged, contrasts: Sequence[Contrast], orderings: Sequence[str]) -> System:
    """Return the two equations of two arms, one control and two orderings.

    Parameters
    ----------
    read : Encouraged
    contrasts : sequence of Contrast
        Two.
    orderings : sequence of str
        Two of those that were read.

    Returns
    -------
    System
    """
    weights = np.zeros((2, len(read.arms)))
    for row, contrast in enumerate(contrasts):
        weights[row, read.arms.index(contrast.arm)] = 1.0
        weights[row, read.arms.index(contrast.control)] = -1.0
    places = [read.orderings.index(ordering) for ordering in orderings]
    order = [len(read.orderings), *places]  # conversion comes last there
    chosen = read.covariance[:, order][:, :, :, order]
    return System(
        y=weights @ read.converted,
        m=weights @ read.took[:, places],
        covariance=np.einsum("ia,apbq,jb->pqij", weights, chosen, weights),
    )


def _estimate(
    frame: Frame, read: Encouraged, system: System, place: int, ordering: str
) -> Estimate:
    found, p_value = shadow(system, place, alpha=frame.experiment.analysis.alpha)
    reduced = read.reduced(frame.contrast, ordering)
    return frame.estimated(
        Found(
            ratio=float(system.solution[place]),
            not_rejected=found,
            p_value=p_value,
            standard_error=float(system.standard_errors[place]),
            first_stage=first_stage(read, frame.contrast, ordering, reduced, f=system.f),
        ),
        flags=("structural",),
    )


def _refusal(read: Encouraged, system: System) -> str:
    """Why the equations have no solution to be judged; empty where they have one."""
    if read.lost:
        return next(iter(read.lost.values()))
    if read.grouped.any():
        return "its chi-square takes units to be independent, and those of a cluster are not"
    if not bool(np.all(np.einsum("ppii->pi", system.covariance) > 0)):
        return "conversion, or taking one of the orderings, does not vary in these arms"
    if not bool(np.isfinite(system.solution).all()):
        return "both arms move the two orderings in one proportion: the equations are one"
    return ""
