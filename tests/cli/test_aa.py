"""`pathlift aa` as a person meets it."""

import json
import os
import signal
from pathlib import Path

import pytest
from tests.cli.conftest import Pathlift

from pathlift.calibration.own_trial import Trial
from pathlift.cli.samples import write_totals
from pathlift.places import examples_folder

FEW = ("--replicates", "20", "--looks", "3", "--seed", "7")


def test_error_rates_are_told_in_three_forms(registry: Path, pathlift: Pathlift) -> None:
    answer = pathlift("aa", "button", *FEW, "--format", "json")
    document = json.loads(answer.out)
    assert answer.code == 0
    assert (document["schema"], document["experiment"]) == ("pathlift.aa/1", "button")
    assert (document["units"], document["replicates"], document["seed"]) == (400, 20, 7)
    # 60 of 400 converted, whatever their arm was
    assert document["rows"][0]["value"] == pytest.approx(0.15)
    share = document["rows"][0]["coverage"]["share"]
    for form in ("text", "md"):
        said = pathlift("aa", "button", *FEW, "--format", form)
        assert said.code == 0
        assert f"{100 * share:.1f}%" in said.out
        assert "400 units were dealt into the arms anew, 20 times" in said.out


def test_a_page_goes_to_the_folder_that_was_asked_for(registry: Path, pathlift: Pathlift) -> None:
    answer = pathlift("aa", "button", *FEW, "--format", "md", "--out", "pages")
    assert (answer.code, answer.out) == (0, "pages/aa-button.md\n")
    assert "conversion" in Path("pages/aa-button.md").read_text(encoding="utf-8")


def test_ctrl_c_prints_what_was_measured(
    registry: Path, pathlift: Pathlift, monkeypatch: pytest.MonkeyPatch
) -> None:
    # whoever starts the tests in the background hands on an ignored SIGINT
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    draw = Trial.draw

    def interrupted(self: Trial, place: int) -> None:
        if place == 12:
            os.kill(os.getpid(), signal.SIGINT)
        draw(self, place)

    monkeypatch.setattr(Trial, "draw", interrupted)
    try:
        answer = pathlift("aa", "button", "--replicates", "500", "--looks", "1")
    finally:
        signal.signal(signal.SIGINT, before)
    assert answer.code == 130
    assert "Stopped after 12 of 500 experiments" in answer.out
    assert "stopped early" in answer.out


def test_what_cannot_be_dealt_anew_is_refused(registry: Path, pathlift: Pathlift) -> None:
    definition = (examples_folder() / "free_trial.yaml").read_text(encoding="utf-8")
    (registry / "free_trial.yaml").write_text(definition, encoding="utf-8")
    write_totals(registry)
    answer = pathlift("aa", "free_trial")
    assert answer.code == 1
    assert "totals cannot be dealt into arms anew" in answer.err


def test_whole_clusters_are_refused(registry: Path, pathlift: Pathlift) -> None:
    path = registry / "button.yaml"
    clustered = path.read_text(encoding="utf-8").replace(
        "green: {}", "green: {cluster: {column: customer_id, randomised: clusters}}"
    )
    path.write_text(clustered, encoding="utf-8")
    answer = pathlift("aa", "button")
    assert answer.code == 1
    assert "drew whole clusters" in answer.err


def test_wrong_usage_is_told(registry: Path, pathlift: Pathlift) -> None:
    for options, said in (
        (("--seconds", "-1"), "0 allows any time"),
        (("--replicates", "0"), "at least one experiment"),
        (("--looks", "0"), "from 1 to 100"),
        (("--lift", "0"), "and not 0"),
        (("--seed", "-1"), "a seed is a whole number"),
    ):
        answer = pathlift("aa", "button", *options)
        assert answer.code == 2, options
        assert said in answer.err
