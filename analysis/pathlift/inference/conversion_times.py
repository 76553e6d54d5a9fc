"""When units of an arm converted: the share that had, by the end of each bin of time.

Describes each arm: whether two arms differ is what contrasts of conversion answer, and this says
when they came apart. Every analysed unit is counted for as long as it was followed.
"""

import numpy as np

from pathlift.inference.arrays import Floats
from pathlift.inference.comparing import compared
from pathlift.inference.followed import unfollowed
from pathlift.inference.open_windows import INDEPENDENT
from pathlift.inference.tails import two_sided_critical
from pathlift.inference.wilson import wilson_interval
from pathlift.registry.experiment import Arm, Experiment
from pathlift.result.conversion_times import ConversionCurve, ConversionTimes
from pathlift.result.values import Span
from pathlift.statistics.collected import Statistics
from pathlift.statistics.times import TimeTable

_HOUR = 3_600_000_000
_METHOD = (
    "one minus the share not yet converted (Kaplan and Meier), Greenwood's variance, Wilson's "
    "interval over the units that this variance stands for"
)


def conversion_times(experiment: Experiment, statistics: Statistics) -> ConversionTimes | None:
    """Cumulative share of units that converted, by time since first exposure.

    ``F_b = 1 - prod_{c<=b} (1 - d_c / Y_c)``, ``Var F_b = (1 - F_b)^2 sum_{c<=b} d_c / (Y_c (Y_c -
    d_c))``, and Wilson's interval for ``F_b`` among ``F_b (1 - F_b) / Var F_b`` units: all units
    of the arm once each was followed to the end.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Returns
    -------
    ConversionTimes or None
        None where no window or no outcome is declared: then nobody asked. Where times were not
        read, present with the reason.

    References
    ----------
    .. [1] E. L. Kaplan, P. Meier (1958), "Nonparametric estimation from incomplete observations",
       Journal of the American Statistical Association 53, 457-481.
    .. [2] M. Greenwood (1926), "The natural duration of cancer", Reports on Public Health and
       Medical Subjects 33, 1-26.
    """
    experiment, statistics = compared(experiment, statistics)
    if experiment.conversion is None or experiment.window is None:
        return None
    times = statistics.times
    reason = unfollowed(experiment, statistics)
    if reason or times is None:
        return _part(experiment, hours=0, bins=0, complete=False, arms=(), reason=reason)
    purchases = times.of("purchase")
    complete = all(
        time.cause is not None or time.bin == times.bins
        for time in purchases.times
        if time.cluster is None
    )
    return _part(
        experiment,
        hours=times.length // _HOUR,
        bins=times.bins,
        complete=complete,
        arms=tuple(_curve(experiment, arm, purchases) for arm in experiment.analyzed_arms),
    )


def _part(
    experiment: Experiment,
    *,
    hours: int,
    bins: int,
    complete: bool,
    arms: tuple[ConversionCurve, ...],
    reason: str = "",
) -> ConversionTimes:
    return ConversionTimes(
        metric=experiment.conversion or "",
        bin_hours=hours,
        bins=bins,
        complete=complete,
        alpha=experiment.analysis.alpha,
        method="" if reason else _METHOD,
        arms=arms,
        assumptions=() if complete or reason else (INDEPENDENT,),
        not_estimated={"reason": reason} if reason else None,
    )


def _curve(experiment: Experiment, arm: Arm, purchases: TimeTable) -> ConversionCurve:
    happened, ended, units = _counted(arm, purchases)
    left = happened + ended
    # counts are whole numbers below 2**53, so these sums are exact
    at_risk = left.sum() - np.cumsum(left) + left
    shares, effective = _cumulative(happened, at_risk)
    grouped = arm.cluster is not None
    critical = two_sided_critical(experiment.analysis.alpha)
    spans = []
    for share, among in zip(shares.tolist(), effective.tolist(), strict=True):
        if np.isnan(share):
            spans.append(Span(estimate=None, low=None, high=None))
        elif grouped:
            spans.append(Span(estimate=share, low=None, high=None))
        else:
            found = wilson_interval(share * among, among, critical=critical)
            spans.append(Span(estimate=share, low=float(found.low), high=float(found.high)))
    return ConversionCurve(
        arm=arm.name,
        units=units,
        at_risk=tuple(int(count) for count in at_risk),
        converted=tuple(int(count) for count in happened),
        cumulative=tuple(spans),
        half_within=_half(shares),
        no_interval="units of a cluster are not independent; the interval of the arm's effect "
        "stands with its contrast"
        if grouped
        else None,
    )


def _counted(arm: Arm, purchases: TimeTable) -> tuple[Floats, Floats, int]:
    """Conversions and ends of follow-up by bin, shape (bins,); all units of the arm."""
    happened, ended, units = np.zeros(purchases.bins), np.zeros(purchases.bins), 0
    for time, count in zip(purchases.times, purchases.units.tolist(), strict=True):
        if time.arm != arm.name or time.cluster is not None:
            continue
        units += count
        if time.cause is not None:
            happened[time.bin - 1] += count
        elif time.bin:
            ended[time.bin - 1] += count
    return happened, ended, units


def _cumulative(happened: Floats, at_risk: Floats) -> tuple[Floats, Floats]:
    """Shares by the end of each bin, and among how many units they are as sure; both (bins,).

    NaN from the bin on that nobody was followed into while some had not converted.
    """
    anyone = at_risk > 0
    risk = np.where(anyone, at_risk, 1.0)
    staying = np.cumprod((risk - happened) / risk)
    left = risk - happened
    terms = np.divide(happened, risk * left, out=np.zeros_like(risk), where=left > 0)
    share = 1 - staying
    variance = staying**2 * np.cumsum(terms)
    spread = share * staying
    # nobody or everybody converted so far: Greenwood's variance is 0, the units say how sure it is
    among = np.divide(spread, variance, out=risk.copy(), where=(variance > 0) & (spread > 0))
    known = np.logical_and.accumulate(anyone | (np.concatenate(([1.0], staying[:-1])) <= 0))
    return np.where(known, share, np.nan), np.maximum(among, 1.0)


def _half(shares: Floats) -> int | None:
    """The first bin by whose end half of the final share was reached."""
    if not len(shares) or np.isnan(shares[-1]) or shares[-1] <= 0:
        return None
    return int(np.argmax(shares >= shares[-1] / 2)) + 1
