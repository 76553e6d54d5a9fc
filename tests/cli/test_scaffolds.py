"""init and demo: what they write runs at once, and nobody's files are overwritten."""

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Pathlift

EXPERIMENT = {
    "journeys": "journeys",
    "ab": "checkout_button",
    "totals": "free_trial",
    "prompts": "prompt_order",
    "value": "beyond_gmv",
}


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.engine
@pytest.mark.parametrize("template", EXPERIMENT)
def test_a_new_registry_passes_check_and_is_analysed_at_once(
    work: Path, pathlift: Pathlift, monkeypatch: pytest.MonkeyPatch, template: str
) -> None:
    made = pathlift("init", "shop", "--template", template)
    assert made.code == 0
    assert sorted(made.out.splitlines()) == sorted(f"shop/{name}" for name in files(work / "shop"))
    monkeypatch.chdir(work / "shop")
    name = EXPERIMENT[template]
    checked = pathlift("check", "--data")
    assert (checked.code, checked.out) == (0, f"experiments/{name}.yaml: ok\n")
    answer = pathlift("analyze", name, "--format", "json", "-q")
    assert answer.code == 0
    document = json.loads(answer.out)
    assert document["experiment"]["name"] == name
    assert [check["id"] for check in document["checks"] if check["severity"] == "fail"] == []


def test_the_schema_that_the_first_line_names_lies_beside_the_definition(
    work: Path, pathlift: Pathlift
) -> None:
    pathlift("init", "shop", "--template", "totals")
    folder = work / "shop" / "experiments"
    first = (folder / "free_trial.yaml").read_text(encoding="utf-8").splitlines()[0]
    named = first.partition("$schema=")[2]
    assert json.loads((folder / named).read_text(encoding="utf-8"))["properties"]


def test_the_data_of_a_template_are_the_same_every_time(work: Path, pathlift: Pathlift) -> None:
    for folder in ("one", "two"):
        pathlift("init", folder, "--template", "totals")
    assert files(work / "one") == files(work / "two")


def test_init_overwrites_nothing(work: Path, pathlift: Pathlift) -> None:
    pathlift("init", "shop", "--template", "totals")
    own = work / "shop" / "experiments" / "free_trial.yaml"
    own.write_text("mine", encoding="utf-8")
    before = files(work)
    answer = pathlift("init", "shop", "--template", "totals")
    assert answer.code == 1
    assert "free_trial.yaml: is there already" in answer.err
    assert files(work) == before


def test_a_second_template_joins_the_first_and_leaves_the_readme_alone(
    work: Path, pathlift: Pathlift
) -> None:
    pathlift("init", "shop", "--template", "totals")
    (work / "shop" / "README.md").write_text("mine", encoding="utf-8")
    assert pathlift("init", "shop", "--template", "ab").code == 0
    assert (work / "shop" / "README.md").read_text(encoding="utf-8") == "mine"
    assert (work / "shop" / "experiments" / "checkout_button.yaml").is_file()


def test_demo_refuses_a_folder_that_is_not_its_own(work: Path, pathlift: Pathlift) -> None:
    (work / "mine").mkdir()
    (work / "mine" / "thesis.txt").write_text("years of work", encoding="utf-8")
    answer = pathlift("demo", "mine")
    assert answer.code == 1
    assert "mine: is there already, and is no earlier demo" in answer.err
    assert files(work) == {"mine/thesis.txt": b"years of work"}


@pytest.mark.engine
@pytest.mark.slow
def test_the_demo_shows_the_truth_beside_every_interval_and_counts_the_hits(
    work: Path, pathlift: Pathlift
) -> None:
    from tests.report.page import read_page

    from pathlift.result.saving import load

    answer = pathlift("demo")
    assert answer.code == 0
    folder = work / "pathlift-demo"
    assert {"result.json", "report.html", "truth.json", ".pathlift-demo"} <= files(folder).keys()
    result = load(folder / "result.json")
    sentence = answer.out.splitlines()[-1]
    held, _, told = sentence.partition(" of ")
    known = int(told.split()[0])
    # Every estimate of this world has a known truth, but for those within baseline states: who
    # held what before exposure is drawn by class, and nothing is computed within it.
    assert known == sum(
        estimate.absolute is not None and "baseline_state" not in (estimate.segment or {})
        for estimate in result.estimates
    )
    # At least 9 in 10: intervals are at 95% or simultaneous; their hits go together, so a bad draw
    # may cost several. Calibration is tested elsewhere, on many draws.
    assert int(held) >= 0.9 * known
    deciding = [e for e in result.estimates if e.role == "primary" and not e.segment]
    assert all(e.simultaneous for e in deciding if e.estimand in ("itt", "incidence"))
    page = read_page((folder / "report.html").read_text(encoding="utf-8"))
    marked = 0
    for table in page.all("table", cls="estimates"):
        for row in table.all("tr"):
            if "baseline_state" in str(row.attributes.get("data-id", "baseline_state")):
                continue
            estimated = bool(row.all("svg"))
            assert bool(row.one("td", cls="truth-value").text) == estimated
            # Truths are differences; a bar of lifts has no place for them.
            drawn = estimated and "Interval of the lift" not in table.text
            assert len(row.all("path", cls="truth")) == drawn
            marked += drawn
    assert marked
    assert sentence.removesuffix(".") in page.one("p", cls="truth-sentence").text
    # The saved result is found again by the ordinary commands.
    again = pathlift(
        "report", "journeys", "--format", "json", "--registry", str(folder / "experiments")
    )
    assert again.out == (folder / "result.json").read_text(encoding="utf-8")
