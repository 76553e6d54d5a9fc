"""What do verdicts, severities, conclusions, statuses and flags mean? Words, no numbers."""

from collections.abc import Mapping
from typing import Final

VERDICTS: Final[Mapping[str, str]] = {
    "ship": (
        "The success rule of the file is met beyond `worth`, every guardrail is shown to stay "
        "within its margin, and nothing that decides is still open."
    ),
    "do_not_ship": "A guardrail is harmed, or a success metric is shown to be worse.",
    "keep_running": (
        "The experiment runs, and a deciding metric is not fully mature or the planned units are "
        "not reached."
    ),
    "inconclusive": (
        "Everything is in, and neither a gain nor a loss is shown. That is an answer: the "
        "interval says how large an effect could still be."
    ),
    "invalid": (
        "A check of the experiment, or of a metric that decides, failed. Numbers stay visible and "
        "are not to be acted upon."
    ),
}

SEVERITIES: Final[Mapping[str, str]] = {
    "pass": "What the check asks for holds.",
    "info": "Something a reader should know; nothing is wrong.",
    "warn": "Look at it before trusting a close result. No number changes.",
    "fail": (
        "Numbers within the check's scope are invalid; of the whole experiment, the verdict is."
    ),
    "not_checked": "A field that the check needs is not declared; its message says which.",
}

STATUSES: Final[Mapping[str, str]] = {
    "causal": "a contrast of randomised arms, with every assigned unit in the denominator",
    "causal_if": "causal only under the assumptions that are named beside it",
    "descriptive": "what was seen; no statement about what an arm does",
    "invalid": "a check says not to read this number",
}

CONCLUSIONS: Final[Mapping[str, str]] = {
    "better": "The interval lies wholly on the better side of no difference.",
    "worse": "The interval lies wholly on the worse side of no difference.",
    "different": "The interval leaves out no difference, and no side is the better one.",
    "no_difference_shown": (
        "The interval holds no difference. It does not show that there is none: that takes an "
        "`equivalence`."
    ),
    "non_inferior": "The guardrail is shown to be worse by less than its margin, or not at all.",
    "equivalent": "The effect is shown to lie within the declared distance, to either side.",
    "harmed": "The whole interval of a guardrail lies beyond its margin.",
    "not_shown": "Staying within the margin, or within the distance, is not shown.",
    "not_estimated": (
        "There is no number, and the reason stands in its place; never 0, never left out."
    ),
}

FINDINGS: Final[Mapping[str, str]] = {
    "adds": "The whole is shown to be better: what is new goes beyond what the rest lost.",
    "takes_away": "The whole is shown to be worse, whatever the part did.",
    "only_moves": (
        "Part and rest are shown to move to opposite sides, and that the whole moved is not shown."
    ),
}

FLAGS: Final[Mapping[str, str]] = {
    "exploratory": (
        "Nobody promised to look here before the data came: a finding is a question for the next "
        "experiment."
    ),
    "fragile": "Its sign changes under another of the declared rules for the stages.",
    "mechanical": "It follows from how units are exposed, not from what they do.",
    "few_counts": "Fewer than 50 successes or failures, so the normal is a rough guide.",
    "few_followed": "Fewer than 50 units of an arm were followed to the end of the window.",
    "few_clusters": "An arm has few clusters, so the interval leans on its degrees of freedom.",
    "lopsided_clusters": "A few large clusters carry an arm.",
    "approximate": "A term of the variance is taken over from independent units.",
    "unbounded": "The control's mean is too close to 0 for the lift to have two ends.",
    "relative_unbounded": (
        "The control's mean cannot be told from 0, so the data contradict no lift at all."
    ),
    "relative_unbounded_above": "The lift has a lower end and no upper one.",
    "relative_unbounded_below": "The lift has an upper end and no lower one.",
    "relative_outside_gap": (
        "The control's mean may lie on either side of 0: the data contradict only the lifts of a "
        "gap, and those beyond it on both sides remain."
    ),
    "weak_first_stage": (
        "The arm hardly moves the ordering (F below 10): read the set, not the ratio."
    ),
    "complier_share_outside_0_to_1": "A share that cannot be: the assumptions do not fit the data.",
    "arm_brings_units_away": "The arm lowers the share of the ordering that it intends.",
    "assumptions_contradicted": "The data contradict the assumptions, by Huber and Mellace's test.",
    "structural": "Both orderings' effects are solved for at once, with constant effects.",
    "one_arm_without_variance": "All units of one arm have the same value.",
    "not_protected_against_peeking": "Holds at a single look, and there was a plan for several.",
    "part_exceeds_whole": "The part is larger than the whole it should be counted by.",
}
