"""Notes below a panel say which rows they are about, and the heading reads as a sentence does."""

import pytest
from tests.report.results import journeys

from pathlift.report.facts import verdict_words
from pathlift.report.rows import groups
from pathlift.result.model import Omnibus, Result, Verdict


def primary_notes(result: Result) -> tuple[str, ...]:
    (panel,) = next(group for group in groups(result) if group.key == "primary").panels
    return panel.notes


def changed(field: str, value: object) -> tuple[Result, str]:
    """Change one estimate of the primary metric; return its contrast, too."""
    result = journeys()
    first, *others = (
        e for e in result.estimates if e.role == "primary" and e.segment is None and not e.ordering
    )
    assert others, "two contrasts at least"
    other = first.model_copy(update={field: value})
    estimates = tuple(other if e.id == first.id else e for e in result.estimates)
    return result.model_copy(update={"estimates": estimates}), f"{first.arm} vs {first.control}"


def test_one_method_of_all_rows_is_said_once() -> None:
    (said,) = (note for note in primary_notes(journeys()) if note.startswith("Method"))
    assert said.startswith("Method: ")


def test_methods_that_differ_say_of_which_row() -> None:
    result, contrast = changed("method", "another way")
    said = [note for note in primary_notes(result) if note.startswith("Method")]
    assert len(said) == 2
    assert f"Method ({contrast}): another way." in said


def test_a_row_that_was_not_estimated_has_no_method_and_no_family() -> None:
    result, _ = changed("not_estimated", {"reason": "no unit is mature"})
    result = result.model_copy(
        update={
            "estimates": tuple(
                e.model_copy(update={"not_estimated": {"reason": "no unit is mature"}})
                for e in result.estimates
            )
        }
    )
    for group in groups(result):
        for panel in group.panels:
            assert panel.notes == ()


def test_levels_are_read_after_the_test_that_they_differ() -> None:
    result = journeys()
    inside = next(e for e in result.estimates if e.segment is not None)
    assert inside.segment is not None
    assert inside.metric is not None
    (dimension,) = inside.segment
    test = Omnibus(
        estimand="interaction", metric=inside.metric, ordering=None, segment=dimension,
        test="Wald", statistic=9.0, df=2.0, p_value=0.012, p_adjusted=0.024,
        correction="Bonferroni over the 2 segments of conversion", causal_status="causal",
    )  # fmt: skip
    other = test.model_copy(update={"metric": "another"})
    result = result.model_copy(update={"omnibus": (other, test)})
    segments = next(group for group in groups(result) if group.key == "segments")
    panel = next(p for p in segments.panels if inside.metric in p.title and dimension in p.title)
    assert panel.notes[0] == (
        f"Do contrasts of {inside.metric} differ between levels of {dimension}? p = 0.0240 (Wald; "
        "p by Bonferroni over the 2 segments of conversion; causal)."
    )


@pytest.mark.parametrize(
    ("verdict", "arm", "words"),
    [
        ("ship", "content", "Ship content"),
        ("do_not_ship", "content", "Do not ship content"),
        ("inconclusive", "question", "Inconclusive: question"),
        ("keep_running", "content", "Keep running: content"),
        ("invalid", None, "Invalid"),
    ],
)
def test_only_a_verdict_that_acts_on_an_arm_takes_it_as_its_object(
    verdict: Verdict, arm: str | None, words: str
) -> None:
    result = journeys()
    decision = result.decision.model_copy(update={"verdict": verdict, "arm": arm})
    assert verdict_words(result.model_copy(update={"decision": decision})) == words


def test_an_arm_without_variance_is_said_in_words() -> None:
    result, contrast = changed("flags", ("one_arm_without_variance",))
    arm, control = contrast.split(" vs ")
    (said,) = (note for note in primary_notes(result) if "the same value" in note)
    assert said.startswith(f"All units of {arm}, or all of {control}, have the same value of ")
