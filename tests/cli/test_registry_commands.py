"""check, list, show and schema: what people meet first."""

import json
from pathlib import Path

import jsonschema
import pytest
from tests.cli.conftest import DEFINITION, Pathlift

from pathlift.places import examples_folder


def broken(registry: Path) -> None:
    text = DEFINITION.replace("role: primary", "rôle: primary").replace(
        "green: {}", "green: {weight: 0}"
    )
    (registry / "broken.yaml").write_text(text, encoding="utf-8")


def test_check_accepts_a_sound_registry(registry: Path, pathlift: Pathlift) -> None:
    answer = pathlift("check")
    assert answer.code == 0
    assert answer.out == "experiments/button.yaml: ok\n"
    assert "1 definition is sound" in answer.err


def test_check_names_every_problem_and_the_sound_files_too(
    registry: Path, pathlift: Pathlift
) -> None:
    broken(registry)
    answer = pathlift("check")
    assert answer.code == 1
    assert answer.out == "experiments/button.yaml: ok\n"
    assert answer.err.count("experiments/broken.yaml:") >= 2
    assert "problems" in answer.err
    assert "Traceback" not in answer.err


def test_check_data_holds_the_columns_against_the_definition(
    registry: Path, pathlift: Pathlift
) -> None:
    assert pathlift("check", "--data").code == 0
    text = (registry / "data" / "customers.csv").read_text()
    (registry / "data" / "customers.csv").write_text(text.replace("converted", "bought", 1))
    answer = pathlift("check", "--data")
    assert answer.code == 1
    assert "converted" in answer.err
    assert answer.out == ""


def test_list_shows_one_line_an_experiment(registry: Path, pathlift: Pathlift) -> None:
    answer = pathlift("list")
    assert answer.code == 0
    head, line = answer.out.splitlines()
    assert head.split()[:3] == ["Name", "Status", "Shape"]
    assert line.split()[:3] == ["button", "running", "units"]


def test_list_goes_on_after_a_refused_experiment_and_exits_1(
    registry: Path, pathlift: Pathlift
) -> None:
    broken(registry)
    answer = pathlift("list")
    assert answer.code == 1
    assert "button" in answer.out
    assert "experiments/broken.yaml:" in answer.err


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        pytest.param(["tag:checkout"], 1, id="by-tag"),
        pytest.param(["tag:checkout", "status:draft"], 0, id="all-of-them-have-to-hold"),
    ],
)
def test_list_selects(registry: Path, pathlift: Pathlift, wanted: list[str], found: int) -> None:
    answer = pathlift("list", "--format", "json", "--select", *wanted)
    assert len(json.loads(answer.out)) == found


def test_show_tells_an_experiment_in_words(registry: Path, pathlift: Pathlift) -> None:
    answer = pathlift("show", "button")
    assert answer.code == 0
    assert "Does a green button sell?" in answer.out
    assert "grey: control" in answer.out


def test_a_name_that_is_not_there_suggests_one(registry: Path, pathlift: Pathlift) -> None:
    answer = pathlift("show", "buton")
    assert answer.code == 1
    assert "did you mean `button`" in answer.err


@pytest.mark.parametrize("of", ["experiment", "result"])
def test_schemas_are_sound(work: Path, pathlift: Pathlift, of: str) -> None:
    schema = json.loads(pathlift("schema", of).out)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_the_registry_may_be_named_before_or_after_the_command_or_in_the_environment(
    registry: Path, pathlift: Pathlift, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.rename(registry.with_name("elsewhere"))
    assert pathlift("--registry", "elsewhere", "show", "button").code == 0
    assert pathlift("show", "button", "--registry", "elsewhere").code == 0
    assert pathlift("show", "button").code == 1
    monkeypatch.setenv("PATHLIFT_REGISTRY", "elsewhere")
    assert pathlift("show", "button").code == 0


@pytest.mark.parametrize(
    ("tokens", "hint"),
    [
        pytest.param(("show", "buton"), "did you mean `button`?", id="experiment"),
        pytest.param(
            ("check", "experiments/buton.yaml"),
            "did you mean `experiments/button.yaml`?",
            id="file",
        ),
        pytest.param(("check", "experimets"), "did you mean `experiments`?", id="folder"),
        pytest.param(
            ("analyze", "experiments/buton.yaml"),
            "did you mean `experiments/button.yaml`?",
            id="file-to-analyse",
        ),
        pytest.param(
            ("list", "--select", "tag:chekout"), "did you mean `checkout`?", id="value-selected"
        ),
    ],
)
def test_what_was_meant_is_suggested(
    registry: Path, pathlift: Pathlift, tokens: tuple[str, ...], hint: str
) -> None:
    answer = pathlift(*tokens)
    assert answer.out == ""
    assert hint in answer.err


def test_a_result_that_is_misspelled_is_suggested(registry: Path, pathlift: Pathlift) -> None:
    (registry.parent / "results" / "button").mkdir(parents=True)
    (registry.parent / "results" / "button" / "latest.json").write_text("{}")
    assert "did you mean `button`?" in pathlift("report", "buton").err


def test_show_as_json_has_what_the_definition_comes_to(registry: Path, pathlift: Pathlift) -> None:
    shown = json.loads(pathlift("show", "button", "--format", "json").out)
    assert shown["name"] == "button"
    assert [arm["name"] for arm in shown["arms"] if arm["control"]] == ["grey"]
    assert shown["analysis"]["alpha"] == 0.05  # a default that the file does not say
    assert shown["metrics"][0]["source"]["column"]["name"] == "converted"
    assert "at" not in shown["arms"][0]


@pytest.mark.parametrize("name", sorted(path.stem for path in examples_folder().glob("*.yaml")))
def test_every_worked_example_is_plain_values(work: Path, pathlift: Pathlift, name: str) -> None:
    answer = pathlift("show", str(examples_folder() / f"{name}.yaml"), "--format", "json")
    shown = json.loads(answer.out)
    days = [shown["first_day"], shown["last_day"], shown["window"]]
    assert all(day is None or isinstance(day, str) for day in days)


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of 80 columns without colours."""
    for module in ("grid", "list", "show"):
        monkeypatch.setattr(f"pathlift.cli.{module}.width", lambda: 80)
    for module in ("grid", "show"):
        monkeypatch.setattr(f"pathlift.cli.{module}.color", lambda: False)


@pytest.mark.usefixtures("narrow")
def test_lists_and_words_fit_a_terminal_of_80_columns(work: Path, pathlift: Pathlift) -> None:
    folder = str(examples_folder())
    listed = pathlift("list", "--registry", folder).out
    assert max(len(line) for line in listed.splitlines()) <= 80
    for name in ("journeys", "prompt_order", "free_trial", "checkout_button"):
        assert f"\n{name} " in listed
        lines = pathlift("show", name, "--registry", folder).out.splitlines()
        # paths are never broken, so that they can be copied
        assert [line for line in lines if len(line) > 80 and "/" not in line] == []
    assert "  Does a green button bring more people through the checkout? [checkout]\n" in listed


@pytest.mark.usefixtures("narrow")
def test_what_fits_no_row_becomes_a_block_and_loses_nothing(
    registry: Path, pathlift: Pathlift
) -> None:
    name = "a_button_of_a_name_that_nobody_would_type_twice_in_a_week_of_work"
    (registry / "button.yaml").rename(registry / f"{name}.yaml")
    lines = pathlift("list").out.splitlines()
    assert lines[0] == name
    assert max(len(line) for line in lines) <= 80
    for word in ("running", "units", "grey, green", "conversion", "checkout"):
        assert word in " ".join(lines)
