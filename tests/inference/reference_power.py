"""Sizes and powers by others, answered with what `pathlift plan` solves."""

import math
from typing import Any

from pathlift.planning.comparisons import (
    Comparison,
    power_of,
    smallest_difference,
    units_needed,
)

Case = dict[str, Any]
Answer = dict[str, Any]

UNSUPPORTED = {
    r"anova_.*|chisq_gof_.*": "tests over all arms at once are not what a size is planned for",
    r"power_2p2n_.*": "the arcsine transform is another convention than the score test's",
    r"gpower_.*": "their share of alpha for several arms is neither Dunnett's nor Bonferroni's",
    r"sas_power_equivalence": "sizes for an equivalence are not planned",
    r"udacity_.*": "a web calculator with the variance of the baseline in both arms",
}


def power(case: Case) -> Answer:
    """Answer the keys that follow the score test, and Student's t for means."""
    given, expected = case["inputs"], case["expected"]
    about = {"alpha": given["alpha"], "sides": given.get("sides", 2)}
    if "d" in given:
        test = Comparison(
            kind="mean", control_value=0, difference=given["d"], standard_deviation=1, **about
        )
        return {"n_t": units_needed(test, given["power"])}
    if "delta" in given:
        test = Comparison(
            kind="mean",
            control_value=0,
            difference=given["delta"],
            standard_deviation=given["sd"],
            **about,
        )
        return _means(test, given, expected)
    p0 = given.get("p_control", given.get("p1"))
    p1 = given.get("p_treatment", given.get("p2"))
    if p1 is None:
        # the size of what is found is asked for: only its direction counts here
        test = Comparison(kind="proportion", control_value=p0, difference=p0 / 100, **about)
        found = smallest_difference(test, given["n_per_group"], given["power"])
        answers = {
            "p2": p0 + found,
            "p_treatment": p0 + found,
            "mde_absolute": found,
            "mde_relative": found / p0,
        }
    else:
        test = Comparison(kind="proportion", control_value=p0, difference=p1 - p0, **about)
        if "n_per_group" in given:
            reached = power_of(test, given["n_per_group"])
            answers = {"power": reached, "power_prop_test": reached}
        else:
            units = units_needed(test, given["power"])
            answers = dict.fromkeys(
                ("n_per_group", "n_power_prop_test", "n_rpact_pooled_null"), units
            )
    return {key: value for key, value in answers.items() if key in expected}


def _means(test: Comparison, given: dict[str, Any], expected: Answer) -> Answer:
    if "n_per_group" in given:
        return {"power": power_of(test, given["n_per_group"])}
    units = units_needed(test, given["power"])
    answers = {
        "n_per_group": units,
        "n_per_group_rounded_up": math.ceil(units),
        "total_n": 2 * math.ceil(units),
    }
    return {key: value for key, value in answers.items() if key in expected}
