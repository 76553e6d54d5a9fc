"""Which times of stages cannot be told apart, or were not logged? Reads no event.

Ties and outages: what the definition says of them, held against its stages, period and window.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pathlift.registry.document import Document, TiesPart
from pathlift.registry.experiment import Outage, Shape, Stage, Ties
from pathlift.registry.findings import Findings
from pathlift.registry.stages import declared_stages


def resolve_ties(findings: Findings, document: Document) -> tuple[Ties, tuple[Stage, ...]]:
    """Resolve ``ties``.

    Parameters
    ----------
    findings : Findings
        Takes the problems.
    document : Document

    Returns
    -------
    ties : {'label', 'priority', 'exclude_from_order_tests'}
    priority : tuple of Stage
        Every declared stage once where ties are broken by it, else empty.
    """
    match document.ties:
        case TiesPart():
            return "priority", _priority(findings, document.ties.priority)
        case policy:
            return policy, ()


def _priority(findings: Findings, priority: tuple[Stage, ...]) -> tuple[Stage, ...]:
    stages = declared_stages(findings)
    if stages and findings.intact("stages") and sorted(priority) != sorted(stages):
        findings.add(
            f"the priority of ties names {', '.join(priority) or 'nothing'};"
            f" it names every declared stage once: {', '.join(stages)}",
            "ties",
            "priority",
            hint="of two stages in the same moment, the one named first came first",
        )
    return priority


def resolve_outages(
    findings: Findings, document: Document, shape: Shape | None
) -> tuple[Outage, ...]:
    """Resolve ``outages`` to instants.

    Parameters
    ----------
    findings : Findings
        Takes the problems.
    document : Document
    shape : {'journeys', 'units', 'totals'} or None

    Returns
    -------
    tuple of Outage
        In file order.
    """
    if document.outages and shape == "totals":
        findings.add_at_key(
            "`outages` does nothing: totals hold no rows of units", "outages", hint="leave it out"
        )
        return ()
    if document.outages and document.stages is None and findings.intact("stages"):
        findings.add_at_key(
            "`outages` does nothing: no stages are declared", "outages", hint="leave it out"
        )
        return ()
    zone = _zone(document.timezone)
    if zone is None:  # reported where the time zone is read
        return ()
    return tuple(_outages(findings, document, zone))


def _outages(findings: Findings, document: Document, zone: tzinfo) -> Iterator[Outage]:
    declared = declared_stages(findings)
    within = _within(document, zone)
    for index, part in enumerate(document.outages):
        start, stop = (_utc(moment, zone) for moment in (part.start, part.stop))
        if part.stage not in declared and findings.intact("stages"):
            findings.add(
                f"an outage of {part.stage}, which is not a declared stage",
                "outages",
                index,
                "stage",
                hint=f"declared here: {', '.join(declared)}",
            )
        if stop <= start:
            findings.add(
                f"the outage of {part.stage} ends no later than it begins", "outages", index, "to"
            )
        elif within is not None and not (start < within[1] and within[0] < stop):
            findings.add(
                f"no unit can meet this outage of {part.stage}: from the first day to the end of "
                f"the last window is {_say(within[0], zone)} to {_say(within[1], zone)}",
                "outages",
                index,
                hint="leave it out, or correct its times",
            )
        yield Outage(stage=part.stage, start=start, stop=stop, at=findings.place("outages", index))


def _within(document: Document, zone: tzinfo) -> tuple[datetime, datetime] | None:
    """From the first instant that a unit can be exposed to the end of the last window."""
    if document.period is None or document.window is None:
        return None
    first, last = document.period.first_day, document.period.last_day + timedelta(days=1)
    start, stop = (_utc(datetime.combine(day, time()), zone) for day in (first, last))
    return start, stop + document.window


def _zone(name: str) -> tzinfo | None:
    if name == "UTC":  # known everywhere, also where no time-zone database is installed
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _utc(moment: datetime, zone: tzinfo) -> datetime:
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
    return aware.astimezone(UTC)


def _say(moment: datetime, zone: tzinfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"
