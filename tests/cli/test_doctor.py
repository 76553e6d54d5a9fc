"""doctor: every line that is not good says what to do; the exit code says whether it stops us."""

import json
import shutil
import tempfile
from collections import namedtuple
from pathlib import Path

import pytest
from tests.cli.conftest import Pathlift

from pathlift.cli import doctor

pytestmark = pytest.mark.engine


def found(pathlift: Pathlift, *options: str) -> dict[str, dict[str, str]]:
    answer = pathlift("doctor", "--format", "json", *options)
    lines = {one["what"]: one for one in json.loads(answer.out)}
    assert all(one["todo"] for one in lines.values() if one["health"] != "good")
    assert answer.code == int(any(one["health"] == "bad" for one in lines.values()))
    return lines


def test_a_sound_machine_and_registry(registry: Path, pathlift: Pathlift) -> None:
    answer = pathlift("doctor")
    assert answer.code == 0
    for what in ("python", "libraries", "duckdb", "memory", "temp space", "registry", "results"):
        assert f" {what} " in answer.out
    assert "1 of 1 definitions in experiments are sound, 0 locked" in answer.out
    assert list(registry.parent.iterdir()) == [registry]  # looked at, nothing made


def test_a_broken_definition_is_sent_to_check(registry: Path, pathlift: Pathlift) -> None:
    (registry / "broken.yaml").write_text("arms: 3\n", encoding="utf-8")
    line = found(pathlift)["registry"]
    assert (line["health"], line["todo"]) == ("look", "pathlift check says what is wrong")


def test_a_registry_that_is_not_there_stops_us(work: Path, pathlift: Pathlift) -> None:
    line = found(pathlift, "--registry", "nowhere")["registry"]
    assert line["health"] == "bad"
    assert "pathlift init" in line["todo"]


def test_an_empty_folder_is_told_how_to_begin(work: Path, pathlift: Pathlift) -> None:
    assert "pathlift init DIR" in found(pathlift)["registry"]["todo"]


def test_a_full_disk_is_looked_at(
    registry: Path, pathlift: Pathlift, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10, 9, 1 << 29))
    line = found(pathlift)["temp space"]
    assert line["health"] == "look"
    assert line["said"].startswith("0.5 GiB free in ")


def test_no_place_for_temporary_files_stops_us(
    registry: Path, pathlift: Pathlift, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse)
    line = found(pathlift)["temp space"]
    assert (line["health"], line["todo"]) == ("bad", "set TMPDIR to a folder that can")


@pytest.mark.parametrize(
    ("have", "bounds", "fits"),
    [
        pytest.param("2.0.1", ">=1.5.5,<3", True, id="inside"),
        pytest.param("1.5.4", ">=1.5.5,<3", False, id="below"),
        pytest.param("3.0.0", ">=1.5.5,<3", False, id="at-the-upper-bound"),
        pytest.param("1.10", ">=1.9", True, id="numbers-not-letters"),
        pytest.param("5", "", True, id="no-bound"),
    ],
)
def test_versions_are_held_against_what_is_declared(have: str, bounds: str, *, fits: bool) -> None:
    assert doctor.within(have, bounds) is fits


def test_a_library_that_is_too_old_stops_us(
    registry: Path, pathlift: Pathlift, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "version", lambda name: "0.1" if name == "duckdb" else "99")
    line = found(pathlift)["libraries"]
    assert line["health"] == "bad"
    assert "duckdb 0.1" in line["said"]
    assert "requirements.lock" in line["todo"]
