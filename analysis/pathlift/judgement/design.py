"""What was randomised beside the arm itself? Factors, their crossing, and the order of prompts.

Says what the definition declares; looks at no number.
"""

from collections.abc import Mapping, Sequence

from pathlift.registry.combining import as_compared
from pathlift.registry.crossing import Crossing, crossing_of
from pathlift.registry.experiment import Arm, Experiment
from pathlift.registry.prompting import OrderContrast, order_contrasts, order_factors
from pathlift.result.model import Design, FactorPart, OrderPart


def describe_design(experiment: Experiment) -> Design | None:
    """Describe factors and prompts of an experiment.

    Parameters
    ----------
    experiment : Experiment

    Returns
    -------
    Design or None
        None where arms carry neither factors nor prompts.
    """
    experiment = as_compared(experiment)
    arms = experiment.analyzed_arms
    crossing = crossing_of(experiment)
    prompts = {arm.name: ">".join(arm.prompts) for arm in arms if arm.prompts}
    if crossing is None and not prompts:
        return None
    return Design(
        factors=() if crossing is None else _factors(crossing),
        levels={} if crossing is None else {arm.name: dict(arm.factors) for arm in arms},
        missing=() if crossing is None else crossing.missing,
        prompts=prompts,
        order_factors=order_factors(arms),
        order=tuple(_order_part(each) for each in order_contrasts(experiment)),
        statements=tuple(_statements(arms, crossing, prompts, order_contrasts(experiment))),
    )


def _factors(crossing: Crossing) -> tuple[FactorPart, ...]:
    return tuple(
        FactorPart(factor=factor.name, levels=factor.levels, reference=factor.reference)
        for factor in crossing.factors
    )


def _order_part(contrast: OrderContrast) -> OrderPart:
    return OrderPart(
        arm=contrast.arm,
        control=contrast.control,
        order_alone=not contrast.besides,
        besides=contrast.besides,
    )


def _statements(
    arms: Sequence[Arm],
    crossing: Crossing | None,
    prompts: Mapping[str, str],
    order: Sequence[OrderContrast],
) -> list[str]:
    said = [] if crossing is None else [_crossed(crossing)]
    if not prompts:
        return said
    if len(set(prompts.values())) == 1:
        return [*said, "All prompting arms prompt in one order, so nothing is learnt about order."]
    said.append(
        "The order of the prompts was assigned with the arm, so order is randomised here: what "
        "arms that differ in it alone do differently is caused by the order in which they prompt, "
        "whichever order shoppers then show."
    )
    alone = [f"{each.arm} vs {each.control}" for each in order if not each.besides]
    bundled = [
        f"{each.arm} vs {each.control} ({', '.join(each.besides)})"
        for each in order
        if each.besides
    ]
    if alone:
        said.append(f"Causal for order, as declared: {', '.join(alone)}.")
    if bundled:
        said.append(
            f"Differ in more than the order, so their contrast is of all of it: "
            f"{', '.join(bundled)}."
        )
    of = order_factors(tuple(arms))
    if of:
        said.append(
            f"Levels of {' and '.join(of)} are orders of prompts: their contrasts are causal for "
            "order."
        )
    return said


def _crossed(crossing: Crossing) -> str:
    sizes = " x ".join(str(len(factor.levels)) for factor in crossing.factors)
    named = ", ".join(f"{factor.name} ({', '.join(factor.levels)})" for factor in crossing.factors)
    outside = f" Outside of it: {', '.join(crossing.outside)}." if crossing.outside else ""
    if not crossing.missing:
        return f"A complete {sizes} crossing of {named}.{outside}"
    lacking = "; ".join(
        " with ".join(f"{factor}={level}" for factor, level in cell.items())
        for cell in crossing.missing
    )
    return (
        f"An incomplete {sizes} crossing of {named}: no arm has {lacking}. What needs them is not "
        f"estimated.{outside}"
    )
