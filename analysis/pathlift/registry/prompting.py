"""Which arms prompt the stages in an order that was drawn? Knows what is declared, no data.

A channel brings an order of its own, bundled with creative and audience. A sequence of prompts is
an order by assignment: arms that differ in it alone tell what order does (methods 2.6).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from pathlift.registry.document import ArmPart
from pathlift.registry.experiment import Arm, Contrast, Experiment, Stage
from pathlift.registry.findings import Findings

_FEWEST: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderContrast:
    """Two arms that prompt in different orders.

    Attributes
    ----------
    arm, control : str
    besides : tuple of str
        What else differs between them as declared: ``treatment`` or names of factors. Empty: they
        differ in the order alone.
    """

    arm: str
    control: str
    besides: tuple[str, ...]


def check_prompts(findings: Findings, name: str, part: ArmPart, stages: tuple[Stage, ...]) -> None:
    """Report prompts that are no sequence, or that contradict the ordering beside them.

    Parameters
    ----------
    findings : Findings
        Takes the problems.
    name : str
        Of the arm.
    part : ArmPart
    stages : tuple of Stage
        The declared ones; empty where orderings are not observed.
    """
    if part.prompts is None or not findings.intact("stages"):
        return
    loc: Final = ("arms", name, "prompts")
    if part.ordering is not None:
        findings.add_at_key(
            f"arm {name!r} has `prompts` and an `ordering`; its prompts are its ordering",
            "arms",
            name,
            "ordering",
            hint="leave `ordering` out",
        )
    said = ", ".join(part.prompts) or "nothing"
    if stages and sorted(part.prompts) != sorted(stages):
        findings.add(
            f"the prompts of arm {name!r} name {said}; they name every declared stage once:"
            f" {', '.join(stages)}",
            *loc,
        )
    elif len(set(part.prompts)) != len(part.prompts) or len(part.prompts) < _FEWEST:
        findings.add(
            f"the prompts of arm {name!r} name {said}; a sequence names two or three stages, each"
            " once",
            *loc,
        )


def order_contrasts(experiment: Experiment) -> tuple[OrderContrast, ...]:
    """Find the contrasts between arms that prompt in different orders.

    Parameters
    ----------
    experiment : Experiment
        With combined arms in place of their members, as its contrasts name them.

    Returns
    -------
    tuple of OrderContrast
        In the order of the definition. A factor counts as the order itself where arms that differ
        in it alone always prompt in different orders.
    """
    orders = order_factors(experiment.arms)
    return tuple(
        OrderContrast(arm=one.name, control=zero.name, besides=_besides(one, zero, orders))
        for contrast in experiment.analysis.contrasts
        for one, zero in [_arms(experiment, contrast)]
        if one.prompts is not None and zero.prompts is not None and one.prompts != zero.prompts
    )


def order_factors(arms: tuple[Arm, ...]) -> tuple[str, ...]:
    """Find the factors that are the order of the prompts.

    Parameters
    ----------
    arms : tuple of Arm

    Returns
    -------
    tuple of str
        Those of which arms that differ in it alone always prompt in different orders; in the order
        of the first arm that names them.
    """
    named = dict.fromkeys(factor for arm in arms for factor in arm.factors)
    return tuple(factor for factor in named if _is_order(factor, arms))


def _is_order(factor: str, arms: tuple[Arm, ...]) -> bool:
    pairs = [pair for pair in combinations(arms, 2) if _differing(*pair) == (factor,)]
    return bool(pairs) and all(
        one.treatment == zero.treatment
        and None not in (one.prompts, zero.prompts)
        and one.prompts != zero.prompts
        for one, zero in pairs
    )


def _differing(one: Arm, zero: Arm) -> tuple[str, ...]:
    """Factors of which two arms have different levels; none where one is outside the crossing."""
    if one.factors.keys() != zero.factors.keys():
        return ()
    return tuple(name for name, level in one.factors.items() if zero.factors[name] != level)


def _besides(one: Arm, zero: Arm, orders: tuple[str, ...]) -> tuple[str, ...]:
    def found() -> Iterator[str]:
        if one.treatment != zero.treatment:
            yield "treatment"
        for name in dict.fromkeys((*one.factors, *zero.factors)):
            if one.factors.get(name) != zero.factors.get(name) and name not in orders:
                yield name

    return tuple(found())


def _arms(experiment: Experiment, contrast: Contrast) -> tuple[Arm, Arm]:
    return experiment.arm(contrast.arm), experiment.arm(contrast.control)
