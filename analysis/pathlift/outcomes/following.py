"""How long each unit was followed, and in which bin it had its event.

Columns of ``facts`` and the table of times made of them (SS5). Once every window has ended, all
units were followed to its end: then the bins of first purchases are all there is to tell.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlglot import exp

from pathlift.outcomes.calendar import microseconds
from pathlift.outcomes.composing import aliased, case, compose, name, parse, value
from pathlift.outcomes.engine import Ask
from pathlift.registry.experiment import Experiment, Stage
from pathlift.statistics.cells import UNKNOWN
from pathlift.statistics.times import Endpoint, Time, TimeTable, bin_length

MOST = 100_000
"""Clusters times bins that one run holds in memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """In which bins units are followed.

    Attributes
    ----------
    length : int
        Of a bin, microseconds.
    bins : int
        In the window.
    last : int
        Instant up to which everything that happened has been read.
    ended : bool
        Whether the windows of all analysed units have ended.
    """

    length: int
    bins: int
    last: int
    ended: bool


def follow(experiment: Experiment, watermark: int, last_exposure: int | None) -> Follow | None:
    """Whether units are to be followed in bins.

    Parameters
    ----------
    experiment : Experiment
    watermark : int
        Instant from which on rows are not read.
    last_exposure : int or None
        Instant of the latest exposure of an analysed unit.

    Returns
    -------
    Follow or None
        None where no window is declared, nothing is an outcome, or the window is no whole number
        of bins.
    """
    if experiment.window is None or experiment.outcome is None or last_exposure is None:
        return None
    window, last = (
        microseconds(experiment.window),
        watermark - microseconds(experiment.ingestion_lag),
    )
    length = bin_length(window)
    if length is None:
        return None
    ended = last_exposure + window <= last
    return Follow(length=length, bins=window // length, last=last, ended=ended)


def follow_table(experiment: Experiment, *, timed: bool) -> Follow | None:
    """How units of a table are followed: it holds what came of them, so every window has ended.

    Parameters
    ----------
    experiment : Experiment
        Of shape units.
    timed : bool
        Whether the table says when a unit was exposed.

    Returns
    -------
    Follow or None
        As `follow`; None without times of exposure too.
    """
    if experiment.window is None or experiment.outcome is None or not timed:
        return None
    window = microseconds(experiment.window)
    length = bin_length(window)
    if length is None:
        return None
    return Follow(length=length, bins=window // length, last=0, ended=True)


def columns(following: Follow | None, stages: Sequence[Stage]) -> list[exp.Expr]:
    """``purchase_bin`` and, while windows are open, the others, over ``labelled``.

    Parameters
    ----------
    following : Follow or None
    stages : sequence of Stage
        Declared.

    Returns
    -------
    list of Expr
        Empty without `following`. ``followed`` is how many whole bins were seen; ``purchase_bin``
        and, with stages, ``completion_bin`` count from 1 and are NULL where it did not happen.
    """
    if following is None:
        return []
    length = value(following.length)
    purchase = parse("labelled.purchase_d // $length + 1", length=length)
    if following.ended:
        return [aliased(purchase, "purchase_bin")]
    whole = parse("($last - labelled.t0) // $length", last=value(following.last), length=length)
    followed = case(
        [
            (parse("labelled.t0 > $last", last=value(following.last)), value(0)),
            (parse("$w > $bins", w=whole, bins=value(following.bins)), value(following.bins)),
        ],
        whole,
    )
    made: list[exp.Expr] = [aliased(followed, "followed"), aliased(purchase, "purchase_bin")]
    if stages:
        reached = [name(f"{stage}_at", "labelled") for stage in stages]
        # of a unit under way in an outage nobody knows when its ordering was complete
        known = parse("labelled.label <> $unknown", unknown=value(UNKNOWN))
        complete = exp.and_(known, *(parse("$s is not null", s=stage) for stage in reached))
        latest = exp.Greatest(this=reached[0], expressions=reached[1:])
        happened = case([(complete, parse("$t // $length + 1", t=latest, length=length))], purchase)
        made.append(aliased(happened, "completion_bin"))
    return made


def times(
    ask: Ask,
    following: Follow | None,
    arms: Sequence[str],
    stages: Sequence[Stage],
    clustered: Sequence[str],
    clusters: int,
) -> TimeTable | None:
    """The table of times.

    Parameters
    ----------
    ask : callable
        Runs a query under a name.
    following : Follow or None
    arms : sequence of str
        By their number in SQL.
    stages : sequence of Stage
        Declared.
    clustered : sequence of str
        Arms with clusters.
    clusters : int
        How many there are.

    Returns
    -------
    TimeTable or None
        None without `following`. Rows of clusters are left out where they would be too many, and
        they and completions where every window has ended.
    """
    if following is None:
        return None
    both = bool(stages) and not following.ended
    endpoints: tuple[Endpoint, ...] = ("purchase", "completion") if both else ("purchase",)
    few = not following.ended and clusters * following.bins <= MOST
    by_cluster = tuple(clustered) if few else ()
    whole = value(following.bins) if following.ended else name("followed", "facts")
    found = dict(_rows(ask, arms, endpoints, whole, by_cluster=bool(by_cluster)))
    ordered = sorted(found, key=_in_order)
    return TimeTable(
        length=following.length,
        bins=following.bins,
        times=tuple(ordered),
        units=np.array([found[time] for time in ordered], dtype=np.int64),
        clustered=by_cluster,
    )


def _rows(
    ask: Ask,
    arms: Sequence[str],
    endpoints: Sequence[Endpoint],
    followed: exp.Expr,
    *,
    by_cluster: bool,
) -> Iterator[tuple[Time, int]]:
    for endpoint in endpoints:
        for arm, bin_, cause, units, maturity, baseline in _asked(
            ask, endpoint, ("maturity", "baseline"), followed, exp.true()
        ):
            yield (
                Time(
                    arm=arms[arm],
                    endpoint=endpoint,
                    bin=bin_,
                    cause=cause,
                    maturity=maturity,
                    baseline=baseline,
                ),
                units,
            )
        if by_cluster:
            inside = parse("facts.cluster is not null")
            for arm, bin_, cause, units, cluster in _asked(
                ask, endpoint, ("cluster",), followed, inside
            ):
                yield (
                    Time(arm=arms[arm], endpoint=endpoint, bin=bin_, cause=cause, cluster=cluster),
                    units,
                )


def _asked(
    ask: Ask, endpoint: Endpoint, keys: Sequence[str], followed: exp.Expr, kept: exp.Expr
) -> list[tuple[Any, ...]]:
    query = compose(
        "times_to_event",
        happened=name(f"{endpoint}_bin", "facts"),
        followed=followed,
        keys=[name(key, "facts") for key in keys],
        carried=[name(key, "observed") for key in keys],
        kept=kept,
    )
    return ask(" ".join(("times to", endpoint, *(["cluster"] if "cluster" in keys else []))), query)


def _in_order(time: Time) -> tuple[Any, ...]:
    return (
        time.cluster is not None,
        time.cluster or "",
        time.arm,
        time.endpoint,
        time.maturity,
        time.baseline,
        time.bin,
        time.cause is None,
        time.cause or 0,
    )
