"""Share of units that will have had an event by the end of the window, while windows are open.

Discrete-time competing risks: whole bins, follow-up that ends with a bin, one transient state, so
no Markov assumption (methods 2.4). Knows counts by bin, and neither arms nor orderings by name.
"""

from dataclasses import dataclass

import numpy as np

from pathlift.inference.arrays import Booleans, Floats, Numbers, as_floats, quotient


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cumulative:
    """Cumulative incidence of J causes at the end of B bins.

    Attributes
    ----------
    value : Floats, shape (..., J)
        ``F_j``: share that had the event by cause j first.
    covariance : Floats, shape (..., J, J)
        Of the values.
    at_risk : Floats, shape (..., B)
        Units that entered each bin without an event.
    gradient : Floats, shape (..., J, J, B)
        ``g_kb^j``: derivative of F_j by the hazard of cause k in bin b.
    hazard : Floats, shape (..., J, B)
    known : array of bool, shape (...)
        Whether some unit was at risk in every bin, or nobody was left to be: else the rest of the
        window is not known and the other fields are of no use.
    """

    value: Floats
    covariance: Floats
    at_risk: Floats
    gradient: Floats
    hazard: Floats
    known: Booleans


def cumulative_incidence(events: Numbers, censored: Numbers) -> Cumulative:
    """Estimate the cumulative incidence of every cause at the end of the last bin.

    ``h_jb = d_jb / Y_b``, ``S_b = prod (1 - sum_j h_jb)``, ``F_j = sum_b S_{b-1} h_jb``, and
    ``Cov(F_j, F_l) = sum_b {sum_k h_kb g_kb^j g_kb^l - (sum_k h_kb g_kb^j)(sum_k h_kb g_kb^l)} /
    Y_b`` with ``g_kb^j = 1{k=j} S_{b-1} - (F_j(B) - F_j(b)) / (1 - sum_k h_kb)``.

    Parameters
    ----------
    events : Numbers
        ``d_jb``: units that had the event by cause j in bin b, shape (..., J, B).
    censored : Numbers
        Units whose follow-up ended without an event at the end of bin b, shape (..., B). Whoever
        was followed for no bin is in neither.

    Returns
    -------
    Cumulative
        Without an end of follow-up before the last bin: the shares, with the covariance of a
        multinomial.

    References
    ----------
    .. [1] O. O. Aalen, S. Johansen (1978), "An empirical transition matrix for non-homogeneous
       Markov chains based on censored observations", Scandinavian Journal of Statistics 5, 141-150.
    .. [2] J. D. Kalbfleisch, R. L. Prentice (2002), The Statistical Analysis of Failure Time
       Data, 2nd ed., section 8.2.

    Examples
    --------
    >>> found = cumulative_incidence([[3, 1], [2, 2]], [0, 12])  # 20 units, all followed
    >>> found.value.round(12).tolist()
    [0.2, 0.2]
    """
    d, c = as_floats(events), as_floats(censored)
    left = d.sum(axis=-2) + c
    # counts are whole numbers below 2**53, so these sums are exact
    at_risk = left.sum(axis=-1, keepdims=True) - np.cumsum(left, axis=-1) + left
    anyone = at_risk > 0
    y = np.where(anyone, at_risk, 1.0)
    hazard = d / y[..., None, :]
    staying = (y - d.sum(axis=-2)) / y
    survival = np.cumprod(staying, axis=-1)
    before = np.concatenate((np.ones_like(survival[..., :1]), survival[..., :-1]), axis=-1)
    reached = np.cumsum(before[..., None, :] * hazard, axis=-1)
    value = reached[..., -1]
    to_come = value[..., None] - reached  # F_j(B) - F_j(b); 0 where nobody stays
    lost = quotient(to_come, staying[..., None, :])
    causes = np.eye(d.shape[-2])[:, :, None]  # [j, k, 1]
    gradient = causes * before[..., None, None, :] - lost[..., :, None, :]
    weighted = gradient * hazard[..., None, :, :]
    together = np.einsum("...jkb,...lkb->...jlb", weighted, gradient)
    mean = weighted.sum(axis=-2)
    spread = together - mean[..., :, None, :] * mean[..., None, :, :]
    covariance = np.sum(np.where(anyone, 1 / y, 0.0)[..., None, None, :] * spread, axis=-1)
    return Cumulative(
        value=value,
        covariance=covariance,
        at_risk=at_risk,
        gradient=gradient,
        hazard=hazard,
        known=np.all(anyone | (before <= 0), axis=-1),
    )


def influence_sums(found: Cumulative, events: Numbers, censored: Numbers) -> Floats:
    """What the units of a part of an arm add to its cumulative incidences.

    ``sum_b (n / Y_b) sum_k g_kb^j (d_kb - h_kb Y_b)`` over the part's own d and Y: the influence
    function, added up over the part's units. Over all units it is 0, and its mean square over
    units is close to n times the variance.

    Parameters
    ----------
    found : Cumulative
        Of the whole arm, without batch dimensions.
    events, censored : Numbers
        Of the parts, shapes (G, J, B) and (G, B).

    Returns
    -------
    Floats, shape (G, J)

    References
    ----------
    .. [1] P. K. Andersen, O. Borgan, R. D. Gill, N. Keiding (1993), Statistical Models Based on
       Counting Processes, section IV.4.
    """
    d, c = as_floats(events), as_floats(censored)
    left = d.sum(axis=-2) + c
    own = left.sum(axis=-1, keepdims=True) - np.cumsum(left, axis=-1) + left
    units = found.at_risk[0]
    share = quotient(units, found.at_risk)
    martingale = (d - found.hazard * own[:, None, :]) * share
    return as_floats(np.einsum("jkb,gkb->gj", found.gradient, martingale))
