"""The estimates of a result as a polars frame: one row an estimate, one column a number."""

import math
from typing import TYPE_CHECKING, Any

from pathlift.result.values import Span

if TYPE_CHECKING:
    import polars

    from pathlift.result.model import Estimate, Result

_TEXT = ("id", "estimand", "metric", "kind", "role", "ordering")
_ARMS = ("arm", "control")
_COUNTS = ("arm_units", "control_units")
_VALUES = ("arm_value", "control_value")
_SPANS = ("absolute", "relative", "simultaneous_absolute", "simultaneous_relative")
_TESTED = ("standard_error", "statistic", "df", "p_value", "p_adjusted", "alpha")
_SAID = ("conclusion", "causal_status", "method", "family", "not_estimated")
_LISTS = ("flags", "assumptions")


def estimates_frame(result: "Result") -> "polars.DataFrame":
    """One row for each estimate of a result.

    Parameters
    ----------
    result : Result

    Returns
    -------
    polars.DataFrame
        In the order of the result, with the same columns and types whatever it holds. Names are
        those of the JSON; a span has its ends beside it (``absolute``, ``absolute_low``,
        ``absolute_high``); ``segment`` and ``level`` are the parts of a segment;
        ``not_estimated`` is the reason. What is not defined, or not finite, is null.
    """
    import polars

    schema = _schema(polars)
    rows = [_row(estimate) for estimate in result.estimates]
    return polars.DataFrame(
        {name: [row[name] for row in rows] for name in schema}, schema=schema, strict=True
    )


def _schema(polars: Any) -> dict[str, Any]:
    ends = [f"{span}{end}" for span in _SPANS for end in ("", "_low", "_high")]
    return {
        **dict.fromkeys((*_TEXT, "segment", "level", *_ARMS), polars.String),
        **dict.fromkeys(_COUNTS, polars.Int64),
        **dict.fromkeys((*_VALUES, *ends, *_TESTED), polars.Float64),
        **dict.fromkeys(_SAID, polars.String),
        **dict.fromkeys(_LISTS, polars.List(polars.String)),
    }


def _row(estimate: "Estimate") -> dict[str, Any]:
    family = estimate.simultaneous
    segment, level = next(iter((estimate.segment or {}).items()), (None, None))
    row: dict[str, Any] = {name: getattr(estimate, name) for name in (*_TEXT, *_ARMS, *_COUNTS)}
    row |= {"segment": segment, "level": level}
    for name, span in (
        ("absolute", estimate.absolute),
        ("relative", estimate.relative),
        ("simultaneous_absolute", family.absolute if family else None),
        ("simultaneous_relative", family.relative if family else None),
    ):
        row |= _ends(name, span)
    numbers = {
        name: getattr(estimate, name) for name in (*_VALUES, *_TESTED) if name != "p_adjusted"
    }
    numbers["p_adjusted"] = family.p_adjusted if family else None
    row |= {name: _finite(value) for name, value in numbers.items()}
    row |= {
        "conclusion": estimate.conclusion,
        "causal_status": estimate.causal_status,
        "method": estimate.method,
        "family": family.family if family else None,
        "not_estimated": (estimate.not_estimated or {}).get("reason"),
    }
    return row | {name: list(getattr(estimate, name)) for name in _LISTS}


def _ends(name: str, span: Span | None) -> dict[str, float | None]:
    ends = (None, None, None) if span is None else (span.estimate, span.low, span.high)
    return {
        f"{name}{end}": _finite(value)
        for end, value in zip(("", "_low", "_high"), ends, strict=True)
    }


def _finite(value: float | None) -> float | None:
    """As in the document, which writes null for what is not finite."""
    return None if value is None or not math.isfinite(value) else float(value)
