"""Cells drawn from the exact truth of a scenario, without logs: thousands of runs in seconds."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import numpy as np
from tests.support.experiments import arm, conversion, experiment
from tests.support.units import moment_table

from pathlift.registry.experiment import Column, Experiment
from pathlift.simulation.chain import LABELS
from pathlift.simulation.landmarks import LOTS, Lots
from pathlift.statistics.cells import Cell, CellTable, all_codes, label
from pathlift.statistics.collected import ArmFacts, Statistics
from pathlift.statistics.moments import Sums, objects

STAGES = ("need", "touchpoint", "trust")
ARMS = {
    "search": ("need", "touchpoint", "trust"),
    "content": ("touchpoint", "need", "trust"),
    "influencer": ("trust", "need", "touchpoint"),
}
CODES = {label(code).ordering: code for code in all_codes()}


def journeys(**changes: object) -> Experiment:
    """The three arms of methods 6.3, 14 days, a landmark of 7, strata by class of shopper."""
    made = experiment(
        [arm(name, ordering=path, control=name == "search") for name, path in ARMS.items()],
        [conversion()],
        stages=STAGES,
        window=timedelta(days=14),
        strata=(Column(name="class"),),
    )
    analysis = replace(made.analysis, landmark=timedelta(days=7))
    return replace(made, **{"analysis": analysis} | changes)  # type: ignore[arg-type]


def counts_of(lots: Lots, units: int, rng: np.random.Generator) -> np.ndarray:
    """So many units of each arm; shape (arms, classes, 16 labels, 5 lots)."""
    shares = lots.share.reshape(len(lots.arms), -1)
    drawn = rng.multinomial(units, shares / shares.sum(axis=1, keepdims=True))
    return drawn.reshape(lots.share.shape)


def proxied(lots: Lots, accuracy: float) -> Lots:
    """Two classes seen through a proxy of them that is right with this probability."""
    return replace(lots, share=accuracy * lots.share + (1 - accuracy) * lots.share[:, ::-1])


def eligible_counts(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eligible and converted by complete ordering and stratum (arm by class), shape (6, strata)."""
    six = counts[:, :, -6:].reshape(-1, 6, len(LOTS)).astype(float)
    return six[:, :, 2:].sum(axis=2).T, six[:, :, 4].T


def naive_counts(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Units and converted by complete ordering and arm, shape (6, arms)."""
    six = counts[:, :, -6:].sum(axis=1).astype(float)
    return six.sum(axis=2).T, six[:, :, [1, 3, 4]].sum(axis=2).T


def statistics_of_counts(lots: Lots, counts: np.ndarray) -> Statistics:
    """Mature units as the tables of a run hold them."""
    places = [
        (arm_place, class_place, label_place)
        for arm_place in range(counts.shape[0])
        for class_place in range(counts.shape[1])
        for label_place in range(counts.shape[2])
        if counts[arm_place, class_place, label_place].sum()
    ]
    rows = [counts[place] for place in places]
    return Statistics(
        arms=tuple(
            ArmFacts(arm=name, units=int(n.sum()), matured_units=int(n.sum()))
            for name, n in zip(lots.arms, counts, strict=True)
        ),
        moments=moment_table([], {"conversion": []}, exact=True),
        days=moment_table([], {"conversion": []}, exact=True),
        segments=moment_table([], {"conversion": []}, exact=True),
        cells=CellTable(
            covariates=(),
            cells=tuple(
                Cell(
                    arm=lots.arms[a],
                    maturity=0,
                    label=CODES[LABELS[place]],
                    stratum=lots.classes[c].name,
                )
                for a, c, place in places
            ),
            units=_column(row.sum() for row in rows),
            converted=_column(row[[1, 3, 4]].sum() for row in rows),
            lm_elig=_column(row[2:].sum() for row in rows),
            lm_conv=_column(row[4] for row in rows),
            covariate_sums=objects(([] for _ in rows), 0),
            converted_covariate_sums=objects(([] for _ in rows), 0),
        ),
    )


def _column(values: Iterable[int]) -> Sums:
    return objects(([int(value)] for value in values), 1)[:, 0]
