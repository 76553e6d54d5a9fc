"""Do arms compete for the same creators, or for their stock? Methods 2.7, marketplace interference.

Units were drawn one by one, but a creator serves all of them. What one arm buys may be taken from
what is left for the other, and no log of such an experiment shows how much.
"""

from collections.abc import Iterator

from pathlift.judgement import words
from pathlift.judgement.checks.by_cluster import clusters_drawn
from pathlift.judgement.checks.facts import not_checked
from pathlift.registry.experiment import Concentration, Experiment
from pathlift.result.model import Check
from pathlift.statistics.collected import Statistics


def interference(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Count the creators (or what `by` names) that serve several arms.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
        One for each family of kind ``concentration``: ``warn`` where those that serve several arms
        get more than 5% of the value. It takes no number away: whether they are scarce no log says.
    """
    if not experiment.concentrations:
        yield not_checked(
            "interference",
            "nothing says whom units buy from. A family of kind `concentration` counts the "
            "creators, or sellers, that serve several arms.",
        )
    for family in experiment.concentrations:
        yield _of_family(experiment, statistics, family)


def _of_family(experiment: Experiment, statistics: Statistics, family: Concentration) -> Check:
    spreads = statistics.spreads.get(family.name, ())
    worth = sum(float(spread.worth) * spread.unit for spread in spreads)
    shared = sum(float(spread.shared_worth) * spread.unit for spread in spreads)
    scope = f"metric:{family.metric}"
    if worth <= 0 or any(spread.negative for spread in spreads):
        return not_checked(
            "interference", f"no {family.by.name} got a share of {family.metric}.", scope
        )
    share = shared / worth
    counts = {spread.arm: spread.shared for spread in spreads}
    said = (
        f"{family.by.name} that got {family.metric} in another arm too: "
        f"{words.by_arm(counts, {spread.arm: spread.holders for spread in spreads})}, with "
        f"{words.percent(share)} of it."
    )
    limits = experiment.limits("interference")
    warns = share > limits["warns_above"]
    if warns and not clusters_drawn(experiment):
        said += (
            " Where they or their stock are scarce, arms compete for them: a contrast of arms then "
            "says what an arm takes from the other, not what it brings if everybody has it. If "
            "that may be so, draw whole ones of them, or regions, into arms (`cluster`), or switch "
            "arms back and forth in time."
        )
    elif warns:
        said += " Whole clusters were drawn, and these stand in several arms: see check `clusters`."
    return Check(
        id="interference",
        severity="warn" if warns else "pass",
        scope=scope,
        message=said,
        figures={"shared": counts, "share": share, **limits},
    )
