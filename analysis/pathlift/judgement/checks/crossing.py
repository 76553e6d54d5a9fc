"""Did units move between arms? Methods 4, V4; 1.4, E14 and E21."""

from collections.abc import Iterator
from itertools import combinations

from pathlift.judgement import words
from pathlift.judgement.checks.by_cluster import clusters_drawn
from pathlift.judgement.checks.counts import symmetric
from pathlift.judgement.checks.facts import analysed_units, not_checked, worst
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Check, Severity
from pathlift.statistics.collected import Statistics


def crossover(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Count units seen in several arms, and ask whether they moved both ways alike.

    A harmless new draw goes from a to b as often as back, whatever the weights.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
        Above 0.1% of units ``warn``, above 1% ``fail``; asymmetry below p = .001 ``fail``.
    """
    reason = _cannot_cross(experiment)
    if reason:
        yield not_checked("crossover", reason)
        return
    limit = experiment.limits("crossover")
    table = {
        (count.arm, count.other): statistics.count("crossed", arm=count.arm, other=count.other)
        for count in statistics.counts("crossed")
    }
    crossed = sum(table.values())
    policy = experiment.analysis.crossovers
    units = sum(analysed_units(experiment, statistics).values())
    whole = units + crossed if policy == "exclude" else max(units, crossed)
    share = crossed / whole if whole else 0.0
    arms = [arm.name for arm in experiment.analyzed_arms]
    pairs = [(table.get((a, b), 0), table.get((b, a), 0)) for a, b in combinations(arms, 2)]
    found = None if clusters_drawn(experiment) else symmetric(pairs)
    asymmetric = found is not None and found.p_value < limit["fails_below_p"]
    uneven = len({arm.weight for arm in experiment.analyzed_arms}) > 1
    biased = policy == "exclude" and uneven and crossed > 0
    severity: Severity = worst(
        [
            "fail"
            if share > limit["fails_above"] or asymmetric or (policy == "fail" and crossed)
            else "pass",
            "warn" if share > limit["warns_above"] or biased else "pass",
            "info" if crossed else "pass",
        ]
    )
    yield Check(
        id="crossover",
        severity=severity,
        scope="experiment",
        message=_message(
            experiment,
            crossed,
            share,
            table,
            asymmetry=found.said if found and asymmetric else "",
            biased=biased,
        ),
        figures={
            "crossed": crossed,
            "units": whole,
            "share": share,
            "policy": policy,
            "from_to": [[a, b, count] for (a, b), count in sorted(table.items())],
            "symmetry": found.figures() if found else None,
            **limit,
        },
    )


def ambiguous_first_arm(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Count units whose equal first exposures lie in several arms; they are in no arm.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
    """
    reason = _cannot_cross(experiment)
    if reason:
        yield not_checked("ambiguous_first_arm", reason)
        return
    above = experiment.limits("ambiguous_first_arm")["warns_above"]
    excluded = statistics.count("ambiguous_first_arm")
    units = sum(analysed_units(experiment, statistics).values())
    share = excluded / (units + excluded) if excluded else 0.0
    yield Check(
        id="ambiguous_first_arm",
        severity="warn" if share > above else "info" if excluded else "pass",
        scope="experiment",
        message=(
            "Units first exposed to several arms at the same instant: "
            f"{words.count(excluded)} ({words.percent(share)}); they are in no arm. "
            "Look at how assignment is logged: a unit has one arm."
            if excluded
            else "Every unit has one first arm."
        ),
        figures={
            "excluded": excluded,
            "by_arm": {c.arm: c.count for c in statistics.counts("ambiguous_first_arm")},
            "units": units,
            "share": share,
            "warns_above": above,
        },
    )


def _cannot_cross(experiment: Experiment) -> str:
    if experiment.data.shape == "totals":
        return "totals hold no units. Units, or exposures and events, would show who moved."
    if experiment.unit is None:
        return (
            "no `unit:` is declared, so a unit in two arms cannot be recognised. Declare `unit:`."
        )
    return ""


def _message(
    experiment: Experiment,
    crossed: int,
    share: float,
    table: dict[tuple[str, str], int],
    *,
    asymmetry: str,
    biased: bool,
) -> str:
    if not crossed:
        return "No unit was seen in two arms."
    moves = words.listed(f"{a} to {b} {words.count(n)}" for (a, b), n in sorted(table.items()))
    kept = {
        "first_arm": "They count in their first arm.",
        "exclude": "They are excluded, as `crossovers: exclude` says.",
        "fail": "`crossovers: fail` accepts none.",
    }[experiment.analysis.crossovers]
    said = [
        f"Units seen in several arms: {words.count(crossed)} ({words.percent(share)}; {moves}). "
        f"{kept}"
    ]
    if asymmetry:
        said.append(
            f"They did not move both ways alike ({asymmetry}), as a harmless new draw would: "
            "something in one arm sends units away. Fix assignment before reading any number."
        )
    limit = experiment.limits("crossover")
    if share > limit["fails_above"]:
        said.append(
            f"More than {words.percent(limit['fails_above'])} is too many: make assignment stick "
            "to the unit."
        )
    elif share > limit["warns_above"] and not asymmetry:
        said.append("Effects are diluted by as much; find out why the arm does not stick.")
    if biased:
        said.append(
            "Under uneven weights exclusion takes more of the small arms and biases the split; "
            "prefer `crossovers: first_arm`."
        )
    return " ".join(said)
