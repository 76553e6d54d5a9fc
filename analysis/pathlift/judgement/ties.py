"""What may bounds over ties be read for? As the incidences they bound, but for ties themselves.

Many ties take the incidences away (check `ties`); how far these could go is then all that is left.
"""

from collections.abc import Iterable, Sequence

from pathlift.judgement.invalidation import with_validity
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Check, Estimate
from pathlift.result.ties import TieBounds


def ties_with_validity(
    experiment: Experiment,
    checks: Iterable[Check],
    bounds: Sequence[TieBounds],
    estimates: Iterable[Estimate],
) -> tuple[TieBounds, ...]:
    """Give bounds the status of their incidences, as if check `ties` had passed.

    Parameters
    ----------
    experiment : Experiment
    checks : iterable of Check
    bounds : sequence of TieBounds
    estimates : iterable of Estimate
        As inference left them.

    Returns
    -------
    tuple of TieBounds
        In the same order, numbers untouched.
    """
    wanted = {bound.of for bound in bounds}
    others = [check for check in checks if check.id != "ties" or check.figures.get("too_coarse")]
    marked, _ = with_validity(experiment, others, (e for e in estimates if e.id in wanted), ())
    status = {estimate.id: estimate.causal_status for estimate in marked}
    return tuple(bound.model_copy(update={"causal_status": status[bound.of]}) for bound in bounds)
