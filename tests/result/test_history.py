"""All that was saved of an experiment: each result once, by the end of its data."""

import json
from pathlib import Path

from tests.report.results import journeys
from tests.site.registry import seen_on

from pathlift.result.history import read_histories
from pathlift.result.saving import save


def test_results_come_once_by_the_end_of_their_data(tmp_path: Path) -> None:
    for day in (7, 0, 14):
        save(seen_on(journeys(), day), tmp_path)
    (history,) = read_histories(tmp_path)
    assert history.name == "journeys"
    assert [saved.result for saved in history.results] == [
        seen_on(journeys(), day) for day in (0, 7, 14)
    ]
    assert history.latest is history.results[-1]
    assert not history.outdated
    assert history.unread == ()


def test_the_latest_is_what_ran_last_whatever_its_data(tmp_path: Path) -> None:
    for day in (7, 0):  # `--as-of` an earlier day, afterwards
        save(seen_on(journeys(), day), tmp_path)
    (history,) = read_histories(tmp_path)
    assert history.latest is history.results[0]
    assert history.outdated


def test_the_latest_alone_is_a_result(tmp_path: Path) -> None:
    path = save(journeys(), tmp_path)
    path.unlink()
    (history,) = read_histories(tmp_path)
    assert [saved.path.name for saved in history.results] == ["latest.json"]
    assert history.latest is history.results[0]


def test_what_cannot_be_read_is_kept_with_its_reason(tmp_path: Path) -> None:
    folder = tmp_path / "older"
    folder.mkdir()
    (folder / "2026-01-01-00000000.json").write_text(
        json.dumps({"schema": "pathlift.result/0"}), encoding="utf-8"
    )
    (history,) = read_histories(tmp_path)
    assert history.results == ()
    assert history.latest is None
    (unread,) = history.unread
    assert "pathlift.result/0" in unread.reason
    assert "analyse the experiment again" in unread.reason


def test_folders_without_results_and_no_folder_at_all_are_no_history(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert read_histories(tmp_path) == ()
    assert read_histories(tmp_path / "nowhere") == ()


def test_a_latest_that_is_no_file_is_said_and_hides_nothing(tmp_path: Path) -> None:
    path = save(journeys(), tmp_path)
    (path.parent / "latest.json").unlink()
    (path.parent / "latest.json").mkdir()
    (history,) = read_histories(tmp_path)
    assert [saved.path for saved in history.results] == [path]
    assert history.latest is history.results[0]
    assert "cannot be read" in history.unread[0].reason
