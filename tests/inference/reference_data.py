"""Adapters of the reference answers on stored files, strata, single shares and adjusted p.

Each answers one case with the keys it claims, as those of ``test_reference.py`` do. Holds no
tests itself.
"""

import math
from functools import cache
from typing import Any

import duckdb
import numpy as np
from tests.inference.reference_clusters import Adapter, Answer, Case, data_folder

from pathlift.inference.adjustment import adjusted_means, satterthwaite_df
from pathlift.inference.anytime import Sequence
from pathlift.inference.drafts import Draft, Identity
from pathlift.inference.family import Family
from pathlift.inference.instrument import Reduced
from pathlift.inference.intervals import studentised, symmetric_interval
from pathlift.inference.mantel_haenszel import association, scores
from pathlift.inference.omnibus import goodness_of_fit, independence
from pathlift.inference.ratio import ratio_means
from pathlift.inference.standardising import standardise
from pathlift.inference.tails import two_sided_critical, two_sided_p
from pathlift.inference.widening import widen
from pathlift.inference.wilson import wilson_interval

WHOLE_RUN = "compared through the whole of `analyze`, in tests/real"

UNSUPPORTED: dict[str, dict[str, str]] = {
    "datasets": {
        r"star_cluster": "its clusters cross the arms; ours lie inside one",
        r"star_hc1": "HC1 is another convention than HC2",
        r"hillstrom_mannwhitney_.*": "rank tests need rows, and sums are all that is kept",
        r"hillstrom_omnibus_.*": "chi-square over arms, not Welch's or rank ANOVA",
        r"hillstrom_(cuped|dunnett)_.*|landing_.*|recommender_.*|rees46_.*|udacity_.*": WHOLE_RUN,
    },
}

ANSWERED: dict[str, set[str]] = {
    "proportions": {r"newcombe_single_.*|single_.*", r"strat_inline_.*"},
    "multiplicity": {r"stdlib_bh"},
    "datasets": {r"star_cluster", r"(?!fastfood_|thornton_cluster|star_cluster).*"},
}
"""Patterns of the adapters before that give way to those above, where more is answered."""


def proportions(case: Case) -> Answer:
    """Wilson's interval, the Cochran-Mantel-Haenszel test, standardised rates, stepwise p."""
    given, name = case["inputs"], case["id"]
    if name.startswith(("newcombe_single", "single")):
        c = two_sided_critical(1 - given["level"])
        found = wilson_interval(given["x"], given["n"], critical=c)
        return {"wilson": [float(found.low), float(found.high)]}
    if name.startswith("strat_inline"):
        return strata(given["strata"])
    if name.startswith("three_arm"):
        table = np.column_stack((given["x"], np.subtract(given["n"], given["x"])))
        places = [(i, j) for i in range(len(table)) for j in range(i + 1, len(table))]
        return pairwise(
            [f"p_{i + 1}_{j + 1}" for i, j in places],
            [float(independence(table[[i, j]]).p_value) for i, j in places],
        )
    return {}


def strata(rows: list[dict[str, int]]) -> Answer:
    n, x = (np.array([[row[f"{of}_{arm}"] for row in rows] for arm in "tc"]) for of in "nx")
    score, by_stratum = scores(n, x)
    test = association(score, by_stratum.sum(axis=0))
    found = standardise(n, x)
    # the case takes the weights as known: only what converts within a stratum varies
    within = found.influence**2 * n * found.cell_rate * (1 - found.cell_rate)
    return {
        "cmh_chisq": test.statistic,
        "cmh_p": test.p_value,
        "poststratified_difference": found.rate[0] - found.rate[1],
        "poststratified_se": math.sqrt(within.sum()),
    }


def pairwise(names: list[str], p_values: list[float]) -> Answer:
    return {
        f"pairwise_{method}": dict(zip(names, stepwise(p_values, method), strict=True))
        for method in ("holm", "bh")
    }


