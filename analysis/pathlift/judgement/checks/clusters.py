"""Are there enough clusters, and did whole clusters stay in their arm? Methods 4, V21; 3.9.

Where whole clusters were drawn, the split counts clusters.
"""

from collections.abc import Iterator, Mapping

from pathlift.inference.clusters import FEWEST, arm_clusters
from pathlift.judgement import words
from pathlift.judgement.checks.counts import against_weights
from pathlift.judgement.checks.facts import not_checked
from pathlift.registry.experiment import Arm, Experiment
from pathlift.result.model import Check, Severity
from pathlift.statistics.collected import Statistics

Sizes = Mapping[str, int]


def clusters(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Count the clusters of each arm, and the units that lie outside the arm of their cluster.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
        One for each arm with clusters: ``fail`` below 6, which are not estimated; ``warn`` up to
        20, or below 10 effective ones. Where clusters were drawn, one more on clusters that stand
        in several arms: above 0.1% of units ``warn``, above 1% ``fail``.
    """
    having = [arm for arm in experiment.analyzed_arms if arm.cluster is not None]
    if not having or statistics.clusters is None:
        yield not_checked("clusters", "no arm has a `cluster`, so each unit stands alone.")
        return
    for arm in having:
        sizes = _sizes(statistics, arm.name, maturity=statistics.label_class)
        yield _of_arm(arm, sizes, experiment.limits("clusters"))
    drawn = [arm for arm in having if arm.cluster and arm.cluster.drawn]
    if len(drawn) > 1:
        sizes_of = {arm.name: _sizes(statistics, arm.name) for arm in drawn}
        yield _strayed(sizes_of, experiment.limits("clusters"))


def split_of_clusters(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Hold what was drawn against the weights, where whole clusters were drawn into some arms.

    Parameters
    ----------
    experiment : Experiment
        With such an arm.
    statistics : Statistics

    Yields
    ------
    Check
        Of arms into which clusters were drawn, by clusters; ``not_checked`` where there are not
        two, since nothing says how many units a cluster should bring.
    """
    drawn = [arm for arm in experiment.analyzed_arms if arm.cluster and arm.cluster.drawn]
    if len(drawn) < len(experiment.analyzed_arms) or len(drawn) < 2:
        yield not_checked(
            "srm",
            "clusters were drawn into some arms and units into others, so no weights say how many "
            "units each should have.",
        )
        return
    limit = experiment.limits("srm")
    counts = {arm.name: len(_sizes(statistics, arm.name)) for arm in drawn}
    weights = {arm.name: arm.weight for arm in drawn}
    total, whole = sum(counts.values()), sum(weights.values())
    figures = {
        "clusters": counts,
        "units": {facts.arm: facts.units for facts in statistics.arms if facts.arm in counts},
        "expected": {arm: total * weight / whole for arm, weight in weights.items()},
        "weights": weights,
        "weights_declared": experiment.weights_declared,
        **limit,
    }
    empty = [arm for arm, count in counts.items() if not count]
    if empty:
        yield Check(
            id="srm",
            severity="fail",
            scope="experiment",
            message=f"No cluster of {words.listed(empty)} was found (clusters: "
            f"{words.by_arm(counts)}). Check the arm's `value` against the data.",
            figures=figures,
        )
        return
    found = against_weights(list(counts.values()), list(weights.values()))
    severity: Severity = (
        "fail"
        if found.p_value < limit["fails_below_p"]
        else "warn"
        if found.p_value < limit["warns_below_p"]
        else "pass"
    )
    said = {
        "fail": "contradict the planned split",
        "warn": "sit badly with the planned split",
        "pass": "agree with the planned split",
    }[severity]
    todo = "" if severity == "pass" else " Find which clusters are missing, or drawn unevenly."
    assumed = "" if experiment.weights_declared else " No weights are declared: equal ones assumed."
    yield Check(
        id="srm",
        severity=severity,
        scope="experiment",
        message=f"Clusters, which were drawn: {words.by_arm(counts, dict.fromkeys(counts, total))} "
        f"{said} ({found.said}).{todo}{assumed} Units are not held against it: they come with "
        "their cluster.",
        figures=figures | found.figures(),
    )


def _of_arm(arm: Arm, sizes: Sizes, limit: Mapping[str, float]) -> Check:
    count, column = len(sizes), arm.cluster.column.name if arm.cluster else ""
    figures: dict[str, object] = {
        "arm": arm.name,
        "column": column,
        "randomised": arm.cluster.randomised if arm.cluster else None,
        "clusters": count,
        "units": sum(sizes.values()),
        "fails_below": FEWEST,
        "warns_up_to": limit["warns_up_to"],
        "warns_below_effective": limit["warns_below_effective"],
    }
    if count < FEWEST:
        return Check(
            id="clusters",
            severity="fail",
            scope=f"arm:{arm.name}",
            message=f"{arm.name} has {words.count(count)} clusters of {column} with mature units, "
            f"fewer than {FEWEST}: what they share cannot be told from the arm, so it is not "
            "estimated. Run on until more of them took part.",
            figures=figures,
        )
    facts = arm_clusters(list(sizes.values()))
    largest, smallest = max(sizes.values()), min(sizes.values())
    said = [
        f"{arm.name}: {words.count(count)} clusters of {column} with {words.count(smallest)} to "
        f"{words.count(largest)} mature units, worth {facts.effective:.1f} equal ones; "
        f"{facts.df:.1f} degrees of freedom."
    ]
    few, worth_few = (
        count <= limit["warns_up_to"],
        facts.effective < limit["warns_below_effective"],
    )
    if few:
        said.append(
            f"Up to {limit['warns_up_to']:g} clusters are few: `sensitivity` shows the means of "
            "clusters too."
        )
    if worth_few and 2 * facts.effective < count:
        said.append("Few of them hold most units, so the result hangs on these.")
    said.append(
        "Whole clusters were drawn, and they are counted in the split."
        if arm.cluster and arm.cluster.drawn
        else "Units were drawn and given their cluster; one that they chose would be an effect."
    )
    return Check(
        id="clusters",
        severity="warn" if few or worth_few else "pass",
        scope=f"arm:{arm.name}",
        message=" ".join(said),
        figures=figures
        | {
            "effective": facts.effective,
            "df": facts.df,
            "smallest": smallest,
            "largest": largest,
        },
    )


def _strayed(sizes: Mapping[str, Sizes], limit: Mapping[str, float]) -> Check:
    """Units that are not in the arm where most units of their cluster are."""
    by_name: dict[str, list[int]] = {}
    for of_arm in sizes.values():
        for name, units in of_arm.items():
            by_name.setdefault(name, []).append(units)
    several = {name: units for name, units in by_name.items() if len(units) > 1}
    outside = sum(sum(units) - max(units) for units in several.values())
    total = sum(sum(units) for units in by_name.values())
    share = outside / total if total else 0.0
    severity: Severity = (
        "fail"
        if share > limit["fails_above"]
        else "warn"
        if share > limit["warns_above"]
        else "info"
        if outside
        else "pass"
    )
    examples = words.listed(repr(name) for name in sorted(several)[:3])
    message = "No cluster stands in two arms. "
    if several:
        message = (
            f"{words.count(len(several))} clusters stand in several arms, such as {examples}; "
            f"{words.count(outside)} units ({words.percent(share)}) are not in the arm of most of "
            "theirs. "
        )
        if severity in ("warn", "fail"):
            message += (
                "Whole clusters were not drawn, or names are not unique. Correct the column, or "
                "say `randomised: units`. "
            )
    return Check(
        id="clusters",
        severity=severity,
        scope="experiment",
        message=f"{message}Other checks count units by arm without a test: units of a cluster are "
        "not independent.",
        figures={
            "in_several_arms": len(several),
            "units_outside": outside,
            "share": share,
            "warns_above": limit["warns_above"],
            "fails_above": limit["fails_above"],
        },
    )


def _sizes(statistics: Statistics, arm: str, *, maturity: int = 0) -> dict[str, int]:
    """Units of every cluster of an arm."""
    found: dict[str, int] = {}
    table = statistics.clusters
    if table is None:
        return found
    for cluster, units in zip(table.clusters, table.units, strict=True):
        group = cluster.group
        whole = group.population == "" and group.dimension is None
        if whole and group.arm == arm and group.maturity >= maturity:
            found[cluster.name] = found.get(cluster.name, 0) + int(units)
    return found
