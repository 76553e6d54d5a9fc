"""What is compared: experiment and statistics with combined arms in place of their members."""

from pathlift.registry.combining import as_compared
from pathlift.registry.experiment import Experiment
from pathlift.statistics.collected import Statistics
from pathlift.statistics.combining import combine_arms


def compared(experiment: Experiment, statistics: Statistics) -> tuple[Experiment, Statistics]:
    """Read arms as one where the definition combines them.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics
        By drawn arm.

    Returns
    -------
    experiment : Experiment
    statistics : Statistics
        The same two where nothing is combined, or was combined before.
    """
    if not experiment.combine:
        return experiment, statistics
    into = {member: name for name, members in experiment.combine.items() for member in members}
    return as_compared(experiment), combine_arms(statistics, into)
