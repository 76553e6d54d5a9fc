"""The descriptive panel in every rendering: set apart, labelled, and saying what it is not."""

import re

import pytest
from tests.report import results

from pathlift.report.descriptive import LEAD, TITLE, descriptive_parts
from pathlift.report.html import render_html
from pathlift.report.markdown import render_markdown
from pathlift.report.text import render_text
from pathlift.result.descriptive import (
    AssociationRow,
    DecompositionRow,
    Eligible,
    FunnelStep,
    Landmark,
    Naive,
    NaiveRate,
)
from pathlift.result.model import Omnibus, Orderings, Result
from pathlift.result.values import CausalStatus, Span

FIRST, SECOND, THIRD = "need>touchpoint>trust", "touchpoint>need>trust", "trust>need>touchpoint"
EVIL = '<img src=x onerror="alert(1)">'


def association(ordering: str, **changes: object) -> AssociationRow:
    given: dict[str, object] = {
        "ordering": ordering, "units": 300, "converted": 60, "crude": 0.2, "collapsed": 0.01,
        "rate": Span(estimate=0.21, low=0.18, high=0.245), "standard_error": 0.016,
        "reference": False, "absolute": Span(estimate=0.034, low=0.004, high=0.064),
        "absolute_standard_error": 0.015, "ratio": Span(estimate=1.19, low=1.02, high=1.41),
        "p_value": 0.0123, "p_adjusted": 0.0246, "e_value": 1.67, "e_value_of_interval": 1.16,
        "method": "standardised; made up", "causal_status": "descriptive",
        "assumptions": ("nothing unmeasured decides both",),
    }  # fmt: skip
    return AssociationRow.model_validate(given | changes)


def panel(status: CausalStatus = "descriptive", arm: str = "content") -> Result:
    nothing = {"absolute": None, "ratio": None, "p_value": None, "p_adjusted": None}
    nothing |= {"e_value": None, "e_value_of_interval": None}
    part = {"arm": arm, "control": "search", "arm_share": 0.2, "control_share": 0.1}
    orderings = Orderings(
        association=(
            association(FIRST, reference=True, causal_status=status, **nothing),
            association(SECOND, causal_status=status),
            association(
                THIRD,
                rate=None,
                causal_status=status,
                not_estimated={"reason": "fewer than 10 units took it in time"},
                **nothing,
            ),
        ),
        landmark=Landmark(
            length="7d",
            latest="7d",
            arms=(
                Eligible(
                    arm="search", units=1_000, complete=500, eligible=300, converted=60,
                    share_of_units=0.3, share_of_complete=0.6,
                ),
            ),
            strata=("arm", "baseline_state", "returning"),
            cells=12,
            reference=FIRST,
            fewest=10,
            causal_status=status,
        ),
        naive=Naive(
            rates=tuple(
                NaiveRate(ordering=o, arm=a, units=100, converted=40, rate=0.4)
                for o in (FIRST, SECOND)
                for a in (None, "search")
            ),
            highest=FIRST, lowest=SECOND, ratio=1.4, landmark_ratio=1.2, standardised_ratio=1.05,
            standardised_spread=1.1, arm="search", arm_highest=FIRST, arm_lowest=SECOND,
            arm_ratio=1.5, arm_standardised_ratio=1.05,
            sentence="So 35 of the 40 points come from who had time left.",
            causal_status=status,
        ),
        decomposition=(
            DecompositionRow(
                **part, ordering=FIRST, arm_rate=0.3, control_rate=None,
                mix=Span(estimate=0.03, low=0.02, high=0.04), mix_standard_error=0.005,
                rate=Span(estimate=0.0, low=0.0, high=0.0), rate_standard_error=0.0, total=0.03,
                borrowed=("search",), method="Kitagawa", causal_status=status,
            ),
            DecompositionRow(
                **part, ordering=None, arm_rate=0.3, control_rate=0.2, mix=None,
                mix_standard_error=None, rate=None, rate_standard_error=None, total=None,
                method="", causal_status=status, not_estimated={"reason": "made up"},
            ),
        ),
        funnel=(
            FunnelStep(
                arm="search", step=1, after="", stage="need", units=1_000, reached=600, other=200,
                tied=50, converted=30, waiting=120, unknown=0, cumulative=0.6,
                share=Span(estimate=0.6, low=0.57, high=0.63), method="Wilson",
                causal_status="causal" if status == "descriptive" else status,
            ),
            FunnelStep(
                arm="search", step=2, after="need", stage="touchpoint", units=0, reached=0, other=0,
                tied=0, converted=0, waiting=0, unknown=0, cumulative=None, share=None, method="",
                causal_status=status, not_estimated={"reason": "no unit came this far"},
            ),
        ),
    )  # fmt: skip
    tests = (
        Omnibus(
            estimand="association", metric="conversion", ordering=None, segment=None,
            test="made up test of association", statistic=12.3, df=5, p_value=0.0308,
            causal_status=status,
        ),
        Omnibus(
            estimand="association_by_arm", metric="conversion", ordering=None, segment=None,
            test="made up likelihood ratio", statistic=None, df=None, p_value=None,
            causal_status=status, not_estimated={"reason": "units are not independent"},
        ),
    )  # fmt: skip
    base = results.journeys()
    return base.model_copy(update={"orderings": orderings, "omnibus": (*base.omnibus, *tests)})


