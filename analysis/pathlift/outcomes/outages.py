"""Which units were under way while a stage was not logged? As a condition; runs nothing.

Methods 1.4, E24: whatever the arm, whatever was logged of the unit.
"""

from sqlglot import exp

from pathlift.outcomes.calendar import instant, microseconds
from pathlift.outcomes.composing import any_of, enclosed, parse, value
from pathlift.registry.experiment import Experiment, Outage


def in_outage(experiment: Experiment, t0: exp.Expr, *, watermark: int) -> exp.Expr | None:
    """Whether ``[t0, t0 + window)`` meets an outage.

    Parameters
    ----------
    experiment : Experiment
    t0 : Expr
        First exposure, microseconds since 1970.
    watermark : int
        Rows at or after it are not read: without a window, a unit is followed until then.

    Returns
    -------
    Expr or None
        None where no outages are declared.
    """
    if not experiment.outages:
        return None
    window = None if experiment.window is None else microseconds(experiment.window)
    read = [outage for outage in experiment.outages if instant(outage.start) < watermark]
    return any_of([enclosed(_meets(outage, t0, window)) for outage in read])


def _meets(outage: Outage, t0: exp.Expr, window: int | None) -> exp.Expr:
    started = parse("$t0 < $stop", t0=t0, stop=value(instant(outage.stop)))
    if window is None:
        return started
    early = value(instant(outage.start) - window)
    return exp.and_(started, parse("$t0 > $early", t0=t0, early=early))
