"""How often an analysis errs on its own units, dealt into its arms anew.

Arms then differ in nothing, whatever the true effects were; an effect of known size can be put in.
Runs until enough experiments were drawn, the time is over, or a person stops it, and says which.
"""

import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.metadata import version
from typing import Literal

import numpy as np

from pathlift.calibration.claims import inside_band
from pathlift.calibration.own_trial import Seen, Trial
from pathlift.calibration.rerandomised import Key, notes_of, plain, refuse_unfit
from pathlift.outcomes.bucketing import Buckets
from pathlift.outcomes.collecting import prepare
from pathlift.outcomes.engine import open_engine
from pathlift.outcomes.sources import files_of
from pathlift.registry.experiment import Experiment
from pathlift.result.own_data import OwnData, OwnRow, Rate

Progress = Callable[[str, float], None]
Ended = Literal["complete", "budget", "stopped"]

BUCKETS = 256
_FAMILYWISE = 0.01
_BAND = 0.005  # half a point beside the claim is no fault of a method
_LIBRARIES = ("pathlift", "numpy", "scipy", "duckdb")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is asked for.

    Attributes
    ----------
    replicates : int
        Experiments to draw, at most.
    seconds : float or None
        Time allowed; None: any.
    looks : int
        Of peeking; 1 leaves it out.
    lift : float or None
        To put in, relative; None: what each metric finds in 80%.
    seed : int
    """

    replicates: int = 1_000
    seconds: float | None = 60.0
    looks: int = 14
    lift: float | None = None
    seed: int = 1


def try_on_own_data(
    experiment: Experiment,
    settings: Settings,
    *,
    as_of: date | None = None,
    memory: str | None = None,
    command: str = "",
    progress: Progress | None = None,
) -> OwnData:
    """Deal an experiment's units into its arms anew, again and again, and analyse each draw.

    Parameters
    ----------
    experiment : Experiment
    settings : Settings
    as_of : date, optional
        Last day that is read.
    memory : str, optional
        Budget of the engine.
    command : str, optional
        What was typed.
    progress : callable, optional
        Called with the step and the share of it that is done, in [0, 1].

    Returns
    -------
    OwnData
        After Ctrl-C: of the experiments drawn until then.

    Raises
    ------
    DataError
        If the data cannot be read, or their units cannot be dealt anew.
    """
    refuse_unfit(experiment)
    begin, started = time.perf_counter(), datetime.now(UTC)
    with open_engine(files_of([experiment]), memory=memory) as engine:
        prepared = prepare(experiment, engine, as_of=as_of)
        whole = prepared.statistics()
        trial = Trial(
            plain(experiment),
            whole,
            Buckets(prepared=prepared, statistics=whole, count=BUCKETS),
            seed=settings.seed,
            looks=settings.looks,
            lift=settings.lift,
        )
        done, ended = _run(trial, settings, begin, progress)
    level = _FAMILYWISE / max(2 * len(trial.seen), 1)
    alpha = experiment.analysis.alpha
    rows = tuple(_row(key, seen, alpha, level) for key, seen in trial.seen.items())
    analysed = {arm.name for arm in experiment.analyzed_arms}
    return OwnData(
        experiment=experiment.name,
        sentence=_sentence(rows, done, settings.replicates, ended),
        rows=rows,
        units=sum(arm.units for arm in whole.arms if arm.arm in analysed),
        arms=trial.shares,
        alpha=alpha,
        looks=settings.looks,
        wanted=settings.replicates,
        replicates=done,
        ended=ended,
        budget=settings.seconds,
        level=level,
        buckets=BUCKETS,
        notes=notes_of(experiment),
        seed=settings.seed,
        started=started,
        seconds=round(time.perf_counter() - begin, 1),
        command=command,
        versions={"python": platform.python_version()}
        | {library: version(library) for library in _LIBRARIES},
    )


def _run(
    trial: Trial, settings: Settings, begin: float, progress: Progress | None
) -> tuple[int, Ended]:
    done = 0
    try:
        while done < settings.replicates:
            spent = time.perf_counter() - begin
            if settings.seconds is not None and spent > settings.seconds and done:
                return done, "budget"
            trial.draw(done)
            done += 1
            if progress is not None:
                share = done / settings.replicates
                if settings.seconds is not None:
                    share = max(share, min(spent / settings.seconds, 1.0))
                progress("experiments drawn anew", share)
    except (KeyboardInterrupt, RuntimeError) as error:
        # DuckDB says so where a query was running
        if isinstance(error, RuntimeError) and str(error) != "Query interrupted":
            raise
        return done, "stopped"
    return done, "complete"


def _row(key: Key, seen: Seen, alpha: float, level: float) -> OwnRow:
    estimand, metric, ordering = key
    value, effect = seen.value, seen.effect
    return OwnRow(
        estimand=estimand,
        metric=metric,
        ordering=ordering,
        value=value,
        effect=effect,
        lift=effect / value if effect is not None and value else None,
        false_positives=_rate(seen.false_positives, alpha, level),
        peeking=_rate(seen.peeking, None, level),
        coverage=_rate(seen.coverage, 1 - alpha, level),
        power=_rate(seen.power, None, level),
        reason=seen.reason,
    )


def _rate(drawn: Sequence[tuple[int, float]], claimed: float | None, level: float) -> Rate | None:
    if not drawn:
        return None
    rounds, values = np.array([r for r, _ in drawn]), np.array([v for _, v in drawn])
    n, share = len(values), float(values.mean())
    verdict: Literal["as_claimed", "off", "shown"] = "shown"
    if claimed is not None:
        # several contrasts of one experiment count as one draw: the test is no bolder than that
        p = inside_band(round(share * n), n, max(claimed - _BAND, 0.0), min(claimed + _BAND, 1.0))
        verdict = "off" if p < level else "as_claimed"
    # experiments of one round share their buckets and whom an effect was put into
    sums = np.bincount(rounds, weights=values - share)
    error = float(np.sqrt(max((sums**2).sum(), ((values - share) ** 2).sum()))) / n
    return Rate(share=share, standard_error=error, replicates=n, verdict=verdict)


def _sentence(rows: Sequence[OwnRow], done: int, wanted: int, ended: Ended) -> str:
    early = {
        "complete": "",
        "budget": f"The time was over after {done:,} of {wanted:,} experiments. ",
        "stopped": f"Stopped after {done:,} of {wanted:,} experiments. ",
    }[ended]
    if not done:
        return f"{early}Nothing was measured."
    off = [
        row.ordering or row.metric or row.estimand
        for row in rows
        if "off" in {each.verdict for each in (row.false_positives, row.coverage) if each}
    ]
    if off:
        return f"{early}Not as claimed: {', '.join(dict.fromkeys(off))}."
    return (
        f"{early}False positives and coverage are as claimed, as far as {done:,} experiments "
        "can tell."
    )
