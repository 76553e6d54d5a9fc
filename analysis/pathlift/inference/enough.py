"""What is too little to be estimated or to be adjusted, and how a result says so.

Methods 3.4: covariates adjust where every arm can carry their slopes, proportions where every arm
has enough successes and failures. Knows no tables.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from pathlift.inference.adjustment import AdjustedMeans, usable_covariates
from pathlift.inference.arrays import Floats

FEWEST = 50
"""Successes and failures that every arm needs before a proportion is adjusted (methods 3.4)."""


def too_small(arms: Sequence[str], units: Sequence[int]) -> str:
    """Why a slice cannot be read; empty where every arm has two units.

    Parameters
    ----------
    arms : sequence of str
    units : sequence of int
        By arm.

    Returns
    -------
    str
    """
    short = [f"{arm} has {count}" for arm, count in zip(arms, units, strict=True) if count < 2]
    return f"an arm needs at least two mature units, and {' and '.join(short)}" if short else ""


def too_few(arms: Sequence[str], successes: Floats, units: Floats) -> str:
    """Why a proportion is not adjusted (methods 3.4); empty where it may be.

    Parameters
    ----------
    arms : sequence of str
    successes, units : Floats, shape (arms,)

    Returns
    -------
    str
    """
    few = np.minimum(successes, units - successes) < FEWEST
    if not few.any():
        return ""
    return f"not adjusted: fewer than {FEWEST} successes or failures in {_named(arms, few)}"


def kept_covariates(
    covariates: Sequence[str], mean: Floats, covariance: Floats
) -> tuple[tuple[str, ...], str]:
    """Choose the covariates that can carry a slope in every arm.

    Parameters
    ----------
    covariates : sequence of str
    mean : Floats, shape (arms, covariates)
    covariance : Floats, shape (arms, covariates, covariates)

    Returns
    -------
    kept : tuple of str
    reason : str
        Which declared ones were left out; empty where none was.
    """
    if not covariates:
        return (), ""
    usable = np.all(usable_covariates(covariance, mean), axis=0)
    kept = tuple(name for name, each in zip(covariates, usable, strict=True) if each)
    left_out = [
        name.removeprefix("x:")
        for name in covariates
        if name not in kept and not name.endswith(".missing")
    ]
    return kept, (
        f"left out as constant or collinear in an arm: {', '.join(left_out)}" if left_out else ""
    )


def without_denominator(means: AdjustedMeans, arms: Sequence[str]) -> dict[int, str]:
    """Why ratios have no value.

    Parameters
    ----------
    means : AdjustedMeans
        Of (rows, arms, outcomes): numerator and denominator.
    arms : sequence of str

    Returns
    -------
    dict of int to str
        By row; those that have a value are absent.
    """
    zero = means.means[..., 1] == 0
    return {
        int(row): f"the denominator is 0 in {_named(arms, zero[row])}"
        for row in np.flatnonzero(zero.any(axis=1))
    }


def _named(arms: Sequence[str], which: Iterable[bool]) -> str:
    return ", ".join(arm for arm, chosen in zip(arms, which, strict=True) if chosen)
