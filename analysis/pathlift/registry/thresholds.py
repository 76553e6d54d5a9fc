"""Which numbers turn a check, what are they by default, and what may they be? Judges nothing.

One row a threshold: `checks:` of a definition, the figures of a result and the table in
`analysis/README.md` are all read from here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["p", "share", "above0", "count"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A number beyond which a check warns or fails.

    Attributes
    ----------
    default : float
        Source in methods 4; a convention of this project where that has a dagger.
    kind : {'p', 'share', 'above0', 'count'}
        A p-value in (0, 0.5), a share in (0, 1), a number above 0, a whole number from 1.
    about : str
        What it is held against, as an editor shows it.
    """

    default: float
    kind: Kind
    about: str


def _p(default: float, about: str) -> Threshold:
    return Threshold(default=default, kind="p", about=about)


def _share(default: float, about: str) -> Threshold:
    return Threshold(default=default, kind="share", about=about)


def _above0(default: float, about: str) -> Threshold:
    return Threshold(default=default, kind="above0", about=about)


def _count(default: float, about: str) -> Threshold:
    return Threshold(default=default, kind="count", about=about)


_BY_ARM: Final = {
    "fails_below_p": _p(0.001, "p of a difference between arms"),
    "fails_above_difference": _share(0.001, "and such a difference of shares is large enough"),
}
_SPLIT: Final = {
    "fails_below_p": _p(0.001, "p of the split against the weights"),
    "warns_below_p": _p(0.01, "p of the split against the weights"),
}

