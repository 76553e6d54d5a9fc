"""What was saved is what was found, and a half-written file is never there."""

import json
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.report.results import ALL, journeys, totals

from pathlift.errors import PathliftError
from pathlift.result.model import Provenance, Result
from pathlift.result.saving import ResultError, find, hash_of, load, record, save, to_json
from pathlift.result.schema import result_schema


def rerun(result: Result, **provenance: Any) -> Result:
    """The same analysis at another moment."""
    run: dict[str, Any] = {"started": datetime(2026, 5, 1, tzinfo=UTC), "seconds": {"collect": 9.0}}
    changed: Provenance = result.provenance.model_copy(update=run | provenance)
    return result.model_copy(update={"provenance": changed})


def with_data(result: Result, fingerprint: str) -> Result:
    return result.model_copy(
        update={"data": result.data.model_copy(update={"fingerprint": fingerprint})}
    )


@pytest.mark.parametrize("name", ALL)
def test_a_saved_result_is_read_back_as_it_was(name: str, tmp_path: Path) -> None:
    result = ALL[name]()
    path = save(result, tmp_path)
    assert load(path) == result
    assert load(find(result.experiment.name, tmp_path)) == result


@pytest.mark.parametrize("name", ALL)
def test_every_result_obeys_the_published_schema(name: str) -> None:
    validator = jsonschema.Draft202012Validator(result_schema())
    validator.validate(json.loads(to_json(ALL[name]())))


def test_the_schema_itself_is_sound_and_wants_every_key() -> None:
    schema = result_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    document = json.loads(to_json(journeys()))
    del document["estimates"][0]["p_value"]
    with pytest.raises(jsonschema.ValidationError, match="p_value"):
        jsonschema.validate(document, schema)


def test_the_same_result_gives_the_same_bytes() -> None:
    assert to_json(journeys()).encode() == to_json(journeys()).encode()


@pytest.mark.parametrize("name", ALL)
def test_a_result_as_values_is_what_its_document_says(name: str) -> None:
    result = ALL[name]()
    assert result.to_dict() == json.loads(to_json(result))


@pytest.mark.parametrize("bad", [math.inf, -math.inf, math.nan])
def test_what_is_not_finite_is_null_in_values_as_in_the_document(bad: float) -> None:
    result = journeys()
    first = result.estimates[0].model_copy(update={"p_value": bad})
    broken = result.model_copy(update={"estimates": (first, *result.estimates[1:])})
    assert broken.to_dict()["estimates"][0]["p_value"] is None
    assert broken.to_dict() == json.loads(to_json(broken))


def test_floats_keep_every_digit(tmp_path: Path) -> None:
    result = journeys()
    document = json.loads(save(result, tmp_path).read_text("utf-8"))
    assert [e["p_value"] for e in document["estimates"]] == [e.p_value for e in result.estimates]


def test_the_file_is_named_after_the_last_day_that_was_read(tmp_path: Path) -> None:
    # The watermark is midnight after 12 April: nothing of the 13th was read.
    assert save(journeys(), tmp_path).name == f"2026-04-12-{hash_of(journeys())[:8]}.json"
    assert save(totals(), tmp_path).name.startswith("all-")


def test_running_again_replaces_the_file_and_new_data_make_another(tmp_path: Path) -> None:
    first = save(journeys(), tmp_path)
    assert save(rerun(journeys()), tmp_path) == first
    assert save(with_data(journeys(), "ff" * 32), tmp_path) != first


def test_nothing_but_whole_results_lies_in_the_folder(tmp_path: Path) -> None:
    record(journeys(), tmp_path)
    names = {path.name for path in (tmp_path / "journeys").iterdir()}
    assert names == {f"2026-04-12-{hash_of(journeys())[:8]}.json", "latest.json", "looks.jsonl"}


def test_a_folder_that_cannot_be_written_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("a file, not a folder")
    with pytest.raises(PathliftError, match=r"results/journeys/.*cannot be written"):
        save(journeys(), tmp_path / "results")


def test_the_same_data_again_are_not_a_new_look(tmp_path: Path) -> None:
    assert record(journeys(), tmp_path).result.looks.look == 1
    assert record(rerun(journeys()), tmp_path).result.looks.look == 1
    second = record(with_data(journeys(), "ff" * 32), tmp_path).result
    assert second.looks.look == 2
    assert [line["look"] for line in second.looks.ledger] == [1]
    # Going back to the first data is the first look again, and the later one stays known.
    again = record(journeys(), tmp_path).result
    assert again.looks.look == 1
    assert [line["look"] for line in again.looks.ledger] == [2]
    assert len((tmp_path / "journeys" / "looks.jsonl").read_text().splitlines()) == 2


def test_a_later_watermark_is_a_new_look(tmp_path: Path) -> None:
    record(journeys(), tmp_path)
    data = journeys().data
    assert data.watermark is not None
    later = journeys().model_copy(
        update={"data": data.model_copy(update={"watermark": data.watermark + timedelta(days=1)})}
    )
    assert record(later, tmp_path).result.looks.look == 2


def test_a_ledger_that_cannot_be_read_is_refused_not_forgotten(tmp_path: Path) -> None:
    record(journeys(), tmp_path)
    with (tmp_path / "journeys" / "looks.jsonl").open("a") as ledger:
        ledger.write("{broken\n")
    with pytest.raises(PathliftError, match="line 2 of the ledger of looks cannot be read"):
        record(journeys(), tmp_path)


def older(text: str) -> str:
    return text.replace("pathlift.result/1", "pathlift.result/0")


def unsound(text: str) -> str:
    return text.replace('"severity": "pass"', '"severity": "fine"')


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(older, "is written as pathlift.result/0; this version", id="older-version"),
        pytest.param(lambda text: text[:-9], r"is not valid JSON \(line ", id="cut-off"),
        pytest.param(lambda _: "[1]", "is not a saved result", id="other-document"),
        pytest.param(lambda _: "", r"is not valid JSON \(line 1, column 1", id="empty"),
        pytest.param(unsound, r"is not a sound result \(checks.0.severity: ", id="edited"),
    ],
)
def test_a_file_that_is_no_result_of_ours_says_so(
    change: Any, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "some.json"
    path.write_text(change(to_json(journeys())), encoding="utf-8")
    with pytest.raises(ResultError, match=message) as refusal:
        load(path)
    assert str(refusal.value).startswith(str(path))


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(ResultError, match=r"none\.json: cannot be read: No such file"):
        load(tmp_path / "none.json")


def test_a_result_that_was_never_saved_names_those_that_were(tmp_path: Path) -> None:
    record(journeys(), tmp_path)
    with pytest.raises(ResultError, match=r"no saved result of 'journey' in .*of journeys"):
        find("journey", tmp_path)
