"""One experiment after another, drawn from the same units, with and without an effect."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from pathlift.calibration.dealing import Deck, Hand, Places, dealt
from pathlift.calibration.estimating import holds
from pathlift.calibration.looking import excludes_zero
from pathlift.calibration.rerandomised import Key, by_row, drafts_of_all
from pathlift.inference.label_groups import OTHER
from pathlift.inference.solving import solve
from pathlift.inference.tails import one_sided_critical, two_sided_critical
from pathlift.outcomes.bucketing import Buckets
from pathlift.registry.experiment import Experiment, RatioOf
from pathlift.result.model import Estimate
from pathlift.statistics.cells import label
from pathlift.statistics.collected import Statistics

ROUND = 10
"""Experiments drawn from one partition into buckets."""

PEEKED = 3
"""Every so many experiments one is peeked at: that costs as much as all looks together."""

_POWER = 0.8
_MOST = 0.9  # of the zeros of a proportion that an effect may turn


@dataclass(slots=True)
class Seen:
    """Values of one row, one a replicate: the round, and the share of its contrasts.

    Attributes
    ----------
    false_positives, peeking, coverage, power : list of (int, float)
    value, effect : float or None
        Of all units, and what was put into the treated arms.
    reason : str
        Why something is missing.
    """

    false_positives: list[tuple[int, float]] = field(default_factory=list)
    peeking: list[tuple[int, float]] = field(default_factory=list)
    coverage: list[tuple[int, float]] = field(default_factory=list)
    power: list[tuple[int, float]] = field(default_factory=list)
    value: float | None = None
    effect: float | None = None
    reason: str = ""


class Trial:
    """Draws experiments, and remembers what their analyses said.

    Parameters
    ----------
    experiment : Experiment
        From `plain`.
    whole : Statistics
        Of the units as they are.
    buckets : Buckets
    seed, looks : int
    lift : float or None
        Relative; None: what each metric finds in 80%.
    """

    def __init__(
        self,
        experiment: Experiment,
        whole: Statistics,
        buckets: Buckets,
        *,
        seed: int,
        looks: int,
        lift: float | None,
    ) -> None:
        self.experiment, self.seen = experiment, dict[Key, Seen]()
        self._whole, self._buckets = whole, buckets
        self._seed, self._looks, self._lift = seed, looks, lift
        self._shares: dict[str, float] | None = None
        self._lifts: dict[str, float] = {}
        weight = sum(arm.weight for arm in experiment.arms)
        self.shares = {arm.name: arm.weight / weight for arm in experiment.arms}

    def draw(self, place: int) -> None:
        """Draw and analyse one experiment.

        Parameters
        ----------
        place : int
            Its number, from 0, ascending.
        """
        if place % ROUND == 0:
            self._deal(place // ROUND)
        rng = np.random.default_rng((self._seed, place))
        held = self._held(rng.permutation(self._buckets.count))
        nothing = self._estimates({arm: (self._base, each) for arm, each in held.items()})
        found = {key: (estimates, self._seen(key)) for key, estimates in nothing.items()}
        for estimates, seen in found.values():
            _add(
                place, seen, seen.false_positives, [excludes_zero(e) for e in estimates], estimates
            )
        for key, estimates in self._effects(held).items():
            seen = self._seen(key)
            true = [self._true[key, e.arm, e.control] for e in estimates]
            inside = [holds(e.absolute, t) for e, t in zip(estimates, true, strict=True)]
            _add(place, seen, seen.coverage, inside, estimates)
            there = [(e, t) for e, t in zip(estimates, true, strict=True) if t]
            hits = [excludes_zero(e) and _sign(e) == np.sign(t) for e, t in there]
            _add(place, seen, seen.power, hits, [e for e, _ in there])
        if self._looks > 1 and place % PEEKED == 0:
            self._peek(place, held)

    def _peek(self, place: int, held: Mapping[str, Places]) -> None:
        found: dict[Key, list[bool]] = {}
        for look in range(1, self._looks + 1):
            so_far = {
                arm: (self._base, each[: max(2, round(len(each) * look / self._looks))])
                for arm, each in held.items()
            }
            for key, estimates in self._estimates(so_far).items():
                now = [excludes_zero(e) for e in estimates]
                before = found.get(key, [False] * len(now))
                found[key] = [a or b for a, b in zip(before, now, strict=True)]
        for key, values in found.items():
            seen = self._seen(key)
            if not seen.reason:
                seen.peeking.append((place // ROUND, float(np.mean(values))))

    def _deal(self, number: int) -> None:
        """Deal all units into buckets, and learn what is true of all of them."""
        salt = self._seed * 1_000_003 + number
        self._base = self._deck(salt, None)
        everyone = dict.fromkeys(self.shares, np.arange(self._buckets.count))
        if self._shares is None:
            same = self._estimates({arm: (self._base, each) for arm, each in everyone.items()})
            self._shares = self._chosen(same)
            self._lifts = self._of_orderings(same)
        self._with_effect = self._deck(salt, self._shares)
        self._with_orderings = self._deck(salt, None, self._by_label(self._lifts))
        pool = self._effects(everyone)
        self._true = {
            (key, e.arm, e.control): e.absolute.estimate or 0.0 if e.absolute else 0.0
            for key, estimates in pool.items()
            for e in estimates
        }
        for key, (first_of_row, *_) in pool.items():
            seen = self._seen(key)
            seen.value = first_of_row.control_value
            seen.effect = (
                seen.effect or self._true[key, first_of_row.arm, first_of_row.control] or None
            )

    def _deck(
        self,
        salt: int,
        shares: Mapping[str, float] | None,
        of_labels: Mapping[int, float] | None = None,
    ) -> Deck:
        return Deck(
            bucketed=self._buckets.dealt(salt, shares, of_labels),
            count=self._buckets.count,
            label_class=self._whole.label_class,
        )

    def _held(self, order: Places) -> dict[str, Places]:
        """Buckets of each arm, in the order in which they come."""
        ends = np.rint(np.cumsum([0.0, *self.shares.values()]) * len(order)).astype(np.intp)
        return {
            arm: order[low:high]
            for arm, low, high in zip(self.shares, ends[:-1], ends[1:], strict=True)
        }

    def _effects(self, held: Mapping[str, Places]) -> dict[Key, list[Estimate]]:
        """Metrics under effects on metrics, orderings under effects on each ordering's own."""
        of_metrics = self._estimates(self._treated(held, self._with_effect))
        if not self._lifts:
            return of_metrics
        of_orderings = self._estimates(self._treated(held, self._with_orderings))
        return {
            key: of_orderings[key] if key[0] == "incidence" else estimates
            for key, estimates in of_metrics.items()
        }

    def _treated(self, held: Mapping[str, Places], deck: Deck) -> dict[str, Hand]:
        control = self.experiment.control.name
        return {arm: (self._base if arm == control else deck, each) for arm, each in held.items()}

    def _estimates(self, hands: Mapping[str, Hand]) -> dict[Key, list[Estimate]]:
        statistics = dealt(self._whole, hands)
        drafts = drafts_of_all(self.experiment, statistics)
        return by_row(solve(drafts, alpha=self.experiment.analysis.alpha))

    def _chosen(self, same: Mapping[Key, list[Estimate]]) -> dict[str, float]:
        """Effect of each metric that has numbers of its own: lifts, and shares of zeros."""
        found = {}
        for metric in self.experiment.metrics:
            estimate = same["itt", metric.name, None][0]
            value, error = estimate.control_value, self._error(estimate)
            if isinstance(metric.source, RatioOf) or not value or error is None:
                continue
            lift = self._lift_of(value, error)
            if metric.kind == "proportion" and lift > 0 and value < 1:
                lift = min(lift * value / (1 - value), _MOST)
            found[metric.name] = max(lift, -1.0)
        return found

    def _of_orderings(self, same: Mapping[Key, list[Estimate]]) -> dict[str, float]:
        """Relative effect on the incidence of each complete ordering."""
        found = {}
        for (estimand, _, ordering), (estimate, *_others) in same.items():
            value, error = estimate.control_value, self._error(estimate)
            if estimand == "incidence" and ordering not in (None, OTHER) and value and error:
                found[str(ordering)] = self._lift_of(value, error)
        return found

    def _by_label(self, lifts: Mapping[str, float]) -> dict[int, float]:
        """Of those who show a label and do not convert, how many have to; or the other way."""
        found = {}
        for code, (counts, _) in self._base.cells.items():
            ordering = label(code, self.experiment.stage_names).ordering
            units, converted = (int(each) for each in counts.sum(axis=0))
            if ordering in lifts and 0 < converted < units:
                lift = lifts[ordering]
                grown = min(lift * converted / (units - converted), _MOST)
                found[code] = grown if lift > 0 else lift
        return found

    def _error(self, estimate: Estimate) -> float | None:
        """Standard error of a contrast, from that of arms that both hold all units."""
        if estimate.standard_error is None:
            return None
        thinner = 1 / self.shares[estimate.arm] + 1 / self.shares[estimate.control]
        return estimate.standard_error * float(np.sqrt(thinner / 2))

    def _lift_of(self, value: float, error: float) -> float:
        if self._lift is not None:
            return self._lift
        alpha = self.experiment.analysis.alpha
        reach = float(two_sided_critical(alpha)) + float(one_sided_critical(1 - _POWER))
        return reach * error / abs(value)

    def _seen(self, key: Key) -> Seen:
        return self.seen.setdefault(key, Seen())


def _add(
    place: int,
    seen: Seen,
    values: list[tuple[int, float]],
    flags: list[bool],
    estimates: list[Estimate],
) -> None:
    refused = next((e.not_estimated for e in estimates if e.not_estimated), None)
    if refused is not None:
        seen.reason = seen.reason or refused["reason"]
    elif flags:
        values.append((place // ROUND, float(np.mean(flags))))


def _sign(estimate: Estimate) -> float:
    span = estimate.absolute
    return float(np.sign(span.estimate or 0.0)) if span else 0.0