THRESHOLDS: Final[Mapping[str, Mapping[str, Threshold]]] = {
    "srm": _SPLIT,
    "srm_within": {"warns_below_p": _p(0.001, "p of a part's split, over all parts (Holm)")},
    "balance": {"warns_below_p": _p(0.001, "p of equal covariates before exposure")},
    "pre_period": {
        "fails_below_p": _p(0.001, "p of equal outcomes before exposure, over all metrics"),
    },
    "clusters": {
        "warns_up_to": _count(20, "clusters of an arm"),
        "warns_below_effective": _above0(10, "equal clusters that those of an arm are worth"),
        "warns_above": _share(0.001, "units outside the arm of their cluster"),
        "fails_above": _share(0.01, "units outside the arm of their cluster"),
    },
    "interference": {
        "warns_above": _share(0.05, "value of those who serve several arms"),
    },
    "identities": {
        "warns_above": _share(0.001, "ids of several units, or of an id"),
        "warns_below_p": _p(0.001, "p of a difference between arms"),
    },
    "crossover": {
        "warns_above": _share(0.001, "units seen in several arms"),
        "fails_above": _share(0.01, "units seen in several arms"),
        "fails_below_p": _p(0.001, "p of moving both ways alike (Bowker)"),
    },
    "delivery": {"warns_below_p": _p(0.001, "p of a difference between arms")},
    "ambiguous_first_arm": {"warns_above": _share(0.001, "units of no first arm")},
    "outside_period": {"warns_above": _share(0.01, "units exposed outside the period"), **_BY_ARM},
    "excluded_units": _BY_ARM,
    "triggering": {
        **_BY_ARM,
        "warns_above": _share(0.001, "units exposed in another arm than assigned, or in none"),
    },
    "maturity": {"warns_below": _share(0.5, "mature units of a deciding metric")},
    "duration": {"warns_below_days": _count(7, "days of first exposures")},
    "mix": {"warns_below_p": _p(0.001, "p of one split on all days")},
    "paradox": {"fails_above_z": _above0(2, "standard errors of both opposite readings")},
    "drift": {"warns_below_p": _p(0.001, "p of one control in all weeks")},
    "novelty": {"warns_below_p": _p(0.01, "p of one effect in all weeks")},
    "duplicates": {"warns_above": _share(0.001, "rows of events that are copies"), **_BY_ARM},
    "purchase_at_exposure": {
        "warns_above": _share(0.01, "units that converted at exposure"),
        **_BY_ARM,
    },
    "clock": {
        "warns_above": _share(0.01, "rows received a day off"),
        "warns_below_p": _p(0.001, "p of a difference between arms"),
        "fails_above": _share(0.2, "rows received a day off; fails orderings"),
        "fails_above_difference": _share(0.05, "certain difference of arms; fails orderings"),
    },
    "stages": {
        "enough": _count(100, "units from which nobody and everybody are about the stage"),
        "silent_where_expected": _above0(20, "units expected where hardly any met it"),
        "silent_up_to_share": _share(0.02, "of the units expected that met it all the same"),
    },
    "ties": {
        "warns_above": _share(0.05, "units with stages in one moment"),
        "fails_above": _share(0.2, "units with stages in one moment"),
        "warns_below_p": _p(0.001, "p of a difference between arms"),
    },
    "purchase_ties": {
        "warns_above": _share(0.2, "conversions in the moment of a stage"),
        "fails_above": _share(0.5, "conversions in the moment of a stage"),
        "warns_below_p": _p(0.001, "p of a difference between arms"),
        "enough": _count(20, "conversions from which most are about the stage"),
    },
    "mechanical": {"warns_above": _share(0.5, "labels of an arm that begin at exposure")},
    "carry_in": {
        "warns_above": _share(0.5, "units that held a stage before exposure"),
        "warns_below_p": _p(0.001, "p of a difference between arms"),
        "enough": _count(100, "units of an arm from which everybody is no chance"),
    },
    "outages": {"warns_above": _share(0.05, "units of an unknown ordering"), **_BY_ARM},
    "measurement": {
        "fails_below_p": _p(0.001, "p of a stage seen before conversions alike in all arms"),
        "fails_above_difference": _share(0.05, "and arms differ by as much"),
        "silent_where_expected": _above0(20, "units of a day expected where a rule never fired"),
        "warns_below": _share(0.5, "conversions with every stage observed before"),
    },
    "landmark": {"warns_below": _share(0.2, "complete orderings early enough to be followed")},
    "positivity": {"warns_above": _share(0.05, "weight of strata with hardly anybody")},
    "presets": {"warns_at_kappa": _share(0.6, "agreement of labels (Cohen's kappa)")},
    "missing_outcome": {
        "fails_below_p": _p(0.001, "p of a difference between arms"),
        "warns_below_p": _p(0.01, "p of a difference between arms"),
    },
    "missing_covariate": {"warns_below_p": _p(0.001, "p of a difference between arms")},
    "conflicting_columns": {"warns_above": _share(0.001, "units whose first rows disagree")},
    "skew": {
        "warns_above": _above0(0.053, "skewness of a difference of means"),
        "fails_above": _above0(0.12, "skewness of a difference of means"),
    },
    "outliers": {
        "warns_above": _share(0.01, "an arm's total that one unit has"),
        "warns_above_top": _share(0.25, "an arm's total that its largest thousandth has"),
    },
    "counts": {"warns_below": _count(5, "successes or failures of an arm")},
    "instrument": {"warns_below_f": _above0(10, "F of what an arm moves of its ordering")},
    "precision": {"warns_above_lifts": _above0(2, "times the planned lift, found with 80% power")},
    "twyman": {
        "warns_above_z": _above0(8, "standard errors of an effect"),
        "warns_above_lifts": _above0(3, "times the planned lift"),
    },
}
"""By check, then by name, in the order of the result. Checks that are not here count, or compare
integers: nothing of them can be set."""

# Pairs of which the first has to speak no later than the second.
ORDERED: Final = (("warns_above", "fails_above"), ("fails_below_p", "warns_below_p"))

NO_THRESHOLD: Final = (
    "peeking",
    "registration",
    "coverage",
    "rules",
    "winsorising",
    "naive_time",
    "csv",
    "hidden_columns",
    "invariants",
    "aa",
)


def limits(check: str, declared: Mapping[str, Mapping[str, float]]) -> Mapping[str, float]:
    """The thresholds that hold for a check.

    Parameters
    ----------
    check : str
        Its id.
    declared : mapping of str to mapping of str to float
        What a definition sets, by check and name.

    Returns
    -------
    mapping of str to float
        By name; defaults where nothing is declared. Empty for a check without thresholds.

    Examples
    --------
    >>> dict(limits("ties", {"ties": {"warns_above": 0.1}}))
    {'warns_above': 0.1, 'fails_above': 0.2, 'warns_below_p': 0.001}
    """
    own = declared.get(check, {})
    return {
        name: own.get(name, threshold.default)
        for name, threshold in THRESHOLDS.get(check, {}).items()
    }
