"""What is known of a unit before its exposure? Knows names and expressions, no values."""

from collections.abc import Iterator

from pathlift.registry.arms import check_name
from pathlift.registry.document import CovariateColumnPart, CovariateTotalPart, Document
from pathlift.registry.experiment import Column, CountEvents, Covariate, Shape, SumEvents
from pathlift.registry.findings import Findings
from pathlift.registry.written import Loc

_STATE = "baseline_state"  # a dimension of ours: estimates of both would have one id


def resolve_covariates(
    findings: Findings, document: Document, shape: Shape | None
) -> tuple[Covariate, ...]:
    """Resolve ``covariates`` in any of their three forms.

    Parameters
    ----------
    findings : Findings
        Takes the problems.
    document : Document
    shape : {'journeys', 'units', 'totals'} or None

    Returns
    -------
    tuple of Covariate
        In file order.
    """
    if document.covariates and shape == "totals":
        findings.add_at_key("`covariates` needs rows of units; totals have none", "covariates")
        return ()
    covariates = tuple(_covariates(findings, document, shape))
    _check_repeated(findings, "covariates", [covariate.name for covariate in covariates])
    return covariates


def resolve_columns(
    findings: Findings, document: Document, key: str, shape: Shape | None
) -> tuple[Column, ...]:
    """Resolve ``segments`` or ``strata``: columns known before exposure.

    Parameters
    ----------
    findings : Findings
        Takes the problems.
    document : Document
    key : str
        ``segments`` or ``strata``.
    shape : {'journeys', 'units', 'totals'} or None

    Returns
    -------
    tuple of Column
        In file order.
    """
    names: tuple[str, ...] = getattr(document, key)
    if names and shape == "totals":
        findings.add_at_key(f"`{key}` needs rows of units; totals have none", key)
        return ()
    _check_repeated(findings, key, names)
    for index, name in enumerate(names):
        if key == "segments" and name == _STATE and document.stages is not None:
            findings.add(
                f"`{_STATE}` is what we call the stages held before exposure, which are compared "
                "anyway",
                key,
                index,
                hint="leave it out, or rename your column with `derive`",
            )
    return tuple(
        Column(name=name, at=findings.place(key, index)) for index, name in enumerate(names)
    )


def _covariates(findings: Findings, document: Document, shape: Shape | None) -> Iterator[Covariate]:
    for index, written in enumerate(document.covariates):
        loc: Loc = ("covariates", index)
        at = findings.place(*loc)
        match written:
            case str():
                yield Covariate(name=written, column=Column(name=written, at=at), at=at)
            case CovariateColumnPart():
                column = Column(name=written.column, at=findings.place(*loc, "column"))
                yield Covariate(name=written.column, column=column, unit=written.unit, at=at)
            case _:
                for name, part in written.items():
                    check_name(findings, "covariate", name, *loc, name)
                    yield _total(findings, document, name, part, (*loc, name), shape)


def _total(
    findings: Findings,
    document: Document,
    name: str,
    part: CovariateTotalPart,
    loc: Loc,
    shape: Shape | None,
) -> Covariate:
    if shape == "units":
        findings.add_at_key(
            f"covariate {name!r} reads events; these data are `units`",
            *loc,
            hint="name a column instead",
        )
    lookback = document.lookback
    default = getattr(lookback, "default", lookback)
    if shape == "journeys" and default is None and findings.intact("lookback"):
        findings.add_at_key(
            f"covariate {name!r} is added up over the lookback, but none is declared",
            *loc,
            hint="such as lookback: 28d",
        )
    total = _sum_or_count(findings, name, part, loc)
    at = findings.written.key_at(*loc)
    return Covariate(name=name, total=total, unit=part.unit, at=at)


def _sum_or_count(
    findings: Findings, name: str, part: CovariateTotalPart, loc: Loc
) -> SumEvents | CountEvents | None:
    if part.sum is not None and part.count is not None:
        findings.add_at_key(f"covariate {name!r} has `sum` or `count`, not both", *loc, "count")
    if part.sum is not None:
        where = None if part.where is None else findings.condition(part.where, *loc, "where")
        return SumEvents(
            value=findings.number(part.sum, *loc, "sum", added_up=True), where=where, unit=part.unit
        )
    if part.where is not None:
        findings.add_at_key(f"`where` goes with `sum`; covariate {name!r} has none", *loc, "where")
    if part.count is None:
        findings.missing(f"covariate {name!r} has neither `sum` nor `count`", *loc, "sum")
        return None
    if part.unit is not None:
        findings.add_at_key("`unit` does nothing: counts are whole numbers", *loc, "unit")
    return CountEvents(condition=findings.condition(part.count, *loc, "count"))


def _check_repeated(findings: Findings, key: str, names: list[str] | tuple[str, ...]) -> None:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name.lower() in seen:
            findings.add(f"{name!r} is repeated in `{key}`", key, index)
        seen.add(name.lower())
