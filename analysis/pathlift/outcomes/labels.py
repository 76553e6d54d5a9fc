"""The observed ordering of a unit, as expressions over its distances from first exposure.

Reads ``STAGE_d`` and ``purchase_d`` (microseconds after t0, NULL where it did not happen).
"""

from collections.abc import Sequence

from sqlglot import exp

from pathlift.outcomes.composing import aliased, any_of, bits, case, name, parse, total, value
from pathlift.outcomes.journeys import STAGE_BITS
from pathlift.registry.experiment import STAGES, Stage
from pathlift.statistics.cells import UNKNOWN

_WEIGHTS = dict(zip(STAGES, (16, 4, 1), strict=True))


def reached(stages: Sequence[Stage]) -> list[exp.Expr]:
    """``STAGE_at``: the distance of a stage at or before the first purchase, on the raw clock.

    Parameters
    ----------
    stages : sequence of Stage
        Declared.

    Returns
    -------
    list of Expr
    """
    return [
        aliased(
            parse(
                "case when $p is null or $s <= $p then $s end",
                p=name("purchase_d"),
                s=name(f"{stage}_d"),
            ),
            f"{stage}_at",
        )
        for stage in stages
    ]


def cells(stages: Sequence[Stage], resolution: int) -> list[exp.Expr]:
    """``STAGE_cell``: the stage's place on the absolute grid of `resolution` microseconds.

    Parameters
    ----------
    stages : sequence of Stage
        Declared.
    resolution : int
        Microseconds; 0 is exact.

    Returns
    -------
    list of Expr
    """
    return [aliased(_cell(name(f"{stage}_at"), resolution), f"{stage}_cell") for stage in stages]


def code(stages: Sequence[Stage], *, unknown: exp.Expr | None = None) -> exp.Expr:
    """The label code, 16 * need + 4 * touchpoint + trust of competition ranks.

    Parameters
    ----------
    stages : sequence of Stage
        Declared.
    unknown : Expr, optional
        Where it holds, the code is 63: a stage was in outage.

    Returns
    -------
    Expr
    """
    terms = [
        exp.Mul(this=exp.Paren(this=_rank(stage, stages)), expression=value(_WEIGHTS[stage]))
        for stage in stages
    ]
    if unknown is None:
        return exp.cast(total(terms), "integer")
    return exp.cast(case([(unknown, value(UNKNOWN))], total(terms)), "integer")


def starts_at_exposure(stages: Sequence[Stage]) -> exp.Expr:
    """Whether the first stage of the label lies at t0 exactly.

    Parameters
    ----------
    stages : sequence of Stage
        Declared.

    Returns
    -------
    Expr
    """
    return parse(
        "coalesce($any, false)",
        any=any_of([parse("$s = 0", s=name(f"{stage}_at")) for stage in stages]),
    )


def meets_purchase(stages: Sequence[Stage], resolution: int) -> exp.Expr:
    """Stages, as bits, that share the purchase's cell of the grid: which came first is a rule.

    Parameters
    ----------
    stages : sequence of Stage
        Declared.
    resolution : int
        Microseconds; 0 is exact.

    Returns
    -------
    Expr
        Bits as of the baseline: 1 need, 2 touchpoint, 4 trust.
    """
    bought = _cell(name("purchase_d"), resolution)
    same = {stage: exp.EQ(this=name(f"{stage}_cell"), expression=bought.copy()) for stage in stages}
    return bits([case([(same[stage], value(STAGE_BITS[stage]))], value(0)) for stage in stages])


def _cell(distance: exp.Expr, resolution: int) -> exp.Expr:
    if not resolution:
        return distance
    return parse("(t0 + $d) // $r", d=distance, r=value(resolution))


def _rank(stage: Stage, stages: Sequence[Stage]) -> exp.Expr:
    own = name(f"{stage}_cell")
    earlier = [
        case([(exp.LT(this=name(f"{other}_cell"), expression=own.copy()), value(1))], value(0))
        for other in stages
        if other != stage
    ]
    return case([(exp.Is(this=own, expression=exp.Null()), value(0))], total([value(1), *earlier]))
