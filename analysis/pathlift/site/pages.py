"""The pages of a site, each with its address: the index, one an experiment, reports, portfolio."""

from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from markupsafe import Markup

from pathlift.report.bars import HEIGHT, WIDTH
from pathlift.report.facts import arm_verdicts, deciding_row, deciding_sentence, verdict_words
from pathlift.report.html import Link, environment_of_pages, policy_of, render_html
from pathlift.report.portfolio import TITLE, render_portfolio_html
from pathlift.site.entries import Entry, Site
from pathlift.site.index import NO_RESULT, lines_of
from pathlift.site.past import past_of, report_of

INDEX = "index.html"
PORTFOLIO = "portfolio.html"


def pages_of(site: Site) -> Iterator[tuple[str, str]]:
    """Render every page of a site, one after the other.

    Parameters
    ----------
    site : Site

    Yields
    ------
    address : str
        Below the folder of the site, such as ``experiments/journeys/index.html``.
    text : str
        HTML that makes no request.
    """
    yield INDEX, _index(site)
    yield PORTFOLIO, _portfolio(site)
    for entry in site.entries:
        folder = PurePosixPath("experiments", entry.name)
        yield str(folder / INDEX), _experiment(site, entry)
        up = Link(href=INDEX, words=f"All results of {entry.name}")
        for saved in entry.history.results:
            yield str(folder / report_of(saved)), render_html(saved.result, up=up)


def number_of_pages(site: Site) -> int:
    """How many pages a site has.

    Parameters
    ----------
    site : Site

    Returns
    -------
    int
    """
    return 2 + sum(1 + len(entry.history.results) for entry in site.entries)


def _index(site: Site) -> str:
    lines = lines_of(site)
    verdicts = Counter(line.verdict_name for line in lines)
    return _rendered(
        "site_index.html",
        script=_source("site.js"),
        site=site,
        lines=lines,
        counted=", ".join(f"{number} {word}" for word, number in verdicts.items()),
        choices=(
            ("status", "Status", sorted({line.entry.status for line in lines})),
            ("verdict", "Verdict", sorted(verdicts, key=lambda word: (word == NO_RESULT, word))),
            ("tag", "Tag", sorted({tag for line in lines for tag in line.entry.tags})),
        ),
    )


def _experiment(site: Site, entry: Entry) -> str:
    latest = entry.history.latest
    row = None if latest is None else deciding_row(latest.result)
    return _rendered(
        "site_experiment.html",
        site=site,
        entry=entry,
        latest=latest,
        report="" if latest is None else report_of(latest),
        verdict="" if latest is None else verdict_words(latest.result),
        arm_verdicts=() if latest is None else arm_verdicts(latest.result),
        deciding="" if row is None else deciding_sentence(row),
        past=past_of(entry.history),
    )


def _portfolio(site: Site) -> str:
    up = Link(href=INDEX, words="All experiments")
    if site.portfolio is not None:
        return render_portfolio_html(site.portfolio, up=up)
    return _rendered("site_refused.html", title=TITLE, up=up, reasons=site.portfolio_problems)


def _rendered(template: str, *, script: str = "", **values: Any) -> str:
    """Render a page whose policy allows its own style sheet, and its own script if it has one."""
    css = f"{_source('page.css')}\n{_source('site.css')}"
    return (
        environment_of_pages()
        .get_template(template)
        .render(
            css=Markup(css),  # our own files; escaping would break them
            script=Markup(script),
            policy=policy_of(css, script),
            width=WIDTH,
            height=HEIGHT,
            **values,
        )
    )


def _source(name: str) -> str:
    return environment_of_pages().get_template(name).render().strip()
