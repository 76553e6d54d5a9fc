"""A portfolio as text, Markdown, JSON or a page. Renders, never computes."""

import json
from dataclasses import dataclass

from markupsafe import Markup

from pathlift.report.bars import HEIGHT, WIDTH, Tick, ticks_of
from pathlift.report.facts import Table
from pathlift.report.forest import Mark, drawn_in_characters, marks_of, scale_of
from pathlift.report.html import Link, environment_of_pages, policy_of
from pathlift.report.markdown import render_pages as markdown_pages
from pathlift.report.numbers import NOTHING, Quantity, decimals_of, interval, number, p_value
from pathlift.report.text import render_pages as text_pages
from pathlift.report.words import CONCLUSION, ordering_words
from pathlift.result.portfolio import Combination, Portfolio

TITLE = "Portfolio"


@dataclass(frozen=True, slots=True, kw_only=True)
class Forest:
    """One combination as it is shown.

    Attributes
    ----------
    title, about : str
    rows : tuple of (Mark, str, str, str)
        Mark, estimate, interval, weight.
    ticks : tuple of Tick
        Numbers under the plot.
    """

    title: str
    about: str
    rows: tuple[tuple[Mark, str, str, str], ...]
    ticks: tuple[Tick, ...]


def render_portfolio_text(
    portfolio: Portfolio, *, width: int | None = None, color: bool = False
) -> str:
    """Render a portfolio as text.

    Parameters
    ----------
    portfolio : Portfolio
    width : int, optional
        Columns of the terminal; None for a pipe or a file.
    color : bool, default False

    Returns
    -------
    str
        Ends with a line end.
    """
    return text_pages(
        TITLE, portfolio.sentence, _parts(portfolio, drawn=True), width=width, color=color
    )


def render_portfolio_markdown(portfolio: Portfolio) -> str:
    """Render a portfolio as Markdown.

    Parameters
    ----------
    portfolio : Portfolio

    Returns
    -------
    str
        Ends with a line end.
    """
    return markdown_pages(TITLE, portfolio.sentence, _parts(portfolio, drawn=False))


def render_portfolio_json(portfolio: Portfolio) -> str:
    """Render a portfolio as its JSON document.

    Parameters
    ----------
    portfolio : Portfolio

    Returns
    -------
    str
        Ends with a line end.
    """
    return json.dumps(portfolio.to_dict(), indent=2, ensure_ascii=False) + "\n"


def render_portfolio_html(portfolio: Portfolio, *, up: Link | None = None) -> str:
    """Render a portfolio as a page that stands alone.

    Parameters
    ----------
    portfolio : Portfolio
    up : Link, optional
        To the page that this one belongs to.

    Returns
    -------
    str
        HTML without scripts; it makes no request.
    """
    environment = environment_of_pages()
    css = environment.get_template("page.css").render().strip()
    return environment.get_template("portfolio.html").render(
        up=up,
        title=TITLE,
        portfolio=portfolio,
        forests=[forest_of(one) for one in portfolio.combinations],
        overview=_overview(portfolio),
        tables=[table for table in (_experiments(portfolio), _left_out(portfolio)) if table.rows],
        methods=_methods(portfolio),
        css=Markup(css),  # our own file; escaping would break its selectors
        policy=policy_of(css),
        width=WIDTH,
        height=HEIGHT,
        document=Markup(portfolio.model_dump_json().replace("<", "\\u003c")),
    )


def forest_of(one: Combination) -> Forest:
    """What is shown of one combination.

    Parameters
    ----------
    one : Combination

    Returns
    -------
    Forest
    """
    quantity = _quantity(one)
    marks = marks_of(one)
    decimals = decimals_of([mark.span for mark in marks], quantity)
    weights = [part.weight for part in one.parts]
    weights += [None] * (len(marks) - len(weights))
    return Forest(
        title=_title(one),
        about=_about(one, quantity, decimals),
        rows=tuple(
            (
                mark,
                NOTHING if mark.prediction else number(mark.span.estimate, quantity, decimals),
                interval(mark.span, quantity, decimals),
                NOTHING if weight is None else number(weight, "share", 0),
            )
            for mark, weight in zip(marks, weights, strict=True)
        ),
        ticks=ticks_of(scale_of(one), quantity),
    )


def _parts(portfolio: Portfolio, *, drawn: bool) -> list[str | Table]:
    """All below the first sentence; plots of characters need a font and spaces that stay."""
    parts: list[str | Table] = list(portfolio.answers[1:])
    if portfolio.combinations:
        parts.append(_overview(portfolio))
    for forest in (forest_of(one) for one in portfolio.combinations):
        head = ("Experiment", "Effect", "Interval", "Weight", "0 is the upright line")
        rows = (
            (mark.name, estimate, ends, weight, drawn_in_characters(mark))
            for mark, estimate, ends, weight in forest.rows
        )
        parts.append(
            Table(
                title=forest.title,
                about=forest.about,
                head=head if drawn else head[:-1],
                rows=tuple(row if drawn else row[:-1] for row in rows),
                words=frozenset({0, 4}),
            )
        )
    parts += [table for table in (_experiments(portfolio), _left_out(portfolio)) if table.rows]
    if portfolio.assumptions:
        parts.append(
            Table(
                title="What this stands on",
                about="",
                head=("",),
                rows=tuple((said,) for said in (*portfolio.assumptions, *_methods(portfolio))),
                words=frozenset({0}),
            )
        )
    return parts


