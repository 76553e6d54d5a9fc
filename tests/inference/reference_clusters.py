"""Adapters of the reference answers for clusters, graphs, exact tests and equivalence.

Each answers one case with the keys it claims, as those of ``test_reference.py`` do; `extended`
joins both. Holds no tests itself.
"""

import csv
import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from pathlift.inference.adjustment import adjusted_means
from pathlift.inference.clusters import (
    cluster_mean_moments,
    clustered_means,
    contrast_df,
    intracluster_correlation,
)
from pathlift.inference.equivalence import equivalent_means, equivalent_proportions
from pathlift.inference.exact import boschloo, fisher
from pathlift.inference.graph import adjusted_p, graph, holm
from pathlift.inference.tails import one_sided_p, two_sided_p
from pathlift.statistics.clusters import ClusterSums

Case = dict[str, Any]
Answer = dict[str, Any]
Adapter = Callable[[Case], Answer]

CROSSING = "its clusters cross the arms; ours lie inside one"
WHOLE_RUN = "whole experiments are compared in tests/real, or belong to other topics"

UNSUPPORTED: dict[str, dict[str, str]] = {
    "cluster_iv": {r"petersen": "a regression on a continuous covariate, without arms"},
    "datasets": {
        r"star_cluster": CROSSING,
        r"(?!fastfood_|thornton_cluster|star_cluster).*": WHOLE_RUN,
    },
    "multiplicity": {r"stdlib_bh": "Benjamini-Hochberg is statsmodels', called where it is used"},
    "peer_metrics": {
        r"tt_prop_(barnard|loglik_nocorr|norm_corr|pearson_corr)": (
            "likelihood, corrected or Barnard's tests are other conventions"
        ),
    },
    "proportions": {
        r"pub_barnard_vaccine": "Fisher's p to 3 places; test_mehta_vaccine has this table in full",
    },
}

ANSWERED: dict[str, set[str]] = {
    "proportions": {r"pub_barnard_vaccine"},
    "multiplicity": {r"padjust_.*|stdlib_.*"},
    "peer_metrics": {
        r"tt_prop_(barnard|boschloo|fisher|loglik_nocorr|norm_corr|pearson_corr)",
    },
}
"""Patterns of ``test_reference.py`` that give way to those above, where more is answered."""


def exact(case: Case) -> Answer:
    """Fisher's tests; the first proportion is the treatment's."""
    given = case["inputs"]
    if not case["id"].startswith("test_") or "table" in given:
        return {}
    found = fisher(given["x1"], given["n1"], given["x2"], given["n2"])
    return {
        "fisher_p_two_sided": found.p_value,
        "fisher_p_greater": found.p_greater,
        "fisher_p_less": found.p_less,
    }


def peer_metrics(case: Case) -> Answer:
    """Two-sided exact tests, as tea-tasting calls scipy's."""
    given = case["inputs"]
    if case["id"] not in ("tt_prop_fisher", "tt_prop_boschloo"):
        return {}
    counts = [given[key] for key in ("x_treatment", "n_treatment", "x_control", "n_control")]
    if case["id"] == "tt_prop_fisher":
        return {"pvalue": fisher(*counts).p_value}
    return {"pvalue": boschloo(*counts)}


def graphs(case: Case) -> Answer:
    """Holm and Bonferroni as graphs."""
    if case["id"] == "stdlib_holm":
        return {"adjusted": adjusted_p(holm(len(case["inputs"]["p"])), case["inputs"]["p"])}
    if not case["id"].startswith("padjust_"):
        return {}
    p = case["inputs"]["p"]
    m = len(p)
    return {
        "holm": adjusted_p(holm(m), p),
        "bonferroni": adjusted_p(graph(np.full(m, 1 / m), np.zeros((m, m))), p),
    }


