"""Whether stages tell units apart: those of nobody, of everybody or of one arm alone do not.

Methods 1.3 and 1.4, E2. Reads labels and baseline states of mature units; stages after the first
purchase are in neither.
"""

from collections.abc import Callable, Iterator

from pathlift.judgement import words
from pathlift.judgement.checks.by_cluster import clusters_drawn
from pathlift.judgement.checks.facts import Comparison, compare, not_checked
from pathlift.judgement.checks.outages import outside
from pathlift.judgement.checks.stages import NO_STAGES
from pathlift.registry.experiment import Experiment, Stage
from pathlift.result.model import Check, Severity
from pathlift.statistics.cells import UNKNOWN, Cell
from pathlift.statistics.collected import Statistics

_RANK = {"need": 16, "touchpoint": 4, "trust": 1}
_BIT = {"need": 1, "touchpoint": 2, "trust": 4}


def stages(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Share of mature units that met each stage in the window, up to the first purchase.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
        One for each stage. ``fail`` where nobody met it, or nobody (or hardly anybody: up to 2% of
        those expected) in an arm in which 20 are expected; ``warn`` where everybody of an arm did:
        when they did still makes an order, unless it was at the exposure (check ``mechanical``).
        An exposure that counts as the stage is met by everybody, as declared.
    """
    if not experiment.stages:
        yield not_checked("stages", NO_STAGES, "orderings")
        return
    for stage in experiment.stage_names:
        weight = _RANK[stage]
        found = _compared(
            experiment,
            statistics,
            lambda cell, weight=weight: bool(cell.label // weight % 4),  # type: ignore[misc]
            "stages",
        )
        severity, said = _judged(experiment, stage, found)
        told = f"{stage} met by mature units: {words.by_arm(found.hits, found.totals)}."
        yield Check(
            id="stages",
            severity=severity,
            scope=f"stage:{stage}",
            message=f"{told} {said}".strip(),
            figures=found.figures(),
        )


def carry_in(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Share of mature units that held a stage before exposure: their label is no first meeting.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
        ``fail`` where every unit of every arm did; ``warn`` above half, or where arms differ, which
        chance alone decides before exposure.
    """
    if not experiment.stages:
        yield not_checked("carry_in", NO_STAGES, "orderings")
        return
    if not any(experiment.lookback_of(stage) for stage in experiment.stage_names):
        yield not_checked(
            "carry_in",
            "no `lookback` is declared, so nobody knows what units met before exposure.",
            "orderings",
        )
        return
    found = _compared(
        experiment, statistics, lambda cell: cell.baseline > 0, "carry_in", unknown=True
    )
    by_stage = {
        stage: _compared(
            experiment,
            statistics,
            lambda cell, bit=_BIT[stage]: bool(cell.baseline & bit),  # type: ignore[misc]
            "carry_in",
            unknown=True,
        )
        for stage in experiment.stage_names
    }
    everybody = _everybody(found)
    severity: Severity = "pass"
    message = (
        "Mature units that held a stage before their exposure: "
        f"{words.by_arm(found.hits, found.totals)}; "
        + ", ".join(f"{stage} {words.percent(one.share)}" for stage, one in by_stage.items())
        + "."
    )
    if everybody:
        severity = "fail"
        message += (
            " That is everybody, so no ordering is one of first meetings: what is seen is in which "
            "order units came back. Shorten `lookback`, or expose units that are new."
        )
    elif found.share > found.limits["warns_above"]:
        severity = "warn"
        message += (
            " Most orderings leave out what came first: read them within baseline states, or "
            "`adherence` with held stages as a prefix."
        )
    if found.certain and found.tested is not None:
        severity = "fail" if everybody else "warn"
        message += (
            f" The share differs by arm ({found.tested.said}), which no arm can do before "
            "exposure: look at the split first (`srm`, `srm_within`)."
        )
    yield Check(
        id="carry_in",
        severity=severity,
        scope="orderings",
        message=message,
        figures={
            **found.figures(),
            "by_stage": {
                stage: {"counts": dict(one.hits), "share": one.share}
                for stage, one in by_stage.items()
            },
        },
    )


def _compared(
    experiment: Experiment,
    statistics: Statistics,
    hit: Callable[[Cell], bool],
    check: str,
    *,
    unknown: bool = False,
) -> Comparison:
    """Mature units by arm for which something holds; those in an outage only where asked for."""
    arms = [arm.name for arm in experiment.analyzed_arms]
    hits, totals = dict.fromkeys(arms, 0), dict.fromkeys(arms, 0)
    for cell, (units, _) in statistics.cells.counts().items():
        known = unknown or cell.label != UNKNOWN
        if cell.arm in totals and cell.maturity >= statistics.label_class and known:
            totals[cell.arm] += units
            hits[cell.arm] += units if hit(cell) else 0
    return compare(hits, totals, experiment, check)


def _everybody(found: Comparison) -> bool:
    return bool(found.totals) and all(
        total >= found.limits["enough"] and found.hits[arm] == total
        for arm, total in found.totals.items()
    )


def _judged(experiment: Experiment, stage: Stage, found: Comparison) -> tuple[Severity, str]:
    units, met = sum(found.totals.values()), sum(found.hits.values())
    enough = found.limits["enough"]
    if experiment.exposure_counts_as == stage:
        return "pass", "The exposure itself is this stage, as declared."
    if not units:
        return "not_checked", f"Not checked: no unit{outside(experiment)} is mature."
    if not met:
        return "fail" if units >= enough else "warn", (
            "Nobody did, so every ordering lacks it. Correct how it is told, or leave it out."
        )
    silent = [] if clusters_drawn(experiment) else _silent(found)
    if silent:
        leaked = any(found.hits[arm] for arm in silent)
        return "fail", (
            f"{'Hardly anybody' if leaked else 'Nobody'} of {words.listed(silent)} did, where the "
            "other arms make many expected: there "
            "it is told by other events, or by none. Tell it alike in every arm before reading "
            "orderings with it."
        )
    full = [arm for arm, n in found.totals.items() if n >= enough and found.hits[arm] == n]
    if full:
        return "warn", (
            f"Everybody of {words.listed(full)} did, so there it tells nothing apart but its place "
            "in the order. If the exposure itself is this stage, say "
            f"`exposure_counts_as: {stage}`; else see whether its condition holds by construction."
        )
    return "pass", ""


def _silent(found: Comparison) -> list[str]:
    """Arms with almost no unit that met it, where many are expected at the rate of the others."""
    met = sum(found.hits.values())
    enough = found.limits["silent_where_expected"]  # of 20, none is seen twice in a billion
    silent = []
    for arm, total in found.totals.items():
        others, hits = sum(found.totals.values()) - total, found.hits[arm]
        expected = total * (met - hits) / others if others else 0.0
        if expected >= enough and hits <= found.limits["silent_up_to_share"] * expected:
            silent.append(arm)
    return silent
