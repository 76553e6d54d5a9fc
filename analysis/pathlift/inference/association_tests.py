"""Is there any association between ordering and conversion, and does it differ by arm? Two tests.

Both within strata. Neither says anything of an effect of an ordering.
"""

from collections.abc import Mapping

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.arrays import Floats
from pathlift.inference.association_variance import score_and_covariance
from pathlift.inference.grouped_logistic import likelihood_ratio
from pathlift.inference.landmark import Landmarks
from pathlift.inference.mantel_haenszel import association
from pathlift.inference.standardising import FEWEST
from pathlift.result.model import Omnibus

_TEST = "generalised Cochran-Mantel-Haenszel test of association with the ordering, within strata"
_BY_ARM = "likelihood ratio of the arm by ordering terms in a grouped logistic model, within strata"


def association_test(
    counts: Landmarks, metric: str | None, *, reason: str, cluster_df: Mapping[str, float]
) -> Omnibus:
    """Test whether conversion goes with the ordering in any stratum.

    Parameters
    ----------
    counts : Landmarks
        With clusters.
    metric : str or None
        Name of conversion.
    reason : str
        Why it cannot be made; empty where it can.
    cluster_df : mapping of str to float
        Degrees of freedom of arms with clusters; empty without.

    Returns
    -------
    Omnibus
    """
    if reason:
        return _omnibus(metric, "association", _TEST, reason=reason)
    found = score_and_covariance(counts, cluster_df)
    try:
        test = association(found.score, found.covariance, residual_df=found.df)
    except NotEstimableError as refusal:
        return _omnibus(metric, "association", _TEST, reason=str(refusal))
    name = _TEST if not cluster_df else f"{_TEST}; variance between clusters, F"
    return _omnibus(
        metric,
        "association",
        name,
        statistic=float(test.statistic),
        df=float(test.df),
        p_value=float(test.p_value),
    )


def association_by_arm(
    counts: Landmarks, metric: str | None, *, reason: str, clustered: bool
) -> Omnibus:
    """Test whether the association differs by arm.

    Parameters
    ----------
    counts : Landmarks
    metric : str or None
        Name of conversion.
    reason : str
        Why it cannot be made; empty where it can.
    clustered : bool
        Whether any arm has clusters.

    Returns
    -------
    Omnibus
    """
    if clustered and not reason:
        reason = "a likelihood takes units to be independent, and those of a cluster are not"
    if not reason:
        try:
            test = likelihood_ratio(*_designs(counts))
        except NotEstimableError as refusal:
            reason = str(refusal)
        else:
            return _omnibus(
                metric,
                "association_by_arm",
                _BY_ARM,
                statistic=test.statistic,
                df=float(test.df),
                p_value=test.p_value,
            )
    return _omnibus(metric, "association_by_arm", _BY_ARM, reason=reason)


def _designs(counts: Landmarks) -> tuple[Floats, Floats, Floats, Floats]:
    """Groups of ten units or more, their strata and orderings, and arms by ordering beside."""
    arms = sorted({stratum[0] for stratum in counts.strata})
    arm_of = np.array([arms.index(stratum[0]) for stratum in counts.strata])
    whole = np.array([counts.units[:, arm_of == place].sum(axis=1) for place in range(len(arms))])
    n_s, x_s = counts.units.sum(axis=0), counts.converted.sum(axis=0)
    tells = (n_s >= FEWEST) & (x_s > 0) & (x_s < n_s)
    kept = (counts.units > 0) & tells & (whole[arm_of].T >= FEWEST)
    ordering, stratum = np.nonzero(kept)
    if not len(ordering):
        raise NotEstimableError(f"no stratum has {FEWEST} units of which some converted")
    by_stratum = np.eye(len(counts.strata))[stratum]
    by_ordering = np.eye(len(counts.orderings))[ordering]
    cell = arm_of[stratum] * len(counts.orderings) + ordering
    by_cell = np.eye(len(arms) * len(counts.orderings))[cell]
    return (
        counts.converted[kept],
        counts.units[kept],
        np.hstack([by_stratum, by_ordering]),
        np.hstack([by_stratum, by_cell]),
    )


def _omnibus(
    metric: str | None,
    estimand: str,
    test: str,
    *,
    statistic: float | None = None,
    df: float | None = None,
    p_value: float | None = None,
    reason: str = "",
) -> Omnibus:
    return Omnibus(
        estimand=estimand,
        metric=metric,
        ordering=None,
        segment=None,
        test=test,
        statistic=statistic,
        df=df,
        p_value=p_value,
        causal_status="descriptive",
        not_estimated={"reason": reason} if reason else None,
    )
