"""analyze and report: what is printed, what is written, and with which exit code."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import Pathlift
from tests.report.results import invalid, journeys, totals

from pathlift.errors import DataError, Problem
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Result

Fake = Callable[[Callable[[], Result]], None]


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Let the analysis give a hand-written result, under the name of the experiment."""

    def put(make: Callable[[], Result]) -> None:
        def analyze(experiment: Experiment, *, command: str = "", **_: object) -> Result:
            if experiment.name == "bad":
                raise DataError([Problem(message="no such file", subject="bad.csv")])
            result = make()
            return result.model_copy(
                update={
                    "experiment": result.experiment.model_copy(update={"name": experiment.name}),
                    "provenance": result.provenance.model_copy(update={"command": command}),
                }
            )

        monkeypatch.setattr("pathlift.pipeline.analyze", analyze)

    return put


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_json_is_exactly_one_document_and_is_what_was_saved(
    registry: Path, pathlift: Pathlift, answering: Fake
) -> None:
    answering(journeys)
    answer = pathlift("analyze", "button", "--format", "json")
    assert answer.code == 0
    latest = registry.parent / "results" / "button" / "latest.json"
    assert answer.out == latest.read_text(encoding="utf-8")
    assert json.loads(answer.out)["looks"]["look"] == 1
    assert "saved results/button/2026-04-12-" in answer.err


def test_no_save_writes_nothing_and_the_result_says_so(
    registry: Path, pathlift: Pathlift, answering: Fake
) -> None:
    answering(journeys)
    answer = pathlift("analyze", "button", "--no-save", "--format", "jsonl")
    (line,) = answer.out.splitlines()
    assert json.loads(line)["looks"]["look"] == "unrecorded"
    assert not (registry.parent / "results").exists()


def test_results_go_where_they_are_sent(
    registry: Path, pathlift: Pathlift, answering: Fake
) -> None:
    answering(totals)
    pathlift("analyze", "button", "--results", "elsewhere", "-q")
    assert "button/latest.json" in files(registry.parent / "elsewhere")
    assert pathlift("report", "button", "--format", "md", "--results", "elsewhere").code == 0


