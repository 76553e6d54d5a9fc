"""Statistics tables of units that fall into labels, drawn from the exact truth of a scenario."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache, cached_property

import numpy as np

from pathlift.calibration.worlds import made_experiment, made_metric, made_statistics
from pathlift.inference.arrays import Floats
from pathlift.registry.experiment import Arm, Column, Experiment, Stage
from pathlift.simulation import scenario
from pathlift.simulation.chain import LABELS
from pathlift.simulation.landmarks import Lots, lots
from pathlift.statistics.cells import Cell, CellTable, all_codes, label
from pathlift.statistics.collected import Statistics
from pathlift.statistics.moments import Group, MomentTable, Sums, Variable, objects

CODES = {label(code).ordering: code for code in all_codes()}
"""Code of each label, by its ordering."""

_INTENDED: Mapping[str, tuple[Stage, ...]] = {
    "search": ("need", "touchpoint", "trust"),
    "content": ("touchpoint", "need", "trust"),
    "influencer": ("trust", "need", "touchpoint"),
}
_LANDMARK = 7.0  # days, methods 6.3
_CONVERTED = [1, 3, 4]  # lots of those who converted within the window


@cache
def journeys(*, by_class: bool = True) -> Experiment:
    """The three arms of methods 6.3: 14 days, a landmark of 7.

    Parameters
    ----------
    by_class : bool, default True
        Whether the class of shopper is a declared stratum.

    Returns
    -------
    Experiment
    """
    made = made_experiment(
        [Arm(name=name, value=name, ordering=path) for name, path in _INTENDED.items()],
        [made_metric("conversion", "proportion")],
        stages=True,
        window=timedelta(days=14),
        strata=(Column(name="class"),) if by_class else (),
    )
    return replace(made, analysis=replace(made.analysis, landmark=timedelta(days=_LANDMARK)))


@cache
def drawn_from(name: str) -> "Celled":
    """World of a scenario that ships with the package.

    Parameters
    ----------
    name : str

    Returns
    -------
    Celled
    """
    return Celled(lots=lots(scenario(name), landmark=_LANDMARK))


@dataclass(frozen=True, kw_only=True, eq=False)
class Celled:
    """Exact distribution of units over arms, classes, labels and lots.

    Attributes
    ----------
    lots : Lots
    """

    lots: Lots

    @cached_property
    def cells(self) -> tuple[tuple[int, int, int], ...]:
        """Places of arm, class and label that occur."""
        arms, classes, labels, _ = self.lots.share.shape
        return tuple(
            (a, c, place)
            for a in range(arms)
            for c in range(classes)
            for place in range(labels)
            if self.lots.share[a, c, place].sum() > 0
        )

    def counts(self, rng: np.random.Generator, replicates: int, units: int) -> Floats:
        """Units of every arm that fall into each lot.

        Parameters
        ----------
        rng : Generator
        replicates, units : int
            Units of each arm.

        Returns
        -------
        Floats, shape (replicates, arms, classes, 16, 5)
            Whole numbers.
        """
        share = np.maximum(self.lots.share, 0.0).reshape(len(self.lots.arms), -1)
        drawn = rng.multinomial(
            units, share / share.sum(axis=1, keepdims=True), size=(replicates, len(self.lots.arms))
        )
        return drawn.reshape(replicates, *self.lots.share.shape).astype(np.float64)

    def statistics(self, counts: Floats) -> Statistics:
        """Tables of mature units, as a run would hold them.

        Parameters
        ----------
        counts : Floats, shape (arms, classes, 16, 5)
            Whole numbers.

        Returns
        -------
        Statistics
        """
        whole = counts.astype(np.int64)
        kept = [at for at in self.cells if whole[at].sum()]
        lot = np.array([whole[at] for at in kept])
        cells = CellTable(
            covariates=(),
            cells=tuple(
                Cell(
                    arm=self.lots.arms[a],
                    maturity=0,
                    label=CODES[LABELS[place]],
                    stratum=self.lots.classes[c].name,
                )
                for a, c, place in kept
            ),
            units=_column(lot.sum(axis=1)),
            converted=_column(lot[:, _CONVERTED].sum(axis=1)),
            lm_elig=_column(lot[:, 2:].sum(axis=1)),
            lm_conv=_column(lot[:, 4]),
            covariate_sums=objects([() for _ in kept], 0),
            converted_covariate_sums=objects([() for _ in kept], 0),
        )
        return made_statistics(
            conversions(
                self.lots.arms,
                whole.sum(axis=(1, 2, 3)).tolist(),
                whole[..., _CONVERTED].sum(axis=(1, 2, 3)).tolist(),
            ),
            cells=cells,
        )


def labelled(arms: Sequence[str], labels: Sequence[int], counts: Floats) -> Statistics:
    """Tables of mature units by label and whether they converted.

    Parameters
    ----------
    arms : sequence of str
    labels : sequence of int
        Codes.
    counts : Floats, shape (arms, labels, 2)
        Whole numbers: not converted, converted.

    Returns
    -------
    Statistics
    """
    whole = counts.astype(np.int64)
    kept = [
        (a, place)
        for a in range(len(arms))
        for place in range(len(labels))
        if whole[a, place].sum()
    ]
    cells = CellTable(
        covariates=(),
        cells=tuple(Cell(arm=arms[a], maturity=0, label=labels[place]) for a, place in kept),
        units=_column(np.array([whole[at].sum() for at in kept])),
        converted=_column(np.array([whole[at][1] for at in kept])),
        covariate_sums=objects([() for _ in kept], 0),
        converted_covariate_sums=objects([() for _ in kept], 0),
    )
    return made_statistics(
        conversions(arms, whole.sum(axis=(1, 2)).tolist(), whole[..., 1].sum(axis=1).tolist()),
        cells=cells,
    )


def conversions(arms: Sequence[str], units: Sequence[int], converted: Sequence[int]) -> MomentTable:
    """Moments of a conversion that is 0 or 1.

    Parameters
    ----------
    arms : sequence of str
    units, converted : sequence of int
        By arm.

    Returns
    -------
    MomentTable
    """
    sums = objects([(x,) for x in converted], 1)
    return MomentTable(
        variables=(Variable(name="conversion"),),
        pairs=(("conversion", "conversion"),),
        cubed=(),
        groups=tuple(Group(arm=arm) for arm in arms),
        units=_column(np.array(units)),
        sums=sums,
        products=sums.copy(),
        cubes=objects([() for _ in arms], 0),
    )


def _column(values: object) -> Sums:
    return np.asarray(values).astype(object)
