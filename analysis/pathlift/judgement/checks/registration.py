"""Is what is analysed what was promised before launch? Methods 4, V27."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pathlift.judgement import words
from pathlift.judgement.checks.facts import not_checked
from pathlift.registry.changes import Change
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Check
from pathlift.statistics.collected import Statistics

_LONGEST = 60  # characters of a value that is shown


def registration(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Hold the definition against its lock.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
        ``warn`` where what the decision is about was changed, or where the plan was locked after
        units had been exposed; ``info`` where something else was changed.
    """
    locked = experiment.registration
    if locked is None and experiment.exploratory:
        yield not_checked(
            "registration",
            "the definition calls itself `exploratory`: nothing was promised before the data",
            "experiment",
        )
        return
    if locked is None:
        yield not_checked(
            "registration",
            "the plan was not locked before launch. `pathlift lock NAME` does that",
            "experiment",
        )
        return
    starts = [arm.first_exposure for arm in statistics.arms if arm.first_exposure is not None]
    late = bool(starts) and min(starts) < locked.locked_at
    figures: dict[str, Any] = {
        "locked_at": locked.locked_at.isoformat(),
        "amendments": [_shown(change) for change in locked.amendments],
        "deciding": list(locked.deciding),
    }
    said = [f"The plan was locked {_day(locked.locked_at)}"]
    if late:
        said.append(
            f"after the first unit had been exposed ({_day(min(starts))}): it may follow the data"
        )
    if locked.deciding:
        said.append(
            f"{words.listed(locked.deciding)} {_were(locked.deciding)} changed since, and the "
            "decision is about that: everything is exploratory"
        )
    elif locked.amendments:
        paths = tuple(change.path for change in locked.amendments)
        said.append(
            f"{words.listed(paths)} {_were(paths)} changed since, which the decision does not read"
        )
    else:
        said.append("nothing was changed since")
    severity = "warn" if late or locked.deciding else "info" if locked.amendments else "pass"
    yield Check(
        id="registration",
        severity=severity,
        scope="experiment",
        message=f"{said[0]}; {'; '.join(said[1:])}.",
        figures=figures,
    )


def _were(paths: tuple[str, ...]) -> str:
    return "was" if len(paths) == 1 else "were"


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _shown(change: Change) -> str:
    return f"{change.path}: {_value(change.before)} -> {_value(change.after)}"


def _value(value: object) -> str:
    text = "nothing" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
