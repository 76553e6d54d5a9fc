"""Families with any correlation between their contrasts, as independent blocks.

Families whose contrasts are linked alike, such as the levels of one segment for every metric, are
computed together.
"""

import numpy as np

from pathlift.inference.arrays import Booleans, Floats, Numbers, as_floats
from pathlift.inference.max_t import (
    NARROWEST,
    directions,
    exceedance_of_one_factor,
    exceedance_of_pair,
    factor_width,
)
from pathlift.inference.single_step import (
    NORMAL_FROM,
    Exceedance,
    Simultaneous,
    in_words,
    settled,
)
from pathlift.inference.tails import two_sided_p

_UNCORRELATED = 1e-12  # correlations of independent units are 0 up to rounding
_FITS = 1e-9  # largest miss of a one-factor correlation; c moves by less than this


def joint(
    statistics: Numbers,
    correlation: Numbers,
    *,
    alpha: float,
    df: float = np.inf,
    seed: int = 1,
) -> Simultaneous:
    """One family with any correlation, singular ones included.

    Independent blocks, such as the levels of a segment, are found and multiplied. A block
    of two, or of contrasts with one control, is computed exactly; any other by directions
    from a seeded lattice.

    Parameters
    ----------
    statistics : Numbers
        Studentised contrasts, shape (k,).
    correlation : Numbers
        Shape (k, k).
    alpha : float
        Familywise error, in (0, 1).
    df : float, default infinity
        Degrees of freedom of the family; normal above 10,000. Blocks have a scale each.
    seed : int, default 1
        Of the lattice.

    Returns
    -------
    Simultaneous
        With batch shape ().

    Raises
    ------
    ValueError
        If the correlation is not one.

    References
    ----------
    .. [1] T. Hothorn, F. Bretz, P. Westfall (2008), "Simultaneous inference in general
       parametric models", Biometrical Journal 50, 346-363.

    Examples
    --------
    >>> r = [[1, 0.5, -0.5], [0.5, 1, 0.5], [-0.5, 0.5, 1]]
    >>> round(float(joint([0.0, 1.0, 3.0], r, alpha=0.05).critical_value), 4)
    2.3437
    """
    (found,) = joint_families(
        as_floats(statistics)[None], as_floats(correlation)[None], alpha=alpha, df=[df], seed=seed
    )
    return found


def joint_families(
    statistics: Numbers, correlation: Numbers, *, alpha: float, df: Numbers, seed: int = 1
) -> list[Simultaneous]:
    """The same for many families of one size.

    Parameters
    ----------
    statistics : Numbers
        Studentised contrasts, shape (families, k).
    correlation : Numbers
        Shape (families, k, k).
    alpha : float
        Familywise error of each, in (0, 1).
    df : Numbers
        Degrees of freedom of each family, shape (families,).
    seed : int, default 1
        Of the lattice.

    Returns
    -------
    list of Simultaneous
        One a family, each with batch shape ().

    Raises
    ------
    ValueError
        If a correlation is not one.
    """
    t, r, given = np.abs(as_floats(statistics)), as_floats(correlation), as_floats(df)
    ones = np.diagonal(r, axis1=-2, axis2=-1)
    if r.shape != (*t.shape, t.shape[-1]) or not np.allclose(ones, 1, rtol=0, atol=1e-12):
        raise ValueError("a correlation matrix is square with ones on its diagonal")
    nu = np.where(given > NORMAL_FROM, np.inf, given)
    linked = np.abs(r) > _UNCORRELATED
    alike: dict[tuple[bytes, bool], list[int]] = {}
    for family in range(len(t)):
        alike.setdefault((linked[family].tobytes(), bool(np.isinf(nu[family]))), []).append(family)
    found: dict[int, Simultaneous] = {}
    for families in alike.values():
        some = _linked_alike(
            t[families], r[families], _components(linked[families[0]]), alpha, given[families],
            nu[families], seed,
        )  # fmt: skip
        found |= dict(zip(families, some, strict=True))
    return [found[family] for family in range(len(t))]


