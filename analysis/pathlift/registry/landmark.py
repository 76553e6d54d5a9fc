"""How long after its last stage does conversion given an ordering count? Knows no data."""

from datetime import timedelta

from pathlift.registry.document import Document
from pathlift.registry.durations import say_duration
from pathlift.registry.findings import Findings

_LOC = ("analysis", "landmark")


def resolve_landmark(findings: Findings, document: Document) -> timedelta | None:
    """Resolve ``analysis.landmark``; half the window where it is left out.

    Parameters
    ----------
    findings : Findings
        Takes the problems: a landmark that would do nothing, or that leaves no time to complete an
        ordering before it.
    document : Document

    Returns
    -------
    timedelta or None
        Above 0 and below the window; None without stages or without a window.
    """
    landmark, window = document.analysis.landmark, document.window
    if not findings.intact("stages") or not findings.intact("window"):
        return None
    if document.stages is None or window is None:
        if landmark is not None:
            lacking = "no stages are declared" if document.stages is None else "there is no window"
            findings.add_at_key(f"`landmark` does nothing: {lacking}", *_LOC, hint="leave it out")
        return None
    if landmark is None:
        return window / 2
    if not timedelta(0) < landmark < window:
        findings.add(
            f"`landmark` is {say_duration(landmark)}; it is longer than 0 and shorter than the "
            f"window of {say_duration(window)}",
            *_LOC,
            hint=f"half the window is the default: landmark: {say_duration(window / 2)}",
        )
        return None
    return landmark
