"""What several checks need to know of a run. Judges nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pathlift.judgement.checks.by_cluster import clusters_drawn
from pathlift.judgement.checks.counts import Tested, shares_by_arm
from pathlift.registry.experiment import Experiment, Margin
from pathlift.result.model import Check, Estimate, Severity
from pathlift.statistics.collected import Statistics

_NEVER = 0.0  # no p-value lies below it
_ORDER: tuple[Severity, ...] = ("not_checked", "pass", "info", "warn", "fail")


def worst(severities: Iterable[Severity]) -> Severity:
    """The most serious of several severities.

    Parameters
    ----------
    severities : iterable of Severity
        At least one.

    Returns
    -------
    Severity

    Examples
    --------
    >>> worst(["pass", "warn", "info"])
    'warn'
    """
    return max(severities, key=_ORDER.index)


def planned_lift(experiment: Experiment, estimate: Estimate) -> Margin | None:
    """The lift that is planned of an estimate's metric.

    Parameters
    ----------
    experiment : Experiment
    estimate : Estimate

    Returns
    -------
    Margin or None
        Its own, else that of the plan for the primary metric; None where none is planned.
    """
    own = experiment.plan.lifts.get(estimate.metric or "")
    return own or (experiment.plan.lift if estimate.role == "primary" else None)


def not_checked(id: str, reason: str, scope: str = "experiment") -> Check:
    """A check that had nothing to read: never a pass.

    Parameters
    ----------
    id, reason : str
        The reason says what would have to be declared.
    scope : str, default 'experiment'

    Returns
    -------
    Check
    """
    return Check(id=id, severity="not_checked", scope=scope, message=f"Not checked: {reason}")


def analysed_units(experiment: Experiment, statistics: Statistics) -> dict[str, int]:
    """Analysed units of each arm that enters tests.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Returns
    -------
    dict of str to int
        By arm, in file order, mature or not; 0 for an arm without units. Arms that are declared
        ``analyzed: false`` are left out.
    """
    units = {facts.arm: facts.units for facts in statistics.arms}
    return {arm.name: units.get(arm.name, 0) for arm in experiment.analyzed_arms}


def counted(
    experiment: Experiment, statistics: Statistics, name: str, *, other: str | None = None
) -> dict[str, int]:
    """One counter of the quality table for each arm that enters tests.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics
    name : str
        Of the counter, such as ``misdelivered``.
    other : str, optional
        Only counts of that other (`Count.other`).

    Returns
    -------
    dict of str to int
        By arm, in file order; 0 where nothing was counted. A counter that knows no arm gives 0
        everywhere: ask `names_arms` first.
    """
    return {
        arm.name: statistics.count(name, arm=arm.name, other=other)
        for arm in experiment.analyzed_arms
    }


def has_counter(statistics: Statistics, name: str) -> bool:
    """Whether the reader counted it at all; a count of 0 is a count.

    Parameters
    ----------
    statistics : Statistics
    name : str
        Of the counter.

    Returns
    -------
    bool
    """
    return any(True for _ in statistics.counts(name))


def names_arms(statistics: Statistics, name: str) -> bool:
    """Whether the reader counted it by arm.

    Parameters
    ----------
    statistics : Statistics
    name : str
        Of the counter.

    Returns
    -------
    bool
        False also where it was not counted at all.
    """
    return any(count.arm for count in statistics.counts(name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Shares of something by arm, and whether they differ.

    Attributes
    ----------
    hits, totals : mapping of str to int
        By arm.
    tested : Tested or None
        None where there was nothing to compare.
    limits : mapping of str to float
        Thresholds of the check.
    """

    hits: Mapping[str, int]
    totals: Mapping[str, int]
    tested: Tested | None
    limits: Mapping[str, float] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """Over all arms; 0 where there is nothing."""
        total = sum(self.totals.values())
        return sum(self.hits.values()) / total if total else 0.0

    @property
    def shares(self) -> dict[str, float | None]:
        """By arm; None for an arm without total."""
        return {
            arm: self.hits.get(arm, 0) / total if total else None
            for arm, total in self.totals.items()
        }

    @property
    def difference(self) -> float:
        """Between the largest and the smallest share."""
        shares = [share for share in self.shares.values() if share is not None]
        return max(shares) - min(shares) if shares else 0.0

    @property
    def certain(self) -> bool:
        """Whether chance does not explain the difference."""
        below = self.limits.get("fails_below_p", self.limits.get("warns_below_p", _NEVER))
        return self.tested is not None and self.tested.p_value < below

    @property
    def material(self) -> bool:
        """Whether the difference is certain, and large enough to matter for a result."""
        return self.certain and self.difference > self.limits.get("fails_above_difference", 0.0)

    def figures(self) -> dict[str, Any]:
        """As entries of a check's figures."""
        return {
            "counts": dict(self.hits),
            "totals": dict(self.totals),
            "shares": self.shares,
            "share": self.share,
            "difference": self.difference,
            "by_arm": self.tested.figures() if self.tested else None,
            **self.limits,
        }


def compare(
    hits: Mapping[str, int],
    totals: Mapping[str, int],
    experiment: Experiment,
    check: str = "",
    *,
    tested: Tested | None = None,
) -> Comparison:
    """Compare the share of something between arms.

    Parameters
    ----------
    hits, totals : mapping of str to int
        By arm; a total below its hits is raised to them, since two counters of one run may have
        been taken over slightly different rows.
    experiment : Experiment
        Where whole clusters were drawn, units are not independent: there is no test of units.
    check : str, optional
        Whose thresholds hold; without one no difference is certain.
    tested : Tested, optional
        The test by cluster that is used then, where there is one.

    Returns
    -------
    Comparison
    """
    whole = {arm: max(total, hits.get(arm, 0)) for arm, total in totals.items()}
    if not clusters_drawn(experiment):
        tested = shares_by_arm(hits, whole)
    limits = experiment.limits(check)
    return Comparison(hits=dict(hits), totals=whole, tested=tested, limits=limits)
