"""The words and signs of a report, one for each word of the result. Never colour alone."""

import re
from collections.abc import Iterator, Mapping

from pathlift.result.model import CausalStatus, Conclusion, Estimate, Severity, Verdict

VERDICT: Mapping[Verdict, str] = {
    "ship": "Ship",
    "do_not_ship": "Do not ship",
    "keep_running": "Keep running",
    "inconclusive": "Inconclusive",
    "invalid": "Invalid",
}

SEVERITY: Mapping[Severity, tuple[str, str]] = {
    "pass": ("✓", "pass"),
    "info": ("i", "info"),
    "warn": ("!", "warn"),
    "fail": ("✗", "fail"),
    "not_checked": ("?", "not checked"),
}

CONCLUSION: Mapping[Conclusion, tuple[str, str]] = {
    "better": ("▲", "better"),
    "worse": ("▼", "worse"),
    "different": ("◆", "different"),
    "no_difference_shown": ("–", "no difference shown"),
    "non_inferior": ("✓", "not worse than the margin"),
    "equivalent": ("≈", "the same within the distance"),
    "harmed": ("▼", "harmed"),
    "not_shown": ("–", "not shown to stay within the margin"),
    "not_estimated": ("?", "not estimated"),
}

STATUS: Mapping[CausalStatus, str] = {
    "causal": "causal",
    "causal_if": "causal if",
    "descriptive": "descriptive",
    "invalid": "invalid",
}

FLAGS: Mapping[str, str] = {
    "exploratory": "exploratory",
    "fragile": "fragile",
    "mechanical": "by how units are exposed",
    "few_counts": "few counts",
    "few_followed": "few followed to the end",
    "unbounded": "unbounded",
    "weak_first_stage": "weak first stage",
    "complier_share_outside_0_to_1": "a share outside 0 to 100%",
    "arm_brings_units_away": "the arm brings units away from it",
    "assumptions_contradicted": "data contradict the assumptions",
    "one_arm_without_variance": "one arm without variance",
    "not_protected_against_peeking": "single look",
}

ESTIMAND: Mapping[str, str] = {
    "itt": "Effect on all units",
    "incidence": "Took the ordering and converted",
    "ordering_share": "Took the ordering",
    "first_step": "Met the stage first",
    "cumulative_incidence": "Converted when the window ends",
    "cumulative_share": "Took the ordering when the window ends",
    "interaction": "Arm by segment",
    "complier": "Taking the ordering, compliers",
    "structural": "Taking the ordering, both at once",
    "factor": "Level of a factor",
    "factor_interaction": "Factors together",
    "planned": "Average of arms",
}


ASSOCIATION_TESTS = frozenset({"association", "association_by_arm"})
"""Tests of the descriptive panel, which stand apart from those of arms."""


def status_of(estimate: Estimate) -> str:
    """What an estimate may be used for, with its flags and assumptions.

    Parameters
    ----------
    estimate : Estimate

    Returns
    -------
    str
        Such as ``causal, exploratory``.
    """
    words = [STATUS[estimate.causal_status]]
    if estimate.causal_status == "causal_if" and estimate.assumptions:
        words = [f"causal if {' and '.join(estimate.assumptions)}"]
    flags = (FLAGS.get(flag, flag.replace("_", " ")) for flag in estimate.flags)
    return ", ".join([*words, *flags])


def pieces(text: str) -> Iterator[tuple[str, bool]]:
    """A sentence in pieces: what stands between backticks is code, such as a key to write.

    Parameters
    ----------
    text : str
        A backtick without a partner is a letter like any other.

    Yields
    ------
    piece : str
        Not escaped; code without its backticks, never empty.
    code : bool

    Examples
    --------
    >>> list(pieces("as `crossovers: fail` says"))
    [('as ', False), ('crossovers: fail', True), (' says', False)]
    """
    for place, piece in enumerate(re.split(r"`([^`]+)`", text)):
        if piece:
            yield piece, place % 2 == 1


def ordering_words(ordering: str | None) -> str:
    """Write an ordering with room to breathe.

    Parameters
    ----------
    ordering : str or None
        As in the result.

    Returns
    -------
    str

    Examples
    --------
    >>> ordering_words("touchpoint>need=trust"), ordering_words("")
    ('touchpoint > need = trust', 'none')
    """
    if ordering is None:
        return "–"
    if ordering == "":
        return "none"
    return ordering.replace(">", " > ").replace("=", " = ")


def segment_words(segment: Mapping[str, str | None] | None) -> str:
    """Write the level of a segment.

    Parameters
    ----------
    segment : mapping or None
        {dimension: level}; a level of None is a missing value.

    Returns
    -------
    str
    """
    if not segment:
        return ""
    return ", ".join(
        f"{name}: {'(missing)' if level is None else level}" for name, level in segment.items()
    )