def _overview(portfolio: Portfolio) -> Table:
    """One line a contrast: what a reader looks for first."""
    adjusted = any(one.p_adjusted is not None for one in portfolio.combinations)
    apart = (
        " p is adjusted over its family (Holm), the interval is that of the mean alone, so the two "
        "may disagree."
    )
    return Table(
        title="At a glance",
        about="Mean over k experiments, and where the effect of one more would lie."
        + (apart if adjusted else ""),
        head=("Contrast", "Of", "k", "Mean", "Interval", "One more", "p", "Conclusion"),
        rows=tuple(_line(one) for one in portfolio.combinations),
        words=frozenset({0, 1, 7}),
    )


def _line(one: Combination) -> tuple[str, ...]:
    quantity = _quantity(one)
    decimals = decimals_of([one.effect or one.parts[0].effect], quantity)
    mark, said = CONCLUSION[one.conclusion]
    return (
        f"{one.treatment} vs {one.control}",
        _of(one),
        str(one.experiments),
        number(None if one.effect is None else one.effect.estimate, quantity, decimals),
        interval(one.effect, quantity, decimals),
        interval(one.prediction, quantity, decimals),
        p_value(one.p_value if one.p_adjusted is None else one.p_adjusted, one.alpha),
        f"{mark} {said if one.experiments > 1 else 'one experiment'}",
    )


def _methods(portfolio: Portfolio) -> tuple[str, ...]:
    """What all numbers have in common, said once."""
    assumed = dict.fromkeys(" and ".join(one.assumptions) for one in portfolio.combinations)
    methods = dict.fromkeys(one.method for one in portfolio.combinations)
    said = [f"Every mean is causal if {those}." for those in assumed]
    said += [f"{method[0].upper()}{method[1:]}." for method in methods]
    return tuple(said)


def _of(one: Combination) -> str:
    """What the contrast is about, in a word or two."""
    if one.ordering is not None:
        return ordering_words(one.ordering)
    return "lift" if one.scale == "relative" else "effect"


def _title(one: Combination) -> str:
    what = {"itt": "effect", "incidence": "incidence"}[one.estimand]
    scale = ", as a lift" if one.scale == "relative" else ""
    ordering = "" if one.ordering is None else f" of {ordering_words(one.ordering)}"
    return f"{one.treatment} vs {one.control}: {what}{ordering}{scale}"


def _about(one: Combination, quantity: Quantity, decimals: int) -> str:
    if one.not_estimated is not None:
        return f"Not combined: {one.not_estimated.get('reason', '')}."
    said = [f"p {p_value(one.p_value)}"]
    if one.p_adjusted is not None:
        said.append(f"{p_value(one.p_adjusted)} over {one.members} ({one.family})")
    if one.heterogeneity is not None:
        spread = one.heterogeneity
        said.append(
            f"between experiments: I² {number(spread.i2, 'share', 0)}, "
            f"tau {_tau(one, spread.tau2**0.5, quantity, decimals)}, "
            f"Q {spread.q:.3g} on {spread.df:g} df (p {p_value(spread.p_value)})"
        )
    return f"{'; '.join(said)}."


def _tau(one: Combination, tau: float, quantity: Quantity, decimals: int) -> str:
    if one.scale == "relative":
        return f"{tau:.3g} of logarithms"
    return number(tau, quantity, decimals).lstrip("+")


def _quantity(one: Combination) -> Quantity:
    if one.scale == "relative":
        return "lift"
    return "points" if one.kind == "proportion" else "plain_difference"


def _experiments(portfolio: Portfolio) -> Table:
    return Table(
        title="Experiments",
        about="",
        head=("Experiment", "Title", "Window", "Verdict", "Units", "Read up to", "In"),
        rows=tuple(
            (
                one.name,
                one.title or NOTHING,
                one.window or "none",
                one.verdict.replace("_", " ") + (", interim" if one.interim else ""),
                f"{one.units:,}",
                NOTHING if one.watermark is None else f"{one.watermark:%Y-%m-%d}",
                f"{one.contrasts} contrasts",
            )
            for one in portfolio.experiments
        ),
        words=frozenset({0, 1, 2, 3, 5, 6}),
    )


def _left_out(portfolio: Portfolio) -> Table:
    return Table(
        title=f"Left out ({len(portfolio.left_out)})",
        about="",
        head=("Experiment", "What", "Why"),
        rows=tuple((one.experiment, one.what, one.reason) for one in portfolio.left_out),
        words=frozenset({0, 1, 2}),
    )
