"""`pathlift site`: a folder of pages, its index printed, what cannot be read said."""

from pathlib import Path

from tests.cli.conftest import Pathlift


def test_the_pages_of_a_registry_are_written_and_the_index_is_named(
    pathlift: Pathlift, registry: Path
) -> None:
    assert pathlift("analyze", "button").code == 0
    answer = pathlift("site", "pages")
    assert (answer.code, answer.out) == (0, "pages/index.html\n")
    assert "4 pages of 1 experiment" in answer.err  # index, portfolio, history, one report
    index = Path("pages/index.html").read_text(encoding="utf-8")
    assert "Does a green button sell?" in index
    assert "Ship green" in index
    # again, over itself
    assert pathlift("site", "pages", "--quiet").err == ""


def test_what_cannot_be_read_is_on_the_pages_and_no_failure(
    pathlift: Pathlift, registry: Path
) -> None:
    (registry / "broken.yaml").write_text("title: No arms\n", encoding="utf-8")
    answer = pathlift("site", "pages")
    assert answer.code == 0
    assert "refused definitions: 1" in answer.err
    assert "is refused" in Path("pages/experiments/broken/index.html").read_text(encoding="utf-8")


def test_a_folder_with_other_files_is_refused(pathlift: Pathlift, registry: Path) -> None:
    answer = pathlift("site", str(registry))
    assert answer.code == 1
    assert "no site of ours" in answer.err
    assert "name an empty folder" in answer.err
