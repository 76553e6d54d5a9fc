"""Contrasts of cumulative incidence: all units, each for as long as it was followed.

Shown only while a window of an analysed unit is open; once all have ended it would be the share
itself. Causal where the day of exposure has nothing to do with the outcome, for then those who
were exposed early stand for all (methods 2, A4). Not adjusted: covariates are not kept by time.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np

from pathlift.inference.arrays import Floats
from pathlift.inference.clusters import contrast_df
from pathlift.inference.drafts import Draft, Identity, Spread
from pathlift.inference.enough import FEWEST
from pathlift.inference.family import Family
from pathlift.inference.followed import Followed, Question, follow_arms, unfollowed
from pathlift.inference.label_groups import OTHER, groups_of, known_words
from pathlift.registry.experiment import Contrast, Experiment
from pathlift.result.model import Adjustment
from pathlift.statistics.collected import Statistics

CONVERTED: Literal["cumulative_incidence"] = "cumulative_incidence"
COMPLETED: Literal["cumulative_share"] = "cumulative_share"

INDEPENDENT = "exposure date unrelated to outcome"
"""What has to hold for units exposed early to stand for those exposed late."""

FEWEST_FOLLOWED = 50
"""Units an arm should have in the last bin: with fewer the tail of the curve is a guess."""


def open_window_drafts(
    experiment: Experiment, statistics: Statistics, families: Sequence[Family]
) -> list[Draft]:
    """Contrasts of conversions, and of orderings completed, at the end of the window.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics
    families : sequence of Family

    Returns
    -------
    list of Draft
        All conversions, then those through each ordering, then who completed each ordering,
        converted or not. None once no analysed unit is within its window, or where nothing is the
        outcome. What cannot be estimated yet is refused with the reason.
    """
    if experiment.conversion is None or not _open(experiment, statistics):
        return []
    reason = unfollowed(experiment, statistics)
    times = None if reason else statistics.times
    return [
        draft
        for question in _questions(experiment)
        for draft in _drafts(
            experiment,
            statistics,
            question,
            reason if times is None else follow_arms(experiment, times, question),
            families,
        )
    ]


def _questions(experiment: Experiment) -> Iterator[Question]:
    if not experiment.stages:
        yield Question(estimand=CONVERTED, endpoint="purchase", names=(None,), groups=None)
        return
    groups = groups_of("incidence", experiment.stage_names)
    yield Question(
        estimand=CONVERTED, endpoint="purchase", names=(None, *groups.names), groups=groups
    )
    complete = tuple(name for name in groups.names if name != OTHER)
    yield Question(estimand=COMPLETED, endpoint="completion", names=complete, groups=groups)


def _drafts(
    experiment: Experiment,
    statistics: Statistics,
    question: Question,
    followed: Followed | str,
    families: Sequence[Family],
) -> Iterator[Draft]:
    known = known_words(experiment)
    for outcome, name in enumerate(question.names):
        family = _family(families, question.estimand, name)
        for contrast in experiment.analysis.contrasts:
            identity = _identity(experiment, question, name, contrast)
            yield _draft(
                identity, statistics, followed, outcome=outcome, family=family, known=known
            )


def _identity(
    experiment: Experiment, question: Question, ordering: str | None, contrast: Contrast
) -> Identity:
    conversion = experiment.metric(experiment.conversion or "")
    converted = question.endpoint == "purchase"
    return Identity(
        estimand=question.estimand,
        metric=conversion.name if converted else None,
        kind="proportion",
        role="secondary",
        better=conversion.better if converted else None,
        arm=contrast.arm,
        control=contrast.control,
        ordering=ordering,
    )


def _open(experiment: Experiment, statistics: Statistics) -> bool:
    analysed = {arm.name for arm in experiment.analyzed_arms}
    return any(
        facts.matured_units < facts.units for facts in statistics.arms if facts.arm in analysed
    )


def _family(families: Sequence[Family], estimand: str, ordering: str | None) -> Family | None:
    if ordering == OTHER:
        return None
    return next(
        (
            family
            for family in families
            if family.estimand == estimand and bool(family.metrics) == (ordering is None)
        ),
        None,
    )


def _draft(
    identity: Identity,
    statistics: Statistics,
    followed: Followed | str,
    *,
    outcome: int,
    family: Family | None,
    known: str,
) -> Draft:
    units = {facts.arm: facts.units for facts in statistics.arms}
    refused = (
        followed if isinstance(followed, str) else _refusal(followed, identity, outcome, known)
    )
    if refused or isinstance(followed, str):
        return Draft(
            identity=identity,
            arm_units=units[identity.arm],
            control_units=units[identity.control],
            family=family,
            assumptions=(INDEPENDENT,),
            refused=refused,
        )
    one, zero = (followed.joint.arms.index(arm) for arm in (identity.arm, identity.control))
    block = followed.joint.covariance[outcome, :, outcome, :]
    grouped = followed.clusters[one] is not None or followed.clusters[zero] is not None
    by_cluster = ", variance between clusters (CR2 of influence functions), t" if grouped else ""
    bins = _length(statistics)
    return Draft(
        identity=identity,
        arm_units=int(followed.units[one]),
        control_units=int(followed.units[zero]),
        spread=Spread(
            m1=float(followed.joint.value[outcome, one]),
            m0=float(followed.joint.value[outcome, zero]),
            v11=float(block[one, one]),
            v00=float(block[zero, zero]),
            v10=0.0,
            df=_df(followed, block, one, zero) if grouped else np.inf,
        ),
        joint=followed.joint,
        outcome=outcome,
        family=family,
        method=f"competing risks in bins of {bins}{by_cluster or ', normal'}",
        adjustment=Adjustment(
            reason="not adjusted: covariates are not kept by time" if statistics.covariates else ""
        ),
        flags=_flags(followed, outcome, one, zero),
        assumptions=(INDEPENDENT,),
    )


def _length(statistics: Statistics) -> str:
    hours = 24 if statistics.times is None else statistics.times.length // 3_600_000_000
    return "one day" if hours == 24 else f"{hours} hours"


def _refusal(followed: Followed, identity: Identity, outcome: int, known: str) -> str:
    pair = identity.arm, identity.control
    for arm in pair:
        if arm in followed.lost:
            return followed.lost[arm]
    if followed.events[outcome, [followed.joint.arms.index(arm) for arm in pair]].any():
        return ""
    took = "took this ordering" if identity.ordering else ""
    did = " and ".join(filter(None, (took, "converted" if identity.metric else "")))
    which = known if identity.ordering else ""
    return f"no unit of either arm{which} {did} while it was followed"


def _df(followed: Followed, block: Floats, one: int, zero: int) -> float:
    weights = np.zeros((1, len(followed.joint.arms)))
    weights[0, one], weights[0, zero] = 1.0, -1.0
    grouped = np.array([facts is not None for facts in followed.clusters])
    df = [
        units - 1 if facts is None else facts.df
        for facts, units in zip(followed.clusters, followed.units, strict=True)
    ]
    variance = np.diagonal(block) * followed.units
    return float(contrast_df(weights, variance, followed.units, np.array(df), clustered=grouped)[0])


def _flags(followed: Followed, outcome: int, one: int, zero: int) -> tuple[str, ...]:
    places = [one, zero]
    facts = [each for each in (followed.clusters[one], followed.clusters[zero]) if each]
    said = (
        ("few_counts", followed.events[outcome, places].min() < FEWEST),
        ("few_followed", followed.last[places].min() < FEWEST_FOLLOWED),
        ("few_clusters", any(each.few for each in facts)),
        ("lopsided_clusters", any(each.lopsided for each in facts)),
        ("approximate", bool(facts)),
    )
    return tuple(flag for flag, raised in said if raised)
