"""What is still to come before anything is decided? Knows windows, units and days, no effect."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pathlift.judgement import sentences, words
from pathlift.judgement.looking import units_left
from pathlift.judgement.maturity import Maturity
from pathlift.judgement.remaining import Remaining, days_seen, remaining
from pathlift.registry.experiment import Experiment
from pathlift.statistics.collected import Statistics


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """What is still to come, in clauses.

    Attributes
    ----------
    blocking : tuple of str
        Nothing is decided before.
    open : tuple of str
        A running experiment goes on for it.
    left : str
        Units and days until everything that decides can be read, for the sentence; may be empty.
    early : str
        What the file's rule still waits for beside windows; empty where nothing is.
    """

    blocking: tuple[str, ...]
    open: tuple[str, ...]
    left: str
    early: str = ""


def waits_of(
    experiment: Experiment, statistics: Statistics, maturities: Mapping[str, Maturity]
) -> Waits:
    """Say what is still to come.

    Parameters
    ----------
    experiment : Experiment
        As compared.
    statistics : Statistics
    maturities : mapping of str to Maturity
        Of the metrics that decide.

    Returns
    -------
    Waits
    """
    found = _of_windows(experiment, maturities, remaining(experiment, statistics))
    early = _too_early(experiment, statistics, maturities)
    if not early:
        return found
    said = f"too early by the rule: {early}"
    return replace(found, blocking=(said, *found.blocking), open=(said, *found.open), early=early)


def _too_early(
    experiment: Experiment, statistics: Statistics, maturities: Mapping[str, Maturity]
) -> str:
    days, units = experiment.decision.least_days, experiment.decision.least_units
    said = []
    if days is not None:
        seen = days_seen(experiment, statistics)
        if seen is None:
            said.append(
                "no time of exposure says whether days have passed "
                f"({words.count(days)} are asked for)"
            )
        elif seen < days:
            said.append(f"{words.count(seen)} of {words.count(days)} days have passed")
    matured = min((m.matured for m in maturities.values()), default=0)
    if units is not None and matured < units:
        said.append(f"{words.count(matured)} of {words.count(units)} units are mature")
    return words.listed(said)


def _of_windows(
    experiment: Experiment, maturities: Mapping[str, Maturity], remaining: Remaining
) -> Waits:
    left = remaining.in_words()
    if experiment.analysis.looks.kind == "fixed":
        immature = tuple(
            sentences.still_open(name, m) for name, m in maturities.items() if not m.complete
        )
        waited = (*immature, left) if immature and left else immature
        return Waits(blocking=waited, open=waited, left=left)
    young = tuple(
        sentences.less_than_half(name, m)
        for name, m in maturities.items()
        if m.share < sentences.HALF
    )
    matured = min(m.matured for m in maturities.values())
    missing = units_left(experiment, matured)
    to_come = (sentences.to_come(experiment, matured),) if missing else ()
    days = remaining.in_words(units=not missing)
    immature = tuple(
        sentences.still_maturing(name, m)
        for name, m in maturities.items()
        if sentences.HALF <= m.share < 1
    )
    waited = (*young, *to_come, *immature)
    return Waits(
        blocking=(*young, left) if young and left else young,
        open=(*waited, days) if waited and days else waited,
        left=left if young else days,
    )
