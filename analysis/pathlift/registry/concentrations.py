"""Which metric is read by who got it, such as sales by creator? Describes, and decides nothing."""

from pathlift.registry.arms import check_name
from pathlift.registry.document import Document
from pathlift.registry.experiment import (
    Column,
    Concentration,
    CountEvents,
    Metric,
    Shape,
    SumEvents,
)
from pathlift.registry.family_forms import ConcentrationPart
from pathlift.registry.findings import Findings, did_you_mean
from pathlift.registry.written import Loc


def resolve_concentrations(
    findings: Findings, document: Document, metrics: tuple[Metric, ...], shape: Shape | None
) -> tuple[Concentration, ...]:
    """Resolve families of kind ``concentration``.

    Parameters
    ----------
    findings : Findings
        Takes the problems.
    document : Document
    metrics : tuple of Metric
    shape : {'journeys', 'units', 'totals'} or None
        None: what depends on it is not checked.

    Returns
    -------
    tuple of Concentration
        In file order; without those that have a problem.
    """
    by_name = {metric.name: metric for metric in metrics}
    found = []
    for name, form in document.families.items():
        if isinstance(form, ConcentrationPart) and shape != "totals":  # refused as any family
            made = _concentration(findings, name, form, by_name, shape)
            if made is not None:
                found.append(made)
    return tuple(found)


def _concentration(
    findings: Findings,
    name: str,
    form: ConcentrationPart,
    metrics: dict[str, Metric],
    shape: Shape | None,
) -> Concentration | None:
    loc: Loc = ("families", name)
    check_name(findings, "family", name, *loc)
    if name in metrics:
        findings.add_at_key(f"{name!r} is a metric already", *loc)
        return None
    if shape == "units":
        findings.add(
            "who got what stands in event rows; these data are `units`", *loc, "by",
            hint="leave the family out",
        )  # fmt: skip
        return None
    metric = metrics.get(form.metric)
    if metric is None:
        if findings.intact("metrics"):
            hint = did_you_mean(form.metric, metrics)
            findings.add(f"{form.metric!r} is not a metric", *loc, "metric", hint=hint)
        return None
    if metric.kind != "mean" or not isinstance(metric.source, SumEvents | CountEvents):
        findings.add(
            f"{metric.name!r} is no sum and no count of event rows, so nobody gets a part of it",
            *loc,
            "metric",
            hint="name a metric of `kind: mean` with `sum` or `count`",
        )
        return None
    return Concentration(
        name=name,
        metric=metric.name,
        by=Column(name=form.by, at=findings.place(*loc, "by")),
        at=findings.written.key_at(*loc),
    )
