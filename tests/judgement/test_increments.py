"""What is said of part, rest and whole: an arm adds only where the whole is shown to be better."""

import pytest

from pathlift.judgement.increments import judged
from pathlift.result.increments import Effect, FamilyContrast, IncrementalFamily, Share
from pathlift.result.values import ConfidenceSet, Span


def effect(estimate: float, half: float, p: float, metric: str | None = None) -> Effect:
    return Effect(
        metric=metric,
        arm_value=10 + estimate,
        control_value=10.0,
        effect=Span(estimate=estimate, low=estimate - half, high=estimate + half),
        standard_error=half / 2,
        p_value=p,
    )


def share(estimate: float, low: float | None, high: float | None) -> Share:
    return Share(
        estimate=estimate,
        set=ConfidenceSet(kind="interval", low=low, high=high, pieces=((low, high),)),
    )


def family(
    part: Effect, rest: Effect, whole: Effect, kind: str = "displacement", better: str = "higher"
) -> IncrementalFamily:
    return IncrementalFamily(
        name="elsewhere",
        kind=kind,
        part="kitchen",
        whole="revenue",
        rest="revenue outside kitchen",
        better=better,
        part_window="14d",
        whole_window="28d" if kind == "pull_forward" else "14d",
        alpha=0.05,
        members=3,
        method="",
        contrasts=(
            FamilyContrast(
                arm="content",
                control="search",
                arm_units=100,
                control_units=100,
                part=part,
                rest=rest,
                whole=whole,
                covariance=((1.0, 0.0), (0.0, 1.0)),
                added=share(0.25, 0.05, 0.45),
                moved=share(0.75, 0.55, 0.95),
                finding=None,
                sentence="",
                causal_status="causal",
            ),
        ),
    )


GAIN, LOSS, SMALL = effect(4.0, 1.0, 1e-6), effect(-3.0, 1.0, 1e-4), effect(1.0, 2.0, 0.3)


@pytest.mark.parametrize(
    ("three", "better", "finding"),
    [
        pytest.param((GAIN, SMALL, GAIN), "higher", "adds", id="whole-better"),
        pytest.param((GAIN, SMALL, GAIN), "lower", "takes_away", id="lower-is-better"),
        pytest.param((LOSS, SMALL, LOSS), "higher", "takes_away", id="whole-worse"),
        pytest.param((GAIN, LOSS, SMALL), "higher", "only_moves", id="opposite"),
        pytest.param((GAIN, SMALL, SMALL), "higher", "not_shown", id="part-alone"),
        pytest.param((SMALL, LOSS, SMALL), "higher", "not_shown", id="rest-alone"),
        pytest.param((SMALL, SMALL, SMALL), "higher", "not_shown", id="nothing"),
    ],
)
def test_an_arm_adds_only_where_the_whole_is_better(
    three: tuple[Effect, Effect, Effect], better: str, finding: str
) -> None:
    (found,) = judged([family(*three, better=better)], [])
    assert found.contrasts[0].finding == finding


def test_sentences_name_the_whole_and_the_share() -> None:
    (found,) = judged([family(GAIN, LOSS, SMALL)], [])
    assert found.contrasts[0].sentence == (
        "content gains on kitchen and loses elsewhere; revenue +1.0 (−1.0 to +3.0) against search "
        "is not shown to change. Of its +4.0 (+3.0 to +5.0) on kitchen, 25% (5 to 45%) is new."
    )
    (later,) = judged([family(GAIN, LOSS, SMALL, kind="pull_forward")], [])
    assert later.contrasts[0].sentence.startswith(
        "content brings forward: more within 14d, less after it; revenue within 28d +1.0"
    )


def test_without_an_effect_on_the_part_no_share_is_told() -> None:
    (found,) = judged([family(SMALL, SMALL, SMALL)], [])
    assert found.contrasts[0].sentence.endswith("No effect on kitchen is shown, so no share is.")
