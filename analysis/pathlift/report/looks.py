"""What a report says of looking several times: a sentence at the verdict, a table below."""

from pathlift.report.facts import Table
from pathlift.report.numbers import MINUS, NOTHING, Quantity, count, decimals_of, interval, p_value
from pathlift.result.model import ContrastLook, Result, Span

_PLANS = {
    "group_sequential": "a group-sequential plan",
    "anytime": "a plan that is valid at any time",
}


def looks_sentence(result: Result) -> str:
    """What looking before means for the numbers of this look.

    Parameters
    ----------
    result : Result

    Returns
    -------
    str
        Empty for the first look of an experiment that plans one.
    """
    looks = result.looks
    if looks.method == "fixed":
        peeked = next(
            (c for c in result.checks if c.id == "peeking" and c.severity == "warn"), None
        )
        return "" if peeked is None else peeked.message
    planned = "" if looks.planned_units is None else f" of {count(looks.planned_units)} units"
    return (
        f"Look {looks.taken} of {_PLANS.get(looks.method, looks.method)}{planned}: metrics that "
        "decide and guardrails hold at every look; all other numbers hold at a single look and "
        "are not protected against peeking."
    )


def looks_table(result: Result) -> Table | None:
    """Contrasts that decide, over the looks so far.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Table or None
        None where one look is planned.
    """
    looks = result.looks
    if looks.method == "fixed" or not looks.contrasts:
        return None
    anytime = looks.method == "anytime"
    seen = "planned units" if anytime else "planned information"
    bound = "multiplier of the standard error" if anytime else "boundary that z must reach"
    last = (
        ("Smallest p so far", "Not excluded so far") if anytime else ("Final p", "Final interval")
    )
    return Table(
        title="Looks",
        about=f"Share of the {seen} seen, and the {bound}, at look {looks.taken}; p and intervals "
        "hold at every look."
        + ("" if anytime else " Final values account for stopping; there are none before."),
        head=("Contrast", "Look", "Seen", "z", "Bound", "Alpha spent", "p", "Interval", *last),
        rows=tuple(_row(result, contrast, anytime=anytime) for contrast in looks.contrasts),
        words=frozenset({0}),
    )


def _row(result: Result, contrast: ContrastLook, *, anytime: bool) -> tuple[str, ...]:
    quantity = _quantity(result, contrast.id)
    places = decimals_of([contrast.interval or contrast.running], quantity)
    final = contrast.final
    if anytime:
        last = (
            _p(contrast.running_p),
            "nothing: inconsistent"
            if contrast.inconsistent
            else interval(contrast.running, quantity, places),
        )
    else:
        last = (
            NOTHING if final is None else _p(final.p_value),
            NOTHING
            if final is None
            else interval(
                Span(estimate=final.estimate, low=final.low, high=final.high), quantity, places
            ),
        )
    return (
        _name(contrast.id),
        NOTHING if contrast.stage is None else str(contrast.stage),
        NOTHING
        if contrast.information_fraction is None
        else f"{contrast.information_fraction:.1%}",
        _z(contrast.statistic),
        _z(contrast.boundary),
        NOTHING if contrast.spent is None else f"{contrast.spent:.2g}",
        _p(contrast.p_value),
        NOTHING if contrast.interval is None else interval(contrast.interval, quantity, places),
        *last,
    )


def _quantity(result: Result, id: str) -> Quantity:
    kind = next((e.kind for e in result.estimates if e.id == id), "mean")
    return "points" if kind == "proportion" else "plain_difference"


def _name(id: str) -> str:
    """``metric, arm-control`` of an id."""
    parts = id.split("/")
    return f"{parts[1]}, {parts[-1]}"


def _p(p: float | None) -> str:
    return NOTHING if p is None else p_value(p)


def _z(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.2f}".replace("-", MINUS)
