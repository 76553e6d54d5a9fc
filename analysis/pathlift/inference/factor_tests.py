"""Does a factor do anything, and do factors work together at all? One Wald test an effect.

Only where an effect has several contrasts; one contrast is its own test.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.clusters import contrast_df
from pathlift.inference.factor_effects import contrast_weights
from pathlift.inference.factorial import FactorContrast, factor_contrasts
from pathlift.inference.measured import Measured
from pathlift.inference.omnibus import Wald, wald
from pathlift.registry.crossing import crossing_of
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Omnibus


def factor_tests(
    experiment: Experiment, measured: Mapping[str, Measured | str]
) -> Iterator[Omnibus]:
    """Test every effect of several contrasts.

    Parameters
    ----------
    experiment : Experiment
        With combined arms in place of their members.
    measured : mapping of str to Measured or str
        By metric, over the analysed arms; or why it could not be measured.

    Yields
    ------
    Omnibus
        Metric by metric, guardrails left out; df is the product of levels - 1.
    """
    crossing = crossing_of(experiment)
    if crossing is None:
        return
    against_reference = factor_contrasts(crossing.against_references())
    effects: dict[tuple[str, ...], list[FactorContrast]] = {}
    for contrast in against_reference:
        effects.setdefault(contrast.factors, []).append(contrast)
    arms = tuple(arm.name for arm in experiment.analyzed_arms)
    for metric in experiment.metrics:
        for factors, contrasts in effects.items():
            if metric.role != "guardrail" and len(contrasts) > 1:
                yield _test(metric.name, factors, contrasts, measured[metric.name], arms)


def _test(
    metric: str,
    factors: tuple[str, ...],
    contrasts: list[FactorContrast],
    measured: Measured | str,
    arms: tuple[str, ...],
) -> Omnibus:
    main = len(factors) == 1
    named = " by ".join(factors)
    name = f"Wald test that {'all levels of' if main else 'there is no interaction of'} {named}"
    name += " are equal" if main else ""
    refused, found = "", None
    try:
        found = _wald(contrasts, measured, arms)
    except NotEstimableError as refusal:
        refused = str(refusal)
    return Omnibus(
        estimand=contrasts[0].estimand,
        metric=metric,
        ordering=None,
        segment=None,
        test=name,
        statistic=None if found is None else float(found.statistic) / _scale(found),
        df=None if found is None else float(found.df),
        p_value=None if found is None else float(found.p_value),
        causal_status="causal",
        not_estimated={"reason": refused} if found is None else None,
    )


def _wald(contrasts: list[FactorContrast], measured: Measured | str, arms: tuple[str, ...]) -> Wald:
    missing = [each for contrast in contrasts for each in contrast.missing]
    if missing:
        raise NotEstimableError(
            f"the crossing does not identify it: there is no arm with {missing[0]}"
        )
    if isinstance(measured, str):
        raise NotEstimableError(measured)
    if measured.quantiles is not None:
        raise NotEstimableError("quantiles are compared between two arms")
    lost = [measured.lost[arm] for contrast in contrasts for arm in contrast.weights
            if arm in measured.lost]  # fmt: skip
    if lost:
        raise NotEstimableError(lost[0])
    weights = np.array([contrast_weights(contrast, arms) for contrast in contrasts])
    theta, covariance = weights @ measured.apart, weights @ measured.covariance @ weights.T
    if not measured.grouped.any():
        return wald(theta, covariance)
    df = contrast_df(
        weights,
        measured.residual_variance,
        measured.units,
        measured.residual_df,
        clustered=measured.grouped,
    )
    # Hotelling's correction, as for the test over all arms
    least, over = float(df.min()), float(df.min()) - len(contrasts) + 1
    if not over > 0:
        raise NotEstimableError(f"{least:.1f} degrees of freedom are too few")
    return wald(theta, covariance * (least / over), residual_df=over)


def _scale(found: Wald) -> float:
    """An F statistic is the quadratic form by its df; a chi-square is the form itself."""
    return found.df if np.isfinite(found.residual_df) else 1.0
