"""compare: an A/B table in one line, and the definition that it stands for."""

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Pathlift, customers

pytestmark = pytest.mark.engine

LINE = ("compare", "customers.csv", "--arm", "button", "--control", "grey")


@pytest.fixture
def table(work: Path) -> Path:
    """The customers of `conftest`: 20 of 200 grey and 40 of 200 green ones converted."""
    path = work / "customers.csv"
    path.write_text(customers(), encoding="utf-8")
    return path


def test_one_line_gives_the_table(table: Path, pathlift: Pathlift) -> None:
    answer = pathlift(*LINE, "--proportion", "converted")
    assert answer.code == 0
    [row] = [line for line in answer.out.splitlines() if "converted   " in line]
    # 20 of 200 and 40 of 200: 10% and 20%, 10 points, twice as many
    assert row.split()[:6] == ["▲", "converted", "10.0%", "20.0%", "+10.0", "pp"]
    assert "+100%" in row
    assert "200 and 200 units" in answer.out
    assert "Exploratory" in answer.out
    assert sorted(path.name for path in table.parent.iterdir()) == ["customers.csv"]


def test_every_number_of_it_is_exploratory(table: Path, pathlift: Pathlift) -> None:
    answer = pathlift(*LINE, "--proportion", "converted", "--format", "json")
    document = json.loads(answer.out)
    assert document["estimates"]
    assert all("exploratory" in one["flags"] for one in document["estimates"])
    assert document["provenance"]["command"] == (
        "pathlift compare customers.csv --arm button --control grey --proportion converted"
    )


def test_what_is_written_passes_check_and_gives_the_same_numbers(
    table: Path, pathlift: Pathlift
) -> None:
    (table.parent / "experiments").mkdir()
    asked = (*LINE, "--proportion", "converted", "--unit", "customer_id")
    written = pathlift(*asked, "--write", "experiments/green.yaml", "--format", "json")
    assert written.code == 0
    assert "wrote experiments/green.yaml" in written.err
    assert pathlift("check", "--data").out == "experiments/green.yaml: ok\n"
    plain = json.loads(pathlift(*asked, "--format", "json").out)
    analysed = json.loads(pathlift("analyze", "green", "--format", "json", "--no-save").out)
    assert analysed["estimates"] == plain["estimates"] == json.loads(written.out)["estimates"]
    of_data = [[c for c in one["checks"] if c["id"] != "csv"] for one in (analysed, plain)]
    assert of_data[0] == of_data[1]  # csv names the file, which is told from elsewhere
    assert analysed["decision"] == plain["decision"]
    comments = [
        line
        for line in (table.parent / "experiments" / "green.yaml").read_text().splitlines()
        if "#" in line
    ]
    assert len(comments) >= 5


def test_what_is_refused_writes_nothing(table: Path, pathlift: Pathlift) -> None:
    answer = pathlift(*LINE, "--proportion", "customer_id", "--write", "green.yaml")
    assert answer.code == 1
    assert not (table.parent / "green.yaml").exists()


def test_nothing_is_overwritten(table: Path, pathlift: Pathlift) -> None:
    (table.parent / "mine.yaml").write_text("title: mine\n")
    answer = pathlift(*LINE, "--proportion", "converted", "--write", "mine.yaml")
    assert answer.code == 2
    assert (table.parent / "mine.yaml").read_text() == "title: mine\n"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        pytest.param(
            ["--arm", "buton", "--proportion", "converted"], "did you mean 'button'?", id="arm"
        ),
        pytest.param(
            ["--arm", "button", "--control", "gray", "--proportion", "converted"],
            "did you mean `grey`?",
            id="control",
        ),
        pytest.param(
            ["--arm", "button", "--control", "grey", "--proportion", "convertd"],
            "did you mean 'converted'?",
            id="metric",
        ),
        pytest.param(
            ["--arm", "button", "--control", "grey", "--mean", "converted", "--covariate", "x"],
            "there is no column 'x'",
            id="covariate",
        ),
        pytest.param(
            ["--arm", "button", "--proportion", "converted"],
            "it holds 'green' (200), 'grey' (200); name one of them",
            id="no-control",
        ),
        pytest.param(
            ["--arm", "customer_id", "--control", "grey0", "--proportion", "converted"],
            "name the column that says which arm a unit was given",
            id="column-of-units",
        ),
        pytest.param(
            ["--arm", "button", "--control", "grey", "--proportion", "customer_id"],
            "customer_id",
            id="text",
        ),
        pytest.param(
            ["--arm", "button", "--control", "grey", "--mean", "button"],
            "named as arm and as mean",
            id="twice",
        ),
    ],
)
def test_a_table_that_does_not_fit_is_refused_with_what_was_meant(
    table: Path, pathlift: Pathlift, options: list[str], said: str
) -> None:
    answer = pathlift("compare", "customers.csv", *options)
    assert (answer.code, answer.out) == (1, "")
    assert said in answer.err
    assert ".yaml" not in answer.err  # nobody wrote a file that could be wrong


@pytest.mark.parametrize(
    "options",
    [
        pytest.param([], id="nothing-to-compare"),
        pytest.param(["--ratio", "converted"], id="no-ratio"),
        pytest.param(["--proportion", "converted", "--write", "green.txt"], id="no-definition"),
        pytest.param(["--proportion", "converted", "--memory", "lots"], id="no-memory"),
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(
    table: Path, pathlift: Pathlift, options: list[str]
) -> None:
    answer = pathlift(*LINE, *options)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err


def test_a_file_that_is_not_there_is_refused(work: Path, pathlift: Pathlift) -> None:
    answer = pathlift("compare", "nothing.parquet", "--arm", "a", "--proportion", "b")
    assert answer.code == 1
    assert answer.err.startswith("nothing.parquet: no such file")
