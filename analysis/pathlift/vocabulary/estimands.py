"""What is it that an estimate estimates? One entry an estimand, a role, a kind, another reading."""

from collections.abc import Mapping
from typing import Final

ESTIMANDS: Final[Mapping[str, str]] = {
    "itt": (
        "Intention to treat: the effect of being given an arm, on all units that were given it, "
        "whether or not they received or used it."
    ),
    "incidence": (
        "The share of all units of an arm that took an ordering and converted. It is a randomised "
        "contrast, and over all orderings and `other` it adds up to the effect on conversion. "
        "Conversion among those who took an ordering is none: they chose it."
    ),
    "ordering_share": "The share of all units of an arm that took an ordering, converted or not.",
    "first_step": "The share of all units of an arm that met a stage before any other.",
    "cumulative_incidence": (
        "The share of all units that will have converted when their window ends, while windows "
        "are open: each unit counts for as long as it was followed (competing risks)."
    ),
    "cumulative_share": "The same of completing an ordering, where a purchase before it competes.",
    "association": (
        "Conversion given the ordering that was observed. Units choose their ordering, so it is "
        "descriptive, always, and no effect of an ordering."
    ),
    "association_by_arm": "Does the association of ordering and conversion differ between arms?",
    "interaction": "Do the effects of the arms differ between the levels of a segment?",
    "complier": (
        "The effect of taking an ordering on the units that an arm moves to take it. Causal only "
        "if the arm works through nothing but the ordering, which seldom holds."
    ),
    "structural": (
        "Effects of two orderings at once, from two arms, if effects are the same for all."
    ),
    "factor": (
        "One level of a factor against another, averaged equally over all levels of the other "
        "factors."
    ),
    "factor_interaction": "How much the effect of a factor differs between levels of another.",
    "planned": "The mean of some arms, weighted as declared, against that of others.",
    "increment": "Effects on a part, on the rest and on the whole of the same units; they add up.",
    "rest": "The effect on what the part leaves of the whole.",
}

ROLES: Final[Mapping[str, str]] = {
    "primary": "The metric that the decision is about; one an experiment.",
    "secondary": "A metric that explains the primary one, and decides nothing unless it is named.",
    "guardrail": "A metric that must be shown not to get worse by more than its margin.",
}

KINDS: Final[Mapping[str, str]] = {
    "proportion": "A share of units: each unit counts as 0 or 1.",
    "mean": "A sum or count per unit, averaged over all units, those with 0 included.",
    "ratio": "One sum over another, such as revenue per order; units stay what is counted.",
    "quantile": "The value that a share `q` of all units does not exceed.",
}

FAMILY_KINDS: Final[Mapping[str, str]] = {
    "displacement": "Is what an arm gains in one scope missing in others? Both effects and their "
    "sum, and the share that is new with Fieller's set. Causal.",
    "attribution": "How much of what an arm is credited with is new? An arm that touches more is "
    "credited with more: what is credited, and the shares, are descriptive; the whole is causal.",
    "pull_forward": "Did it only come sooner? The effect within a first window, after it, and in "
    "both. Causal.",
    "concentration": "Do few creators, sellers or videos get most of a metric? The chance that "
    "value of two different units went to the same one. Descriptive, decides nothing.",
}

READINGS: Final[Mapping[str, str]] = {
    "raw": "The metric without capping; the capped one is the headline.",
    "unadjusted": "The contrast without covariates; the adjusted one is the headline.",
    "exact": "Boschloo's or Fisher's test, for counts below five; a p-value, no interval.",
    "day_stratified": "Days of first exposure weighed alike in both arms.",
    "without_crossed": "Without the units that were seen in several arms; who moves may do so "
    "because of the first.",
    "cluster_means": "Each cluster weighs alike, whatever its size: another estimand.",
    "cluster_permutation": "Clusters dealt to the arms anew: how often does chance do as much?",
}
