"""The verdict and its rule in plain words. Decides nothing."""

from collections.abc import Mapping, Sequence

from pathlift.judgement import effects, words
from pathlift.judgement.maturity import Maturity
from pathlift.judgement.standing import Reading
from pathlift.registry.experiment import Experiment, Metric
from pathlift.result.model import Check, Verdict

CHECKS_ONLY = "No metric is declared: only the checks were made, and none of them failed."
HALF = 0.5
"""Share of units that must be mature before several looks decide anything (methods 4, V9)."""

NO_TREATED_ARM = "Inconclusive: no arm beside the control is analysed."

_FIRST_STEP = {
    "srm": "the split of units contradicts the planned weights; fix assignment before reading any "
    "number",
    "crossover": "too many units, or units of one arm only, moved to another arm; make assignment "
    "stick before reading any number",
    "delivery": "rows did not receive what their arm should have, and `misdelivered: fail` accepts "
    "none; fix delivery before reading any number",
    "invariants": "the tables of this run do not add up; run again before reading any number",
    "duplicates": "the arms log copies of events at different rates; fix logging before reading "
    "any number",
    "outside_period": "the arms did not run at the same time; choose a period in which all of them "
    "ran before reading any number",
    "excluded_units": "the list of units to leave out depends on the arm; make one before exposure "
    "or use none before reading any number",
}
_SAID: Mapping[Verdict, str] = {
    "ship": "ship",
    "keep_running": "keep running",
    "inconclusive": "inconclusive",
    "do_not_ship": "do not ship",
    "invalid": "invalid",
}

Others = Sequence[tuple[str, Verdict]]


def invalid(failed: Sequence[Check], reasons: Sequence[str]) -> str:
    """Say why no number may be read.

    Parameters
    ----------
    failed : sequence of Check
        That invalidate; the first is named in full.
    reasons : sequence of str
        Said where no check failed.

    Returns
    -------
    str
    """
    if not failed:
        return f"Invalid: {words.listed(reasons)}; find out why before deciding."
    first = failed[0]
    empty = first.id == "srm" and 0 in first.figures.get("units", {}).values()
    said = first.message if empty else _FIRST_STEP.get(first.id, "")
    head = f"Invalid: {said or first.message}".rstrip(".")
    more = len(failed) - 1
    tail = f" ({more} more {'check' if more == 1 else 'checks'} failed)" if more else ""
    return f"{head}{tail}."


def ship(
    experiment: Experiment,
    arm: str,
    success: Sequence[Reading],
    guardrails: Sequence[Reading],
    also: Sequence[str],
    others: Others,
) -> str:
    """Say which arm to ship and what it wins.

    Parameters
    ----------
    experiment : Experiment
    arm : str
    success, guardrails : sequence of Reading
    also : sequence of str
        Arms that pass as well, with a smaller lift.
    others : sequence of (str, Verdict)

    Returns
    -------
    str
    """
    gains = words.listed(
        _moves(experiment, reading) for reading in success if reading.standing == "met"
    )
    guards = (
        "no guardrail is declared"
        if not guardrails
        else "the guardrail holds"
        if len(guardrails) == 1
        else "every guardrail holds"
    )
    passed = f" {words.listed(also)} would pass too, with a smaller lift." if also else ""
    return f"Ship {arm}: it {gains}, and {guards}.{passed}{_rest(others)}"


def keep_running(
    experiment: Experiment, open_: Mapping[str, Maturity], left: str, others: Others
) -> str:
    """Say what is still open, and what that means.

    Parameters
    ----------
    experiment : Experiment
    open_ : mapping of str to Maturity
        Deciding metrics that are not mature.
    left : str
        Units and days, as a clause; may be empty.
    others : sequence of (str, Verdict)

    Returns
    -------
    str
    """
    head = "Keep running" if experiment.status == "running" else "Wait"
    shares = words.listed(f"{name} for {words.percent(m.share)}" for name, m in open_.items())
    return (
        f"{head}: windows are still open (complete: {shares} of units), and nothing is decided "
        f"before they have ended{_also(left)}.{_rest(others)}"
    )


def too_early(experiment: Experiment, early: str, left: str, others: Others) -> str:
    """Say what the rule of the file still waits for.

    Parameters
    ----------
    experiment : Experiment
    early : str
        As a clause.
    left : str
        Units and days, as a clause; may be empty.
    others : sequence of (str, Verdict)

    Returns
    -------
    str
    """
    head = "Keep running" if experiment.status == "running" else "Wait"
    return (
        f"{head}: by the rule of the file it is too early ({early}), and nothing is decided "
        f"before{_also(left)}.{_rest(others)}"
    )