def equivalence(case: Case) -> Answer:
    """Two one-sided tests, and the lower one alone for non-inferiority."""
    given, name = case["inputs"], case["id"]
    if name.startswith("ni_score") or name == "sas_farrington_manning":
        counts = [given[key] for key in ("x1", "n1", "x2", "n2")]
        found = equivalent_proportions(*counts, low=given["margin"], high=1.0, alpha=0.025)
        total = given["n1"] + given["n2"]
        # Farrington and Manning have no N / (N - 1)
        bare = float(found.statistic_low) * math.sqrt(total / (total - 1))
        p = one_sided_p(bare, side="greater")
        if name == "sas_farrington_manning":
            return {"z": bare, "p_one_sided": p}
        return {"p_farrington_manning": p, "p_miettinen_nurminen": found.p_low}
    if not name.startswith("tost_means") or given["equal_variance"]:
        return {}
    v1, v0 = given["sd1"] ** 2 / given["n1"], given["sd2"] ** 2 / given["n2"]
    df = (v1 + v0) ** 2 / (v1**2 / (given["n1"] - 1) + v0**2 / (given["n2"] - 1))
    found = equivalent_means(
        given["m1"] - given["m2"],
        math.sqrt(v1 + v0),
        df,
        low=given["low"],
        high=given["high"],
        alpha=given["alpha"],
    )
    return {
        "t_lower": found.statistic_low,
        "p_lower": found.p_low,
        "t_upper": found.statistic_high,
        "p_upper": found.p_high,
        "p_tost": found.p_value,
        "ci90": [float(found.interval.low), float(found.interval.high)],
    }


def cluster_iv(case: Case) -> Answer:
    """Intention to treat; HC2 of two arms is the plain variance of their difference."""
    rows = case["inputs"].get("data")
    if rows is None:
        return {}
    return {
        "itt": effect_of_z([(row["z"], row["y"]) for row in rows]),
        "first_stage": effect_of_z([(row["z"], row["d"]) for row in rows]),
    }


def effect_of_z(pairs: list[tuple[int, float]]) -> Answer:
    arms = [np.array([y for z, y in pairs if z == arm], dtype=float)[:, None] for arm in (0, 1)]
    found = adjusted_means(
        [len(rows) for rows in arms],
        [rows.mean(axis=0) for rows in arms],
        [[[rows[:, 0].var(ddof=1)]] for rows in arms],
        outcomes=1,
    )
    m, v = found.of_outcome(0)
    return {"estimate": m[1] - m[0], "se": math.sqrt(v[0, 0] + v[1, 1])}


def datasets(case: Case) -> Answer:
    """The cases whose clusters lie inside arms, and the unclustered keys of Thornton's."""
    name = case["id"]
    if name == "thornton_cluster":
        rows = [row for row in table("thornton_hiv.csv") if all(map(present, thornton(row)))]
        found = effect_of_z([(int(float(row["any"])), float(row["got"])) for row in rows])
        return {"n": len(rows), "difference": found["estimate"], "hc2": found}
    if not name.startswith("fastfood"):
        return {}
    rows = table("fast_food_promotions.csv")
    if name == "fastfood_icc":
        every = sums_of(rows)
        sales = np.array([float(row["SalesInThousands"]) for row in rows])
        icc = intracluster_correlation(every.units, every.residuals[:, 0], sales.var(ddof=1))
        return {"icc_anova": icc, "design_effect": 1 + 3 * icc}
    arms = [[row for row in rows if row["Promotion"] == arm] for arm in ("1", "2", "3")]
    if name == "fastfood_location_means":
        return location_means(arms)
    return promotions(arms)