def text(result: Result) -> str:
    return render_text(result)


RENDERINGS = [text, render_markdown, render_html]


@pytest.mark.parametrize("render", RENDERINGS)
def test_every_rendering_sets_the_panel_apart_and_shows_every_row(render: object) -> None:
    page = render(panel())  # type: ignore[operator]
    plain = re.sub(r"\s+", " ", page.replace("\\", ""))
    assert TITLE.lower() in plain.lower()
    assert LEAD in plain
    assert "Association of conversion with the ordering" in plain
    assert "12.3 on 5 df, p of association 0.0308" in plain
    assert "not estimated, because units are not independent" in plain
    assert "fewer than 10 units took it in time" in plain
    assert "no unit came this far" in plain
    assert "1.67 (1.16)" in plain
    assert "Accounting, not mediation" in plain
    assert "So 35 of the 40 points come from who had time left." in plain
    assert "nobody of search showed one of its labels" in plain
    assert "12 strata of arm, baseline state, returning" in plain


def test_the_panel_comes_after_every_contrast_of_arms() -> None:
    for page, last in (
        (render_text(panel()), "Other readings"),
        (render_markdown(panel()), "## Other readings"),
        (render_html(panel()), 'id="sensitivity"'),
    ):
        apart = page.upper().index(TITLE.upper())
        assert page.index(last) < apart
        assert page.upper().count(TITLE.upper()) == 1


def test_the_p_of_a_table_by_ordering_is_never_without_the_word_association() -> None:
    tables = [part.table for part in descriptive_parts(panel())]
    heads = [name for table in tables for name in table.head if name.split()[0] == "p"]
    assert heads == ["p of association"]
    assert tables[-1].title.endswith("do not read")
    assert not any(name.split()[0] == "p" for name in tables[-1].head)


def test_tests_of_association_do_not_stand_among_tests_of_arms() -> None:
    page = render_markdown(panel())
    among = (
        page[page.index("## All arms at once") : page.index("## Completeness")]
        if ("## Completeness" in page)
        else page[page.index("## All arms at once") : page.upper().index(TITLE.upper())]
    )
    assert "made up test of association" not in among


def test_the_naive_table_is_grey_and_the_panel_dashed() -> None:
    page = render_html(panel())
    section = page[page.index('<section id="descriptive"') :]
    section = section[: section.index("</section>")]
    assert section.count('class="part faded"') == 1
    assert "do not read" in section[section.index('class="part faded"') :]
    assert 'class="apart">Association, not effect' in section
    assert ".descriptive {" in page
    coloured = render_text(panel(), color=True, width=400)
    naive = coloured[coloured.index("do not read") :]
    assert "\x1b[2m" in naive  # dim


def test_an_invalid_panel_says_so_in_every_row() -> None:
    page = render_html(panel("invalid"))
    section = page[page.index('<section id="descriptive"') :]
    section = section[: section.index("</section>")]
    rows = section.count("<tr") - section.count("<thead>")
    assert section.count('<tr class="invalid">') == rows
    assert "descriptive</td>" not in section


def test_a_single_look_is_said_where_several_are_planned() -> None:
    several = panel()
    looks = several.looks.model_copy(update={"method": "anytime"})
    several = several.model_copy(update={"looks": looks})
    assert "of this panel hold at a single look" in render_text(several)
    assert "of this panel hold at a single look" not in render_text(panel())


def test_names_of_arms_are_escaped() -> None:
    assert EVIL not in render_html(panel(arm=EVIL))
    assert not re.search(r"(?<!\\)<img", render_markdown(panel(arm=EVIL)))


def test_without_orderings_there_is_no_panel() -> None:
    assert descriptive_parts(results.totals()) == ()
    assert TITLE not in render_html(results.totals())


def test_brief_text_leaves_the_panel_out() -> None:
    assert TITLE.upper() not in render_text(panel(), brief=True)