def stepwise(p_values: list[float], method: Any) -> list[float]:
    """Adjust p as a family of that method does."""
    family = Family(name="all", estimand="itt", method=method)
    drafts = [
        Draft(
            identity=Identity(
                estimand="itt", metric="y", kind="mean", role="primary", better="higher",
                arm=str(place), control="control",
            ),
            arm_units=2,
            control_units=2,
            family=family,
        )
        for place in range(len(p_values))
    ]  # fmt: skip
    p = np.array(p_values)
    found = widen(drafts, np.zeros(len(p)), p, alpha=0.05)
    return [found[place].p_adjusted if place in found else p[place] for place in range(len(p))]


def multiplicity(case: Case) -> Answer:
    """Holm and Benjamini-Hochberg as families adjust by them."""
    given = case["inputs"]
    if case["id"].startswith("padjust_"):
        return {"holm": stepwise(given["p"], "holm"), "BH": stepwise(given["p"], "bh")}
    if case["id"] == "stdlib_bh":
        return {"adjusted": stepwise(given["p"], "bh")}
    return {}


def means(case: Case) -> Answer:
    """Pairwise Welch tests, adjusted."""
    if not case["id"].startswith("three_arm"):
        return {}
    arms: dict[str, list[float]] = {}
    for row in case["inputs"]["data"]:
        arms.setdefault(row["arm"], []).append(row["y"])
    names = ["search_control", "content_control", "content_search"]
    p = []
    for pair in names:
        y, z = (np.array(arms[arm]) for arm in pair.split("_"))
        p.append(welch(*((len(a), a.mean(), a.var(ddof=1)) for a in (y, z)))["p_welch"])
    return pairwise(names, p)


def cluster_iv(case: Case) -> Answer:
    """Wald's ratio, with the delta method's standard error."""
    rows = case["inputs"].get("data")
    if rows is None:
        return {}
    y, d, z = (np.array([row[key] for row in rows], dtype=float) for key in "ydz")
    found = complier(y, d, z)
    return {
        "wald": found.ratio,
        "cace_hc2": {"estimate": found.ratio, "se": found.standard_error},
    }


def complier(y: np.ndarray, d: np.ndarray, z: np.ndarray) -> Reduced:
    arms = [np.column_stack((y[z == arm], d[z == arm])) for arm in (1, 0)]
    found = adjusted_means(
        [len(arm) for arm in arms],
        [arm.mean(axis=0) for arm in arms],
        [np.cov(arm.T) for arm in arms],
        outcomes=2,
    )
    v = found.covariance[0, :, 0, :] + found.covariance[1, :, 1, :]
    effect = found.means[0] - found.means[1]
    return Reduced(y=float(effect[0]), d=float(effect[1]), v_yy=v[0, 0], v_yd=v[0, 1], v_dd=v[1, 1])


def datasets(case: Case) -> Answer:
    """ASOS' checkpoints, Open Bandit's clicks, vitamin A, and Hillstrom by its summaries."""
    given, name = case["inputs"], case["id"]
    if name.startswith("asos"):
        looks = case["expected"].get("checkpoints", ())
        return asos(given, [look["time_since_start"] for look in looks])
    if name.startswith("openbandit"):
        return open_bandit(given)
    if name.startswith("hillstrom_welch"):
        parts = (given["summary_treatment"], given["summary_control"])
        found = welch(*((part["n"], part["mean"], part["variance"]) for part in parts))
        return {
            "difference": found["difference"],
            "se": found["se"],
            "t": found["z"],
            "df": found["df_welch"],
            "p_value": found["p_welch"],
            "ci": found["ci"],
        }
    if name == "vitamin_a_cace":
        y, d, z = columns(
            "select survived, vitaminA_received, vitaminA_assigned from $file", given["dataset"]
        )
        found_ = complier(y, d, z)
        return {
            "itt": found_.y,
            "first_stage": found_.d,
            "cace": found_.ratio,
            "se_hc2": found_.standard_error,
        }
    return {}


