"""`pathlift portfolio` over small registries: what is combined, refused, left out and shown."""

import json
from pathlib import Path

import duckdb
import numpy as np
import pytest
from tests.cli.conftest import Pathlift

from pathlift.inference.random_effects import combine

pytestmark = pytest.mark.engine

DEFINITION = """\
title: Number {number}
unit: user_id
data: {{units: data/{data}.parquet, columns: {{arm: grp}}}}
arms:
  s: {{control: true, treatment: search}}
  c: {{treatment: content}}
metrics:
  conversion: {{kind: proportion, column: bought, role: primary}}
"""
# successes of search and content among so many units each
SIZES = {"one": (400, 40, 60), "two": (500, 55, 70), "three": (300, 33, 36)}


def write(folder: Path, name: str, units: int, control: int, treated: int) -> None:
    (folder / "data").mkdir(parents=True, exist_ok=True)
    rows = f"""
        select '{name}' || i as user_id, case when i < {units} then 's' else 'c' end as grp,
               (i % {units} < case when i < {units} then {control} else {treated} end)::int
               as bought
        from range({2 * units}) as numbers(i)
    """
    duckdb.sql(f"copy ({rows}) to '{folder / 'data' / name}.parquet' (format parquet)")
    (folder / f"{name}.yaml").write_text(DEFINITION.format(number=name, data=name), "utf-8")


@pytest.fixture
def registry(work: Path, pathlift: Pathlift) -> Path:
    folder = work / "experiments"
    for name, (units, control, treated) in SIZES.items():
        write(folder, name, units, control, treated)
    assert pathlift("analyze", "experiments", "--quiet").code == 0
    return folder


def document(pathlift: Pathlift, *options: str) -> dict[str, object]:
    answer = pathlift("portfolio", "--format", "json", *options)
    assert answer.code == 0, answer.err
    found: dict[str, object] = json.loads(answer.out)
    return found


def combination(found: dict[str, object], id: str) -> dict[str, object]:
    combinations: list[dict[str, object]] = found["combinations"]  # type: ignore[assignment]
    return next(each for each in combinations if each["id"] == id)


def test_differences_are_combined_with_their_unpooled_errors(
    registry: Path, pathlift: Pathlift
) -> None:
    effect = combination(document(pathlift), "absolute/itt//content-search")
    differences, errors = [], []
    for n, x0, x1 in (SIZES[name] for name in sorted(SIZES)):
        p0, p1 = x0 / n, x1 / n
        differences.append(p1 - p0)
        # the standard error of a result has the n - 1 convention
        errors.append(np.sqrt((p0 * (1 - p0) + p1 * (1 - p1)) / (n - 1)))
    together = combine(differences, errors)
    span: dict[str, float] = effect["effect"]  # type: ignore[assignment]
    assert span["estimate"] == pytest.approx(together.mean, rel=1e-9)
    assert (span["low"], span["high"]) == pytest.approx((together.low, together.high), rel=1e-9)
    assert effect["causal_status"] == "causal_if"
    assert effect["experiments"] == 3


def test_every_form_holds_the_answer_and_every_experiment(
    registry: Path, pathlift: Pathlift
) -> None:
    sentence = str(document(pathlift)["sentence"])
    assert "content" in sentence
    assert "search" in sentence
    for form in ("text", "md", "html"):
        said = pathlift("portfolio", "--format", form).out.replace("\\", "")
        assert sentence in said or sentence.replace("'", "&#39;") in said
        for name in SIZES:
            assert name in said
        assert "mean of 3" in said


def test_the_page_makes_no_request_and_keeps_strange_names_as_text(
    work: Path, pathlift: Pathlift
) -> None:
    folder = work / "experiments"
    write(folder, "one", *SIZES["one"])
    write(folder, "two", *SIZES["two"])
    text = (folder / "two.yaml").read_text("utf-8")
    hostile = text.replace("title: Number two", 'title: "</script><script>alert(1)</script>"')
    (folder / "two.yaml").write_text(hostile, "utf-8")
    assert pathlift("analyze", "experiments", "--quiet").code == 0
    answer = pathlift("portfolio", "-o", "all.html")
    assert answer.out == "all.html\n"
    page = (work / "all.html").read_text("utf-8")
    assert "default-src &#39;none&#39;" in page
    assert "<script>alert" not in page
    assert "src=" not in page
    assert "href=" not in page


def test_experiments_that_share_their_units_are_refused_with_both_names(
    registry: Path, pathlift: Pathlift
) -> None:
    text = (registry / "one.yaml").read_text("utf-8")
    (registry / "copy.yaml").write_text(
        text.replace("role: primary", "role: primary, better: lower"), "utf-8"
    )
    assert pathlift("analyze", "copy", "--quiet").code == 0
    answer = pathlift("portfolio")
    assert answer.code == 1
    assert "copy and one" in answer.err
    assert "--without one" in answer.err
    assert pathlift("portfolio", "--without", "copy").code == 0


def test_a_copy_of_the_file_under_another_name_is_still_the_same_units(
    registry: Path, pathlift: Pathlift
) -> None:
    (registry / "data" / "again.parquet").write_bytes(
        (registry / "data" / "one.parquet").read_bytes()
    )
    (registry / "again.yaml").write_text(DEFINITION.format(number="x", data="again"), "utf-8")
    assert pathlift("analyze", "again", "--quiet").code == 0
    answer = pathlift("portfolio")
    assert answer.code == 1
    assert "again and one take their units from the same data" in answer.err


def test_what_cannot_be_combined_is_named_with_its_reason(
    registry: Path, pathlift: Pathlift
) -> None:
    write(registry, "four", 300, 30, 33)
    path = registry / "four.yaml"
    path.write_text(path.read_text("utf-8").replace("treatment: content", "weight: 9"), "utf-8")
    path.write_text(
        path.read_text("utf-8").replace("control: true,", "control: true, weight: 1,"), "utf-8"
    )
    assert pathlift("analyze", "four", "--quiet").code == 0
    left: list[dict[str, str]] = document(pathlift)["left_out"]  # type: ignore[assignment]
    assert {
        "experiment": "four",
        "what": "experiment",
        "reason": "its verdict is invalid: srm failed",
    } in left


def test_one_experiment_is_shown_and_not_combined(work: Path, pathlift: Pathlift) -> None:
    write(work / "experiments", "one", *SIZES["one"])
    assert pathlift("analyze", "one", "--quiet").code == 0
    found = document(pathlift)
    effect = combination(found, "absolute/itt//content-search")
    assert effect["effect"] is None
    assert effect["not_estimated"] == {"reason": "one experiment: shown, not combined"}
    assert "a second one is needed to combine" in str(found["sentence"])


def test_a_folder_without_results_is_refused(work: Path, pathlift: Pathlift) -> None:
    answer = pathlift("portfolio", "nowhere")
    assert answer.code == 1
    assert "no such folder" in answer.err


def test_the_document_fits_its_schema(registry: Path, pathlift: Pathlift) -> None:
    import jsonschema

    schema = json.loads(pathlift("schema", "portfolio").out)
    jsonschema.validate(document(pathlift), schema)
