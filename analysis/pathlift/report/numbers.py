"""How a number of a result is written for people: plain rounding of its decimal digits, no more.

Shares are written as percent, differences of shares as percentage points, everything else plain.
Only the JSON holds every digit.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Literal

from pathlift.result.model import Span

MINUS = "−"
NOTHING = "–"  # not defined: never 0, never empty
UNBOUNDED = "∞"

Quantity = Literal["share", "points", "lift", "plain", "plain_difference"]

_PERCENT: frozenset[Quantity] = frozenset({"share", "points", "lift"})
_SIGNED: frozenset[Quantity] = frozenset({"points", "lift", "plain_difference"})
_SUFFIX: dict[Quantity, str] = {"share": "%", "points": " pp", "lift": "%"}
_MOST_DECIMALS = 12
_MOST_MORE = 2  # decimals beyond those that an interval deserves, to tell its end from 0
_LARGE = 1e15  # from here on, powers of ten read better than digits
_SMALLEST_P = 1e-300  # a p-value is never 0; below this a double cannot hold it well


def number(value: float | None, quantity: Quantity, decimals: int) -> str:
    """Write one number.

    Parameters
    ----------
    value : float or None
        As in the result: shares and lifts as fractions.
    quantity : {"share", "points", "lift", "plain", "plain_difference"}
        What it is; points, lifts and differences carry their sign.
    decimals : int
        Digits after the point, of what is shown.

    Returns
    -------
    str
        With its unit.

    Examples
    --------
    >>> number(0.0553, "share", 2), number(0.0052, "points", 2), number(-0.031, "lift", 1)
    ('5.53%', '+0.52 pp', '−3.1%')
    >>> number(1234.5, "plain", 2), number(None, "lift", 1)
    ('1,234.50', '–')
    """
    if value is None or math.isnan(value):
        return NOTHING
    return _digits(value, quantity, decimals) + _SUFFIX.get(quantity, "")


def interval(span: Span | None, quantity: Quantity, decimals: int) -> str:
    """Write the interval of an estimate.

    Parameters
    ----------
    span : Span or None
        An end that is null, beside an estimate, is unbounded.
    quantity : str
        As for `number`.
    decimals : int

    Returns
    -------
    str
        Such as ``+0.05 to +0.99 pp``.

    Examples
    --------
    >>> interval(Span(estimate=0.0052, low=0.0005, high=None), "points", 2)
    '+0.05 to +∞ pp'
    """
    if span is None or span.estimate is None:
        return NOTHING
    if span.low is None and span.high is None:
        return "unbounded"
    low = MINUS + UNBOUNDED if span.low is None else _digits(span.low, quantity, decimals)
    high = "+" + UNBOUNDED if span.high is None else _digits(span.high, quantity, decimals)
    return f"{low} to {high}{_SUFFIX.get(quantity, '')}"


def decimals_of(spans: Sequence[Span | None], quantity: Quantity) -> int:
    """How many decimals intervals deserve: two digits of their typical half width.

    More where an interval that leaves out 0 would seem to end there.

    Parameters
    ----------
    spans : sequence of Span or None
        Of one column.
    quantity : str
        As for `number`.

    Returns
    -------
    int
        From 0 to 12; 2 where no interval has a width.

    Examples
    --------
    >>> decimals_of([Span(estimate=0.0052, low=0.0005, high=0.0099)], "points")
    2
    >>> decimals_of([Span(estimate=0.0206, low=0.0001, high=0.0411)], "points")  # +0.01, not 0.0
    2
    """
    halves = sorted(
        (span.high - span.low) / 2
        for span in spans
        if span is not None and span.low is not None and span.high is not None
    )
    halves = [half for half in halves if 0 < half < math.inf]
    if not halves:
        return 2
    factor = 100 if quantity in _PERCENT else 1
    shown = halves[len(halves) // 2] * factor
    decimals = max(0, min(_MOST_DECIMALS, 1 - math.floor(math.log10(shown))))
    if quantity not in _SIGNED:
        return decimals
    near = [end * factor for span in spans if span is not None and (end := _nearest(span))]
    further = (decimals + more for more in range(_MOST_MORE + 1))
    apart = (places for places in further if all(end > 0.5 * 10.0**-places for end in near))
    return min(_MOST_DECIMALS, next(apart, decimals))


def _nearest(span: Span) -> float | None:
    """How far an interval that leaves out 0 stays from it."""
    if span.low is not None and span.low > 0:
        return span.low
    return -span.high if span.high is not None and span.high < 0 else None


def p_value(p: float | None, alpha: float | None = None) -> str:
    """Write a p-value; never as 0, and never rounded onto its threshold.

    Parameters
    ----------
    p : float or None
        In [0, 1].
    alpha : float, optional
        Level that it is held against.

    Returns
    -------
    str

    Examples
    --------
    >>> p_value(0.0312), p_value(1.4e-7), p_value(0.0), p_value(0.04996, 0.05)
    ('0.0312', '1.4e−7', '< 1e−300', '0.04996')
    >>> p_value(0.99998), p_value(1.0)
    ('> 0.9999', '1')
    """
    if p is None:
        return NOTHING
    if p < _SMALLEST_P:
        return f"< 1e{MINUS}300"
    if p < 0.001:
        digits, power = f"{p:.1e}".split("e")
        return f"{digits}e{MINUS}{abs(int(power))}"
    decimals = 4
    while alpha is not None and p != alpha and float(f"{p:.{decimals}f}") == alpha:
        decimals += 1
    text = f"{p:.{decimals}f}"
    if text != "1.0000":
        return text
    return "1" if p == 1 else "> 0.9999"


def count(value: int | None) -> str:
    """Write a number of units.

    Parameters
    ----------
    value : int or None

    Returns
    -------
    str
        With thousands apart.
    """
    return NOTHING if value is None else f"{value:,}"


def figure(value: object) -> str:
    """Write one figure of a check, whatever it is.

    Parameters
    ----------
    value : object
        A JSON value.

    Returns
    -------
    str
        Numbers with up to four significant digits, integers in full. What holds several figures
        of one kind has commas between them, what holds several such has semicolons.

    Examples
    --------
    >>> figure(412), figure(0.9043217), figure(1.3e-197), figure("content")
    ('412', '0.9043', '1.3e−197', 'content')
    >>> figure([["content", "search", 6], ["search", "content", 7]])
    'content, search, 6; search, content, 7'
    >>> figure({"search": {"units": 12, "share": 0.5}, "content": {}})
    'search (units: 12, share: 0.5); content (none)'
    """
    match value:
        case bool() | None:
            return {True: "yes", False: "no", None: NOTHING}[value]
        case int():
            return f"{value:,}".replace("-", MINUS)
        case float():
            return f"{value:.4g}".replace("-", MINUS)
        case dict():
            return _apart(
                [named_figure(f"{key}:", part) for key, part in value.items()], value.values()
            )
        case list() | tuple():
            return _apart([figure(part) for part in value], value)
        case _:
            return str(value)


def named_figure(name: str, value: object) -> str:
    """Write one figure behind its name, several in brackets.

    Parameters
    ----------
    name : str
        With a colon at its end where one is wanted before a single figure.
    value : object
        A JSON value.

    Returns
    -------
    str

    Examples
    --------
    >>> named_figure("units", 412), named_figure("units", {"search": 12, "content": 13})
    ('units 412', 'units (search: 12, content: 13)')
    """
    if isinstance(value, dict | list | tuple):
        return f"{name.removesuffix(':')} ({figure(value)})"
    return f"{name} {figure(value)}"


def _apart(parts: Sequence[str], values: Iterable[object]) -> str:
    """Figures beside each other; semicolons where one of them holds several itself."""
    nested = any(isinstance(value, dict | list | tuple) for value in values)
    return ("; " if nested else ", ").join(parts) or "none"


def moment(when: datetime | None) -> str:
    """Write an instant to the second.

    Parameters
    ----------
    when : datetime or None
        UTC.

    Returns
    -------
    str
    """
    return NOTHING if when is None else when.strftime("%Y-%m-%d %H:%M:%S UTC")


def size(bytes_: int) -> str:
    """Write the size of files.

    Parameters
    ----------
    bytes_ : int

    Returns
    -------
    str
        In units of 1,000.
    """
    shown = float(bytes_)
    for unit in ("B", "kB", "MB", "GB"):
        if shown < 1000:
            return f"{shown:.0f} {unit}" if unit == "B" else f"{shown:.1f} {unit}"
        shown /= 1000
    return f"{shown:.1f} TB"


def _digits(value: float, quantity: Quantity, decimals: int) -> str:
    if math.isinf(value):
        return (MINUS if value < 0 else "+") + UNBOUNDED
    exact = Decimal(repr(value))  # the shortest digits of the double, as the JSON prints them
    if quantity in _PERCENT:
        exact = exact.scaleb(2)
    sign = "+" if quantity in _SIGNED else ""
    if abs(exact) >= _LARGE:
        return f"{exact:{sign}.4e}".replace("e+", "e").replace("-", MINUS)
    text = f"{exact:{sign},.{decimals}f}"
    if not any(digit in text for digit in "123456789"):
        return text.lstrip("+-")  # what rounds to nothing has no sign
    return text.replace("-", MINUS)
