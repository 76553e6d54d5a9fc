"""Which labels are counted together: by their ordering, or by their first stage.

Every label stands in one group, so that shares of the groups add up to 1. Computes nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Literal

from pathlift.registry.experiment import Experiment
from pathlift.statistics.cells import Label

Estimand = Literal["incidence", "ordering_share", "first_step"]

OTHER = "other"
NONE = "none"


def known_words(experiment: Experiment) -> str:
    """What reasons add to "no unit", where outages hide the ordering of some.

    Parameters
    ----------
    experiment : Experiment

    Returns
    -------
    str
        Begins with a space; empty without outages, where every ordering is known.
    """
    return " whose ordering is known" if experiment.outages else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelGroups:
    """Names under which labels are counted.

    Attributes
    ----------
    names : tuple of str
        The last one is ``other``: all that has no name of its own. It is in no family.
    of : callable
        From a label to its name.
    """

    names: tuple[str, ...]
    of: Callable[[Label], str]

    def column(self, read: Label) -> int:
        """Place of a label among `names`.

        Parameters
        ----------
        read : Label

        Returns
        -------
        int
        """
        name = self.of(read)
        return self.names.index(name if name in self.names else OTHER)


def ordering_names(stages: Sequence[str]) -> tuple[str, ...]:
    """Complete strict orderings of the declared stages, then ``other``.

    Parameters
    ----------
    stages : sequence of str
        Two or three.

    Returns
    -------
    tuple of str
        Six and ``other``, or two and ``other``.
    """
    return (*(">".join(order) for order in permutations(stages)), OTHER)


def groups_of(estimand: Estimand, stages: Sequence[str]) -> LabelGroups:
    """Groups that an estimand counts.

    Parameters
    ----------
    estimand : {'incidence', 'ordering_share', 'first_step'}
    stages : sequence of str
        Declared.

    Returns
    -------
    LabelGroups
        Of first steps: each stage, ``none`` where no stage was met, and ``other``: several
        stages met first in one cell of the grid, or a stage in outage.
    """
    if estimand == "first_step":
        return LabelGroups(names=(*stages, NONE, OTHER), of=_first_step)
    return LabelGroups(names=ordering_names(stages), of=_ordering)


def _ordering(read: Label) -> str:
    return read.ordering


def _first_step(read: Label) -> str:
    if read.kind == "none":
        return NONE
    return read.ordering.split(">")[0]
