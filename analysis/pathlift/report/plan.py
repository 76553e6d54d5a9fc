"""A plan as text, Markdown or JSON. Renders, never computes."""

import json

from pathlift.report.facts import Table
from pathlift.report.markdown import render_pages as markdown_pages
from pathlift.report.numbers import NOTHING, Quantity, number
from pathlift.report.text import render_pages as text_pages
from pathlift.result.plan import CurvePoint, Plan, PlannedMetric

_LIFT_DECIMALS = 2
_SHARE_DECIMALS = 3
_PLAIN_DECIMALS = 3


def render_plan_text(plan: Plan, *, width: int | None = None, color: bool = False) -> str:
    """Render a plan as text.

    Parameters
    ----------
    plan : Plan
    width : int, optional
        Columns of the terminal; None for a pipe or a file.
    color : bool, default False

    Returns
    -------
    str
        Ends with a line end.
    """
    return text_pages(_title(plan), plan.sentence, _parts(plan), width=width, color=color)


def render_plan_markdown(plan: Plan) -> str:
    """Render a plan as Markdown.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    str
        Ends with a line end.
    """
    return markdown_pages(_title(plan), plan.sentence, _parts(plan))


def render_plan_json(plan: Plan) -> str:
    """Render a plan as its JSON document.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    str
        Ends with a line end.
    """
    return json.dumps(plan.to_dict(), indent=2, ensure_ascii=False) + "\n"


def _title(plan: Plan) -> str:
    named = f"{plan.experiment}: {plan.title}" if plan.title else plan.experiment
    return f"Plan of {named}"


def _parts(plan: Plan) -> list[str | Table]:
    parts: list[str | Table] = [_metrics(plan)]
    left = [metric for metric in plan.metrics if metric.not_planned is not None]
    if left:
        parts.append(_not_planned(left))
    if plan.run is not None:
        parts.append(_run(plan))
    if plan.curve:
        parts.append(_curve(plan))
    if plan.allocation is not None:
        shares = ", ".join(
            f"{arm} {number(share, 'share', 1)}" for arm, share in plan.allocation.shares.items()
        )
        parts.append(
            f"Better shares: {shares} need {plan.allocation.total:,} units for the same power, "
            f"{number(plan.allocation.saved, 'share', 1)} fewer."
        )
    parts.append(
        Table(
            title="What this stands on",
            about="",
            head=("", ""),
            rows=(
                ("alpha", f"{plan.alpha:g}, two-sided"),
                ("correction", plan.correction),
                ("looks", plan.looks),
                ("baselines", plan.baselines),
                *(("", said) for said in plan.assumptions),
            ),
            words=frozenset({0, 1}),
        )
    )
    return parts


def _metrics(plan: Plan) -> Table:
    planned = [metric for metric in plan.metrics if metric.not_planned is None]
    several = any(metric.any_arm is not None for metric in planned)
    about = "Of the contrast that needs most; all analysed arms together. Overstated: mean size of "
    about += "what is found, over the effect."
    if several:
        about += " Any and every arm: how often one, and all, are found where all have the effect."
    return Table(
        title="Units needed",
        about=about,
        head=(
            "Metric",
            "Role",
            "Baseline",
            "To find",
            "Lift",
            "Power",
            "Critical |z|",
            "Times",
            "Units",
            "Days",
            "Found with the planned units",
            "Overstated",
            *(("Any arm", "Every arm") if several else ()),
        ),
        rows=tuple(_row(metric, several=several) for metric in planned),
        words=frozenset({0, 1}),
    )


def _row(metric: PlannedMetric, *, several: bool) -> tuple[str, ...]:
    guard = metric.role == "guardrail"
    level, difference = _quantities(metric)
    decimals = _SHARE_DECIMALS if level == "share" else _PLAIN_DECIMALS
    stretch = (metric.inflation or 1.0) * (metric.design_effect or 1.0)
    wanted = (
        f"margin {number(metric.margin, level, decimals)}"
        if guard
        else number(metric.absolute, difference, decimals)
    )
    return (
        _name(metric) + (" *" if metric.decides else ""),
        metric.role,
        number(metric.baseline, level, decimals),
        wanted,
        NOTHING if guard else number(metric.relative, "lift", _LIFT_DECIMALS),
        number(metric.power, "share", 1),
        number(metric.critical_value, "plain", 3),
        NOTHING if stretch == 1 else f"× {stretch:.3f}",
        f"{metric.total:,}" if metric.total is not None else NOTHING,
        f"{metric.days}" if metric.days is not None else NOTHING,
        f"margin {number(metric.smallest_absolute, level, decimals)}"
        if guard
        else number(metric.smallest_relative, "lift", _LIFT_DECIMALS)
        if metric.smallest_relative is not None
        else number(metric.smallest_absolute, difference, decimals),
        NOTHING if metric.exaggeration is None else f"× {metric.exaggeration:.2f}",
        *(
            (number(each, "share", 1) for each in (metric.any_arm, metric.every_arm))
            if several
            else ()
        ),
    )


def _not_planned(metrics: list[PlannedMetric]) -> Table:
    return Table(
        title="Not planned",
        about="",
        head=("Metric", "Role", "Why"),
        rows=tuple(
            (_name(metric), metric.role, (metric.not_planned or {}).get("reason", ""))
            for metric in metrics
        ),
        words=frozenset({0, 1, 2}),
    )


def _run(plan: Plan) -> Table:
    run = plan.run
    if run is None:
        raise ValueError("a plan without traffic has no run")
    return Table(
        title="Duration",
        about="Whole weeks; a week has its rhythm.",
        head=("", "Days"),
        rows=(
            ("first exposures", "not enough units" if run.days is None else f"{run.exposure_days}"),
            ("until the last of them can be read", f"{run.wait_days:g}"),
            ("together", NOTHING if run.days is None else f"{run.days}"),
            ("longest run considered", f"{run.longest_days} ({run.longest_units:,} units)"),
        ),
    )


def _curve(plan: Plan) -> Table:
    return Table(
        title=f"What other sizes find: {plan.curve_of}",
        about="",
        head=("Units", "Power", "", "Smallest found"),
        rows=tuple(_point(point) for point in plan.curve),
        words=frozenset({2}),
    )


def _point(point: CurvePoint) -> tuple[str, ...]:
    filled = round(20 * point.power)
    smallest = (
        number(point.smallest_relative, "lift", _LIFT_DECIMALS)
        if point.smallest_relative is not None
        else number(point.smallest_absolute, "plain", _PLAIN_DECIMALS)
    )
    bar = "█" * filled + "·" * (20 - filled)
    return (f"{point.total:,}", number(point.power, "share", 1), bar, smallest)


def _name(metric: PlannedMetric) -> str:
    if metric.estimand in ("factor", "factor_interaction", "planned"):
        return f"{metric.metric}: {metric.arm} against {metric.control}"
    return metric.metric if metric.ordering is None else f"{metric.metric} {metric.ordering}"


def _quantities(metric: PlannedMetric) -> tuple[Quantity, Quantity]:
    if metric.kind == "proportion":
        return "share", "points"
    return "plain", "plain_difference"