def keep_looking(
    experiment: Experiment, maturities: Mapping[str, Maturity], left: str, others: Others
) -> str:
    """Say how far a plan of several looks is.

    Parameters
    ----------
    experiment : Experiment
    maturities : mapping of str to Maturity
        Of deciding metrics.
    left : str
        Units and days, as a clause; may be empty.
    others : sequence of (str, Verdict)

    Returns
    -------
    str
    """
    head = "Keep running" if experiment.status == "running" else "Wait"
    young = [name for name, m in maturities.items() if m.share < HALF]
    if young:
        shares = words.listed(f"{name} {words.percent(maturities[name].share)}" for name in young)
        return (
            f"{head}: less than half of the units are mature ({shares}), and nothing is decided "
            f"before half are{_also(left)}.{_rest(others)}"
        )
    matured = min(m.matured for m in maturities.values())
    planned = max((experiment.analysis.looks.planned_units or 0) - matured, 0)
    rest = to_come(experiment, matured) if planned else "windows are still open"
    return f"{head}: nothing is shown yet at this look, and {rest}{_also(left)}.{_rest(others)}"


def inconclusive(arms: Sequence[tuple[str, Sequence[str]]], detectable: str, others: Others) -> str:
    """Say for each arm what was not shown.

    Parameters
    ----------
    arms : sequence of (str, sequence of str)
        Each arm with its reasons, at least one arm and one reason each; the first reason is said.
    detectable : str
        What the design could have shown, as a clause; may be empty.
    others : sequence of (str, Verdict)
        Arms with another verdict, named at the end.

    Returns
    -------
    str
    """
    if len(arms) == 1:
        arm, reasons = arms[0]
        return f"Inconclusive for {arm}: {reasons[0]}{_also(detectable)}.{_rest(others)}"
    found = "; ".join(f"{arm}: {reasons[0]}" for arm, reasons in arms)
    return f"Inconclusive: {found}{_also(detectable)}.{_rest(others)}"


def do_not_ship(arms: Sequence[tuple[str, Sequence[str]]]) -> str:
    """Say for each arm what harm was found.

    Parameters
    ----------
    arms : sequence of (str, sequence of str)
        Each arm with its harms, at least one arm and one harm each. All harms of a single arm are
        said; of several arms the first of each.

    Returns
    -------
    str
    """
    names = words.listed((arm for arm, _ in arms), last="or")
    found = (
        words.listed(arms[0][1])
        if len(arms) == 1
        else "; ".join(f"{arm}: {reasons[0]}" for arm, reasons in arms)
    )
    return f"Do not ship {names}: {found}."


def still_open(name: str, maturity: Maturity) -> str:
    """Say how far a deciding metric is.

    Parameters
    ----------
    name : str
        Of the metric.
    maturity : Maturity
        Its units, and how many of them have completed their windows.

    Returns
    -------
    str
        A clause, without a full stop.
    """
    return (
        f"{name} is mature for {words.count(maturity.matured)} of {words.count(maturity.units)} "
        f"units ({words.percent(maturity.share)}); nothing is decided before all are"
    )


def less_than_half(name: str, maturity: Maturity) -> str:
    """Say that a deciding metric is too young for any decision (methods 4, V9).

    Parameters
    ----------
    name : str
        Of the metric.
    maturity : Maturity
        Its units, and how many of them have completed their windows.

    Returns
    -------
    str
        A clause, without a full stop.
    """
    return f"{still_maturing(name, maturity)}; nothing is decided before half are"


def still_maturing(name: str, maturity: Maturity) -> str:
    """Say how far a deciding metric is.

    Parameters
    ----------
    name : str
        Of the metric.
    maturity : Maturity
        Its units, and how many of them have completed their windows.

    Returns
    -------
    str
        A clause, without a full stop.
    """
    return (
        f"{name} is mature for {words.count(maturity.matured)} of {words.count(maturity.units)} "
        f"units ({words.percent(maturity.share)})"
    )


def to_come(experiment: Experiment, matured: int) -> str:
    """Say how many of the planned units are still to come.

    Parameters
    ----------
    experiment : Experiment
        With ``analysis.looks.planned_units``.
    matured : int
        Units that are mature so far, at most the planned ones.

    Returns
    -------
    str
        A clause, without a full stop.
    """
    planned = experiment.analysis.looks.planned_units or 0
    return (
        f"{words.count(matured)} of {words.count(planned)} planned units are mature, so "
        f"{words.count(planned - matured)} are left"
    )


