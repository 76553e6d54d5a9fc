"""Sales by creator and the like, arm by arm: how concentrated, and how much more than the control.

Describes. Who buys anything is an effect of the arm, so whose purchases are spread is one too.
"""

from collections.abc import Mapping
from math import isfinite, sqrt

from pathlift.errors import NotEstimableError
from pathlift.inference.comparing import compared
from pathlift.inference.concentration import Concentrated, concentrated
from pathlift.inference.tails import two_sided_critical
from pathlift.registry.experiment import Concentration as Declared
from pathlift.registry.experiment import Contrast, Experiment
from pathlift.result.concentration import ArmSpread, Concentration, SpreadContrast
from pathlift.result.values import Span
from pathlift.statistics.collected import Statistics
from pathlift.statistics.spread import Spread

_METHOD = "sum of squared shares over pairs of different units; jackknife over buckets of units, t"


def concentrations(experiment: Experiment, statistics: Statistics) -> tuple[Concentration, ...]:
    """Read every family of kind ``concentration``.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Returns
    -------
    tuple of Concentration
        In the order of the definition; all descriptive.
    """
    experiment, _ = compared(experiment, statistics)
    return tuple(
        _of_family(experiment, family, statistics.spreads.get(family.name, ()))
        for family in experiment.concentrations
    )


def _of_family(
    experiment: Experiment, family: Declared, spreads: tuple[Spread, ...]
) -> Concentration:
    by_arm = {spread.arm: spread for spread in spreads}
    found: dict[str, Concentrated | str] = {
        arm.name: _read(by_arm.get(arm.name)) for arm in experiment.analyzed_arms
    }
    return Concentration(
        name=family.name,
        metric=family.metric,
        by=family.by.name,
        alpha=experiment.analysis.alpha,
        exact=all(spread.exact for spread in spreads),
        method=_METHOD,
        arms=tuple(
            _arm(experiment, arm.name, by_arm.get(arm.name), found[arm.name])
            for arm in experiment.analyzed_arms
        ),
        contrasts=tuple(
            _contrast(experiment, contrast, found) for contrast in experiment.analysis.contrasts
        ),
    )


def _read(spread: Spread | None) -> Concentrated | str:
    if spread is None or not spread.buckets:
        return "no mature unit gave anything to a known one"
    if spread.negative:
        return (
            f"{spread.negative:,} event rows are below 0, and what is less than nothing has no "
            "share; leave them out by `where`"
        )
    try:
        return concentrated(spread.buckets)
    except NotEstimableError as refusal:
        return str(refusal)


def _grouped(experiment: Experiment, arm: str) -> bool:
    return experiment.arm(arm).cluster is not None


def _arm(
    experiment: Experiment, name: str, spread: Spread | None, read: Concentrated | str
) -> ArmSpread:
    told = isinstance(read, str)
    worth = 0 if spread is None or told else spread.worth
    everything = 0 if spread is None else spread.worth + spread.unnamed
    return ArmSpread(
        arm=name,
        units=0 if spread is None else sum(bucket.units for bucket in spread.buckets),
        value=0.0 if spread is None else float(spread.worth * spread.unit),
        holders=0 if spread is None else spread.holders,
        largest_share=spread.largest / worth if spread is not None and worth else None,
        top=0 if spread is None else spread.top,
        top_share=spread.top_worth / worth if spread is not None and worth else None,
        unnamed_share=(
            spread.unnamed / everything
            if spread is not None and everything > 0 and not spread.negative
            else None
        ),
        same=None if isinstance(read, str) else _span(experiment, name, read),
        effective=None if isinstance(read, str) or read.same <= 0 else 1 / read.same,
        causal_status="descriptive",
        not_estimated={"reason": read} if isinstance(read, str) else None,
    )


def _span(experiment: Experiment, arm: str, read: Concentrated) -> Span:
    """With an interval, but where units of a cluster resemble each other or are too few."""
    if _grouped(experiment, arm) or not isfinite(read.standard_error):
        return Span(estimate=read.same, low=None, high=None)
    critical = float(two_sided_critical(experiment.analysis.alpha, read.df))
    half = critical * read.standard_error
    return Span(estimate=read.same, low=max(0.0, read.same - half), high=min(1.0, read.same + half))


def _contrast(
    experiment: Experiment, contrast: Contrast, found: Mapping[str, Concentrated | str]
) -> SpreadContrast:
    one, zero = found[contrast.arm], found[contrast.control]
    if isinstance(one, str) or isinstance(zero, str):
        which, reason = (contrast.arm, one) if isinstance(one, str) else (contrast.control, zero)
        return SpreadContrast(
            arm=contrast.arm,
            control=contrast.control,
            difference=None,
            standard_error=None,
            df=None,
            causal_status="descriptive",
            not_estimated={"reason": f"{which}: {reason}"},
        )
    grouped = any(_grouped(experiment, arm) for arm in (contrast.arm, contrast.control))
    error = sqrt(one.standard_error**2 + zero.standard_error**2)
    known = isfinite(error) and not grouped
    difference, df = one.same - zero.same, min(one.df, zero.df)
    half = float(two_sided_critical(experiment.analysis.alpha, df)) * error if known else None
    return SpreadContrast(
        arm=contrast.arm,
        control=contrast.control,
        difference=Span(
            estimate=difference,
            low=None if half is None else max(-1.0, difference - half),
            high=None if half is None else min(1.0, difference + half),
        ),
        standard_error=error if known else None,
        df=df if known else None,
        causal_status="descriptive",
    )
