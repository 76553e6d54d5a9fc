"""A result as one page: one file, no request, no script, safe to mail. Renders, never computes."""

import gzip
import hashlib
from base64 import b64encode
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from pathlift.report import conversion_times, facts, flow, over_time
from pathlift.report.adherence import adherence_table
from pathlift.report.arranging import OF_LABELS
from pathlift.report.bars import (
    HEIGHT,
    WIDTH,
    Bar,
    Scale,
    Tick,
    bar_of,
    lift_scale_of,
    scale_of,
    ticks_of,
)
from pathlift.report.concentration import concentration_tables
from pathlift.report.descriptive import LEAD, TITLE, descriptive_methods, descriptive_parts
from pathlift.report.design import design_table
from pathlift.report.direction import plain_direction
from pathlift.report.first_stage import first_stage_table
from pathlift.report.increments import family_tables
from pathlift.report.looks import looks_sentence, looks_table
from pathlift.report.measures import metrics_table
from pathlift.report.methods import method_meanings
from pathlift.report.multiverse import multiverse_tables
from pathlift.report.power import power_table
from pathlift.report.prose import prose
from pathlift.report.rows import Group, Panel, Row, groups, truth_sentence
from pathlift.report.stage_rules import stage_rules_table
from pathlift.report.ties import ties_table
from pathlift.report.words import SEVERITY, pieces
from pathlift.result.model import Result
from pathlift.result.truth import TruthCheck

FOLDED = frozenset({"first_step", "segments", "baseline", "sensitivity"})
"""What explains and decides nothing: closed on a screen, open on paper."""

OF_METRICS = frozenset({"primary", "secondary", "guardrail"})
"""Groups with a panel a metric."""

LEADING = frozenset({"primary", "secondary", "guardrail", "families", "factors", "planned"})
"""Groups that stand before anything about orderings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnRow:
    """A row with its bar; None where nothing was estimated."""

    row: Row
    bar: Bar | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnPanel:
    """A panel with its scale."""

    panel: Panel
    rows: tuple[DrawnRow, ...]
    ticks: tuple[Tick, ...]
    relative: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnGroup:
    """A group with its panels."""

    group: Group
    panels: tuple[DrawnPanel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Another page of the same folder of pages.

    Attributes
    ----------
    href : str
        Relative, quoted.
    words : str
    """

    href: str
    words: str


def render_html(result: Result, *, truth: TruthCheck | None = None, up: Link | None = None) -> str:
    """Render a result as a page that stands alone.

    Parameters
    ----------
    result : Result
    truth : TruthCheck, optional
        Of simulated data: drawn on every bar and written beside it.
    up : Link, optional
        To the page that this one belongs to.

    Returns
    -------
    str
        HTML. Its content security policy allows its own style sheet and nothing else.
    """
    environment = environment_of_pages()
    pictures = flow.flow_pictures(result)
    css = environment.get_template("page.css").render().strip()
    return environment.get_template("page.html").render(
        result=result,
        up=up,
        title=facts.title_of(result),
        css=Markup(css),  # our own file; escaping would break its selectors
        policy=policy_of(css),
        verdict=facts.verdict_words(result),
        deciding=facts.deciding_row(result, truth),
        arm_verdicts=facts.arm_verdicts(result),
        checks=facts.by_severity(result.checks),
        figures=facts.figures_words,
        found=facts.found_words,
        severity=SEVERITY,
        named=partial(facts.named_of, result.checks),
        arms=facts.arms_table(result),
        design=design_table(result),
        treatments={arm.arm: arm.treatment for arm in result.arms},
        groups=[_draw(group) for group in groups(result, truth)],
        truth=truth_sentence(truth) if truth is not None else "",
        omnibus=facts.omnibus_table(result),
        completeness=facts.completeness_table(result),
        labels=facts.labels_table(result),
        adherence=adherence_table(result),
        first_stage=first_stage_table(result),
        families=family_tables(result),
        concentrations=concentration_tables(result),
        metrics=metrics_table(result),
        stage_rules=stage_rules_table(result),
        ties=ties_table(result),
        multiverse=multiverse_tables(result),
        over_time=over_time.courses(result),
        looks_so_far=over_time.courses_table(result),
        over_time_width=over_time.WIDTH,
        over_time_height=over_time.HEIGHT,
        conversion_times=conversion_times.conversion_times_table(result),
        conversion_lines=conversion_times.conversion_lines(result),
        curve_width=conversion_times.WIDTH,
        curve_height=conversion_times.HEIGHT,
        flow=pictures,
        flow_legend=flow.stage_kinds(pictures),
        flow_width=flow.WIDTH,
        flow_height=flow.HEIGHT,
        shares=facts.shares_table(result),
        looks_said=looks_sentence(result),
        looks=looks_table(result),
        power=power_table(result),
        sensitivity=facts.sensitivity_table(result),
        descriptive=descriptive_parts(result),
        descriptive_title=TITLE,
        descriptive_lead=LEAD,
        methods=(*facts.methods(result), *descriptive_methods(result)),
        method_meanings=method_meanings(result),
        statuses=facts.statuses(result),
        reproduction=facts.reproduction(result),
        document=_saved(result),
        folded=FOLDED,
        leading=LEADING,
        of_labels=OF_LABELS,
        width=WIDTH,
        height=HEIGHT,
    )


