"""A folder of small experiments shares what takes long to make, and answers as each one alone."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance import small_data

from pathlift.cli.app import run
from pathlift.outcomes.composing import _small, _template
from pathlift.outcomes.engine import Engine, open_engine

pytestmark = pytest.mark.engine


def registry(folder: Path) -> list[str]:
    """Units, journeys and totals, two of each; every second one has rows of its own."""
    names = []
    for shape, made in small_data.SHAPES.items():
        for number in (1, 2):
            at = f"data/{shape}{number}"
            text = small_data.changed(
                made.definition, {path: path.replace("data", at, 1) for path in made.rows}
            )
            for path, query in made.rows.items():
                query = query if number == 1 else f"{query} limit 300"
                small_data.write_rows(query, folder / path.replace("data", at, 1))
            (folder / f"{shape}{number}.yaml").write_text(text, encoding="utf-8")
            names.append(f"{shape}{number}")
    return names


def lines(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, object]]:
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return {one["experiment"]["name"]: one for one in found}


def test_one_connection_serves_a_folder_and_each_answer_is_that_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names = registry(tmp_path)
    opened: list[object] = []

    def counted(files: Iterable[str], **options: Any) -> Engine:
        opened.append(files)
        return open_engine(files, **options)

    monkeypatch.setattr("pathlift.outcomes.choosing.open_engine", counted)
    assert run(["analyze", ".", "--no-save", "--format", "jsonl"]) == 0
    together = lines(capsys)
    assert (len(opened), sorted(together)) == (1, sorted(names))
    for name in names:
        assert run(["analyze", f"{name}.yaml", "--no-save", "--format", "jsonl"]) == 0
        (alone,) = lines(capsys).values()
        assert {**together[name], "provenance": None} == {**alone, "provenance": None}


def test_an_experiment_that_fails_leaves_the_others_their_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names = registry(tmp_path)
    (tmp_path / "data/journeys1/events.parquet").write_bytes(b"no Parquet")
    assert run(["analyze", ".", "--no-save", "--format", "jsonl"]) == 1
    assert sorted(lines(capsys)) == sorted(set(names) - {"journeys1"})


def test_templates_carry_no_places_which_every_copy_would_copy() -> None:
    for tree in (_template("spread"), _small("a + $b")):
        assert not any(node.meta for node in tree.walk())