def test_the_current_folder_as_registry_keeps_its_results_inside(
    registry: Path, pathlift: Pathlift, answering: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(totals)
    monkeypatch.chdir(registry)
    pathlift("analyze", "button.yaml", "-q")
    assert (registry / "results" / "button" / "latest.json").is_file()
    assert not (registry.parent / "results").exists()


def test_quiet_says_nothing_beside_the_data(
    registry: Path, pathlift: Pathlift, answering: Fake
) -> None:
    answering(totals)
    assert pathlift("analyze", "button", "-q").err == ""


def test_the_command_that_is_kept_gives_the_same_result(
    registry: Path, pathlift: Pathlift, answering: Fake
) -> None:
    answering(totals)
    out = pathlift("analyze", "button", "--as-of", "2026-04-01", "--format", "json", "-q").out
    assert json.loads(out)["provenance"]["command"] == "pathlift analyze button --as-of 2026-04-01"


@pytest.mark.parametrize(
    ("make", "tokens", "code"),
    [
        pytest.param(totals, [], 0, id="worse-is-an-answer"),
        pytest.param(invalid, [], 0, id="a-failed-check-is-one-too"),
        pytest.param(invalid, ["--strict"], 3, id="strict-check-failed"),
        pytest.param(journeys, ["--strict"], 4, id="strict-guardrail-harmed"),
        pytest.param(totals, ["--strict"], 0, id="strict-and-nothing-wrong"),
    ],
)
def test_exit_codes(
    registry: Path,
    pathlift: Pathlift,
    answering: Fake,
    make: Callable[[], Result],
    tokens: list[str],
    code: int,
) -> None:
    answering(make)
    assert pathlift("analyze", "button", *tokens).code == code


@pytest.mark.parametrize("blocked", ["results", "results/button/looks.jsonl"])
def test_what_cannot_be_saved_is_printed_all_the_same(
    registry: Path, pathlift: Pathlift, answering: Fake, blocked: str
) -> None:
    """A file where the folder should be, and a ledger that takes no line, whoever runs this."""
    answering(journeys)
    place = registry.parent / blocked
    if place.suffix:
        place.parent.mkdir(parents=True)
        place.symlink_to(registry.parent / "nowhere" / "looks.jsonl")  # opens as no file, ever
    else:
        place.write_text("not a folder", encoding="utf-8")
    answer = pathlift("analyze", "button", "--format", "json")
    assert answer.code == 1
    assert json.loads(answer.out)["looks"]["look"] == "unrecorded"
    assert blocked in answer.err
    assert "written" in answer.err
    assert "saved" not in answer.err
    folder = pathlift("analyze", "experiments", "--format", "jsonl")
    assert (folder.code, len(folder.out.splitlines())) == (1, 1)
    assert blocked in folder.err


@pytest.fixture
def three(registry: Path) -> Path:
    """A sound experiment, one whose data are missing, and one that cannot be read."""
    shutil.copy(registry / "button.yaml", registry / "bad.yaml")
    (registry / "broken.yaml").write_text("arms: [", encoding="utf-8")
    return registry


def test_a_folder_goes_on_after_a_refusal_and_exits_1_with_a_summary(
    three: Path, pathlift: Pathlift, answering: Fake
) -> None:
    answering(totals)
    answer = pathlift("analyze", "experiments")
    assert answer.code == 1
    summary = [line.split()[:2] for line in answer.out.splitlines()[-4:]]
    assert summary == [
        ["Experiment", "Verdict"],
        ["button", "Do"],
        ["broken", "Refused"],
        ["bad", "Refused"],
    ]
    counted = answer.out.splitlines()[-3].split()[-2:]
    assert counted == ["1", "warned"]  # the hand-written result has one
    assert "bad.csv: no such file" in answer.err
    assert "experiments/broken.yaml:" in answer.err


def test_a_folder_as_json_is_one_array_and_as_jsonl_one_line_a_result(
    three: Path, pathlift: Pathlift, answering: Fake
) -> None:
    answering(totals)
    (one,) = json.loads(pathlift("analyze", "experiments", "--format", "json").out)
    assert one["experiment"]["name"] == "button"
    assert len(pathlift("analyze", "experiments", "--format", "jsonl").out.splitlines()) == 1


def test_a_folder_of_which_everything_is_refused_still_prints_a_document(
    three: Path, pathlift: Pathlift, answering: Fake
) -> None:
    (three / "button.yaml").unlink()
    answering(totals)
    answer = pathlift("analyze", "experiments", "--format", "json")
    assert answer.code == 1
    assert json.loads(answer.out) == []


def test_a_page_is_written_beside_the_result_and_its_place_is_printed(
    registry: Path, pathlift: Pathlift, answering: Fake
) -> None:
    answering(journeys)
    pathlift("analyze", "button", "-q")
    answer = pathlift("report", "button")
    assert answer.out == "results/button/latest.html\n"
    page = (registry.parent / "results" / "button" / "latest.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")


def test_the_name_of_the_output_says_which_rendering(
    registry: Path, pathlift: Pathlift, answering: Fake
) -> None:
    answering(journeys)
    pathlift("analyze", "button", "-q")
    for name, start in (("a.md", "# button"), ("a.txt", "button:"), ("a.json", '{\n  "schema"')):
        assert pathlift("report", "button", "-o", name).out == f"{name}\n"
        assert (registry.parent / name).read_text(encoding="utf-8").startswith(start)


def test_a_report_on_stdout_is_the_data_alone(
    registry: Path, pathlift: Pathlift, answering: Fake
) -> None:
    answering(journeys)
    pathlift("analyze", "button", "-q")
    page = pathlift("report", "button", "-o", "-").out
    assert page.startswith("<!doctype html>")
    assert page.endswith("</html>\n")
    assert pathlift("report", "button", "--format", "text").out.startswith("button: Does")


def test_a_report_of_a_file_needs_no_registry(work: Path, pathlift: Pathlift) -> None:
    from pathlift.result.saving import save

    path = save(journeys(), work / "somewhere")
    assert pathlift("report", str(path), "--format", "md").out.startswith("# journeys")


def test_a_report_of_nothing_says_how_to_make_one(registry: Path, pathlift: Pathlift) -> None:
    answer = pathlift("report", "button")
    assert answer.code == 1
    assert "`pathlift analyze button` makes one" in answer.err


def test_open_shows_the_page(
    registry: Path, pathlift: Pathlift, answering: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(journeys)
    pathlift("analyze", "button", "-q")
    shown: list[str] = []
    monkeypatch.setattr("webbrowser.open", shown.append)
    page = Path(pathlift("report", "button", "--open").out.strip())
    assert shown == [page.resolve().as_uri()]


def test_open_without_a_page_is_wrong_usage(
    registry: Path, pathlift: Pathlift, answering: Fake
) -> None:
    answering(journeys)
    pathlift("analyze", "button", "-q")
    assert pathlift("report", "button", "--format", "md", "--open").code == 2