def _linked_alike(
    t: Floats,
    r: Floats,
    components: list[list[int]],
    alpha: float,
    df: Floats,
    nu: Floats,
    seed: int,
) -> list[Simultaneous]:
    """Families that fall into the same blocks."""
    blocks = [_block(r[:, members][:, :, members], nu, seed) for members in components]
    if None in blocks:  # of other structure than a stack can share
        return [
            one
            for family in range(len(t))
            for one in _linked_alike(
                t[family : family + 1], r[family : family + 1], components, alpha,
                df[family : family + 1], nu[family : family + 1], seed,
            )
        ]  # fmt: skip
    known = [block for block in blocks if block is not None]

    def beyond(c: Floats) -> Floats:
        with np.errstate(divide="ignore"):
            inside = sum(np.log1p(-np.minimum(exceedance(c), 1.0)) for exceedance, _ in known)
        return -np.expm1(as_floats(inside))

    words = ", ".join(dict.fromkeys(word for _, word in known))
    if len(known) > 1:
        words = f"{len(known)} independent blocks, each {words}"
    found = settled(t, beyond, np.full(len(t), alpha), df, nu, in_words(words, nu))
    return [
        Simultaneous(
            critical_value=found.critical_value[family],
            p_adjusted=found.p_adjusted[family],
            method=found.method,
        )
        for family in range(len(t))
    ]


def critical_value(
    correlation: Numbers, *, alpha: float, df: float = np.inf, seed: int = 1
) -> float:
    """Critical value of a family before there are statistics, for planning.

    Parameters
    ----------
    correlation : Numbers
        Shape (k, k).
    alpha : float
        Familywise error, in (0, 1).
    df : float, default infinity
        Degrees of freedom of the family.
    seed : int, default 1
        Of the lattice.

    Returns
    -------
    float
        The value that :func:`joint` gives.
    """
    r = as_floats(correlation)
    none = np.zeros(r.shape[-1])
    return float(joint(none, r, alpha=alpha, df=df, seed=seed).critical_value)


def _block(r: Floats, nu: Floats, seed: int) -> tuple[Exceedance, str] | None:
    """How to compute the exceedance of a block of every family, and in which words.

    None where several families have no common way.
    """
    k, df = r.shape[-1], nu[:, None]
    if k == 1:
        return lambda c: two_sided_p(c, df), "a single contrast"
    if k == 2:
        rho = r[:, 0, 1][:, None]
        return lambda c: exceedance_of_pair(c, rho, df), "two contrasts in closed form"
    loadings = [_one_factor(each) for each in r]
    fitting = np.array([each for each in loadings if each is not None])
    if len(fitting) == len(r):
        return (
            lambda c: exceedance_of_one_factor(c, fitting, nu),
            "contrasts with one control, by quadrature",
        )
    if len(r) > 1:
        return None
    drawn = directions(r[0], seed=seed)
    return lambda c: drawn.exceedance(c, float(nu[0])), f"a lattice of directions (seed {seed})"


def _one_factor(r: Floats) -> Floats | None:
    """Loadings whose products are the correlations, if there are any that quadrature can use."""
    k = r.shape[0]
    off = np.abs(r - np.diag(np.diagonal(r)))
    squares = np.zeros(k)
    for i in range(k):
        others = np.delete(np.arange(k), i)
        pairs = off[np.ix_(others, others)]
        a, b = np.unravel_index(int(np.argmax(pairs)), pairs.shape)
        if pairs[a, b] <= _UNCORRELATED:
            return None
        squares[i] = r[i, others[a]] * r[i, others[b]] / r[others[a], others[b]]
    if bool(np.any((squares < 0) | (squares >= 1))):
        return None
    signs = np.where(r[int(np.argmax(squares))] < 0, -1.0, 1.0)
    loadings = np.sqrt(squares) * signs
    miss = np.outer(loadings, loadings) - r
    np.fill_diagonal(miss, 0.0)
    narrow = bool(factor_width(loadings) < NARROWEST)
    return None if narrow or bool(np.any(np.abs(miss) > _FITS)) else loadings


def _components(linked: Booleans) -> list[list[int]]:
    """Groups of statistics that are linked by a correlation."""
    left, groups = set(range(linked.shape[0])), []
    while left:
        frontier, group = {min(left)}, set()
        while frontier:
            group |= frontier
            reached = np.flatnonzero(linked[sorted(frontier)].any(axis=0))
            frontier = {int(j) for j in reached} - group
        left -= group
        groups.append(sorted(group))
    return groups
