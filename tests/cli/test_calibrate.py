"""`pathlift calibrate` as a person meets it."""

import json
from pathlib import Path

from tests.cli.conftest import Pathlift


def test_a_row_is_measured_and_told_in_three_forms(work: Path, pathlift: Pathlift) -> None:
    options = ("--rows", "K2,K15", "--replicates", "200", "--seed", "7", "--jobs", "1")
    answer = pathlift("calibrate", *options, "--format", "json")
    document = json.loads(answer.out)
    assert document["schema"] == "pathlift.calibration/1"
    assert document["seed"] == 7
    assert [row["id"] for row in document["rows"]] == ["K2", "K15"]
    assert document["rows"][0]["readings"][0]["replicates"] == 200
    measured = document["rows"][0]["readings"][0]["measured"]
    for form in ("text", "md"):
        said = pathlift("calibrate", *options, "--format", form)
        assert said.code == answer.code
        assert f"{100 * measured:.2f}%" in said.out


def test_a_page_goes_to_the_folder_that_was_asked_for(work: Path, pathlift: Pathlift) -> None:
    options = ("--rows", "K10", "--quick", "--jobs", "1", "--format", "md", "--out", "pages")
    answer = pathlift("calibrate", *options)
    assert (answer.code, answer.out) == (0, "pages/calibration.md\n")
    assert "K10" in (work / "pages" / "calibration.md").read_text(encoding="utf-8")


def test_a_row_that_fails_leaves_with_three(work: Path, pathlift: Pathlift) -> None:
    # of 10 replicates no negative control can be convicted at a level of 1e-4 or so
    answer = pathlift("calibrate", "--rows", "K15", "--replicates", "4", "--jobs", "1")
    assert answer.code == 3
    assert "K15 does not" in answer.out


def test_wrong_usage_is_told(work: Path, pathlift: Pathlift) -> None:
    for options, said in (
        (("--rows", "K99"), "--rows has K99; rows are K1, K2"),
        (("--rows", ","), "--rows has none"),
        (("--replicates", "0"), "a row has at least one"),
        (("--jobs", "0"), "at least one process"),
        (("--seed", "-1"), "a seed is a whole number"),
    ):
        answer = pathlift("calibrate", *options)
        assert answer.code == 2, options
        assert said in answer.err
