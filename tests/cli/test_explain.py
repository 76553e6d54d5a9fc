"""explain: one word, several words, a key of a document, a word that is misspelled."""

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Pathlift


def test_without_a_word_all_are_listed(work: Path, pathlift: Pathlift) -> None:
    answer = pathlift("explain")
    assert answer.code == 0
    for word in ("check", "srm", "do_not_ship", "causal_if", "incidence", "max_t", "exploratory"):
        assert word in answer.out


def test_a_check_comes_with_its_thresholds_and_how_to_move_them(
    work: Path, pathlift: Pathlift
) -> None:
    answer = pathlift("explain", "srm")
    assert answer.out.startswith("srm (check)\n  Sample ratio mismatch")
    assert "fails_below_p:           0.001" in answer.out  # methods 4, V1
    assert "checks: {srm: {fails_below_p: ...}}" in answer.out


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        pytest.param(("Do", "not", "ship"), "do_not_ship (verdict)", id="several-words"),
        pytest.param(("SRM",), "srm (check)", id="capitals"),
        pytest.param(("max-T",), "max_t (method)", id="hyphen"),
        pytest.param(("cuped",), "Source: Deng", id="source"),
        pytest.param(
            ("critical_value",),
            "key of a result: estimates[].simultaneous.critical_value",
            id="key-of-a-result",
        ),
        pytest.param(
            ("winsorize",), "key of a definition: metrics.*.winsorize", id="key-of-a-definition"
        ),
        pytest.param(("simpson",), "paradox (check)", id="mentioned"),
    ],
)
def test_a_word_is_found(work: Path, pathlift: Pathlift, asked: tuple[str, ...], told: str) -> None:
    answer = pathlift("explain", *asked)
    assert answer.code == 0
    assert told in answer.out


@pytest.mark.parametrize(
    ("asked", "hint"),
    [
        pytest.param("incidense", "did you mean incidence?", id="topic"),
        pytest.param("critcal_value", "did you mean critical_value?", id="key"),
        pytest.param("qqqq", "lists all words", id="nothing-near"),
    ],
)
def test_an_unknown_word_is_wrong_usage_with_a_hint(
    work: Path, pathlift: Pathlift, asked: str, hint: str
) -> None:
    answer = pathlift("explain", asked)
    assert (answer.code, answer.out) == (2, "")
    assert hint in answer.err


def test_json_is_for_machines(work: Path, pathlift: Pathlift) -> None:
    [topic, *_] = json.loads(pathlift("explain", "holm", "--format", "json").out)
    assert topic["kind"] == "method"
    assert topic["source"] == "Holm 1979"
    assert len(json.loads(pathlift("explain", "--format", "json").out)) > 100


def test_a_short_word_with_one_wrong_letter_and_an_authors_name_are_understood(
    work: Path, pathlift: Pathlift
) -> None:
    assert "did you mean srm?" in pathlift("explain", "srn").err
    assert "kaplan_meier (method)" in pathlift("explain", "Greenwood").out
