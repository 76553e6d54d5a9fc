"""Under which heading an estimate stands, in which panel, and what its row is called.

Arranges by what an estimate is about; reads no number.
"""

from collections.abc import Callable

from pathlift.report.encouragement import ENCOURAGEMENT_ABOUT, encouraged_subject
from pathlift.report.factors import (
    FACTORS_ABOUT,
    PLANNED_ABOUT,
    factor_subject,
    planned_subject,
)
from pathlift.report.family_words import FAMILIES_ABOUT
from pathlift.report.words import ordering_words
from pathlift.result.model import Estimate

GROUPS: tuple[tuple[str, str, str], ...] = (
    ("primary", "Primary", "What the decision is about."),
    ("secondary", "Secondary", "What explains it."),
    ("guardrail", "Guardrails", "What must not get worse by more than its margin."),
    ("families", "What is added, and what only moves", FAMILIES_ABOUT),
    (
        "incidence",
        "Orderings that converted",
        "Share of all units of an arm that took the ordering and converted. The differences over "
        "all rows add up to the effect on conversion. Better and worse are said of the arm: it "
        "brings more or fewer buyers that way, whatever the ordering itself does.",
    ),
    (
        "ordering_share",
        "Orderings taken",
        "Share of all units of an arm that took the ordering, converted or not.",
    ),
    (
        "first_step",
        "First steps",
        "Share of all units of an arm that met the stage before any other. What follows a first "
        "step is chosen by those who took it, and no contrast of arms.",
    ),
    ("factors", "Factors", FACTORS_ABOUT),
    ("planned", "Planned averages", PLANNED_ABOUT),
    (
        "cumulative_incidence",
        "Open windows counted in",
        "Share of all units that will have converted when their window ends, each unit counted for "
        "as long as it was followed. Shown while windows are open; what units have done so far is "
        "no such share, since a faster arm is ahead whether or not it ends there.",
    ),
    (
        "cumulative_share",
        "Orderings taken, open windows counted in",
        "Share of all units that will have completed the ordering when their window ends, "
        "converted or not, each unit counted for as long as it was followed.",
    ),
    (
        "segments",
        "Segments",
        "Declared before the data came. Exploratory: that levels differ is for the test of arm by "
        "segment to say, which stands first under each metric.",
    ),
    (
        "baseline",
        "Stages held before exposure",
        "Contrasts among units that held the same stages before exposure. Exploratory: that "
        "states differ is for their test to say, not for two intervals.",
    ),
    ("encouragement", "Encouragement, if its assumptions hold", ENCOURAGEMENT_ABOUT),
    ("other", "Other estimands", "Read each with its status."),
)
"""Keys, headings and what the numbers below are, in the order of a report."""

OF_ORDERINGS = frozenset(
    {"incidence", "ordering_share", "cumulative_incidence", "cumulative_share"}
)
"""Groups with a row an ordering, where it is said which arm intends it."""

OF_LABELS = OF_ORDERINGS | {"first_step"}
"""Groups with a row that stands in no family: what has no name of its own."""

SUBJECT_HEAD = {
    "incidence": "Ordering",
    "ordering_share": "Ordering",
    "first_step": "First step",
    "cumulative_incidence": "Ordering",
    "cumulative_share": "Ordering",
    "segments": "Level",
    "baseline": "Held before",
}
"""Head of the first column; elsewhere it is Contrast."""


def group_of(estimate: Estimate) -> str:
    """Key of the group that an estimate stands in.

    Parameters
    ----------
    estimate : Estimate

    Returns
    -------
    str
        One of `GROUPS`.
    """
    if estimate.segment is not None:
        return "baseline" if "baseline_state" in estimate.segment else "segments"
    if estimate.estimand in OF_LABELS:
        return estimate.estimand
    if estimate.estimand in ("complier", "structural"):
        return "encouragement"
    if estimate.estimand == "rest":
        return "families"
    if estimate.factors:
        return "factors"
    if estimate.estimand == "planned":
        return "planned"
    if estimate.estimand == "itt" and estimate.role in ("primary", "secondary", "guardrail"):
        return estimate.role
    return "other"


def panel_key(group: str) -> Callable[[Estimate], str]:
    """What estimates of one panel have in common, as its title.

    Parameters
    ----------
    group : str
        Key.

    Returns
    -------
    callable
        From an estimate to the title.
    """
    match group:
        case "incidence" | "ordering_share" | "first_step" | "cumulative_share":
            return _contrast
        case "cumulative_incidence":
            return lambda e: _contrast(e) if e.ordering else f"{e.metric}, any ordering"
        case "segments":
            return lambda e: f"{e.metric or e.estimand} by {', '.join(e.segment or {})}"
        case "baseline":
            return _of_state
        case "families":
            return lambda e: f"{e.metric}, the rest"
        case "other":
            return lambda e: f"{e.estimand.replace('_', ' ')} {e.metric or ''}".strip()
        case _:
            return lambda e: e.metric or e.estimand


def subject_of(group: str, estimate: Estimate) -> str:
    """What distinguishes an estimate within its panel.

    Parameters
    ----------
    group : str
        Key.
    estimate : Estimate

    Returns
    -------
    str
    """
    match group:
        case "incidence" | "ordering_share" | "first_step" | "cumulative_share":
            return ordering_words(estimate.ordering)
        case "cumulative_incidence":
            return ordering_words(estimate.ordering) if estimate.ordering else _contrast(estimate)
        case "segments":
            return f"{_level(estimate)}, {_contrast(estimate)}"
        case "baseline":
            return f"{_level(estimate).replace('+', ' + ')}, {_contrast(estimate)}"
        case "factors":
            return factor_subject(estimate)
        case "planned":
            return planned_subject(estimate)
        case "encouragement":
            return encouraged_subject(estimate)
        case "other":
            parts = (ordering_words(estimate.ordering) if estimate.ordering else "",)
            return ", ".join(p for p in (*parts, _contrast(estimate)) if p)
        case _:
            return _contrast(estimate)


def _contrast(estimate: Estimate) -> str:
    return f"{estimate.arm} vs {estimate.control}"


def _of_state(estimate: Estimate) -> str:
    if estimate.estimand == "itt":
        return str(estimate.metric)
    return f"{ordering_words(estimate.ordering)}, and converted (meant by {estimate.arm})"


def _level(estimate: Estimate) -> str:
    level = next(iter((estimate.segment or {"": ""}).values()))
    return "(missing)" if level is None else level
