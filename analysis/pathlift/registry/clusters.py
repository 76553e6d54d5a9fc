"""Which units resemble each other? Reads ``cluster`` of an arm, or of all arms; knows no data."""

from typing import Final

from pathlift.registry.document import ClusterPart, Document, SourcePart
from pathlift.registry.experiment import Cluster, Column, Shape
from pathlift.registry.findings import Findings
from pathlift.registry.sources import OURS
from pathlift.registry.written import Loc

_ON_TOP: Final[Loc] = ("cluster",)
_KNOWN_BEFORE: Final = "a cluster is known at exposure; what a unit does later it chose itself"


def resolve_clusters(
    findings: Findings, document: Document, shape: Shape | None
) -> dict[str, Cluster]:
    """Resolve ``cluster``, which stands on top for all arms or on single arms.

    Parameters
    ----------
    findings : Findings
        Takes the problems.
    document : Document
    shape : {'journeys', 'units', 'totals'} or None

    Returns
    -------
    dict of str to Cluster
        By arm; arms whose units stand alone are absent.
    """
    on_top, arms = document.cluster, document.arms or {}
    everywhere = None if on_top is None else _cluster(findings, document, shape, on_top, _ON_TOP)
    found: dict[str, Cluster] = {}
    for name, arm in arms.items():
        loc: Loc = ("arms", name, "cluster")
        if arm.cluster is not None:
            found[name] = _cluster(findings, document, shape, arm.cluster, loc)
            if on_top is not None:
                findings.add_at_key(
                    f"arm {name!r} has a `cluster`, and so have all arms, on top",
                    *loc,
                    hint="write it on top, or on the arms that have one",
                )
        elif everywhere is not None:
            found[name] = everywhere
    return found


def _cluster(
    findings: Findings, document: Document, shape: Shape | None, part: ClusterPart, loc: Loc
) -> Cluster:
    at = (*loc, "column")
    if shape == "totals":
        findings.add_at_key("`cluster` needs rows of units; totals have none", *loc)
    elif part.column.lower() in _later(document, shape):
        findings.add(
            f"{part.column!r} is a column of events, so it cannot be a cluster",
            *at,
            hint=_KNOWN_BEFORE,
        )
    elif measured := _measures(document, part.column):
        findings.add(
            f"{part.column!r} is measured by {measured}, so it cannot be a cluster",
            *at,
            hint=_KNOWN_BEFORE,
        )
    elif part.column.lower() in ("arm", "received"):
        findings.add(
            f"`{part.column}` cannot be a cluster: it would hold a whole arm",
            *at,
            hint="a cluster is a part of an arm, such as one of its creators",
        )
    return Cluster(
        column=Column(name=part.column, at=findings.place(*at)), randomised=part.randomised
    )


def _later(document: Document, shape: Shape | None) -> set[str]:
    """Names that only events have, as far as the file alone can tell."""
    if shape != "journeys" or document.data is None:
        return set()
    known = {name.lower() for name in OURS["exposures"]}
    names = {name.lower() for name in OURS["events"]}
    if isinstance(document.data.events, SourcePart):
        names |= {name.lower() for name in document.data.events.derive}
    if isinstance(document.data.exposures, SourcePart):
        known |= {name.lower() for name in document.data.exposures.derive}
    return names - known


def _measures(document: Document, column: str) -> str:
    """What a table of units measures by that column; empty for nothing."""
    for name, metric in (document.metrics or {}).items():
        written = getattr(metric, "column", None)
        if isinstance(written, str) and written.lower() == column.lower():
            return f"metric {name!r}"
    return ""
