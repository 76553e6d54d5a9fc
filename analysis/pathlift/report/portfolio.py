"""A portfolio as text, Markdown, JSON or a page. Renders, never computes."""

import json
from dataclasses import dataclass

from markupsafe import Markup

from pathlift.report.bars import HEIGHT, WIDTH
from pathlift.report.facts import Table
from pathlift.report.forest import Mark, drawn_in_characters, marks_of
from pathlift.report.html import environment_of_pages, policy_of
from pathlift.report.markdown import render_pages as markdown_pages
from pathlift.report.numbers import NOTHING, Quantity, decimals_of, interval, number, p_value
from pathlift.report.text import render_pages as text_pages
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
    """

    title: str
    about: str
    rows: tuple[tuple[Mark, str, str, str], ...]


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
    return text_pages(TITLE, portfolio.sentence, _parts(portfolio), width=width, color=color)


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
    return markdown_pages(TITLE, portfolio.sentence, _parts(portfolio))


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


def render_portfolio_html(portfolio: Portfolio) -> str:
    """Render a portfolio as a page that stands alone.

    Parameters
    ----------
    portfolio : Portfolio

    Returns
    -------
    str
        HTML without scripts; it makes no request.
    """
    environment = environment_of_pages()
    css = environment.get_template("page.css").render().strip()
    return environment.get_template("portfolio.html").render(
        title=TITLE,
        portfolio=portfolio,
        forests=[forest_of(one) for one in portfolio.combinations],
        tables=[table for table in (_experiments(portfolio), _left_out(portfolio)) if table.rows],
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
    )


def _parts(portfolio: Portfolio) -> list[str | Table]:
    parts: list[str | Table] = list(portfolio.answers[1:])
    for forest in (forest_of(one) for one in portfolio.combinations):
        parts.append(
            Table(
                title=forest.title,
                about=forest.about,
                head=("Experiment", "Effect", "Interval", "Weight", "0 is the upright line"),
                rows=tuple(
                    (mark.name, estimate, ends, weight, drawn_in_characters(mark))
                    for mark, estimate, ends, weight in forest.rows
                ),
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
                rows=tuple((said,) for said in portfolio.assumptions),
                words=frozenset({0}),
            )
        )
    return parts


def _title(one: Combination) -> str:
    what = {"itt": "effect", "incidence": "incidence"}[one.estimand]
    scale = ", as a lift" if one.scale == "relative" else ""
    ordering = "" if one.ordering is None else f" of {one.ordering.replace('>', ' > ')}"
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
    status = f"Causal, if {' and '.join(one.assumptions)}."
    return f"{'; '.join(said)}. {status} {one.method[0].upper()}{one.method[1:]}."


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
