"""How far the units of an arm come along its intended ordering, and where else they go.

Counts from labels, so the shares of one arm multiply to the incidence of its intended ordering. The
first step has all units of the arm as its denominator; every later one only those who got there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pathlift.inference.arrays import Floats, as_floats
from pathlift.inference.clustering import Clusters, clusters_in
from pathlift.inference.clusters import cr2_covariance
from pathlift.inference.reading import LabelCounts, Slice, label_counts
from pathlift.inference.tails import two_sided_critical
from pathlift.inference.wilson import wilson_interval
from pathlift.registry.experiment import Experiment
from pathlift.result.descriptive import FunnelStep
from pathlift.result.values import Span
from pathlift.statistics.cells import UNKNOWN, label
from pathlift.statistics.collected import Statistics

CONVERSION = "conversion"
_WAYS = ("reached", "other", "tied", "converted", "waiting", "unknown")


def funnel_steps(experiment: Experiment, statistics: Statistics) -> tuple[FunnelStep, ...]:
    """Steps of every arm that has an intended ordering.

    Parameters
    ----------
    experiment : Experiment
        As compared, with stages.
    statistics : Statistics

    Returns
    -------
    tuple of FunnelStep
        Arms in file order; of each one step a stage, and conversion.
    """
    arms = tuple(arm.name for arm in experiment.analyzed_arms)
    labels = label_counts(statistics.cells, arms, Slice(maturity=statistics.label_class))
    clusters = clusters_in(statistics, Slice(maturity=statistics.label_class), arms)
    reason = statistics.not_estimated.get(experiment.conversion or "", "")
    steps: list[FunnelStep] = []
    for place, arm in enumerate(experiment.analyzed_arms):
        if arm.ordering:
            read = _Funnel(
                arm=arm.name,
                place=place,
                path=arm.ordering,
                labels=labels,
                groups=tuple(_groups(code, experiment.stage_names) for code in labels.codes),
                clusters=clusters,
                alpha=experiment.analysis.alpha,
                reason=reason,
            )
            steps.extend(read.steps())
    return tuple(steps)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Funnel:
    """One arm and its intended ordering."""

    arm: str
    place: int
    path: Sequence[str]
    labels: LabelCounts
    groups: Sequence[tuple[tuple[str, ...], ...] | None]
    clusters: Clusters | None
    alpha: float
    reason: str

    def steps(self) -> Iterator[FunnelStep]:
        whole = float(self.labels.units[self.place].sum())
        for step in range(len(self.path) + 1):
            ways = {way: self._labels(step, way) for way in _WAYS}
            counts = {way: self._count(step, way, where) for way, where in ways.items()}
            units = sum(counts.values())
            last = step == len(self.path)
            reason = self.reason if last else ""
            reason = reason or ("" if units else "no unit came this far")
            share, method, lacking = (
                (None, "", "") if reason else self._share(step, units, counts["reached"])
            )
            yield FunnelStep(
                arm=self.arm,
                step=step + 1,
                after=">".join(self.path[:step]),
                stage=CONVERSION if last else self.path[step],
                units=units,
                **counts,
                share=share,
                cumulative=None if reason or not whole else counts["reached"] / whole,
                method=method,
                causal_status="descriptive" if step else "causal",
                not_estimated={"reason": reason or lacking} if reason or lacking else None,
            )

    def _labels(self, step: int, way: str) -> Floats:
        """Which labels went which way at a step: zeros and ones, shape (labels,)."""
        return as_floats([self._way(step, group) == way for group in self.groups])

    def _way(self, step: int, groups: tuple[tuple[str, ...], ...] | None) -> str:
        if groups is None:
            return "unknown" if step == 0 else ""
        if groups[:step] != tuple((stage,) for stage in self.path[:step]):
            return ""
        if len(groups) == step:
            return "waiting"  # or converted: told apart by the counts
        if len(groups[step]) > 1:
            return "tied"
        return "reached" if groups[step][0] == self.path[step] else "other"

    def _count(self, step: int, way: str, where: Floats) -> int:
        units, converted = self.labels.units[self.place], self.labels.converted[self.place]
        stopped = self._labels(step, "waiting")
        last = step == len(self.path)
        match way:
            case "waiting":
                return int((units - converted) @ stopped)
            case "converted":
                return 0 if last else int(converted @ stopped)
            case "reached" if last:
                return int(converted @ stopped)
            case _:
                return int(units @ where)

    def _share(self, step: int, units: int, reached: int) -> tuple[Span, str, str]:
        share = reached / units
        facts = None if self.clusters is None else self.clusters.facts[self.place]
        if self.clusters is not None and self.arm in self.clusters.lost:
            lacking = self.clusters.lost[self.arm]
            return Span(estimate=share, low=None, high=None), "", lacking
        if facts is None:
            critical = float(two_sided_critical(self.alpha))
            ends = wilson_interval(reached, units, critical=critical)
            return Span(estimate=share, low=float(ends.low), high=float(ends.high)), "Wilson", ""
        error = self._between_clusters(step, share, units)
        if not error or not 0 < share < 1:
            lacking = "its clusters do not differ, so there is no variance between them"
            return Span(estimate=share, low=None, high=None), "", lacking
        critical = float(two_sided_critical(self.alpha, facts.df))
        middle, reach = np.log(share / (1 - share)), critical * error / (share * (1 - share))
        low, high = (float(1 / (1 + np.exp(-(middle + side * reach)))) for side in (-1, 1))
        method = "logit scale, variance between clusters (CR2), t"
        return Span(estimate=share, low=low, high=high), method, ""

    def _between_clusters(self, step: int, share: float, units: int) -> float:
        """Standard error of a ratio of two counts, from what each cluster has beyond it."""
        if self.clusters is None:
            return 0.0
        came = sum(
            self._labels(step, way) for way in ("reached", "other", "tied", "waiting", "unknown")
        )
        last = step == len(self.path)
        took = self._labels(step, "waiting" if last else "reached")
        codes = self.labels.codes
        sums = [
            self.clusters.indicator_sums(codes, as_floats(where)[:, None], (), converted=which)
            for where, which in ((took, last), (came, False))
        ]
        one, all_ = (each[self.place] for each in sums)
        if one is None or all_ is None:
            return 0.0
        beyond = one.residuals - share * all_.residuals
        total = float(one.units.sum())
        return float(np.sqrt(cr2_covariance(one.units, beyond)[0, 0])) * total / units


def _groups(code: int, stages: Sequence[str]) -> tuple[tuple[str, ...], ...] | None:
    """Stages of a label in the order in which they were met, tied ones together."""
    if code == UNKNOWN:
        return None
    ordering = label(code, stages).ordering
    return tuple(tuple(step.split("=")) for step in ordering.split(">")) if ordering else ()
