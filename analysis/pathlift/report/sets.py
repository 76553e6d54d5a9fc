"""A set of values in words, where it need not be one interval."""

from pathlift.report.numbers import Quantity, interval, number
from pathlift.result.model import ConfidenceSet, Estimate, Span


def set_or_interval(
    estimate: Estimate, span: Span | None, quantity: Quantity, decimals: int
) -> str:
    """Write what an estimate's test does not reject.

    Parameters
    ----------
    estimate : Estimate
    span : Span or None
        Its interval, where it has no set.
    quantity : str
        As for `number`.
    decimals : int

    Returns
    -------
    str
    """
    if estimate.set is None:
        return interval(span, quantity, decimals)
    return set_words(estimate.set, quantity, decimals)


def set_words(found: ConfidenceSet, quantity: Quantity, decimals: int) -> str:
    """Write a set.

    Parameters
    ----------
    found : ConfidenceSet
    quantity : str
        As for `number`.
    decimals : int

    Returns
    -------
    str

    Examples
    --------
    >>> gap = ConfidenceSet(
    ...     kind="complement", low=-0.2, high=0.5, pieces=((None, -0.2), (0.5, None))
    ... )
    >>> set_words(gap, "points", 0)
    'all but −20 to +50 pp'
    """
    match found.kind:
        case "empty":
            return "no value"
        case "line":
            return "any value"
        case "complement":
            gap = Span(estimate=0.0, low=found.low, high=found.high)
            return f"all but {interval(gap, quantity, decimals)}"
        case _:
            return ", or ".join(_piece(*piece, quantity, decimals) for piece in found.pieces)


def _piece(low: float | None, high: float | None, quantity: Quantity, decimals: int) -> str:
    if low is None:
        return f"up to {number(high, quantity, decimals)}"
    if high is None:
        return f"from {number(low, quantity, decimals)} on"
    return interval(Span(estimate=low, low=low, high=high), quantity, decimals)