@lru_cache(maxsize=1)
def environment_of_pages() -> Environment:
    """Templates of every page, with what is not ours escaped."""
    environment = Environment(
        loader=PackageLoader("pathlift.report"),
        autoescape=select_autoescape(enabled_extensions=("html",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=lambda value: plain_direction(value) if isinstance(value, str) else value,
    )
    environment.filters["coded"] = _coded
    environment.filters["prose"] = prose
    environment.filters["between_tags"] = _between_tags
    return environment


def _coded(text: str) -> Markup:
    """A sentence with its code set as such; every piece is escaped."""
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if code else escape(piece)
        for piece, code in pieces(text)
    )


def _between_tags(text: str) -> Markup:
    """A long text that stands in no attribute: its quotes, one in ten of its letters, may stay."""
    return Markup(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))


def policy_of(css: str, script: str = "") -> str:
    """Allow this style sheet, and this script where there is one, by hash; all else is refused.

    Parameters
    ----------
    css : str
    script : str, optional
        Without one, no script is allowed at all.

    Returns
    -------
    str
        A content security policy.
    """
    scripts = f"script-src '{_digest(script)}'; " if script else ""
    return (
        f"default-src 'none'; {scripts}style-src '{_digest(css)}'; base-uri 'none'; "
        "form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _saved(result: Result) -> str:
    """The document as the address of a file that the page carries with it.

    Packed, because the plain text of a journeys experiment is twice as long as everything people
    read; without the hour of packing, so that equal results make equal pages.
    """
    packed = gzip.compress(result.model_dump_json().encode(), 9, mtime=0)
    return f"data:application/gzip;base64,{b64encode(packed).decode()}"


def _draw(group: Group) -> DrawnGroup:
    """One scale a group: of differences for orderings, of lifts for metrics of several units."""
    common = None
    if group.key in OF_LABELS:
        common = scale_of(group.panels)
    elif group.key in OF_METRICS:
        common = lift_scale_of(group.panels)
    return DrawnGroup(
        group=group,
        panels=tuple(_draw_panel(panel, common or scale_of([panel])) for panel in group.panels),
    )


def _draw_panel(panel: Panel, scale: Scale | None) -> DrawnPanel:
    if scale is None:
        rows: Any = tuple(DrawnRow(row=row, bar=None) for row in panel.rows)
        return DrawnPanel(panel=panel, rows=rows, ticks=(), relative=False)
    return DrawnPanel(
        panel=panel,
        rows=tuple(DrawnRow(row=row, bar=bar_of(row, scale)) for row in panel.rows),
        ticks=ticks_of(scale, panel.quantity),
        relative=scale.relative,
    )
