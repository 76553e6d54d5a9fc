"""Files, folders, names; and what a start may cost."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pathlift.errors import DefinitionError
from pathlift.places import examples_folder
from pathlift.registry.listing import describe, rows, select
from pathlift.registry.loading import find, load_folder, names, registry_folder

PLAIN = """
data: {units: customers.parquet}
arms: {grey: {control: true}, green: {}}
metrics: {bought: {kind: proportion, column: bought, role: primary}}
"""


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    (tmp_path / "banner.yaml").write_text(PLAIN + "tags: [home]\nowner: growth\n")
    (tmp_path / "checkout.yml").write_text(PLAIN + "status: stopped\n")
    (tmp_path / "broken.yaml").write_text(PLAIN + "onwer: growth\n")
    (tmp_path / "notes.txt").write_text("not a definition")
    (tmp_path / ".hidden.yaml").write_text("not a definition")
    return tmp_path


def test_a_broken_file_does_not_hide_the_others(registry: Path) -> None:
    experiments, problems = load_folder(registry)
    assert [experiment.name for experiment in experiments] == ["banner", "checkout"]
    assert [problem.message for problem in problems] == ["unknown key `onwer`"]
    assert problems[0].at is not None
    assert problems[0].at.file == str(registry / "broken.yaml")


def test_every_broken_file_of_a_folder_is_told_in_one_run(registry: Path) -> None:
    (registry / "empty.yaml").write_text("")
    _, problems = load_folder(registry)
    assert [problem.message for problem in problems] == ["unknown key `onwer`", "the file is empty"]


def test_two_files_of_one_name_are_refused(registry: Path) -> None:
    (registry / "banner.yml").write_text(PLAIN)
    _, problems = load_folder(registry / "banner.yaml", registry / "banner.yml")
    taken = f"{registry / 'banner.yml'}: the name 'banner' is taken by {registry / 'banner.yaml'}"
    assert [str(problem).splitlines()[0] for problem in problems] == [taken]


def test_a_file_named_twice_is_read_once(registry: Path) -> None:
    experiments, _ = load_folder(registry / "banner.yaml", registry)
    assert [experiment.name for experiment in experiments] == ["banner", "checkout"]


def test_an_empty_folder_and_a_missing_one_are_problems(tmp_path: Path) -> None:
    _, problems = load_folder(tmp_path, tmp_path / "nowhere")
    assert [problem.message for problem in problems] == [
        "no *.yaml in this folder",
        "no such file or folder",
    ]


def test_a_name_is_found_and_a_wrong_one_suggests_the_closest(registry: Path) -> None:
    assert find("banner", registry) == registry / "banner.yaml"
    assert find(str(registry / "checkout.yml"), registry) == registry / "checkout.yml"
    assert names(registry) == ("banner", "broken", "checkout")
    with pytest.raises(DefinitionError, match="did you mean `banner`"):
        find("baner", registry)
    with pytest.raises(DefinitionError, match="no such file"):
        find("gone.yaml", registry)


def test_the_registry_is_the_one_named_then_the_variable_then_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    variable = {"PATHLIFT_REGISTRY": "other"}
    assert registry_folder(None, {}) == Path()
    (tmp_path / "experiments").mkdir()
    assert registry_folder(None, {}) == Path("experiments")
    assert registry_folder(None, variable) == Path("other")
    assert registry_folder("mine", variable) == Path("mine")


def test_a_list_has_a_row_for_each_experiment() -> None:
    experiments, problems = load_folder(examples_folder())
    assert problems == ()
    listed = {row.name: row for row in rows(experiments)}
    assert list(listed) == [
        "beyond_gmv",
        "checkout_button",
        "free_trial",
        "journeys",
        "prompt_order",
    ]
    journeys = listed["journeys"]
    assert (journeys.primary, journeys.period) == ("conversion", "2026-03-02 to 2026-03-29")
    assert journeys.arms == ("search", "content", "influencer")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (["tag:kitchen"], ["journeys"]),
        (["status:running"], ["beyond_gmv", "checkout_button", "journeys", "prompt_order"]),
        (["status:running", "shape:units"], ["checkout_button"]),
        (["tag:none"], []),
        ([], ["beyond_gmv", "checkout_button", "free_trial", "journeys", "prompt_order"]),
    ],
)
def test_experiments_are_selected_by_all_that_is_wanted(
    wanted: list[str], found: list[str]
) -> None:
    experiments, _ = load_folder(examples_folder())
    assert [experiment.name for experiment in select(experiments, wanted)] == found


def test_an_unknown_selector_is_refused() -> None:
    with pytest.raises(DefinitionError, match="did you mean `status`"):
        select((), ["statsu:running"])
    with pytest.raises(DefinitionError, match="such as tag:kitchen"):
        select((), ["kitchen"])


def test_an_experiment_is_told_in_words() -> None:
    experiments, _ = load_folder(examples_folder() / "journeys.yaml")
    told = "\n".join(describe(experiments[0]))
    for said in (
        "first exposure 2026-03-02 to 2026-03-29, both included (UTC)",
        "influencer: influencer, weight 1, trust > need > touchpoint",
        "the sum of watch_ms per creator_id reaches 30000",
        "refunds: guardrail, proportion, any event where event = 'refund'; lower is better;"
        " at most 0.005 worse; within 44d",
        "ship when better: conversion by more than 0.001, and no guardrail is worse",
    ):
        assert said in told
    assert "nothing is decided before" not in told


def test_what_is_too_early_is_told(tmp_path: Path) -> None:
    text = (examples_folder() / "journeys.yaml").read_text(encoding="utf-8")
    (tmp_path / "journeys.yaml").write_text(
        text.replace("decision:\n", "decision:\n  too_early: {days: 42, units: 60000}\n"),
        encoding="utf-8",
    )
    (early,), _ = load_folder(tmp_path)
    assert (early.decision.least_days, early.decision.least_units) == (42, 60_000)
    told = "\n".join(describe(early))
    assert "nothing is decided before 42 days have passed and 60,000 units are mature" in told


def test_loading_imports_no_engine_and_no_numbers() -> None:
    heavy = ("numpy", "scipy", "duckdb", "polars", "statsmodels")
    script = (
        "import sys; from pathlift.registry.loading import load_experiment;"
        f"started = [m for m in {(*heavy, 'sqlglot')!r} if m in sys.modules];"
        f"load_experiment({str(examples_folder() / 'journeys.yaml')!r});"
        f"print(started, [m for m in {heavy!r} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout.strip() == "[] []"
