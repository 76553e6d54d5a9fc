"""Each contrast's difference in conversion, split into mix and rate of every ordering.

Labels are split one by one and then added up into the six complete orderings and `other`, so that a
shift among partial labels is not taken for a rate. Accounting, not mediation.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.arrays import Floats, as_floats
from pathlift.inference.clustering import Clusters, clusters_in
from pathlift.inference.clusters import contrast_df
from pathlift.inference.kitagawa import ArmCounts, Decomposition, decompose
from pathlift.inference.label_groups import OTHER, known_words, ordering_names
from pathlift.inference.reading import LabelCounts, Slice, label_counts
from pathlift.inference.standardising import FEWEST
from pathlift.inference.tails import two_sided_critical
from pathlift.registry.experiment import Contrast, Experiment
from pathlift.result.descriptive import DecompositionRow
from pathlift.result.values import Span
from pathlift.statistics.cells import label
from pathlift.statistics.collected import Statistics


def decomposition_rows(
    experiment: Experiment, statistics: Statistics
) -> tuple[DecompositionRow, ...]:
    """Split every declared contrast.

    Parameters
    ----------
    experiment : Experiment
        As compared, with stages.
    statistics : Statistics

    Returns
    -------
    tuple of DecompositionRow
        For each contrast one row per ordering and `other`, then one for all of them.
    """
    names = ordering_names(experiment.stage_names)
    arms = tuple(arm.name for arm in experiment.analyzed_arms)
    labels = label_counts(statistics.cells, arms, Slice(maturity=statistics.label_class))
    seen = [label(code, experiment.stage_names).ordering for code in labels.codes]
    column = [names.index(ordering if ordering in names else OTHER) for ordering in seen]
    split = _Split(
        names=names,
        members=as_floats(np.eye(len(names))[column]).reshape(len(column), len(names)),
        labels=labels,
        clusters=clusters_in(statistics, Slice(maturity=statistics.label_class), arms),
        alpha=experiment.analysis.alpha,
        reason=statistics.not_estimated.get(experiment.conversion or "", ""),
        known=known_words(experiment),
    )
    return tuple(row for contrast in experiment.analysis.contrasts for row in split.rows(contrast))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Split:
    """What the rows of all contrasts are made from."""

    names: Sequence[str]
    members: Floats
    labels: LabelCounts
    clusters: Clusters | None
    alpha: float
    reason: str
    known: str

    def rows(self, contrast: Contrast) -> Iterator[DecompositionRow]:
        places = [self.labels.arms.index(name) for name in (contrast.arm, contrast.control)]
        arms = [self._arm(place) for place in places]
        reason = self.reason or self._lost(contrast)
        found: Decomposition | None = None
        if not reason:
            try:
                found = decompose(arms[0], arms[1], self.members)
            except NotEstimableError as refusal:
                reason = str(refusal)
        for column, name in enumerate((*self.names, None)):
            row = self._counts(contrast, arms, column, name, reason)
            if found is None:
                yield row
                continue
            if not row.arm_share and not row.control_share:
                nobody = {"reason": f"no unit of either arm{self.known} took it"}
                yield row.model_copy(update={"not_estimated": nobody, "total": 0.0})
                continue
            yield row.model_copy(update=self._parts(contrast, found, places, arms, column))

    def _arm(self, place: int) -> ArmCounts:
        units, converted = self.labels.units[place], self.labels.converted[place]
        facts = None if self.clusters is None else self.clusters.facts[place]
        size = len(units)
        if self.clusters is None or facts is None:
            nobody, nothing = np.zeros(0), np.zeros((0, 2, size))
            return ArmCounts(
                units=units, converted=converted, cluster_units=nobody, residuals=nothing
            )
        shows, converts = (
            self.clusters.indicator_sums(self.labels.codes, np.eye(size), (), converted=which)[
                place
            ]
            for which in (False, True)
        )
        if shows is None or converts is None:
            raise ValueError("an arm of clusters has no sums")
        return ArmCounts(
            units=units,
            converted=converted,
            cluster_units=shows.units,
            residuals=np.stack([shows.residuals, converts.residuals], axis=1),
        )

    def _lost(self, contrast: Contrast) -> str:
        lost = {} if self.clusters is None else self.clusters.lost
        return "; ".join(lost[arm] for arm in (contrast.arm, contrast.control) if arm in lost)

    def _counts(
        self,
        contrast: Contrast,
        arms: Sequence[ArmCounts],
        column: int,
        name: str | None,
        reason: str,
    ) -> DecompositionRow:
        within = np.ones(len(self.members)) if name is None else self.members[:, column]
        n = [float(arm.units.sum()) for arm in arms]
        units = [float(arm.units @ within) for arm in arms]
        converted = [float(arm.converted @ within) for arm in arms]
        return DecompositionRow(
            arm=contrast.arm,
            control=contrast.control,
            ordering=name,
            arm_share=units[0] / n[0] if n[0] else None,
            control_share=units[1] / n[1] if n[1] else None,
            arm_rate=converted[0] / units[0] if units[0] else None,
            control_rate=converted[1] / units[1] if units[1] else None,
            mix=None,
            mix_standard_error=None,
            rate=None,
            rate_standard_error=None,
            total=None,
            method="",
            causal_status="descriptive",
            not_estimated={"reason": reason} if reason else None,
        )

    def _parts(
        self,
        contrast: Contrast,
        found: Decomposition,
        places: Sequence[int],
        arms: Sequence[ArmCounts],
        column: int,
    ) -> dict[str, object]:
        grouped = any(len(arm.cluster_units) for arm in arms)
        tails = "t with the clusters' degrees of freedom" if grouped else "normal"
        parts: dict[str, object] = {
            "total": float(found.mix[column] + found.rate[column]),
            "method": f"Kitagawa's decomposition by the delta method, {tails}",
        }
        for part, estimates, variances in (
            ("mix", found.mix, found.mix_variance),
            ("rate", found.rate, found.rate_variance),
        ):
            error = float(np.sqrt(variances[:, column].sum()))
            df = self._df(places, arms, variances[:, column])
            reach = float(two_sided_critical(self.alpha, df)) * error
            middle = float(estimates[column])
            parts[part] = Span(estimate=middle, low=middle - reach, high=middle + reach)
            parts[f"{part}_standard_error"] = error
        if column < len(self.names):
            lacking = zip((contrast.arm, contrast.control), found.borrowed[:, column], strict=True)
            parts["borrowed"] = tuple(arm for arm, lacks in lacking if lacks)
            fewest = min(float(arm.units @ self.members[:, column]) for arm in arms)
            parts["flags"] = ("few_counts",) if fewest < FEWEST else ()
        return parts

    def _df(self, places: Sequence[int], arms: Sequence[ArmCounts], variance: Floats) -> float:
        """Behind the variances that the two arms contribute; normal where neither has clusters."""
        facts = [None if self.clusters is None else self.clusters.facts[at] for at in places]
        clustered = np.array([each is not None for each in facts])
        if not clustered.any() or not variance.sum():
            return np.inf
        n = np.array([arm.units.sum() for arm in arms])
        df = [size - 1 if each is None else each.df for each, size in zip(facts, n, strict=True)]
        behind = contrast_df([[1.0, -1.0]], variance * n, n, df, clustered=clustered)
        return float(behind[0])