def asos(given: dict[str, Any], looks: list[float]) -> Answer:
    """The last checkpoint as a single test, or those at some times as looks."""
    rows = np.column_stack(
        columns(
            "select time_since_start, count_t, mean_t, variance_t, count_c, mean_c, variance_c "
            f"from $file where experiment_id = '{given['experiment_id']}' "
            f"and variant_id = {given['variant_id']} and metric_id = {given['metric_id']} "
            "order by time_since_start",
            given["dataset"],
        )
    )
    if not looks:
        n1, m1, v1, n0, m0, v0 = rows[-1, 1:]
        found = welch((n1, m1, v1), (n0, m0, v0))
        del found["ci"]
        return found | {"srm_p": goodness_of_fit([n1, n0], [1, 1]).p_value}
    planned, alpha = given["tuning_parameter"], given["alpha"]
    far = -2 * math.log(alpha)
    # the peer's closed approximation of the best rho; ours solves for it
    sequence = Sequence(rho_squared=(far + math.log1p(far)) / planned, alpha=alpha)
    seen = []
    for time, n1, m1, v1, n0, m0, v0 in rows[np.isin(rows[:, 0].round(6), np.round(looks, 6))]:
        if min(n1, n0) < 2:  # one checkpoint without units: theirs is 0 and p = 1, ours refused
            seen.append({"time_since_start": time})
            continue
        found = welch((n1, m1, v1), (n0, m0, v0))
        p = sequence.p_value(found["z"], n1 + n0)
        interval = symmetric_interval(
            found["difference"], found["se"], sequence.multiplier(n1 + n0), excluded=p < alpha
        )
        seen.append(
            {
                "time_since_start": time,
                "difference": found["difference"],
                "se": found["se"],
                "ci_lower": interval.low,
                "ci_upper": interval.high,
                "p_value": p,
            }
        )
    return {"checkpoints": seen}


def open_bandit(given: dict[str, Any]) -> Answer:
    if "policy" not in given:
        x, n = columns(
            "select sum(click), count(*) from $file group by policy order by policy",
            given["dataset"],
        )
        test = independence(np.column_stack((x, n - x)))
        return {"x": x, "n": n, "difference": x[0] / n[0] - x[1] / n[1], "p_value": test.p_value}
    both = np.column_stack(
        columns(
            "select sum(click), count(*) from $file where policy = "
            f"'{given['policy']}' group by "
            "user_feature_0, user_feature_1, user_feature_2, user_feature_3",
            given["dataset"],
        )
    )
    parts = (len(both), both.mean(axis=0), np.cov(both.T))
    n_, m, s = (np.array([part, part]) for part in parts)  # one arm, twice: each stands alone
    found = ratio_means(adjusted_means(n_, m, s, outcomes=2), numerator=0, denominator=1)
    return {
        "units": len(both),
        "ratio": found.ratios[0],
        "se_linearised": math.sqrt(found.covariance[0, 0]),
        "clicks": both[:, 0].sum(),
        "impressions": both[:, 1].sum(),
    }


def welch(one: tuple[float, float, float], zero: tuple[float, float, float]) -> Answer:
    """Difference of two arms, each as units, mean and variance."""
    n, m, v = (np.array(column) for column in zip(one, zero, strict=True))
    found = adjusted_means(n, m[:, None], v[:, None, None], outcomes=1)
    value, covariance = found.of_outcome(0)
    difference = float(value[0] - value[1])
    se = math.sqrt(covariance[0, 0] + covariance[1, 1])
    df = float(
        satterthwaite_df([[1, -1]], found.residual_variance[:, 0], found.units, found.residual_df)[
            0
        ]
    )
    z = float(studentised(difference, se))
    interval = symmetric_interval(difference, se, two_sided_critical(0.05, df))
    return {
        "difference": difference,
        "se": se,
        "z": z,
        "df_welch": df,
        "p_welch": float(two_sided_p(z, df)),
        "p_normal": float(two_sided_p(z)),
        "ci": [float(interval.low), float(interval.high)],
    }


@cache
def columns(query: str, file: str) -> tuple[np.ndarray, ...]:
    """Columns of a query over a stored file, which it calls ``$file``."""
    found = duckdb.execute(query.replace("$file", f"'{data_folder() / file}'")).fetchnumpy()
    return tuple(np.asarray(column, dtype=float) for column in found.values())


ADAPTERS: dict[str, Adapter] = {
    "proportions": proportions,
    "multiplicity": multiplicity,
    "means": means,
    "cluster_iv": cluster_iv,
    "datasets": datasets,
}
