"""`pathlift portfolio` over small registries: what is combined, refused, left out and shown."""

import contextlib
import json
import shutil
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


@pytest.fixture(scope="module")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three experiments and their results, made once."""
    from pathlift.cli.app import run

    folder = tmp_path_factory.mktemp("portfolio")
    for name, (units, control, treated) in SIZES.items():
        write(folder / "experiments", name, units, control, treated)
    with contextlib.chdir(folder):
        assert run(["analyze", "experiments", "--quiet"]) == 0
    return folder


@pytest.fixture
def registry(analysed: Path, work: Path) -> Path:
    """The same three experiments, in the folder of one test."""
    shutil.copytree(analysed, work, dirs_exist_ok=True)
    return work / "experiments"


def document(pathlift: Pathlift, *options: str) -> dict[str, object]:
    answer = pathlift("portfolio", "--format", "json", *options)
    assert answer.code == 0, answer.err
    found: dict[str, object] = json.loads(answer.out)
    return found


def combination(found: dict[str, object], id: str) -> dict[str, object]:
    combinations: list[dict[str, object]] = found["combinations"]  # type: ignore[assignment]
    return next(each for each in combinations if each["id"] == id)


def left_out(found: dict[str, object]) -> list[dict[str, str]]:
    left: list[dict[str, str]] = found["left_out"]  # type: ignore[assignment]
    return left


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


def test_what_is_left_out_anyway_is_no_reason_to_refuse(registry: Path, pathlift: Pathlift) -> None:
    """A second reading of the same units without treatments, and one that a check has failed."""
    text = (registry / "one.yaml").read_text("utf-8")
    (registry / "bare.yaml").write_text(
        text.replace("control: true, treatment: search", "control: true").replace(
            "{treatment: content}", "{}"
        ),
        "utf-8",
    )
    (registry / "split.yaml").write_text(
        text.replace("{treatment: content}", "{treatment: content, weight: 9}").replace(
            "treatment: search", "treatment: search, weight: 1"
        ),
        "utf-8",
    )
    assert pathlift("analyze", "experiments", "--quiet").code == 0
    found = document(pathlift)
    assert combination(found, "absolute/itt//content-search")["experiments"] == 3
    reasons = {one["experiment"]: one["reason"] for one in left_out(found)}
    assert reasons["split"] == "its verdict is invalid: srm failed"
    assert reasons["bare"] == "no `treatment` is declared for c and s"


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
    left = left_out(document(pathlift))
    assert {
        "experiment": "four",
        "what": "experiment",
        "reason": "its verdict is invalid: srm failed",
    } in left


def test_a_contrast_the_other_way_round_is_turned(registry: Path, pathlift: Pathlift) -> None:
    before = combination(document(pathlift), "absolute/itt//content-search")
    lift = combination(document(pathlift), "relative/itt//content-search")
    path = registry / "two.yaml"
    text = path.read_text("utf-8")
    text = text.replace("{control: true, treatment: search}", "{treatment: search}")
    text = text.replace("{treatment: content}", "{control: true, treatment: content}")
    path.write_text(text, "utf-8")
    assert pathlift("analyze", "two", "--quiet").code == 0
    after = combination(document(pathlift), "absolute/itt//content-search")
    parts: list[dict[str, object]] = after["parts"]  # type: ignore[assignment]
    assert [part["experiment"] for part in parts if part["turned"]] == ["two"]
    for key in ("estimate", "low", "high"):  # last digits: a - b is not exactly -(b - a)
        assert after["effect"][key] == pytest.approx(before["effect"][key], rel=1e-12)  # type: ignore[index]
        turned = combination(document(pathlift), "relative/itt//content-search")
        assert turned["effect"][key] == pytest.approx(lift["effect"][key], rel=1e-9)  # type: ignore[index]


def test_lifts_are_combined_as_logarithms_of_ratios(registry: Path, pathlift: Pathlift) -> None:
    lift = combination(document(pathlift), "relative/itt//content-search")
    ratios, errors = [], []
    for n, x0, x1 in (SIZES[name] for name in sorted(SIZES)):
        ratios.append(np.log(x1 / x0))
        # Katz and others (1978), with the n - 1 of a result
        errors.append(np.sqrt((1 / x1 + 1 / x0 - 2 / n) * n / (n - 1)))
    together = combine(ratios, errors)
    span: dict[str, float] = lift["effect"]  # type: ignore[assignment]
    assert span["estimate"] == pytest.approx(np.expm1(together.mean), rel=1e-9)
    assert span["high"] == pytest.approx(np.expm1(together.high), rel=1e-9)


def test_another_window_is_left_out_and_can_be_asked_for(
    registry: Path, pathlift: Pathlift
) -> None:
    for name, window in (("one", "7d"), ("two", "7d"), ("three", "14d")):
        path = registry.parent / "results" / name / "latest.json"
        saved = json.loads(path.read_text("utf-8"))
        saved["data"]["window"] = window
        path.write_text(json.dumps(saved), "utf-8")
    found = document(pathlift)
    assert combination(found, "absolute/itt//content-search")["experiments"] == 2
    assert "`--window 14d` combines those like it" in str(found["left_out"])
    other = document(pathlift, "--window", "14d")
    assert combination(other, "absolute/itt//content-search")["experiments"] == 1
    answer = pathlift("portfolio", "--window", "3d")
    assert answer.code == 1
    assert "there is 14d, 7d" in answer.err


def test_two_arms_of_one_treatment_are_left_out_with_what_to_write(
    registry: Path, pathlift: Pathlift
) -> None:
    path = registry / "one.yaml"
    text = path.read_text("utf-8").replace(
        "  c: {treatment: content}\n", "  c: {treatment: content}\n  d: {treatment: content}\n"
    )
    path.write_text(text, "utf-8")
    parquet = registry / "data" / "one.parquet"
    duckdb.sql(
        f"copy (select * from '{parquet}' union all by name "
        f"select 'd' || user_id as user_id, 'd' as grp, bought from '{parquet}' where grp = 'c') "
        f"to '{parquet}.new' (format parquet)"
    )
    (registry / "data" / "one.parquet.new").replace(parquet)
    assert pathlift("analyze", "one", "--quiet").code == 0
    (left,) = left_out(document(pathlift))
    assert left["what"] == "content vs search"
    assert "several: c vs s and d vs s, which share units" in left["reason"]


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
