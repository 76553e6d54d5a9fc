"""Where a site is written: never over what is somebody else's, and no page of yesterday stays."""

import json
from pathlib import Path

import pytest

from pathlift.errors import PathliftError
from pathlift.site.writing import MANIFEST, write_site

INDEX = ("index.html", "<p>index</p>")
OLD = ("experiments/old/index.html", "<p>old</p>")


def test_pages_and_their_list_are_written(tmp_path: Path) -> None:
    told: list[int] = []
    paths = write_site(tmp_path / "site", [INDEX, OLD], written=told.append)
    assert [path.read_text(encoding="utf-8") for path in paths] == [INDEX[1], OLD[1]]
    assert told == [1, 2]
    manifest = json.loads((tmp_path / "site" / MANIFEST).read_text(encoding="utf-8"))
    assert manifest == {"schema": "pathlift.site/1", "pages": [INDEX[0], OLD[0]]}


def test_pages_that_are_no_longer_made_go_and_other_files_stay(tmp_path: Path) -> None:
    write_site(tmp_path, [INDEX, OLD])
    (tmp_path / "CNAME").write_text("example.org", encoding="utf-8")
    write_site(tmp_path, [INDEX])
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == [
        "CNAME",
        "index.html",
        MANIFEST,
    ]
    assert not (tmp_path / "experiments" / "old").exists()


@pytest.mark.parametrize("name", ["index.html", "notes.txt"])
def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine", encoding="utf-8")
    with pytest.raises(PathliftError, match="no site of ours"):
        write_site(tmp_path, [INDEX])
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("text", ["{", "[]", '{"schema": "other/1", "pages": []}', '{"pages": 1}'])
def test_a_list_of_pages_that_is_not_ours_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / MANIFEST).write_text(text, encoding="utf-8")
    with pytest.raises(PathliftError, match=MANIFEST):
        write_site(tmp_path, [INDEX])


def test_a_list_that_was_tampered_with_takes_nothing_away_outside(tmp_path: Path) -> None:
    mine = tmp_path / "mine.html"
    mine.write_text("mine", encoding="utf-8")
    folder = tmp_path / "site"
    folder.mkdir()
    document = {"schema": "pathlift.site/1", "pages": ["../mine.html", str(mine)]}
    (folder / MANIFEST).write_text(json.dumps(document), encoding="utf-8")
    write_site(folder, [INDEX])
    assert mine.exists()
