"""Where a shopper's journey stands after some days: exact, by the matrix exponential.

A continuous-time Markov chain over ordered prefixes of stages (methods 6.1). It knows rates and
labels, and nothing of logs: the generator of events shares no line with it, so that each can
convict the other.
"""

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pathlift.simulation.observation import STAGES
from pathlift.simulation.scenarios import ArmRates, Scenario, ShopperClass

Floats = npt.NDArray[np.float64]
Carried = Sequence[tuple[str, float]]

# The 16 strict labels: no stage, each stage alone, ordered pairs, complete orderings.
LABELS: tuple[str, ...] = tuple(
    ">".join(order) for length in range(4) for order in itertools.permutations(STAGES, length)
)
COMPLETE: tuple[str, ...] = LABELS[-6:]
_AT: Mapping[str, int] = {label: number for number, label in enumerate(LABELS)}
_SIZE = len(LABELS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Speeds of one class of shopper in one arm, per day.

    Attributes
    ----------
    stage : callable
        ``stage(name, label)``: rate of acquiring the stage for a shopper who stands at the label.
    purchase : callable
        ``purchase(label)``: rate of the first order there.
    churn, repeat : float
        Rates of leaving without an order, and of the one repeat order.
    """

    stage: Callable[[str, str], float]
    purchase: Callable[[str], float]
    churn: float
    repeat: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Probabilities over labels at one time; each array has shape (16,), in order of ``LABELS``.

    Attributes
    ----------
    none, one, two : array
        Probability of the label with no, exactly one and two orders. An order keeps the label
        that it was made with. All 48 add up to 1.
    """

    none: Floats
    one: Floats
    two: Floats

    @property
    def converted(self) -> Floats:
        """Probability of the label with at least one order."""
        return self.one + self.two

    @property
    def share(self) -> Floats:
        """Probability of the label."""
        return self.none + self.converted


def rates_of(
    scenario: Scenario,
    arm: ArmRates,
    shopper: ShopperClass,
    *,
    pace: float = 1.0,
    zeal: float = 1.0,
) -> Rates:
    """Rates of one class of shopper in one arm.

    Parameters
    ----------
    scenario : Scenario
        For what orderings do to the purchase rate, and steps to those of the stages.
    arm : ArmRates
        Base speeds.
    shopper : ShopperClass
        Factors on them.
    pace, zeal : float, default 1
        Further factors, on the rates of the stages and of the first order: those of one shopper.

    Returns
    -------
    Rates
        With what the scenario says of orderings and steps.
    """
    factors, steps = dict(scenario.orderings), dict(scenario.steps)
    speeds = {
        "need": arm.need * shopper.need * pace,
        "touchpoint": arm.touchpoint * shopper.touchpoint * pace,
        "trust": arm.trust * shopper.trust * pace,
    }

    def purchase(label: str) -> float:
        base = arm.purchase * factors.get(label, 1.0) if label in COMPLETE else arm.leak
        return base * shopper.purchase * zeal

    return Rates(
        stage=lambda stage, label: speeds[stage] * steps.get(f"{label}>{stage}", 1.0),
        purchase=purchase,
        churn=arm.churn * shopper.churn,
        repeat=arm.repeat,
    )


def standing(rates: Rates, days: float, carried: Carried = ()) -> Standing:
    """Distribution over labels and orders, some days after exposure.

    Parameters
    ----------
    rates : Rates
        Constant over time.
    days : float
        At or above 0.
    carried : sequence of (str, float), optional
        Labels that some shoppers hold at exposure, with their shares; the rest hold no stage.

    Returns
    -------
    Standing
        Exact to about 1e-12. Labels are those after exposure: what was held at exposure is not in
        them.

    References
    ----------
    .. [1] A. H. Al-Mohy and N. J. Higham (2009), "A new scaling and squaring algorithm for the
       matrix exponential", SIAM J. Matrix Anal. Appl. 31, 970-989 (``scipy.linalg.expm``).

    Examples
    --------
    >>> calm = Rates(stage=lambda stage, label: 0.5, purchase=lambda label: 0.0, churn=0.0)
    >>> round(float(standing(calm, 2.0).none[0]), 6)  # exp(-3 * 0.5 * 2)
    0.049787
    """
    from scipy.linalg import expm  # 0.3 s of import, and only the truth needs it

    live, one, two, lost = (slice(k * _SIZE, (k + 1) * _SIZE) for k in range(4))
    moved = expm(generator(rates) * days)
    total = np.zeros((3, _SIZE))
    for label, share in starts(carried):
        row = moved[_AT[label]]
        since = np.array([row[live] + row[lost], row[one], row[two]])
        for end in range(_SIZE):
            if after(label, LABELS[end]) is not None:
                total[:, _AT[after(label, LABELS[end]) or ""]] += share * since[:, end]
    return Standing(none=total[0], one=total[1], two=total[2])


def starts(carried: Carried) -> tuple[tuple[str, float], ...]:
    """Where shoppers stand at exposure.

    Parameters
    ----------
    carried : sequence of (str, float)
        As for ``standing``.

    Returns
    -------
    tuple of (str, float)
        Labels and shares, which add up to 1.
    """
    return ("", 1.0 - math.fsum(share for _, share in carried)), *carried


def after(held: str, label: str) -> str | None:
    """What of a label lies after what was held.

    Parameters
    ----------
    held, label : str
        Strict labels.

    Returns
    -------
    str or None
        None where the label does not begin with what was held.

    Examples
    --------
    >>> after("trust", "trust>need")
    'need'
    """
    first, all_ = held.split(">") if held else [], label.split(">") if label else []
    return ">".join(all_[len(first) :]) if all_[: len(first)] == first else None


def refunded(
    rates: Rates, *, days: float, refund: float, delay: float, carried: Carried = ()
) -> float:
    """Probability of at least one refund within some days after exposure.

    Parameters
    ----------
    rates : Rates
        As for ``standing``.
    days : float
        At or above 0.
    refund : float
        Probability that an order is refunded, each order by itself.
    delay : float
        Mean days from order to refund, above 0; exponential.
    carried : sequence of (str, float), optional
        As for ``standing``.

    Returns
    -------
    float
        In [0, 1].
    """
    from scipy.linalg import expm

    moved = expm(_refund_generator(rates, refund, 1 / delay) * days)[:, -1]
    return math.fsum(share * float(moved[_AT[label]]) for label, share in starts(carried))


def generator(rates: Rates) -> Floats:
    """Return the generator over 64 states: live, one order, two orders, churned; each by label.

    Parameters
    ----------
    rates : Rates

    Returns
    -------
    array, shape (64, 64)
        Rows add up to 0; labels within each block in order of ``LABELS``.
    """
    Q = np.zeros((4 * _SIZE, 4 * _SIZE))
    for label, i in _AT.items():
        _acquire(Q, rates, label, i)
        Q[i, _SIZE + i] = rates.purchase(label)
        Q[_SIZE + i, 2 * _SIZE + i] = rates.repeat
        Q[i, 3 * _SIZE + i] = rates.churn
    return _closed(Q)


def _refund_generator(rates: Rates, refund: float, speed: float) -> Floats:
    """16 live labels, then the orders: what the first and second owe decides all that follows."""
    first_owed, first_kept, both_owed, one_owed, lost, back = range(_SIZE, _SIZE + 6)
    Q = np.zeros((_SIZE + 6, _SIZE + 6))
    for label, i in _AT.items():
        _acquire(Q, rates, label, i)
        Q[i, first_owed] = rates.purchase(label) * refund
        Q[i, first_kept] = rates.purchase(label) * (1 - refund)
        Q[i, lost] = rates.churn
    Q[first_owed, both_owed] = rates.repeat * refund
    Q[first_owed, one_owed] = rates.repeat * (1 - refund)
    Q[first_kept, one_owed] = rates.repeat * refund
    Q[first_kept, lost] = rates.repeat * (1 - refund)
    Q[first_owed, back] = Q[one_owed, back] = speed
    Q[both_owed, back] = 2 * speed
    return _closed(Q)


def _acquire(Q: Floats, rates: Rates, label: str, i: int) -> None:
    held = label.split(">") if label else []
    for stage in STAGES:
        if stage not in held:
            Q[i, _AT[">".join([*held, stage])]] = rates.stage(stage, label)


def _closed(Q: Floats) -> Floats:
    np.fill_diagonal(Q, 0.0)
    np.fill_diagonal(Q, -Q.sum(axis=1))
    return Q
