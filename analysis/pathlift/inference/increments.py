"""What an arm adds and what it only moves: a part, the rest and the whole, over the same units.

The whole is part plus rest, so three effects add up and have one covariance of rank two. Their
ratios are Fieller's: a share of an effect that may be none has no end. Knows nothing of what the
rest is, and not whether a part is one: that the definition says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.adjusting import adjust
from pathlift.inference.adjustment import AdjustedMeans
from pathlift.inference.arrays import Floats, as_floats
from pathlift.inference.clustering import clusters_in
from pathlift.inference.drafts import Draft, Joint
from pathlift.inference.enough import too_small
from pathlift.inference.family import Family
from pathlift.inference.measured import Batch, Measured
from pathlift.inference.metrics import metric_drafts, unavailable
from pathlift.inference.reading import slice_of, table_of, units_of
from pathlift.registry.experiment import Experiment, Metric, MetricFamily
from pathlift.statistics.collected import Statistics
from pathlift.statistics.moments import MomentTable

OF = ("part", "rest", "whole")
"""Estimands, in the order of the outcomes of a family's `Joint`."""

_FROM_BOTH = np.array([[1.0, 0.0], [-1.0, 1.0], [0.0, 1.0]])
"""Part, rest and whole from part and whole."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FamilyReading:
    """Both metrics of a family over the analysed arms.

    Attributes
    ----------
    family : MetricFamily
    measured : tuple of Measured
        Of part, rest and whole.
    joint : Joint
        The same, with their covariance.
    """

    family: MetricFamily
    measured: tuple[Measured, ...]
    joint: Joint


Readings = Mapping[str, FamilyReading | str]


def read_families(experiment: Experiment, statistics: Statistics) -> Readings:
    """Read every declared family.

    Parameters
    ----------
    experiment : Experiment
        With combined arms in place of their members.
    statistics : Statistics

    Returns
    -------
    mapping of str to FamilyReading or str
        By name of the family; or why it cannot be read.
    """
    return {family.name: _read(experiment, statistics, family) for family in experiment.families}


def increment_drafts(
    experiment: Experiment,
    statistics: Statistics,
    readings: Readings,
    families: Sequence[Family],
) -> list[Draft]:
    """Contrasts of part, rest and whole, family by family.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics
    readings : mapping of str to FamilyReading or str
    families : sequence of Family
        Those of the run; the one of a family of metrics holds all its contrasts.

    Returns
    -------
    list of Draft
        Named after the family of metrics; estimand ``part``, ``rest`` or ``whole``.
    """
    return [
        draft
        for family in experiment.families
        for place in range(len(OF))
        for draft in _drafts(experiment, statistics, family, readings[family.name], place, families)
    ]


def _read(
    experiment: Experiment, statistics: Statistics, family: MetricFamily
) -> FamilyReading | str:
    for name in (family.part, family.whole):
        if reason := unavailable(statistics, experiment.metric(name)):
            return f"{name}: {reason}"
    arms = tuple(arm.name for arm in experiment.analyzed_arms)
    which = slice_of(statistics, (family.part, family.whole))
    table = table_of(statistics, which)
    names = tuple(_uncapped(table, name) for name in (family.part, family.whole))
    short = too_small(arms, units_of(table, arms))
    if short:
        return short
    clusters = clusters_in(statistics, which, arms)
    try:
        adjusted = adjust(table, arms, names, statistics.covariates, clusters)
    except NotEstimableError as refusal:
        return str(refusal)
    engine = adjusted.means
    value, apart = _FROM_BOTH @ engine.means.T, _FROM_BOTH @ engine.apart.T
    covariance = np.einsum("oi,aibj,pj->oapb", _FROM_BOTH, engine.covariance, _FROM_BOTH)
    exact = all(table.variable(name).exact for name in (*names, *adjusted.covariates))
    facts = (None,) * len(arms) if clusters is None else clusters.facts
    shape = len(OF), len(arms)
    part, whole = engine.variance_explained
    batch = Batch(
        value=value,
        apart=apart,
        units=np.broadcast_to(engine.units, shape),
        covariance=np.array([covariance[place, :, place, :] for place in range(len(OF))]),
        residual_variance=_residual(engine),
        residual_df=np.broadcast_to(engine.residual_df, shape),
        successes=None,
        normal=False,
        covariates=tuple(name.removeprefix("x:") for name in adjusted.covariates),
        method=engine.method,
        explained=np.array([part, np.nan, whole]),
        reasons=(adjusted.reason,) * len(OF),
        exact=(exact,) * len(OF),
        clusters=facts,
        lost={} if clusters is None else clusters.lost,
        approximate=adjusted.approximate,
    )
    return FamilyReading(
        family=family,
        measured=tuple(Measured(batch, place) for place in range(len(OF))),
        joint=Joint(arms=arms, value=value, covariance=covariance),
    )


def _uncapped(table: MomentTable, name: str) -> str:
    """Capped parts do not add up to a capped whole."""
    raw = f"{name}.raw"
    return raw if raw in table.columns else name


def _residual(engine: AdjustedMeans) -> Floats:
    """Variance of one unit's part, rest and whole after adjustment, shape (3, arms)."""
    variance = np.einsum("oi,aij,oj->oa", _FROM_BOTH, engine.residual_covariance, _FROM_BOTH)
    return as_floats(np.maximum(variance, 0.0))


def _drafts(
    experiment: Experiment,
    statistics: Statistics,
    family: MetricFamily,
    reading: FamilyReading | str,
    place: int,
    families: Sequence[Family],
) -> list[Draft]:
    together = next(
        (f for f in families if f.estimand == "increment" and family.name in f.metrics), None
    )
    measured: Measured | str = reading if isinstance(reading, str) else reading.measured[place]
    found = metric_drafts(
        experiment,
        statistics,
        _named(experiment.metric(family.whole), family),
        measured,
        slice_of(statistics, (family.part, family.whole)),
        families=(),
    )
    return [
        replace(
            draft,
            identity=replace(draft.identity, estimand=OF[place]),
            joint=None if isinstance(reading, str) else reading.joint,
            outcome=place,
            family=together,
        )
        for draft in found
    ]


def _named(whole: Metric, family: MetricFamily) -> Metric:
    """The whole under the name of its family, bare of what belongs to the metric alone."""
    return replace(
        whole, name=family.name, role="secondary", margin=None, equivalence=None, winsorize=None
    )
