"""How well a simulated log is kept: what is lost, late, twice, or at a wrong time. Moves no truth.

Methods 6.1 and 6.5. Each setting makes the fault that one check of `analyze` is made for; a log
without any still has the little noise of every real one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

STAGES = ("need", "touchpoint", "trust")


@dataclass(frozen=True, slots=True, kw_only=True)
class Logging:
    """How the log of one arm is kept; shares are probabilities.

    Attributes
    ----------
    lost : tuple of (str, float)
        Share of units whose events of a stage are all lost, by stage (check ``measurement``).
    batched : float
        Share of units whose events have the time at which a batch was sent (``ties``).
    duplicated : float
        Share of events that are delivered twice (``duplicates``).
    repeated, crossed : float
        Share of units that are exposed a second time, to the arm they were in, and to an arm that
        is drawn anew by the weights of all arms (``crossover``).
    late : float
        Share of units whose exposure is logged when they check out, or an hour after the fact where
        they never do (``purchase_at_exposure``).
    missing : tuple of (str, float)
        Share of units without any row of exposure, by class of shopper; the class ``""`` stands for
        all that are not named (``srm``, ``balance``).
    bots : float
        Scripts that are exposed beside the arm's units, a share of these (``excluded_units`` with
        the list that is written, ``srm`` without).
    skewed : float
        Share of units whose clock is wrong, half of them ahead (``clock``).
    starts_after : int
        Days of the period before the arm's first exposure (``mix``).
    """

    lost: tuple[tuple[str, float], ...] = ()
    batched: float = 0.0
    duplicated: float = 0.0005
    repeated: float = 0.01
    crossed: float = 0.0009
    late: float = 0.0
    missing: tuple[tuple[str, float], ...] = ()
    bots: float = 0.0
    skewed: float = 0.0
    starts_after: int = 0

    def lost_share(self, stage: str) -> float:
        """Share of units whose events of a stage are lost.

        Parameters
        ----------
        stage : str

        Returns
        -------
        float
            In [0, 1].
        """
        return dict(self.lost).get(stage, 0.0)

    def missing_share(self, shopper: str) -> float:
        """Share of units of a class whose exposure is not in the log.

        Parameters
        ----------
        shopper : str
            Name of the class.

        Returns
        -------
        float
            In [0, 1].
        """
        shares = dict(self.missing)
        return shares.get(shopper, shares.get("", 0.0))

    def to_dict(self) -> Mapping[str, float]:
        """Plain numbers by name, as the table of arms of the generator has them.

        Returns
        -------
        mapping of str to float
            Without what is missing by class.
        """
        return {
            **{f"lost_{stage}": self.lost_share(stage) for stage in STAGES},
            **{name: getattr(self, name) for name in SHARES},
            "starts_after": self.starts_after,
        }


SHARES = ("batched", "duplicated", "repeated", "crossed", "late", "bots", "skewed")
"""Settings of an arm's logging that are one probability each."""

CLEAN = Logging()


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """How the whole log is kept.

    Attributes
    ----------
    arms : tuple of (str, Logging)
        By arm; an arm that is not named has the little noise of a real log.
    batch : int
        Seconds between two batches, for those who send batches.
    skew : int
        Seconds by which a wrong clock is wrong.
    log_ends : date or None
        First day that the log does not hold any more; None for a log that outlasts every window
        (``maturity``).
    """

    arms: tuple[tuple[str, Logging], ...] = ()
    batch: int = 3600
    skew: int = 172_800
    log_ends: date | None = None
