"""Every contrast about orderings: who took them, who converted through them, which came first.

Gathers; what each of them is stands in its own module.
"""

from collections.abc import Mapping, Sequence

from pathlift.inference.baseline_states import States, baseline_drafts
from pathlift.inference.drafts import Draft
from pathlift.inference.family import Family
from pathlift.inference.incidence import ordering_drafts
from pathlift.inference.label_groups import Estimand
from pathlift.inference.measured import Measured
from pathlift.inference.open_windows import open_window_drafts
from pathlift.registry.experiment import Experiment
from pathlift.statistics.collected import Statistics

_OF_LABELS: tuple[Estimand, ...] = ("incidence", "ordering_share", "first_step")


def drafts_of_orderings(
    experiment: Experiment,
    statistics: Statistics,
    families: Sequence[Family],
    measured: Mapping[str, Measured | str],
    states: States,
) -> list[Draft]:
    """Contrasts over all mature units, then within baseline states.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics
    families : sequence of Family
    measured : mapping of str to Measured or str
        By metric; the conversion's adjustment binds its orderings.
    states : sequence of (Slice, Measured or str)
        From `measured_states`.

    Returns
    -------
    list of Draft
        None without an outcome; without stages only those of open windows.
    """
    still_open = open_window_drafts(experiment, statistics, families)
    if not experiment.stages or experiment.conversion is None:
        return still_open
    whole = {f.estimand: f for f in families if not f.metrics and f.dimension is None}
    drafts = [
        draft
        for estimand in _OF_LABELS
        for draft in ordering_drafts(
            experiment,
            statistics,
            estimand,
            measured[experiment.conversion],
            family=whole.get(estimand),
        )
    ]
    return drafts + still_open + baseline_drafts(experiment, statistics, families, states)
