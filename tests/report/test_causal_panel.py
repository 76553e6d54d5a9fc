"""First steps, open windows, baseline states and adherence, as every rendering shows them."""

import pytest
from tests.report.results import ALL

from pathlift.report.adherence import adherence_table
from pathlift.report.html import render_html
from pathlift.report.markdown import render_markdown
from pathlift.report.rows import groups
from pathlift.report.text import render_text
from pathlift.result.model import Adherence, Estimate, Omnibus, Result, Span

ASSUMED = "exposure date unrelated to outcome"


def estimate(estimand: str, like: Estimate, **changes: object) -> Estimate:
    given = {"estimand": estimand, "flags": (), "simultaneous": None} | changes
    made = like.model_copy(update=given)
    parts = (made.estimand, made.metric or "", made.ordering or "", str(made.segment or ""))
    return made.model_copy(update={"id": "/".join((*parts, f"{made.arm}-{made.control}"))})


def adhered(**changes: object) -> Adherence:
    given: dict[str, object] = {
        "arm": "content",
        "ordering": "touchpoint>need>trust",
        "baseline_state": None,
        "units": 1000,
        "followed": 132,
        "share": Span(estimate=0.132, low=0.1126, high=0.1544),
        "followed_with_held": 140,
        "share_with_held": Span(estimate=0.14, low=0.12, high=0.163),
        "causal_status": "descriptive",
    }
    return Adherence(**given | changes)


@pytest.fixture
def result() -> Result:
    """The sample of other tests with one estimate of each new kind."""
    plain = ALL["journeys"]()
    like = next(e for e in plain.estimates if e.estimand == "itt" and e.metric == "conversion")
    assert plain.orderings is not None
    interaction = Omnibus(
        estimand="interaction",
        metric="conversion",
        ordering=None,
        segment="baseline_state",
        test="Pearson's test",
        statistic=9.1,
        df=4.0,
        p_value=0.0587,
        causal_status="causal",
    )
    return plain.model_copy(
        update={
            "estimates": (
                *plain.estimates,
                estimate("first_step", like, metric=None, ordering="need"),
                estimate("first_step", like, metric=None, ordering="none"),
                estimate(
                    "cumulative_incidence", like, causal_status="causal_if", assumptions=(ASSUMED,)
                ),
                estimate(
                    "cumulative_incidence",
                    like,
                    ordering="touchpoint>need>trust",
                    causal_status="causal_if",
                    assumptions=(ASSUMED,),
                ),
                estimate("itt", like, segment={"baseline_state": "need+trust"}),
            ),
            "omnibus": (*plain.omnibus, interaction),
            "orderings": plain.orderings.model_copy(
                update={
                    "adherence": (
                        adhered(),
                        adhered(
                            arm="influencer",
                            baseline_state="need+trust",
                            share=Span(estimate=0.132, low=None, high=None),
                        ),
                        adhered(
                            arm="search",
                            ordering=None,
                            followed=None,
                            share=None,
                            followed_with_held=None,
                            share_with_held=None,
                            not_estimated={"reason": "the arm declares no intended ordering"},
                        ),
                    )
                }
            ),
        }
    )


def test_each_kind_stands_in_a_group_of_its_own(result: Result) -> None:
    found = {group.key: group for group in groups(result)}
    first = [row.subject for panel in found["first_step"].panels for row in panel.rows]
    assert first == ["need", "none"]
    whole, through = found["cumulative_incidence"].panels
    assert whole.title == "conversion, any ordering"
    assert through.rows[0].subject == "touchpoint > need > trust"
    assert through.rows[0].meant_by == ("content",)
    assert whole.rows[0].status == f"causal if {ASSUMED}"
    [state] = found["baseline"].panels
    assert state.rows[0].subject.startswith("need + trust, ")
    assert "segments" not in found or all(
        row.estimate.segment != {"baseline_state": "need+trust"}
        for panel in found["segments"].panels
        for row in panel.rows
    )


def test_the_test_of_states_is_read_before_the_states(result: Result) -> None:
    about = {group.key: group.about for group in groups(result)}
    assert (
        "Do contrasts of conversion differ between states? p = 0.0587 (Pearson's test"
        in (about["baseline"])
    )
    lost = result.model_copy(
        update={
            "omnibus": tuple(
                test.model_copy(update={"not_estimated": {"reason": "few states"}})
                for test in result.omnibus
            )
        }
    )
    about = {group.key: group.about for group in groups(lost)}
    assert "Not estimated: few states." in about["baseline"]


@pytest.mark.parametrize("render", [render_text, render_markdown, render_html])
def test_every_rendering_says_what_has_to_hold(result: Result, render: object) -> None:
    said = render(result)  # type: ignore[operator]
    assert said.count(f"causal if {ASSUMED}") >= 2
    for heading in ("First steps", "Open windows counted in", "Stages held before exposure"):
        assert heading in said
    assert "On the intended ordering" in said
    assert "the arm declares no intended ordering" in said


def test_adherence_is_printed_as_counted(result: Result) -> None:
    table = adherence_table(result)
    assert table is not None
    every, state, none = table.rows
    assert every[:7] == (
        "content",
        "all units",
        "touchpoint > need > trust",
        "1,000",
        "132",
        "13.2%",
        "11.3 to 15.4%",
    )
    assert every[-1] == "descriptive"
    assert state[1] == "need + trust"
    assert state[6] == "–"  # units of a cluster resemble each other
    assert "Arms of clusters have no interval" in table.about
    assert none[4:6] == ("–", "–")
    assert none[6] == "not estimated: the arm declares no intended ordering"


def test_without_stages_there_is_no_table_of_adherence() -> None:
    bare = ALL["journeys"]().model_copy(update={"orderings": None})
    assert adherence_table(bare) is None
