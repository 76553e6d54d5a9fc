"""May arms be read as encouragement to take an ordering? Knows what is declared, no data."""

from collections.abc import Sequence
from typing import Final

from pathlift.registry.document import Document, EncouragementPart
from pathlift.registry.experiment import Arm, Contrast
from pathlift.registry.findings import Findings
from pathlift.registry.stages import declared_stages

_LOC: Final = ("analysis", "encouragement")


def resolve_encouragement(
    findings: Findings,
    document: Document,
    arms: Sequence[Arm],
    contrasts: Sequence[Contrast],
    *,
    conversion: str | None,
) -> bool:
    """Resolve ``analysis.encouragement``.

    Parameters
    ----------
    findings : Findings
        Takes the problems: there must be an ordering to encourage, and an outcome.
    document : Document
    arms : sequence of Arm
        Combined ones in place of their members.
    contrasts : sequence of Contrast
    conversion : str or None
        Name of the metric that is the outcome.

    Returns
    -------
    bool
    """
    part = document.analysis.encouragement
    wanted = isinstance(part, EncouragementPart) or part
    if not wanted or not findings.intact("stages") or not findings.intact("arms"):
        return wanted
    if not declared_stages(findings):
        findings.add_at_key(
            "`encouragement` is towards an ordering, and no stages are declared",
            *_LOC,
            hint="declare `stages`, or leave it out",
        )
    elif conversion is None and findings.intact("metrics"):
        findings.add_at_key(
            "`encouragement` is about who converts, and no metric is the outcome", *_LOC
        )
    elif not any(arm.ordering for arm in arms if arm.name in {c.arm for c in contrasts}):
        findings.add_at_key(
            "`encouragement` needs an arm that intends an ordering, and is compared with another",
            *_LOC,
            hint="give a treated arm a `treatment`, an `ordering` or `prompts`",
        )
    return wanted