def promotions(arms: list[list[dict[str, str]]]) -> Answer:
    sums = [sums_of(rows) for rows in arms]
    sales = [np.array([float(row["SalesInThousands"]) for row in rows]) for rows in arms]
    found = clustered_means(
        sums,
        [len(y) for y in sales],
        [[y.mean()] for y in sales],
        [[[y.var(ddof=1)]] for y in sales],
        arms=["1", "2", "3"],
        outcomes=1,
    )
    # the regression's coefficients: the first arm, and the others against it
    c = np.array([[1.0, 0, 0], [-1, 1, 0], [-1, 0, 1]])
    m, v = found.adjusted.of_outcome(0)
    se = np.sqrt(np.diagonal(c @ v @ c.T))
    df = contrast_df(
        c,
        found.adjusted.residual_variance[:, 0],
        found.adjusted.units,
        found.adjusted.residual_df,
        clustered=found.clustered,
    )
    return {
        "estimates": c @ m,
        "cr2": {"se": se, "df_satterthwaite": df, "p": two_sided_p(c @ m / se, df)},
    }


def location_means(arms: list[list[dict[str, str]]]) -> Answer:
    parts = [cluster_mean_moments(sums_of(rows)) for rows in arms]
    n, m, s = (np.array(part) for part in zip(*parts, strict=True))
    v = s[:, 0, 0] / n
    p = []
    for a, b in ((0, 1), (0, 2), (1, 2)):
        df = (v[a] + v[b]) ** 2 / (v[a] ** 2 / (n[a] - 1) + v[b] ** 2 / (n[b] - 1))
        p.append(two_sided_p((m[a, 0] - m[b, 0]) / math.sqrt(v[a] + v[b]), df))
    adjusted = adjusted_p(holm(3), p)
    return {
        "n_clusters": n,
        "means": m[:, 0],
        "sds": np.sqrt(s[:, 0, 0]),
        "holm_p": dict(zip(("p_1_2", "p_1_3", "p_2_3"), adjusted, strict=True)),
    }


def sums_of(rows: list[dict[str, str]]) -> ClusterSums:
    y = np.array([float(row["SalesInThousands"]) for row in rows])
    names, place = np.unique([row["LocationID"] for row in rows], return_inverse=True)
    residuals = np.zeros(len(names))
    np.add.at(residuals, place, y - y.mean())
    return ClusterSums(
        names=("sales",),
        units=np.bincount(place).astype(float),
        mean=np.array([y.mean()]),
        residuals=residuals[:, None],
    )


def thornton(row: dict[str, str]) -> list[str]:
    return [row[key] for key in ("got", "any", "villnum")]


def present(text: str) -> bool:
    return text not in ("", "NA")


def data_folder() -> Path:
    """Folder of the stored data sets."""
    beside = Path(__file__).parents[3] / "shared" / "data"
    return Path(os.environ.get("PATHLIFT_DATA", beside)).expanduser()


def table(name: str) -> list[dict[str, str]]:
    with (data_folder() / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


ADAPTERS: dict[str, Adapter] = {
    "proportions": exact,
    "multiplicity": graphs,
    "peer_metrics": peer_metrics,
    "equivalence": equivalence,
    "cluster_iv": cluster_iv,
    "datasets": datasets,
}


class Answers(Protocol):
    """A module of adapters."""

    ADAPTERS: dict[str, Adapter]
    UNSUPPORTED: dict[str, dict[str, str]]
    ANSWERED: dict[str, set[str]]


def extended(
    adapters: Mapping[str, Adapter], unsupported: Mapping[str, Mapping[str, str]], more: Answers
) -> tuple[dict[str, Adapter], dict[str, dict[str, str]]]:
    """Answer with both sets of adapters; where both know a key, those of `more` are compared."""
    joined: dict[str, Adapter] = dict(adapters)
    for topic, ours in more.ADAPTERS.items():
        joined[topic] = _both(adapters.get(topic), ours)
    reasons = {
        topic: {
            pattern: reason
            for pattern, reason in unsupported.get(topic, {}).items()
            if pattern not in more.ANSWERED.get(topic, set())
        }
        | more.UNSUPPORTED.get(topic, {})
        for topic in joined
    }
    return joined, reasons


def _both(theirs: Adapter | None, ours: Adapter) -> Adapter:
    return ours if theirs is None else lambda case: {**theirs(case), **ours(case)}