def rule(experiment: Experiment, success: Sequence[Metric], guardrails: Sequence[Metric]) -> str:
    """Say the rule of the file in words.

    Parameters
    ----------
    experiment : Experiment
    success, guardrails : sequence of Metric
        Those that decide; none of either where no metric is declared.

    Returns
    -------
    str
    """
    if not success and not guardrails:
        return "No metric is declared, so nothing can be shipped: the checks decide alone."
    level = f"{100 * (1 - experiment.analysis.alpha):.6g}%"
    last = "or" if experiment.decision.need == "any" else "and"
    wins = words.listed((_win(experiment, metric) for metric in success), last=last)
    several = len(experiment.analysis.contrasts) > 1 or len(success) > 1
    said = [f"Ship an arm when {_evidence(experiment, level, several=several)} {wins}."]
    if guardrails:
        limits = words.listed(
            f"{m.name} ({effects.distance(m, m.margin) if m.margin else 'no margin'})"
            for m in guardrails
        )
        said.append(f"Every guardrail must be shown to be worse by less than its margin: {limits}.")
        said.append("Do not ship when a guardrail is harmed or a success metric is worse.")
    else:
        said.append("Do not ship when a success metric is worse.")
    young = (
        "a window is open"
        if experiment.analysis.looks.kind == "fixed"
        else "less than half of the units are mature"
    )
    said.append(
        f"Nothing is decided while {young}{_before(experiment)}, or while a check of the "
        "experiment or of one of these metrics fails."
    )
    return " ".join(said)


def _before(experiment: Experiment) -> str:
    """What the file calls too early, as part of a list."""
    rule = experiment.decision
    least = []
    if rule.least_days is not None:
        least.append(f"{words.count(rule.least_days)} days have passed")
    if rule.least_units is not None:
        least.append(f"{words.count(rule.least_units)} units are mature")
    return f", before {words.listed(least)}" if least else ""


def _evidence(experiment: Experiment, level: str, *, several: bool) -> str:
    """What has to be shown, up to the verb; several comparisons are corrected."""
    method, control = experiment.analysis.multiplicity, experiment.control.name
    alone = f"its {level} interval against {control}"
    looks = _AT_LOOKS[experiment.analysis.looks.kind]
    said = _ADJUSTED.get(method)
    if said is None or not (several or method == "graph"):
        family = several and method not in ("none", *_ADJUSTED)
        kinds = [*looks, *([_CORRECTED] if family else [])]
        return f"{alone}, {' and '.join(kinds)}, shows" if kinds else f"{alone} shows"
    return (
        f"its p-value against {control}, {said}, is below {experiment.analysis.alpha:g}, and "
        f"{alone}, which is not corrected, shows"
    )


_CORRECTED = "corrected for the comparisons of its family"
_AT_LOOKS: Mapping[str, tuple[str, ...]] = {
    "fixed": (),
    "group_sequential": ("repeated at the boundary of this look",),
    "anytime": ("taken over all looks so far",),
}
_ADJUSTED = {
    "holm": "adjusted by Holm over the comparisons of its family",
    "bh": "adjusted by Benjamini-Hochberg over the comparisons of its family (which limits the "
    "share of false discoveries, not the chance of one)",
    "graph": "adjusted over the graph in which significance is handed on",
}


def _win(experiment: Experiment, metric: Metric) -> str:
    if metric.equivalence is not None:
        within = effects.distance(metric, metric.equivalence)
        return f"{metric.name} the same within {within}, by two one-sided tests"
    worth = experiment.decision.worth.get(metric.name)
    side = "higher" if metric.better == "higher" else "lower"
    beyond = f" by more than {effects.distance(metric, worth)}" if worth is not None else ""
    return f"{metric.name} {side}{beyond}"


def _moves(experiment: Experiment, reading: Reading) -> str:
    metric, estimate = reading.metric, reading.estimate
    if estimate is None:
        raise ValueError(f"{metric.name} has no estimate to speak of")
    if metric.equivalence is not None:
        within = effects.distance(metric, metric.equivalence)
        shown = effects.interval(metric, estimate, metric.equivalence)
        return f"keeps {metric.name} the same within {within} {shown}"
    up = (effects.gain(metric, estimate) > 0) == (metric.better == "higher")
    worth = experiment.decision.worth.get(metric.name)
    size = effects.unsigned(metric, estimate, worth)
    verb = "raises" if up else "lowers"
    return f"{verb} {metric.name} by {size} {effects.interval(metric, estimate, worth)}"


def _also(clause: str) -> str:
    return f"; {clause}" if clause else ""


def _rest(others: Others) -> str:
    return f" {'; '.join(f'{arm}: {_SAID[verdict]}' for arm, verdict in others)}." if others else ""
