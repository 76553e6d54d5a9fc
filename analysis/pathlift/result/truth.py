"""Simulated data only: the true value beside each interval. Knows no simulator."""

from collections.abc import Mapping
from dataclasses import dataclass

from pathlift.result.model import Result, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One interval and the truth it should hold.

    Attributes
    ----------
    id : str
        Of the estimate.
    truth : float
        True absolute difference, in the metric's unit.
    low, high : float or None
        Ends of the interval, simultaneous where the estimate has a family.
    simultaneous : bool
    """

    id: str
    truth: float
    low: float | None
    high: float | None
    simultaneous: bool

    @property
    def held(self) -> bool:
        """Whether the interval holds the truth; an open end holds everything beyond."""
        return (self.low is None or self.low <= self.truth) and (
            self.high is None or self.truth <= self.high
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthCheck:
    """How many of the intervals hold the truth.

    Attributes
    ----------
    hits : tuple of Hit
        In the order of the estimates.
    """

    hits: tuple[Hit, ...]

    @property
    def held(self) -> int:
        """Number of intervals that hold it."""
        return sum(hit.held for hit in self.hits)

    def of(self, id: str) -> Hit | None:
        """Find the hit of an estimate.

        Parameters
        ----------
        id : str
            Of the estimate.

        Returns
        -------
        Hit or None
            None where no truth is known.
        """
        return next((hit for hit in self.hits if hit.id == id), None)


def against_truth(result: Result, truth: Mapping[str, float]) -> TruthCheck:
    """Hold every interval of a result against known truth.

    Parameters
    ----------
    result : Result
    truth : mapping of str to float
        True absolute difference by id of the estimate.

    Returns
    -------
    TruthCheck
        Of the estimates that were made and whose truth is known.
    """
    hits = []
    for estimate in result.estimates:
        if estimate.id not in truth or estimate.absolute is None:
            continue
        corrected = estimate.simultaneous.absolute if estimate.simultaneous else None
        span: Span = corrected or estimate.absolute
        hits.append(
            Hit(
                id=estimate.id,
                truth=truth[estimate.id],
                low=span.low,
                high=span.high,
                simultaneous=corrected is not None,
            )
        )
    return TruthCheck(hits=tuple(hits))
