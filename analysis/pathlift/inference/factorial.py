"""Which combinations of arms tell what a factor does, and how factors work together.

A main effect compares two levels of one factor, each as the mean of its arms over all combinations
of the other factors, weighted equally whatever their sizes. An interaction is the difference of
such differences. Weights only: knows no data. What needs a combination that no arm has is not
identified, since without that arm only an assumption of no interaction could stand in for it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, product
from math import prod

from pathlift.registry.crossing import Crossing, Factor
from pathlift.registry.experiment import Planned

_INTERACTION = "factor_interaction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two numbers that are compared.

    Attributes
    ----------
    name : str
        A level such as ``order=trust_first``; of an interaction, a difference of levels at one.
    weights : mapping of str to float
        Of arms; they add up to 1 for a level, to 0 for a difference.
    """

    name: str
    weights: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorContrast:
    """A main effect, an interaction or a planned contrast, as two weighted sums of arms.

    Attributes
    ----------
    factors : tuple of str
        One for a main effect; none for averages that somebody planned to compare.
    arm, control : Side
    missing : tuple of str
        Combinations that it would need and no arm has, in words; then it is not identified.
    """

    factors: tuple[str, ...]
    arm: Side
    control: Side
    missing: tuple[str, ...]

    @property
    def estimand(self) -> str:
        """``planned``, ``factor`` or ``factor_interaction``."""
        return ("planned", "factor")[len(self.factors)] if self.one_average else _INTERACTION

    @property
    def one_average(self) -> bool:
        """Whether each side is an average of arms, not a difference of averages."""
        return len(self.factors) < 2

    @property
    def weights(self) -> Mapping[str, float]:
        """Weight of each arm in the difference."""
        arms = dict.fromkeys((*self.arm.weights, *self.control.weights))
        return {
            arm: self.arm.weights.get(arm, 0.0) - self.control.weights.get(arm, 0.0) for arm in arms
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sum:
    """Weighted sum of combinations, some of which may have no arm."""

    weights: Mapping[str, float]
    missing: tuple[str, ...]


def factor_contrasts(crossing: Crossing) -> tuple[FactorContrast, ...]:
    """Find every main effect and every interaction of a crossing.

    Parameters
    ----------
    crossing : Crossing

    Returns
    -------
    tuple of FactorContrast
        Main effects, then interactions of two factors, of three, and so on; each level against the
        reference, or every pair of levels where all pairs are compared. Those that the crossing
        does not identify are there, with what is missing.
    """
    return tuple(
        contrast
        for size in range(1, len(crossing.factors) + 1)
        for factors in combinations(crossing.factors, size)
        for contrast in _of(crossing, factors)
    )


def planned_contrasts(planned: Iterable[Planned]) -> tuple[FactorContrast, ...]:
    """Averages that were planned to be compared, as weighted sums of arms.

    Parameters
    ----------
    planned : iterable of Planned

    Returns
    -------
    tuple of FactorContrast
        In the same order.
    """
    return tuple(
        FactorContrast(
            factors=(),
            arm=Side(name=each.arm.name, weights=each.arm.weights),
            control=Side(name=each.control.name, weights=each.control.weights),
            missing=(),
        )
        for each in planned
    )


def _of(crossing: Crossing, factors: tuple[Factor, ...]) -> Iterator[FactorContrast]:
    *others, last = factors
    for pairs in product(*(_pairs(crossing, factor) for factor in factors)):
        *differences, (level, reference) = pairs
        signed = dict(zip((factor.name for factor in others), differences, strict=True))
        arm = _sum(crossing, signed, {last.name: level})
        control = _sum(crossing, signed, {last.name: reference})
        yield FactorContrast(
            factors=tuple(factor.name for factor in factors),
            arm=Side(name=_name(signed, last.name, level), weights=arm.weights),
            control=Side(name=_name(signed, last.name, reference), weights=control.weights),
            missing=tuple(dict.fromkeys((*arm.missing, *control.missing))),
        )


def _pairs(crossing: Crossing, factor: Factor) -> list[tuple[str, str]]:
    """Levels that are compared, the later one first."""
    if not crossing.all_pairs:
        return [(level, factor.reference) for level in factor.levels[1:]]
    return [(level, other) for other, level in combinations(factor.levels, 2)]


def _sum(
    crossing: Crossing, differences: Mapping[str, tuple[str, str]], at: Mapping[str, str]
) -> _Sum:
    """Differences of levels at one level of a factor, averaged over all other factors."""
    choices = [_choices(factor, differences, at) for factor in crossing.factors]
    averaged = prod(
        len(factor.levels)
        for factor in crossing.factors
        if factor.name not in differences and factor.name not in at
    )
    weights: dict[str, float] = {}
    missing = []
    for chosen in product(*choices):
        levels = tuple(level for level, _ in chosen)
        arm = crossing.cells.get(levels)
        if arm is None:
            named = zip((factor.name for factor in crossing.factors), levels, strict=True)
            missing.append(" with ".join(f"{name}={level}" for name, level in named))
        else:
            weights[arm] = prod(sign for _, sign in chosen) / averaged
    return _Sum(weights=weights, missing=tuple(missing))


def _choices(
    factor: Factor, differences: Mapping[str, tuple[str, str]], at: Mapping[str, str]
) -> list[tuple[str, int]]:
    """Levels of a factor that take part, with their signs."""
    if factor.name in differences:
        level, reference = differences[factor.name]
        return [(level, 1), (reference, -1)]
    return [(level, 1) for level in ([at[factor.name]] if factor.name in at else factor.levels)]


def _name(differences: Mapping[str, tuple[str, str]], factor: str, level: str) -> str:
    if not differences:
        return f"{factor}={level}"
    said = " by ".join(
        f"{name}={one} vs {name}={zero}" for name, (one, zero) in differences.items()
    )
    return f"{said} at {factor}={level}"
