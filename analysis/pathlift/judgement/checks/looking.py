"""How often were these data looked at, and is what is printed meant for that? Methods 4, V24."""

from collections.abc import Iterator, Sequence

import numpy as np

from pathlift.inference.crossing import crossings
from pathlift.inference.group_sequential import Boundaries
from pathlift.inference.looking import plan_of
from pathlift.inference.tails import two_sided_critical
from pathlift.judgement import words
from pathlift.registry.experiment import Experiment
from pathlift.result.looks import Earlier
from pathlift.result.model import Check
from pathlift.statistics.collected import Statistics

_MOST = 200  # looks up to which the error is computed; beyond, it is said to be larger


def peeking(
    experiment: Experiment, statistics: Statistics, earlier: Sequence[Earlier] = ()
) -> Iterator[Check]:
    """Hold the number of looks against what was planned.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics
    earlier : sequence of Earlier, optional
        Looks at data that ended before these.

    Yields
    ------
    Check
        ``warn`` where fixed-horizon numbers were looked at before, or where a sequential plan was
        changed after a look or misses what an earlier look saw. P-values are never altered.
    """
    taken = len(earlier) + 1
    plan = experiment.analysis.looks
    if plan.kind == "fixed":
        yield _fixed(experiment, taken)
        return
    changed = [look.look for look in earlier if look.plan and look.plan != plan_of(experiment)]
    unknown = [look.look for look in earlier if not look.contrasts]
    said = []
    if changed:
        said.append(
            f"at {_looks(changed)} another plan held; alpha counts as spent there all the same, "
            "but a plan that follows the data protects nothing: go back to the first one"
        )
    if unknown:
        said.append(
            f"{_looks(unknown)} did not write down what was seen, so alpha spent there is not "
            "counted"
        )
    figures = {"looks": taken, "method": plan.kind, "planned_units": plan.planned_units}
    if said:
        yield Check(
            id="peeking",
            severity="warn",
            scope="experiment",
            message=f"Looked at {words.count(taken)} times: {'; '.join(said)}.",
            figures={**figures, "other_plan": changed, "unknown": unknown},
        )
        return
    yield Check(
        id="peeking",
        severity="pass",
        scope="experiment",
        message=f"Look {words.count(taken)} of a plan that allows for looking ({plan.kind}).",
        figures=figures,
    )


def peeked_error(looks: int, alpha: float) -> float:
    """Type I error of testing at each of several looks as if it were the only one.

    Parameters
    ----------
    looks : int
        From 1, after equal steps of information.
    alpha : float
        Two-sided, of one look; in (0, 1).

    Returns
    -------
    float
        Probability that at least one of them rejects what is true.

    References
    ----------
    .. [1] P. Armitage, C. K. McPherson and B. C. Rowe (1969), "Repeated significance tests on
       accumulating data", Journal of the Royal Statistical Society A 132, 235-244, table 2.

    Examples
    --------
    >>> round(peeked_error(14, 0.05), 2)
    0.22
    """
    naive = float(two_sided_critical(alpha))
    plan = Boundaries(
        information=np.arange(1, looks + 1) / looks,
        critical=np.full(looks, naive),
        spent=np.zeros(looks),
        sides=2,
    )
    return crossings(plan).total


def _fixed(experiment: Experiment, taken: int) -> Check:
    if taken == 1:
        return Check(
            id="peeking",
            severity="pass",
            scope="experiment",
            message="Looked at once, as planned.",
            figures={"looks": 1, "method": "fixed"},
        )
    alpha = experiment.analysis.alpha
    error = peeked_error(min(taken, _MOST), alpha)
    more = "more than " if taken > _MOST else ""
    return Check(
        id="peeking",
        severity="warn",
        scope="experiment",
        message=(
            f"Peeked {words.count(taken)} times: the p-values are those of a single look and are "
            f"not altered. If one would have stopped at any of these looks, {more}"
            f"{words.percent(error)} of experiments without effect would have shown one, not "
            f"{words.percent(alpha)}. Decide at the planned end, or plan to look: "
            "`looks: {kind: group_sequential}` or `{kind: anytime}`, with `planned_units`."
        ),
        figures={"looks": taken, "method": "fixed", "alpha": alpha, "true_error": error},
    )


def _looks(numbers: Sequence[int]) -> str:
    named = words.listed(str(number) for number in numbers)
    return f"look {named}" if len(numbers) == 1 else f"looks {named}"
