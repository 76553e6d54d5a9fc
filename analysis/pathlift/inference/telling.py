"""How a contrast of a metric is judged, in words: method, flags, and why there is none.

Computes nothing.
"""

from collections.abc import Sequence

import numpy as np

from pathlift.inference.drafts import DETERMINED
from pathlift.inference.enough import FEWEST
from pathlift.inference.measured import Measured
from pathlift.registry.experiment import Metric


def method_of(metric: Metric, measured: Measured, one: int, zero: int) -> str:
    """The method of a contrast.

    Parameters
    ----------
    metric : Metric
    measured : Measured
    one, zero : int
        Places of arm and control.

    Returns
    -------
    str
    """
    by_cluster = cluster_tails(measured, one, zero)
    if measured.successes is not None and not by_cluster:
        return "Miettinen-Nurminen score interval"
    tails = "normal" if measured.normal else "t with Satterthwaite's degrees of freedom"
    tails = by_cluster or tails
    if measured.quantiles is not None:
        return "Woodruff's intervals from counts in bins of 1%, combined by squares (MOVER)"
    adjusted = {
        "lin": "adjusted by covariates within each arm (Lin), ",
        "cuped": "adjusted by covariates with common slopes (CUPED), ",
    }.get(measured.batch.method, "")
    if metric.kind == "ratio":
        return f"ratio of means by the delta method on the linearised metric, {adjusted}{tails}"
    return f"{adjusted}{tails}" if adjusted or by_cluster else f"Welch, {tails}"


def cluster_tails(measured: Measured, one: int, zero: int) -> str:
    """How a contrast with clusters is judged, in words; empty for one without.

    Parameters
    ----------
    measured : Measured
    one, zero : int
        Places of arm and control.

    Returns
    -------
    str
    """
    grouped = sum(measured.clusters[place] is not None for place in (one, zero))
    if not grouped:
        return ""
    of = "Bell and McCaffrey's" if grouped == 2 else "Bell and McCaffrey's and Satterthwaite's"
    return f"variance between clusters (CR2), t with {of} degrees of freedom"


def cluster_flags(measured: Measured, one: int, zero: int) -> tuple[str, ...]:
    """What clusters do to how far a contrast can be trusted.

    Parameters
    ----------
    measured : Measured
    one, zero : int
        Places of arm and control.

    Returns
    -------
    tuple of str
        Of ``few_clusters``, ``lopsided_clusters`` and ``approximate``.
    """
    facts = [each for each in (measured.clusters[one], measured.clusters[zero]) if each]
    if not facts:
        return ()
    said = (
        ("few_clusters", any(each.few for each in facts)),
        ("lopsided_clusters", any(each.lopsided for each in facts)),
        ("approximate", measured.approximate),
    )
    return tuple(flag for flag, raised in said if raised)


def few_counts(measured: Measured, one: int, zero: int) -> tuple[str, ...]:
    """Whether successes or failures are too few for t, which takes the score method's place.

    Parameters
    ----------
    measured : Measured
    one, zero : int
        Places of arm and control.

    Returns
    -------
    tuple of str
        ``few_counts`` or nothing.
    """
    facts = (measured.clusters[one], measured.clusters[zero])
    if measured.successes is None or facts == (None, None):
        return ()
    both = np.array([measured.successes, measured.units - measured.successes])
    return ("few_counts",) if both[:, [one, zero]].min() < FEWEST else ()


def refusal_of(measured: Measured, arms: Sequence[str], one: int, zero: int, *, still: bool) -> str:
    """Why a contrast has no variance to be judged by; empty where it has one.

    Parameters
    ----------
    measured : Measured
    arms : sequence of str
        Analysed arms.
    one, zero : int
        Places of arm and control.
    still : bool
        Whether the difference has no variance, and the score method does not read it.

    Returns
    -------
    str
    """
    if not still and not measured.lost and not any(measured.clusters):
        return ""
    for place in (one, zero):
        arm = arms[place]
        if arm in measured.lost:
            return measured.lost[arm]
        if measured.clusters[place] is not None and measured.residual_variance[place] == 0:
            return f"no cluster of {arm} differs from another: there is no variance"
    if still and measured.quantiles is not None:
        value = measured.quantiles[0].estimate
        return (
            f"so many units of both arms have the same value ({value:.6g}) that the quantile has "
            "no interval"
        )
    # with slopes of 0 the arms' own means do not vary either: there was nothing to determine
    if still and np.diagonal(measured.covariance)[[one, zero]].any():
        return DETERMINED
    if still:
        return "no unit of either arm differs from another: there is no variance"
    return ""
