"""Which numbers of which experiments may be combined, and why the others may not.

Nothing is dropped without a word: whatever a result holds of the question and no combination takes
is named with its reason.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pathlift.errors import PathliftError, Problem
from pathlift.portfolio.numbers import PAIRS, Number, Pair, difference, log_ratio, pair_of
from pathlift.portfolio.reading import Found
from pathlift.result.model import Estimate, Result
from pathlift.result.portfolio import LeftOut

OUTCOME = "conversion"
"""How the metric is named in words where experiments call their outcome differently."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What is combined.

    Attributes
    ----------
    metric, kind : str
    better : str or None
        Direction that is better, where all experiments say the same.
    window : str or None
        Of every experiment that is combined.
    numbers : tuple of Number
    used : tuple of Found
        Results that some number comes from.
    left_out : tuple of LeftOut
    """

    metric: str
    kind: str
    better: str | None
    window: str | None
    numbers: tuple[Number, ...]
    used: tuple[Found, ...]
    left_out: tuple[LeftOut, ...]


@dataclass(slots=True)
class _Sieve:
    """Experiments that are still in, and what fell through."""

    kept: list[Found]
    left_out: list[LeftOut] = field(default_factory=list)

    def out(self, one: Found, what: str, reason: str) -> None:
        self.left_out.append(LeftOut(experiment=one.name, what=what, reason=reason))

    def drop(self, reason_of: Callable[[Found], str]) -> None:
        """Leave out each experiment for which there is a reason."""
        for one in self.kept:
            if reason := reason_of(one):
                self.out(one, "experiment", reason)
        self.kept = [one for one in self.kept if not reason_of(one)]

    def agree(self, value_of: Callable[[Found], Hashable], why: Callable[[Found], str]) -> None:
        """Keep the experiments whose value is the most common one."""
        usual = _usual(self.kept, value_of)
        self.drop(lambda one: "" if value_of(one) == usual else why(one))


def choose(
    found: Sequence[Found], *, metric: str | None = None, window: str | None = None
) -> Chosen:
    """Sort the numbers of all results into those that are combined and those that are not.

    Parameters
    ----------
    found : sequence of Found
        Those that share units included: what is unusable is left out before they are refused.
    metric : str, optional
        Whose effect is combined; else the outcome of each experiment.
    window : str, optional
        Of the experiments that are combined, such as 14d; else the most common one.

    Returns
    -------
    Chosen

    Raises
    ------
    PathliftError
        If no result has that metric, or that window.
    """
    _refuse_unknown(found, metric, window)
    sieve = _Sieve(kept=list(found))
    sieve.drop(_invalid)
    sieve.drop(lambda one: _lacks_metric(one, metric))
    if window is not None:
        sieve.drop(
            lambda one: "" if one.result.data.window == window else f"its window is {_window(one)}"
        )
    else:
        usual = _usual(sieve.kept, lambda one: one.result.data.window)
        others = "no window" if usual is None else f"a window of {usual}"
        sieve.agree(
            lambda one: one.result.data.window,
            lambda one: (
                f"its window is {_window(one)}, most others have {others}; "
                f"`--window {_window(one)}` combines those like it"
            ),
        )
    kinds = {one.name: _kind(one, metric) for one in sieve.kept}
    kind = _usual(sieve.kept, lambda one: kinds[one.name])
    sieve.agree(
        lambda one: kinds[one.name],
        lambda one: f"its {_metric(one, metric)} is a {kinds[one.name]}, in most others a {kind}",
    )
    sieve.agree(
        _drawn,
        lambda one: (
            "whole clusters were drawn in it, units in most others: an effect on a cluster holds "
            "what its units do to each other"
            if _drawn(one)
            else "units were drawn in it, whole clusters in most others"
        ),
    )
    stages = _usual([one for one in sieve.kept if _stages(one)], _stages)
    numbers_of = [(one, tuple(_numbers(one, metric, sieve, stages=stages))) for one in sieve.kept]
    windows = {one.result.data.window for one in sieve.kept}
    return Chosen(
        metric=metric or _common_name(sieve.kept),
        kind="proportion" if kind is None else str(kind),
        better=_better(sieve.kept, metric),
        window=windows.pop() if len(windows) == 1 else None,
        numbers=tuple(number for _, numbers in numbers_of for number in numbers),
        used=tuple(one for one, numbers in numbers_of if numbers),
        left_out=_merged(sieve.left_out),
    )


def _merged(left_out: Sequence[LeftOut]) -> tuple[LeftOut, ...]:
    """One line for all that an experiment lacks for one reason."""
    numbers: dict[tuple[str, str, str], list[str]] = {}
    for one in left_out:
        number, _, pair = one.what.rpartition(", ")
        numbers.setdefault((one.experiment, pair, one.reason), []).append(number)
    return tuple(
        LeftOut(
            experiment=experiment,
            what=f"{pair}: {', '.join(named)}" if any(named) else pair,
            reason=reason,
        )
        for (experiment, pair, reason), named in numbers.items()
    )


def _numbers(
    one: Found, metric: str | None, sieve: _Sieve, *, stages: Hashable
) -> Iterator[Number]:
    """Numbers of one experiment, and into the sieve what it has of no use."""
    result = one.result
    treatments = _treatments(result)
    name = _metric(one, metric)
    asked = [e for e in result.estimates if _is_asked(e, name)]
    if _stages(one) and _stages(one) != stages:
        asked = [e for e in asked if e.estimand == "itt"]
        sieve.out(one, "orderings", "its stages are not those of most others")
    contrasts = list(dict.fromkeys((e.arm, e.control) for e in asked))
    pairs: dict[Pair, list[tuple[str, str]]] = {}
    for arm, control in contrasts:
        named = pair_of(treatments.get(arm), treatments.get(control))
        if named is None:
            sieve.out(one, f"{arm} vs {control}", _no_pair(arm, control, treatments))
        else:
            pairs.setdefault(named[0], []).append((arm, control))
    for pair in _could_have(treatments, pairs):
        sieve.out(
            one,
            str(pair),
            "has arms of both, but not this contrast; `contrasts: all_pairs` estimates it",
        )
    for pair, contrasts in pairs.items():
        if len(contrasts) > 1:
            listed = " and ".join(f"{arm} vs {control}" for arm, control in contrasts)
            sieve.out(
                one,
                str(pair),
                f"has several: {listed}, which share units; `combine` reads arms of one treatment "
                "as one",
            )
            continue
        (contrast,) = contrasts
        mine = [e for e in asked if (e.arm, e.control) == contrast]
        yield from _of_contrast(one, pair, mine, treatments, sieve)


def _of_contrast(
    one: Found,
    pair: Pair,
    estimates: Sequence[Estimate],
    treatments: Mapping[str, str | None],
    sieve: _Sieve,
) -> Iterator[Number]:
    for estimate in estimates:
        turned = treatments[estimate.arm] == pair.control
        what = f"{estimate.ordering or estimate.metric}, {pair}"
        if reason := _unfit(one.result, estimate):
            sieve.out(one, what, reason)
            continue
        absolute = difference(one.result, estimate, pair, turned=turned)
        if absolute is None:
            sieve.out(one, what, "it has no standard error above 0")
            continue
        yield absolute
        if estimate.estimand != "itt":
            continue
        relative = log_ratio(one.result, estimate, pair, turned=turned)
        if relative is None:
            sieve.out(one, f"lift of {what}", "a lift needs both arms above 0")
            continue
        yield relative


def _is_asked(estimate: Estimate, metric: str) -> bool:
    if estimate.segment is not None:
        return False
    if estimate.estimand == "itt":
        return estimate.metric == metric
    return estimate.estimand == "incidence" and estimate.metric == metric


def _unfit(result: Result, estimate: Estimate) -> str:
    """Why a number cannot stand in a combination; empty where it can."""
    if estimate.not_estimated is not None:
        return f"not estimated: {estimate.not_estimated.get('reason', '')}"
    match estimate.causal_status:
        case "invalid":
            failed = [check.id for check in result.checks if check.severity == "fail"]
            return f"a check failed ({', '.join(dict.fromkeys(failed)) or 'unknown'})"
        case "descriptive":
            return "it is descriptive, no contrast of randomised arms"
        case _:
            return ""


def _invalid(one: Found) -> str:
    decision = one.result.decision
    if decision.verdict != "invalid":
        return ""
    failed = [check.id for check in one.result.checks if check.severity == "fail"]
    why = f": {', '.join(dict.fromkeys(failed))} failed" if failed else ""
    return f"its verdict is invalid{why}"


def _lacks_metric(one: Found, metric: str | None) -> str:
    name = _metric(one, metric)
    if any(e.estimand == "itt" and e.metric == name for e in one.result.estimates):
        return ""
    if metric is None:
        return f"it has no metric {name!r}, and no ordering that converted; name one by `--metric`"
    return f"it has no metric {name!r}"


def _metric(one: Found, metric: str | None) -> str:
    """Name of the metric in one experiment; its outcome is what its orderings converted to."""
    if metric is not None:
        return metric
    outcomes = (e.metric for e in one.result.estimates if e.estimand == "incidence" and e.metric)
    return next(outcomes, OUTCOME)


def _kind(one: Found, metric: str | None) -> str:
    name = _metric(one, metric)
    return next(e.kind for e in one.result.estimates if e.estimand == "itt" and e.metric == name)


def _better(found: Sequence[Found], metric: str | None) -> str | None:
    said = {
        e.better
        for one in found
        for e in one.result.estimates
        if e.estimand == "itt" and e.metric == _metric(one, metric)
    }
    return said.pop() if len(said) == 1 else None


def _common_name(found: Sequence[Found]) -> str:
    names = {_metric(one, None) for one in found}
    return names.pop() if len(names) == 1 else OUTCOME


def _drawn(one: Found) -> bool:
    """Whether whole clusters were drawn into some arm."""
    return any(check.figures.get("randomised") == "clusters" for check in one.result.checks)


def _stages(one: Found) -> frozenset[str]:
    """Stages whose orderings it has; empty where it has none."""
    orderings = (e.ordering for e in one.result.estimates if e.estimand == "incidence")
    return frozenset(
        stage for name in orderings if name and ">" in name for stage in name.split(">")
    )


def _window(one: Found) -> str:
    return one.result.data.window or "none"


def _treatments(result: Result) -> dict[str, str | None]:
    """Treatment by arm as estimates name it: a combined arm has that of its parts."""
    found: dict[str, str | None] = {}
    parts: dict[str, set[str | None]] = {}
    for arm in result.arms:
        if not arm.analyzed:
            continue
        if arm.combined_into is None:
            found[arm.arm] = arm.treatment
        else:
            parts.setdefault(arm.combined_into, set()).add(arm.treatment)
    return found | {name: next(iter(of)) if len(of) == 1 else None for name, of in parts.items()}


def _could_have(treatments: Mapping[str, str | None], pairs: Mapping[Pair, object]) -> list[Pair]:
    there = set(treatments.values())
    return [p for p in PAIRS if {p.treatment, p.control} <= there and p not in pairs]


def _no_pair(arm: str, control: str, treatments: Mapping[str, str | None]) -> str:
    without = [name for name in (arm, control) if treatments.get(name) is None]
    if without:
        return f"no `treatment` is declared for {' and '.join(without)}"
    return f"both arms have the treatment {treatments[arm]}"


def _usual(found: Sequence[Found], value_of: Callable[[Found], Hashable]) -> Hashable:
    """The value that most experiments have; of equally common ones, that of more units."""
    experiments = Counter(value_of(one) for one in found)
    units: Counter[Hashable] = Counter()
    for one in found:
        units[value_of(one)] += one.result.data.units
    return max(experiments, key=lambda value: (experiments[value], units[value]), default=None)


def _refuse_unknown(found: Sequence[Found], metric: str | None, window: str | None) -> None:
    problems = []
    metrics = {e.metric for one in found for e in one.result.estimates if e.estimand == "itt"}
    if metric is not None and metric not in metrics:
        known = ", ".join(sorted(name for name in metrics if name))
        problems.append(Problem(message=f"no result has a metric {metric!r}; there is {known}"))
    windows = sorted({_window(one) for one in found})
    if window is not None and window not in windows:
        known = ", ".join(windows)
        problems.append(Problem(message=f"no result has a window of {window!r}; there is {known}"))
    if problems:
        raise PathliftError(problems)
