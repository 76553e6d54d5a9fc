"""Which keys of a metric read which shape of data? A key that would read nothing is refused."""

from collections.abc import Mapping
from typing import Final

from pathlift.registry.document import MeanPart, ProportionPart, QuantilePart, RatioPart
from pathlift.registry.experiment import Shape
from pathlift.registry.findings import Findings

Part = ProportionPart | MeanPart | QuantilePart | RatioPart

# Which keys read rows of which shape; all other keys are for every shape.
_NEEDS: Final[Mapping[str, tuple[tuple[Shape, ...], str]]] = {
    "any": (("journeys",), "reads events"),
    "at_least": (("journeys",), "reads events"),
    "sum": (("journeys",), "reads events"),
    "where": (("journeys",), "reads events"),
    "count": (("journeys",), "reads events"),
    "window": (("journeys",), "needs times of events"),
    "lag": (("journeys",), "needs times of events"),
    "column": (("units", "totals"), "is a column of `units` or `totals`"),
    "columns": (("totals",), "is for `totals`"),
    "units": (("totals",), "is for `totals`"),
    "null": (("units",), "is for columns of `units`"),
    "winsorize": (("journeys", "units"), "needs rows of units"),
    "unit": (("journeys", "units"), "needs rows of units"),
}
_INSTEAD: Final[Mapping[tuple[str, Shape], str]] = {
    ("any", "units"): "name a `column` instead",
    ("sum", "units"): "name a `column` instead",
    ("count", "units"): "name a `column` instead",
    ("any", "totals"): "name a `column` instead",
    ("sum", "totals"): "columns: {sum: ..., sum_squares: ...} or {mean: ..., variance: ...}",
    ("count", "totals"): "columns: {sum: ..., sum_squares: ...} or {mean: ..., variance: ...}",
    ("columns", "units"): "name a `column` instead",
    ("column", "journeys"): "write a condition or sum over event rows instead",
    ("columns", "journeys"): "write a `sum` over event rows instead",
}
_DATA: Final[Mapping[Shape, str]] = {
    "journeys": "exposures` and `events",
    "units": "units",
    "totals": "totals",
}


def check_keys(findings: Findings, name: str, part: Part, shape: Shape | None) -> None:
    """Report keys that these data cannot serve.

    Parameters
    ----------
    findings : Findings
        Takes the problems.
    name : str
        Of the metric.
    part : ProportionPart, MeanPart, QuantilePart or RatioPart
    shape : {'journeys', 'units', 'totals'} or None
        None: unknown, so nothing is reported.
    """
    if shape is None:
        return
    loc: Final = ("metrics", name)
    if isinstance(part, RatioPart) and shape == "totals":
        findings.add_at_key("a ratio needs rows of units; totals have none", *loc)
    if isinstance(part, QuantilePart) and shape == "totals":
        findings.add_at_key("a quantile needs rows of units; totals have none", *loc)
        return
    for key in part.model_fields_set:
        shapes, reason = _NEEDS.get(key, ((shape,), ""))
        if getattr(part, key) is not None and shape not in shapes:
            findings.add_at_key(
                f"`{key}` {reason}; these data are `{_DATA[shape]}`",
                *loc,
                key,
                hint=_INSTEAD.get((key, shape), ""),
            )
