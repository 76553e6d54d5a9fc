"""How numbers of checks and verdicts are said to a reader. Decides nothing."""

import math
from collections.abc import Iterable, Mapping

MINUS = "−"


def count(number: int) -> str:
    """A count with thousands apart.

    Parameters
    ----------
    number : int

    Returns
    -------
    str

    Examples
    --------
    >>> count(294478)
    '294,478'
    """
    return f"{number:,}"


def percent(share: float) -> str:
    """A share as a percentage of three significant digits, never rounded onto 0% or 100%.

    Parameters
    ----------
    share : float
        In [0, 1], or beyond for ratios; NaN is said as such.

    Returns
    -------
    str

    Examples
    --------
    >>> percent(0.006437), percent(1.0), percent(0.99999), percent(2 / 3)
    ('0.644%', '100%', '99.999%', '66.7%')
    """
    if math.isnan(share):
        return "an unknown share"
    for digits in (3, 4, 5, 6, 9):
        text = f"{100 * share:.{digits}g}"
        if not (0 < share < 1 and float(text) in (0.0, 100.0)):
            return f"{_plain(text)}%"
    return f"{100 * share!r}%"


def p_value(p: float, log10_p: float | None = None) -> str:
    """A p-value with two significant digits, however small.

    Parameters
    ----------
    p : float
        In [0, 1].
    log10_p : float, optional
        Its logarithm, which says it where `p` has no more digits.

    Returns
    -------
    str

    Examples
    --------
    >>> p_value(0.0371), p_value(8.26e-198), p_value(5e-324, -412.3)
    ('p = 0.037', 'p = 8.3e−198', 'p = 5e−413')
    >>> p_value(0.99998), p_value(1.0)
    ('p > 0.9999', 'p = 1')
    """
    if log10_p is not None and log10_p < -300:
        whole = math.floor(log10_p)
        return f"p = {10 ** (log10_p - whole):.0f}e{MINUS}{abs(whole)}"
    if 0.9999 < p < 1:
        return "p > 0.9999"
    if p < 0.001 and p > 0:
        digits, power = f"{p:.1e}".split("e")
        return f"p = {digits}e{MINUS}{abs(int(power))}"
    return f"p = {p:.2g}"


def by_arm(numbers: Mapping[str, int], totals: Mapping[str, int] | None = None) -> str:
    """Counts of arms, one after the other, with their shares where totals are known.

    Parameters
    ----------
    numbers : mapping of str to int
    totals : mapping of str to int, optional
        What each count is a share of; an arm without total gets no share.

    Returns
    -------
    str

    Examples
    --------
    >>> by_arm({"search": 12, "content": 40}, {"search": 1000, "content": 1000})
    'search 12 (1.2%), content 40 (4%)'
    """
    totals = totals or {}
    return ", ".join(
        f"{arm} {count(number)}"
        + (f" ({percent(number / totals[arm])})" if totals.get(arm) else "")
        for arm, number in numbers.items()
    )


def listed(names: Iterable[str], last: str = "and") -> str:
    """Names in a sentence.

    Parameters
    ----------
    names : iterable of str
    last : str, default 'and'
        Word before the last one.

    Returns
    -------
    str

    Examples
    --------
    >>> listed(["a", "b", "c"]), listed(["a"])
    ('a, b and c', 'a')
    """
    *head, tail = list(names) or [""]
    return f"{', '.join(head)} {last} {tail}" if head else tail


def decimals(width: float) -> int:
    """Decimals that show two significant digits of an interval's width.

    Parameters
    ----------
    width : float
        Above 0; anything else gives 2.

    Returns
    -------
    int
        In [0, 12].

    Examples
    --------
    >>> decimals(1.2), decimals(0.034), decimals(250.0)
    (1, 3, 0)
    """
    if not (math.isfinite(width) and width > 0):
        return 2
    return min(12, max(0, 1 - math.floor(math.log10(width))))


def signed(value: float, places: int) -> str:
    """A number that always shows its direction.

    Parameters
    ----------
    value : float
    places : int
        Decimals, at least 0.

    Returns
    -------
    str

    Examples
    --------
    >>> signed(1.25, 1), signed(-0.5, 2), signed(-0.001, 1)
    ('+1.2', '−0.50', '0.0')
    """
    text = f"{abs(value):,.{places}f}"
    if not float(text.replace(",", "")):
        return text
    return f"{'+' if value > 0 else MINUS}{text}"


def _plain(number: str) -> str:
    """Without an exponent where one digit string serves as well."""
    return f"{float(number):.12f}".rstrip("0").rstrip(".") if "e+" in number else number
